"""What data cannot say about Azure resources: locks hold for everything below their scope."""
