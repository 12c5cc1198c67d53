"""The one place that chooses a YAML parser: PyYAML's safe one, in C where it was built.

Must not know: files, what the YAML means. PyYAML is loaded when it is first needed.
"""

from __future__ import annotations

from typing import Any


def safe_loader() -> Any:
    """The safe loader class: the C one where it is there. It builds plain data only, whatever the tags say."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str | bytes) -> Any:
    """The data of the one document in `text`. Raises `yaml.YAMLError` for what is not YAML."""
    import yaml

    return yaml.load(text, Loader=safe_loader())  # noqa: S506 - the loader is a safe one
