"""What data cannot say about Google Cloud resources."""
