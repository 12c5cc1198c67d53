"""Secret values at the attributes that the catalogue lists.

In: a resource and its catalogue entry. Out: secrets in the builder, by digest only. Must not know any provider.

A value that is JSON text is several settings: each is judged by its own key, so that a document with a host name, a
user and a password holds one secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.providers.common.facts import fact_of
from envfence.providers.common.issuers import add_issuers
from envfence.providers.common.values import Absent, at
from envfence.secretness import is_description, is_placeholder, is_public, is_secret_key, is_uuid, is_weak
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes
from envfence.words import tokens

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder
    from envfence.providers.catalogue import Entry


_HOLES = "\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_STRING_OR_HOLE = re.compile(rf'"(?:[^"\\]|\\.)*"|[{_HOLES}]', re.DOTALL)
_LARGEST_TEXT = 200_000
_DEEPEST = 4
#: How evidence calls the default of a variable.
_DEFAULT = "default of variable"
#: What a computed attribute is called that is no secret: `aws_db_instance.main.address`.
_NO_SECRET = re.compile(
    r"\.(?:arn|id|name|names|endpoint|address|host|hostname|port|url|uri|fqdn|email|username|user|bucket|region|zone"
    r"|account_id|client_id|tenant_id|principal_id|object_id|self_link|dns_name|domain|domain_name|database_name"
    r"|access_key_id|unique_id|bucket_arn|bucket_name|[a-z_]+_(?:arn|arns|id|ids|name|names|address|endpoint|url|host))"
    r"(?:\[[^\]]*\])*\Z"
)


def add_secrets(resource: Resource, entry: Entry, builder: FactsBuilder) -> None:
    """The secrets of one resource."""
    if not entry.secrets or not _applies(resource, entry):
        return
    for path in entry.secrets:
        if path.partition(".")[0] in resource.ignore_changes or "all" in resource.ignore_changes:
            continue  # a placeholder: somebody else sets the value
        for value in at(resource.values, path):
            if not isinstance(value, Absent):
                add_secret_value(resource, path, value, builder)


def add_secret_value(resource: Resource, path: str, value: Value, builder: FactsBuilder, name: str = "") -> None:
    """The secrets in the value of one attribute; `name` is what people call it, the path by default."""
    settings = _settings(value)
    if settings is None:
        _add(resource, path, name or path, value, builder)
        return
    for key, item in _below(settings, _DEEPEST):
        _add(resource, path, f"{name or path}.{key}", item, builder)


def _add(resource: Resource, path: str, name: str, value: Value, builder: FactsBuilder) -> None:
    if name not in (path, "value") and is_description(name.rpartition(".")[2]):
        return
    written = tuple(evidence for evidence in resource.origin(path) if evidence.span.path)
    span = resource.span_of(name) or resource.span_of(path) or resource.span
    if isinstance(value, str) and not has_holes(value):
        if _is_described(resource) or is_placeholder(value) or is_public(value):
            return
        if is_uuid(value) and not any(map(is_secret_key, (name.rpartition(".")[2], *_own_names(resource)))):
            return  # an identifier: only its place says that it is a secret
        if is_weak(value) and any(each.says.startswith(_DEFAULT) for each in written):
            return  # a word that stands in until somebody gives the variable its value
        builder.add_secret(resource.address, name, value, span, literal=not is_weak(value), written=written)
    elif isinstance(value, str | Unknown) and _may_be_secret(value, builder):
        add_issuers(resource, value, builder)
        builder.add_secret(resource.address, name, value, span, literal=False, written=written)


def _is_described(resource: Resource) -> bool:
    """Whether what a resource is called says that it keeps no secret: what it is called on the platform before what it
    is called in source, where one word alone says nothing (`aws_ssm_parameter.file`)."""
    for each in _own_names(resource):
        if is_secret_key(each):
            return False
        if is_description(each):
            return True
    return False


def _own_names(resource: Resource) -> Iterator[str]:
    """What the resource is called: its key, the end of its name on the platform, its name in source."""
    if isinstance(resource.key, str):
        yield resource.key.rpartition("/")[2]
    given = resource.values.items.get("name")
    if isinstance(given, str):
        yield given.rpartition("/")[2]
    if len(tokens(resource.name)) > 1:
        yield resource.name


def _may_be_secret(value: str | Unknown, builder: FactsBuilder) -> bool:
    """Whether what is unknown in a value is not by its name an address or an identifier."""
    text = value.symbol if isinstance(value, Unknown) else value
    whats = [builder.symbols.symbol(char).what for char in text if has_holes(char)]
    return any(not _NO_SECRET.search(_plain(what)) for what in whats)


def _plain(what: str) -> str:
    return what.removeprefix("jsonencode(").removesuffix(")") if what.startswith("jsonencode(") else what


def _settings(value: Value) -> Mapping | None:
    """The settings that a value holds: a map, or the text of a JSON object; None for a plain value."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, str) or not value.lstrip().startswith("{") or len(value) > _LARGEST_TEXT:
        return None
    quoted = _STRING_OR_HOLE.sub(_quoted, value) if has_holes(value) else value
    try:
        data = json.loads(quoted, strict=False)
    except (ValueError, RecursionError):
        return None
    return _mapping(data, _DEEPEST) if isinstance(data, dict) else None


def _quoted(match: re.Match[str]) -> str:
    found = match.group()
    return found if found[0] == '"' else f'"{found}"'


def _mapping(data: dict[str, object], depth: int) -> Mapping:
    items: dict[str, Value] = {}
    for key, item in data.items():
        if isinstance(item, dict) and depth:
            items[key] = _mapping(item, depth - 1)
        elif isinstance(item, str):
            items[key] = item
    return Mapping(items)


def _below(settings: Mapping, depth: int) -> Iterator[tuple[str, Value]]:
    """(dotted key, value) of every setting whose key speaks of a secret."""
    for key, item in settings.items.items():
        inner = _settings(item) if depth else None
        if inner is not None:
            yield from ((f"{key}.{below}", value) for below, value in _below(inner, depth - 1))
        elif is_secret_key(key) and not isinstance(item, Sequence | Mapping):
            yield key, item


def _applies(resource: Resource, entry: Entry) -> bool:
    return all(fact_of(resource, path).value in accepted for path, accepted in entry.secret_when.items())
