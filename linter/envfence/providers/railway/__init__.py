"""What data cannot say about Railway: an id names an environment, a service spans all of them, its volume too."""
