"""Files of values for Helm charts as facts: one for each file, with every setting in it.

In: `values*.yaml`, `*.values.yaml` and files below `values/`. Out: one `Facts` a file that says anything. Charts
themselves are templates and are not read. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.settings.gitops import entries
from envfence.sources.settings.parts import facts_of, file_part
from envfence.sources.settings.places import deployment, is_for_tests, is_sample
from envfence.sources.settings.values import Setting, flat

_NAME = re.compile(r"(?:^|/)(?:values?[^/]*|[^/]*[.-]values?|(?:helm_)?values/(?:[^/]+/)*[^/]+)\.ya?ml$", re.IGNORECASE)
#: What a file must hold somewhere to be worth parsing: the name of a secret, or the address of something.
_WORTH = re.compile(
    rb"(?i)passw|secret|token|credential|api_?-?key|private|dsn|://|rds\.|\.amazonaws\.com|arn:|webhook|bucket|host"
)
_MOST = 20_000


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every file of values."""
    signals = None
    for path in files.of("yaml"):
        if not _NAME.search(path) or is_sample(path):
            continue
        data = files.data(path) or b""
        if b"{{" in data or not _WORTH.search(data):
            continue
        if signals is None:
            signals = {place: entry.signals for entry in entries(files) for place in entry.values}
        settings = [setting for document in files.documents(path).items for setting in _below(path, document)]
        where = deployment(path, settings, extra=signals.get(path, ()))
        found = facts_of(where, [file_part(path, settings)], hasher, written=not is_for_tests(path))
        if found is not None:
            yield found


def _below(path: str, document: Any) -> Iterator[Setting]:
    """Every text and number with its dotted name; entries of lists of name and value by that name."""
    pending: list[tuple[str, Any]] = [("", document)]
    most = _MOST
    while pending and most > 0:
        most -= 1
        name, found = pending.pop()
        if isinstance(found, Table):
            given, value = found.get("name"), found.get("value")
            if isinstance(given, str) and isinstance(value, str | int):
                yield from flat(given, value, found.span_of("value", path))
                continue
            for key, item in found.items():
                if isinstance(item, Table | Items):
                    pending.append((f"{name}.{key}" if name else key, item))
                else:
                    yield from flat(f"{name}.{key}" if name else key, item, found.span_of(key, path))
        elif isinstance(found, Items):
            pending.extend((name, item) for item in found if isinstance(item, Table | Items))
