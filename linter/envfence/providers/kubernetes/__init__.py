"""What data cannot say about Kubernetes resources."""
