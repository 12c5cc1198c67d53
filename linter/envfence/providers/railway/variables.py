"""Railway variables: secrets of one environment, set one by one, in a collection, or shared by all services of it.

In: variable resources. Out: secrets, signals. Must not know services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.secrets import add_secret_value
from envfence.providers.common.values import one, text
from envfence.providers.railway.environments import place
from envfence.secretness import is_secret_key
from envfence.values import Mapping, Sequence, Value

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("railway_variable", "railway_shared_variable", "railway_variable_collection")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """Environment and secrets of one variable resource."""
    if resource.mode != "managed":
        return
    place(resource, builder)
    if resource.type == "railway_variable_collection":
        items = one(resource.values, "variables")
        for item in items.items if isinstance(items, Sequence) else ():
            if isinstance(item, Mapping):
                _secret(resource, text(item.items.get("name")), item.items.get("value"), "variables", builder)
    else:
        name = text(one(resource.values, "name"))
        _secret(resource, name, resource.values.items.get("value"), "value", builder)


def _secret(resource: Resource, name: str | None, value: Value, path: str, builder: FactsBuilder) -> None:
    """A template such as `${{Postgres.DATABASE_URL}}` is resolved by Railway in the environment: no shared value."""
    if name and is_secret_key(name):
        add_secret_value(resource, path, value, builder, name)
