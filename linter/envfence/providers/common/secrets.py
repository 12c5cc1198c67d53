"""Secret values at the attributes that the catalogue lists.

In: a resource and its catalogue entry. Out: secrets in the builder, by digest only. Must not know any provider.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.providers.common.facts import fact_of
from envfence.providers.common.values import Absent, at
from envfence.values import Mapping, Value

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder
    from envfence.providers.catalogue import Entry

#: Keys of a map of settings that hold a secret rather than a name or an address.
_SECRET_KEY = re.compile(
    r"passw(or)?d|secret|token|credential|api[_.-]?key|private[_.-]?key|access[_.-]?key|passphrase"
    r"|(^|[_.-])(pwd|pass|dsn)$"
    r"|(database|redis|db|mongo\w*|postgres\w*|amqp|connection)[_.-]?(url|uri|string)$",
    re.IGNORECASE,
)
#: …but not these: they name a secret.
_NAME_KEY = re.compile(r"(_|-|\.|^)(name|arn|id|path|file|length|version|username|user|key_?id)$", re.IGNORECASE)

#: Texts that stand where a secret will be put by hand.
_PLACEHOLDER = re.compile(
    r"<.*>|\$?\{\{.*\}\}|\[.*\]|\{\}|(to[-_ ]?be[-_ ]?|tb)(set|done|filled|d|changed|replaced).*"
    r"|.*\b(change[-_ ]?me|placeholder|replace[-_ ]?me|dummy|example|todo|fixme|default|none|null|unset|undefined"
    r"|empty|initial|temp(orary)?|fake|sample|your[-_ ]\w+)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_FEWEST_LETTERS = 2


def is_secret_key(key: str) -> bool:
    """Whether the name of a setting says that its value is a secret."""
    return bool(_SECRET_KEY.search(key)) and not _NAME_KEY.search(key)


def is_placeholder(value: Value) -> bool:
    """Whether a value says of itself that it is none: `changeme`, `<token>`, `xxxx`."""
    return isinstance(value, str) and bool(_PLACEHOLDER.fullmatch(value.strip()) or len(set(value)) <= _FEWEST_LETTERS)


def add_secrets(resource: Resource, entry: Entry, builder: FactsBuilder) -> None:
    """The secrets of one resource."""
    if not entry.secrets or not _applies(resource, entry):
        return
    for path in entry.secrets:
        if path.partition(".")[0] in resource.ignore_changes or "all" in resource.ignore_changes:
            continue  # a placeholder: somebody else sets the value
        for value in at(resource.values, path):
            if not isinstance(value, Absent):
                _add(resource, path, value, builder)


def _add(resource: Resource, path: str, value: Value, builder: FactsBuilder) -> None:
    span = resource.span_of(path) or resource.span
    if isinstance(value, Mapping):
        for key, item in value.items.items():
            if is_secret_key(key) and not is_placeholder(item):
                builder.add_secret(resource.address, f"{path}.{key}", item, span)
    elif not is_placeholder(value):
        builder.add_secret(resource.address, path, value, span)


def _applies(resource: Resource, entry: Entry) -> bool:
    return all(fact_of(resource, path).value in accepted for path, accepted in entry.secret_when.items())
