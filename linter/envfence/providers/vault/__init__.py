"""What data cannot say about Vault: a path means a secret only together with the server it is asked from."""
