"""Which files of a tree envfence reads, by name alone; one module per input format that is not HCL."""

from envfence.sources.discovery import SKIPPED, discover

__all__ = ["SKIPPED", "discover"]
