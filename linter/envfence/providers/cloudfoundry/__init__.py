"""What only Cloud Foundry has: spaces. The catalogue says all else."""
