"""The provider configurations of a plan, and the accounts that its resources show to be theirs.

Comes in: a `PlanDocument`. Goes out: `ProviderConfig`s as of any other deployment. Must not know: environments.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from envfence.addresses import without_keys
from envfence.evaluate.plain_values import plainly
from envfence.evaluate.results import ProviderConfig
from envfence.evaluate.scope import Scope
from envfence.sources.plans import PlanDocument, ProviderConfiguration
from envfence.values import Mapping, Sequence, Span, Value

_DEEPEST = 10
#: So many resources are looked at to learn where a configuration acts.
_MOST_LOOKED_AT = 2_000
_ARN = re.compile(r'"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):')
_SUBSCRIPTION = re.compile(r'"id":\s*"/subscriptions/([0-9a-fA-F-]{36})/')
#: By provider: what an identifier shows, and the argument that would say so.
_SHOWN = {"aws": (_ARN, "allowed_account_ids"), "azurerm": (_SUBSCRIPTION, "subscription_id")}


def providers_of(document: PlanDocument, scope: Scope, span: Span) -> Iterator[ProviderConfig]:
    """The configurations of a plan, and those that only its resources imply."""
    shown = _accounts(document)
    keys = {name: _key(each) for name, each in document.providers.items()}
    for name, each in sorted(document.providers.items()):
        values = {path: _value(path, given, document, scope) for path, given in sorted(each.expressions.items())}
        kept: dict[str, Value] = {path: value for path, value in values.items() if value is not None}
        yield ProviderConfig(keys[name], each.module_address, Mapping(_with(kept, shown.get(name))), span)
    for name, found in sorted(shown.items()):
        if name not in keys:
            yield ProviderConfig(name, "", Mapping(_with({}, found)), span)


def _key(each: ProviderConfiguration) -> str:
    alias = f"{each.name}.{each.alias}" if each.alias else each.name
    return f"{each.module_address}:{alias}" if each.module_address else alias


def _value(path: str, given: Any, document: PlanDocument, scope: Scope, depth: int = _DEEPEST) -> Value:
    """What an expression of the plan is: a constant, the value of a variable, a block, or unknown."""
    if not depth:
        return None
    if isinstance(given, list):
        return Sequence(tuple(_value(path, item, document, scope, depth - 1) for item in given))
    if not isinstance(given, dict):
        return None
    if "constant_value" in given:
        return plainly(given["constant_value"], depth)
    if "references" in given:
        return _referred(path, given["references"], document, scope)
    return Mapping({name: _value(f"{path}.{name}", inner, document, scope, depth - 1) for name, inner in given.items()})


def _referred(path: str, names: Any, document: PlanDocument, scope: Scope) -> Value:
    """The variable that an expression consists of; of any other expression nobody knows the value."""
    variable = str(names[0]).removeprefix("var.") if isinstance(names, list) and len(names) == 1 else ""
    if variable in document.variables:
        return plainly(document.variables[variable], _DEEPEST)
    return scope.run.naming.unknown(f"provider.{path}", "the plan does not say what it is")


def _accounts(document: PlanDocument) -> dict[str, tuple[str, str]]:
    """By configuration: the argument that names its account, and the only account that its resources are in."""
    found: dict[str, set[str]] = defaultdict(set)
    for change in document.changes[:_MOST_LOOKED_AT]:
        shown = _SHOWN.get(change.type.partition("_")[0])
        if shown is None:
            continue
        raw = bytes(change.change.before) if bytes(change.change.before) != b"null" else bytes(change.change.after)
        key = document.provider_keys.get(without_keys(change.address), change.type.partition("_")[0])
        found[key].update(_own(raw, shown[0]))
    return {
        key: (_SHOWN[key.rpartition(":")[2].partition(".")[0]][1], next(iter(accounts)))
        for key, accounts in found.items()
        if len(accounts) == 1 and key.rpartition(":")[2].partition(".")[0] in _SHOWN
    }


def _own(raw: bytes, pattern: re.Pattern[str]) -> list[str]:
    """The account in a resource's own identifier: what else it names may lie elsewhere."""
    at = raw.find(b'"arn":') if pattern is _ARN else raw.find(b'"id":')
    return pattern.findall(raw[at : at + 400].decode("utf-8", "replace"))[:1] if at >= 0 else []


def _with(values: dict[str, Value], account: tuple[str, str] | None) -> dict[str, Value]:
    if account is not None and account[0] not in values:
        name, text = account
        values[name] = Sequence((text,)) if name.endswith("s") else text
    return values
