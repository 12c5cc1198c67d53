"""Terraform's own data sources."""
