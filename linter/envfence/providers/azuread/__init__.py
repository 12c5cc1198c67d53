"""What data cannot say about identities of Entra ID: people, groups, applications and their service principals."""
