"""Resources with the values that Terraform itself worked out: the sides of a plan, the contents of a state.

Comes in: a `PlanDocument`. Goes out: an `Evaluated` as of any other deployment. Must not know: resource types.

What is known after the apply only, and what is sensitive, is an unknown; the unknown of an attribute is the same that a
reference to it gives. `null` is an attribute that is not set.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from envfence.addresses import without_keys
from envfence.evaluate.deployment import open_scope
from envfence.evaluate.instance import ModuleInstance
from envfence.evaluate.loader import Loader
from envfence.evaluate.plain_values import DEEPEST, plainly
from envfence.evaluate.planned_providers import providers_of
from envfence.evaluate.resource import Resource
from envfence.evaluate.results import Evaluated, Options
from envfence.evaluate.scope import Scope
from envfence.model import CallSite, Deployment, Evidence
from envfence.sources.plans import PlanDocument, ResourceChange
from envfence.tree import DictTree
from envfence.values import Mapping, Sequence, Span, Unknown, Value

_EMPTY = Mapping({})


class Located:
    """Where the source declares what a plan names. This one does not know."""

    def span(self, address: str) -> Span | None:
        """The block of a resource, or None."""
        return None

    def prevent_destroy(self, address: str) -> bool | None:
        """What its lifecycle block says; None where it says nothing or is not known."""
        return None


class PlannedResource(Resource):
    """A resource as a plan or a state has it."""

    __slots__ = ("_change", "_is_after", "_located", "_place")

    def __init__(self, change: ResourceChange, scope: Scope, place: Span, after: bool, located: Located) -> None:
        # Nothing of a declaration is there: all that reads one is overridden below.
        self._change = change
        self._is_after = after
        self._place = place
        self._located = located
        self.mode = change.mode
        self.type = change.type
        self.name = change.name
        self.address = change.address if after or not change.previous_address else change.previous_address
        self.key = change.index
        self.exists = "yes"
        self.scope = scope
        if isinstance(scope.module, ModuleInstance):
            self.owner = scope.module
        self.module_path = change.module_address
        self.calls: tuple[CallSite, ...] = (
            (CallSite(address=change.module_address, span=place),) if change.module_address else ()
        )
        self.provider_key = change.type.partition("_")[0]
        self._values: Mapping | None = None

    @property
    def span(self) -> Span:
        """The block where the source is known, else the file of the plan."""
        return self._located.span(self.address) or self._place

    @property
    def values(self) -> Mapping:
        """All attributes of this side."""
        if self._values is None:
            change = self._change
            given = change.after() if self._is_after else change.before()
            unknown = change.unknown() if self._is_after else None
            hidden = change.sensitive(after=self._is_after)
            made = self._mapping(given, unknown, hidden, "", DEEPEST) if unknown or hidden else plainly(given)
            self._values = made if isinstance(made, Mapping) else _EMPTY
        return self._values

    def _made(self, value: Any, unknown: Any, sensitive: Any, path: str, depth: int) -> Value:
        """A JSON value as the evaluator has values."""
        if unknown is True or (sensitive is True and value is not None) or not depth:
            return self.unknown(path)
        if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
            return self._mapping(value or {}, unknown, sensitive, path, depth - 1)
        if isinstance(value, list) or (value is None and isinstance(unknown, list) and unknown):
            items = value or [None] * len(unknown)
            return Sequence(
                tuple(
                    self._made(item, _below(unknown, at), _below(sensitive, at), f"{path}[{at}]", depth - 1)
                    for at, item in enumerate(items)
                ),
                "list",
            )
        return plainly(value, depth)

    def _mapping(self, value: dict[str, Any], unknown: Any, sensitive: Any, path: str, depth: int) -> Mapping:
        made: dict[str, Value] = {}
        marked = {**_marks(unknown), **_marks(sensitive)}
        if unknown is True or sensitive is True:
            marked = dict.fromkeys(value, True)
        prefix = f"{path}." if path else ""
        for name in sorted({**value, **marked}):
            item = value.get(name)
            if name in marked:
                item = self._made(item, _below(unknown, name), _below(sensitive, name), prefix + name, depth)
            else:
                item = plainly(item, depth)
            if item is not None:
                made[name] = item
        return Mapping(made)

    def unknown(self, name: str) -> Unknown:
        """The unknown that stands for an attribute."""
        what = f"{self.address}.{name}" if name else self.address
        return self.scope.run.naming.unknown(what, f"{what} is known after apply, or sensitive", self._place)

    def written(self, name: str) -> Value:
        """One attribute; raises `KeyError` when it is not set."""
        return self.values.items[name]

    def attribute(self, name: str) -> Value:
        """What a reference to an attribute gives."""
        found = self.values.items.get(name)
        return self.unknown(name) if found is None else found

    def computed(self) -> dict[str, Value]:
        """Nothing: all that is computed is among the values."""
        return {}

    def whole(self) -> dict[str, Value]:
        """All attributes."""
        return dict(self.values.items)

    def release(self) -> None:
        """Drops the values."""
        self._values = None

    @property
    def prevent_destroy(self) -> bool | None:
        """No plan says it: what the source says, where it is known."""
        return self._located.prevent_destroy(self.address)

    @property
    def ignore_changes(self) -> tuple[str, ...]:
        """A plan's values are what will be there: nothing is ignored in them."""
        return ()

    def span_of(self, path: str) -> Span | None:
        """A plan has no places for attributes: that of the resource where the attribute is set."""
        head = path.partition(".")[0].partition("[")[0]
        return self.span if head in self.values.items else None

    def origin(self, path: str) -> tuple[Evidence, ...]:
        """No plan says where a value was written."""
        return ()

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        """No plan says where a value was written."""
        return ()

    def is_sensitive(self, path: str) -> bool:
        """Whether the attribute must not be shown."""
        marks = self._change.sensitive(after=self._is_after)
        return marks is True or (isinstance(marks, dict) and bool(marks.get(path.partition(".")[0].partition("[")[0])))


def _marks(marks: Any) -> dict[str, Any]:
    """The names below which anything is marked: empty lists and objects say nothing."""
    return {name: mark for name, mark in marks.items() if mark} if isinstance(marks, dict) else {}


def _below(marks: Any, step: str | int) -> Any:
    """The marks below a step; a mark on the whole holds for all in it."""
    if marks is True:
        return True
    if isinstance(marks, dict):
        return marks.get(step) if isinstance(step, str) else None
    if isinstance(marks, list) and isinstance(step, int) and step < len(marks):
        return marks[step]
    return None


class PlanSides:
    """Both sides of one document as evaluated deployments. They share their unknowns."""

    def __init__(self, document: PlanDocument, deployment: Deployment, located: Located | None = None) -> None:
        self.document = document
        self.deployment = deployment
        self._located = located or Located()
        self._scope = open_scope(Loader(DictTree(_versions(document))), deployment, Options())
        self._providers = tuple(providers_of(document, self._scope, deployment.span))

    def after(self, wanted: Callable[[ResourceChange], bool] = lambda change: True) -> Evaluated:
        """What will be there."""
        return self._side((each for each in self.document.changes if is_there(each) and wanted(each)), after=True)

    def before(self, wanted: Callable[[ResourceChange], bool] = lambda change: True) -> Evaluated:
        """What is there now."""
        return self._side((each for each in self.document.changes if was_there(each) and wanted(each)), after=False)

    def _side(self, changes: Iterable[ResourceChange], *, after: bool) -> Evaluated:
        file, places = self.deployment.span, self.document.places
        resources = [
            PlannedResource(each, self._scope, places.get(each.address, file), after, self._located) for each in changes
        ]
        keys = self.document.provider_keys
        if any("." in key or ":" in key for key in keys.values()):
            for resource in resources:
                resource.provider_key = keys.get(without_keys(resource.address), resource.provider_key)
        return Evaluated(
            deployment=self.deployment,
            symbols=self._scope.run.symbols,
            resources=tuple(sorted(resources, key=lambda each: each.address)),
            providers=self._providers,
            unread_calls=(),
            outputs={},
            problems=(),
            errors=(),
            unset=(),
            backend=None,
            scope=self._scope,
            files=(),
        )


def is_there(change: ResourceChange) -> bool:
    """Whether there is such a resource after the apply."""
    return bytes(change.change.after) != b"null"


def was_there(change: ResourceChange) -> bool:
    """Whether there is such a resource before the apply."""
    return bytes(change.change.before) != b"null"


def _versions(document: PlanDocument) -> dict[str, str]:
    """The demands on versions as a module would write them."""
    wanted = {
        each.name: {"version": each.version_constraint}
        for each in document.providers.values()
        if each.version_constraint and not each.module_address
    }
    return {"versions.tf.json": json.dumps({"terraform": {"required_providers": wanted}})}
