"""The `template` provider: what its data sources compute."""
