"""docker-compose files as facts: every service is a node with its settings.

In: `docker-compose*.yml` and `compose*.yaml`, the files of variables that services name. Out: one `Facts` a file. Must
not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Evidence, Facts, Node, Reference
from envfence.paths import join
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.settings.lines import read_settings
from envfence.sources.settings.parts import MODE, Part, facts_of
from envfence.sources.settings.places import deployment, is_for_tests, is_sample
from envfence.sources.settings.values import Setting, flat
from envfence.values import Span

_NAME = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$", re.IGNORECASE)
_SERVICE = "compose_service"
_MOST_SERVICES = 200


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every compose file."""
    for path in files.of("yaml"):
        if not _NAME.search(path) or is_sample(path) or b"services" not in (files.data(path) or b""):
            continue
        for document in files.documents(path).items[:1]:
            services = document.get("services") if isinstance(document, Table) else None
            if isinstance(services, Table):
                found = _facts(path, document, services, files, hasher)
                if found is not None:
                    yield found


def _facts(path: str, document: Table, services: Table, files: Files, hasher: Callable[[str], str]) -> Facts | None:
    parts = []
    for name, service in list(services.items())[:_MOST_SERVICES]:
        if not isinstance(service, Table):
            continue
        span = Span(path, services.key_lines.get(name, service.line))
        node = Node(address=f"services.{name}", kind="compute", type=_SERVICE, span=span, mode=MODE)
        own = list(_environment(path, service.get("environment"), service))
        parts.append(
            Part(node, [*own, *_from_files(path, service, files)], list(_secrets(path, node, service, document)))
        )
    settings = [setting for part in parts for setting in part.settings]
    where = deployment(path, settings)
    # A file that says nothing of an environment starts things on somebody's own machine.
    return facts_of(where, parts, hasher, written=not is_for_tests(path) and bool(where.signals))


def _environment(path: str, listed: Any, holder: Table) -> Iterator[Setting]:
    """Settings as a map, or as a list of `NAME=value`."""
    if isinstance(listed, Table):
        for key, value in listed.items():
            yield from flat(key, value, listed.span_of(key, path))
    elif isinstance(listed, Items):
        for index, item in enumerate(listed):
            if isinstance(item, str) and "=" in item:
                key, _, value = item.partition("=")
                yield from flat(key.strip(), value, Span(path, listed.lines[index]))


def _from_files(path: str, service: Table, files: Files) -> Iterator[Setting]:
    given = service.get("env_file")
    for item in given if isinstance(given, Items) else [given]:
        text = item.get("path") if isinstance(item, Table) else item
        place = join(path.rpartition("/")[0], text) if isinstance(text, str) and "$" not in text else None
        if place and files.has(place) and not is_sample(place):
            yield from read_settings(place, files.text(place))


def _secrets(path: str, node: Node, service: Table, document: Table) -> Iterator[Reference]:
    """What a service takes of the secrets that stand outside of the file."""
    declared = document.get("secrets")
    used = service.get("secrets")
    for index, item in enumerate(used if isinstance(used, Items) else ()):
        name = item.get("source") if isinstance(item, Table) else item
        entry = declared.get(name) if isinstance(declared, Table) and isinstance(name, str) else None
        if not isinstance(entry, Table) or not entry.get("external") or not isinstance(used, Items):
            continue
        kept = entry.get("name") if isinstance(entry.get("name"), str) else name
        span = Span(path, used.lines[index])
        evidence = (Evidence(span=span, says=f"takes the secret {kept}", address=node.address),)
        sought = f"docker_secret:{kept}"
        yield Reference(kind="reads-secret", node=node.address, sought=sought, evidence=evidence, says="takes")
