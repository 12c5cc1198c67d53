"""Role bindings whose subjects live in another namespace: what one namespace lets another do in it.

Comes in: role bindings and roles. Goes out: references from the subject's namespace to the binding. Must not know:
environments, which namespaces belong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.model import Evidence, Reference
from envfence.values import Mapping, Sequence, Value, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_BINDINGS = ("kubernetes_role_binding", "kubernetes_role_binding_v1")
_ROLES = ("kubernetes_role", "kubernetes_role_v1")
TYPES = _BINDINGS
_GROUP = "system:serviceaccounts:"
_DESTROYING, _CHANGING = frozenset({"delete", "deletecollection", "*"}), frozenset({"create", "update", "patch"})
#: Cluster roles that every cluster has.
_BUILT_IN = {"cluster-admin": "administer", "admin": "administer", "edit": "destroy", "view": "read"}


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The references of one role binding."""
    if resource.mode != "managed":
        return
    own = _text(_first(resource.values, "metadata").get("namespace"))
    capability = _capability(resource, builder)
    for index, subject in enumerate(_blocks(resource.values, "subject")):
        namespace = _namespace(subject)
        if not namespace or namespace == own or has_holes(namespace):
            continue
        span = resource.span_of(f"subject[{index}]") or resource.span
        says = f"binds a subject of namespace {namespace}"
        builder.add_reference(
            Reference(
                kind="may",
                node=resource.address,
                sought=f"kubernetes_namespace:{namespace}",
                evidence=(Evidence(span=span, says=says, address=resource.address),),
                outward=False,
                capability=capability,
                says=f"may {capability} by role binding",
            )
        )


def _namespace(subject: dict[str, Value]) -> str:
    name = _text(subject.get("name"))
    if subject.get("kind") == "Group":
        return name.removeprefix(_GROUP) if name.startswith(_GROUP) else ""
    return _text(subject.get("namespace")) if subject.get("kind") == "ServiceAccount" else ""


def _capability(binding: Resource, builder: FactsBuilder) -> str:
    """The strongest thing that the bound role allows; reading where the role is not seen."""
    reference = _first(binding.values, "role_ref")
    name = _text(reference.get("name"))
    if reference.get("kind") == "ClusterRole":
        return _BUILT_IN.get(name, "read")
    found = "read"
    for role in builder.resources:
        if role.type not in _ROLES or _text(_first(role.values, "metadata").get("name")) != name:
            continue
        for rule in _blocks(role.values, "rule"):
            verbs = rule.get("verbs")
            listed = {verb for verb in verbs.items if isinstance(verb, str)} if isinstance(verbs, Sequence) else set()
            if listed & _DESTROYING:
                return "destroy"
            found = "write" if listed & _CHANGING else found
    return found


def _blocks(values: Mapping, name: str) -> Iterator[dict[str, Value]]:
    found = values.items.get(name)
    for item in found.items if isinstance(found, Sequence) else ():
        if isinstance(item, Mapping):
            yield dict(item.items)


def _first(values: Mapping, name: str) -> dict[str, Value]:
    return next(_blocks(values, name), {})


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
