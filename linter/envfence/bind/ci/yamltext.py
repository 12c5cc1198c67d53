"""YAML of pipelines: parsed as leniently as the services do.

Comes in: bytes. Goes out: plain data. Must not know: what it means. Never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from envfence.bind.survey import Survey
from envfence.yamls import safe_loader

_MAX_BYTES = 400_000
_MAX_DEPTH = 20
_ANCHOR = re.compile(r"(^|[\s\[{,])([&*])([A-Za-z0-9_.-]+)(?=[\s\]},]|$)", re.MULTILINE)


def data_of(survey: Survey, path: str) -> bytes:
    """The bytes of a file; none for one that is too large to be a pipeline."""
    data = survey.data(path) or b""
    return data if len(data) <= _MAX_BYTES else b""


def document_of(survey: Survey, path: str) -> dict[Any, Any]:
    """A file whose content is one mapping; an empty one for anything else."""
    data = data_of(survey, path)
    document = load(data) if data else None
    return document if isinstance(document, dict) else {}


#: What stands for the value behind a tag that only a run can resolve.
UNRESOLVED = "${tag}"


@lru_cache(maxsize=2)
def _loader(resolves: bool) -> Any:
    """The fast loader, with tags of a service's own (`!reference`) read as the plain values behind them, or, where only
    a run resolves them, as a text that is no literal."""
    import yaml

    def plain(loader: Any, suffix: str, node: Any) -> Any:
        if not resolves:
            return UNRESOLVED
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    lenient = type("Lenient", (safe_loader(),), {})
    yaml.add_multi_constructor("!", plain, Loader=lenient)
    return lenient


def load(data: bytes, resolves: bool = True) -> Any:
    """The data of one document; None where it is broken. Without `resolves` what stands behind a tag is not known."""
    import yaml

    loader = _loader(resolves)
    for text in (data, None):
        try:
            return yaml.load(_distinct_anchors(data) if text is None else text, Loader=loader)  # noqa: S506 - a safe loader
        except yaml.composer.ComposerError:
            continue  # an anchor that is defined again, which YAML allows and this parser does not
        except (yaml.YAMLError, ValueError, TypeError, RecursionError):
            return None
    return None


def _distinct_anchors(data: bytes) -> str:
    """The text with a name of its own for every anchor; an alias means the last one before it."""
    seen: dict[str, int] = {}

    def renamed(match: re.Match[str]) -> str:
        lead, sign, name = match.groups()
        if sign == "&":
            seen[name] = seen.get(name, 0) + 1
        return f"{lead}{sign}{name}-{seen[name]}" if name in seen else match[0]

    return _ANCHOR.sub(renamed, data.decode("utf-8", "replace"))


def text_of(value: Any) -> str | None:
    """A plain value as text, as a pipeline hands it on; None for a list or mapping."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return ""
    return str(value) if isinstance(value, str | int | float) else None


def texts(value: Any) -> dict[str, str]:
    """The entries of a mapping that are plain values, as text."""
    if not isinstance(value, dict):
        return {}
    pairs = ((str(key), text_of(item)) for key, item in value.items())
    return {key: text for key, text in pairs if text is not None}


def mapping(value: Any) -> dict[Any, Any]:
    """A mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def line_of(lines: list[str], text: str) -> int:
    """The line on which a text begins (the parser of YAML does not keep it)."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return next((number for number, line in enumerate(lines, 1) if first and first in line), 1)


def joined(values: Iterable[Any]) -> str:
    """The lines of a script that is written as a list, also of lists."""
    found: list[str] = []
    for value in values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, str)]
    return "\n".join(found)


def merged(above: dict[Any, Any], own: dict[Any, Any], depth: int = 0) -> dict[Any, Any]:
    """Two mappings as one: key by key where both hold mappings, else the second wins."""
    result = dict(above)
    for key, value in own.items():
        inner = result.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict) and depth < _MAX_DEPTH
        result[key] = merged(inner, value, depth + 1) if both and isinstance(inner, dict) else value
    return result
