"""What data cannot say about GitHub: who must approve a deployment, and whom a secret is kept for."""
