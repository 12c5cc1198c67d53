"""What data cannot say about Terraform Cloud: which variables a set gives to which workspaces."""
