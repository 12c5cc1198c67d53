"""Input formats and their discovery. `discover` lists what there is; what is in a file is for its reader to know."""

from envfence.sources.discovery import SKIPPED, discover

__all__ = ["SKIPPED", "discover"]
