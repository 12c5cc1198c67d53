"""Role bindings of Kubernetes: who may do what in a namespace or in the whole cluster.

Comes in: roles and bindings, as resources of their own or as `kubernetes_manifest`. Goes out: a grant for each subject.
Must not know: what a rule allows, environments, which namespaces belong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envfence.providers.common.values import plain
from envfence.sources.rbac import Binding, Role, Rule, Subject, grants
from envfence.values import Mapping, Sequence, Unknown, Value, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_MANIFEST = "kubernetes_manifest"
_BINDINGS = {"kubernetes_role_binding": "RoleBinding", "kubernetes_cluster_role_binding": "ClusterRoleBinding"}
_ROLES = {"kubernetes_role": "Role", "kubernetes_cluster_role": "ClusterRole"}
_NAMESPACE = "kubernetes_namespace"


def finish(builder: FactsBuilder) -> None:
    """The grants of all bindings of a deployment, cluster by cluster."""
    clusters: dict[str, list[Resource]] = {}
    for resource in builder.resources:
        if resource.mode == "managed" and resource.type.startswith("kubernetes_"):
            clusters.setdefault(builder.place(resource).boundary, []).append(resource)
    for cluster, resources in sorted(clusters.items()):
        bindings = [binding for each in resources if (binding := _binding(each, builder)) is not None]
        if bindings:
            roles = tuple(role for each in resources if (role := _role(each)) is not None)
            for grant in grants(bindings, roles, cluster, _namespaces(resources)):
                builder.add_grant(grant)


def _binding(resource: Resource, builder: FactsBuilder) -> Binding | None:
    kind = _kind_of(resource, _BINDINGS)
    if kind not in _BINDINGS.values():
        return None
    body, at = _body(resource)
    reference = _first(body, "roleRef", "role_ref")
    namespace = _text(_first(body, "metadata").get("namespace")) or "default" if kind == "RoleBinding" else ""
    if resource.type == _MANIFEST and namespace and builder.has_node(resource.address):
        builder.change_node(resource.address, boundary=f"{builder.place(resource).boundary}/{namespace}")
    return Binding(
        address=resource.address,
        span=resource.span,
        role_kind=_text(reference.get("kind")),
        role=_text(reference.get("name")),
        subjects=tuple(_subjects(resource, body, at, namespace)),
        namespace=namespace,
        evidence=builder.evidence(resource, "metadata", "")[1:],
    )


def _subjects(resource: Resource, body: Mapping, at: str, namespace: str) -> Iterator[Subject]:
    for name in ("subjects", "subject"):
        for index, subject in enumerate(_blocks(body, name)):
            kind = _text(subject.get("kind"))
            own = _text(subject.get("namespace"))
            if kind == "ServiceAccount" and not own:
                own = namespace or "default"
            span = resource.span_of(f"{at}{name}[{index}]") or resource.span_of(f"{at}{name}") or resource.span
            yield Subject(kind, _text(subject.get("name")), own if kind == "ServiceAccount" else "", span)


def _role(resource: Resource) -> Role | None:
    kind = _kind_of(resource, _ROLES)
    if kind not in _ROLES.values():
        return None
    body, _ = _body(resource)
    metadata = _first(body, "metadata")
    role = Role(kind, _text(metadata.get("name")), rules=tuple(_rules(body)))
    if kind == "Role":
        return replace(role, namespace=_text(metadata.get("namespace")) or "default")
    aggregation: Any = plain(body.items.get("aggregationRule") or body.items.get("aggregation_rule"))
    return replace(role, labels=_labels(metadata.get("labels")), selectors=tuple(_selectors(aggregation)))


def _rules(body: Mapping) -> Iterator[Rule]:
    for name in ("rules", "rule"):
        for rule in _blocks(body, name):
            verbs, resources = _texts(rule, "verbs"), _texts(rule, "resources")
            groups = _texts(rule, "apiGroups", "api_groups")
            names = next((rule[key] for key in ("resourceNames", "resource_names") if rule.get(key)), None)
            if verbs and resources and not isinstance(names, Unknown):
                yield Rule(verbs, groups or ("",), resources, _texts(rule, "resourceNames", "resource_names"))


def _selectors(aggregation: Any) -> Iterator[dict[str, str]]:
    """The labels that an aggregation rule asks for; one with expressions is not read."""
    for block in aggregation if isinstance(aggregation, list) else [aggregation]:
        if not isinstance(block, dict):
            continue
        listed = block.get("clusterRoleSelectors") or block.get("cluster_role_selectors") or []
        for selector in listed if isinstance(listed, list) else []:
            labels = selector.get("matchLabels") or selector.get("match_labels") if isinstance(selector, dict) else None
            if isinstance(labels, dict):
                yield {str(key): str(value) for key, value in labels.items()}


def _namespaces(resources: list[Resource]) -> list[str]:
    found = [
        _text(_first(_body(resource)[0], "metadata").get("name"))
        for resource in resources
        if resource.type.removesuffix("_v1") == _NAMESPACE
    ]
    return sorted(filter(None, found))


def _kind_of(resource: Resource, kinds: dict[str, str]) -> str:
    if resource.type == _MANIFEST:
        return _text(_body(resource)[0].items.get("kind"))
    return kinds.get(resource.type.removesuffix("_v1"), "")


def _body(resource: Resource) -> tuple[Mapping, str]:
    """The object that a resource is, and its path in the resource."""
    if resource.type != _MANIFEST:
        return resource.values, ""
    manifest = resource.values.items.get("manifest")
    return (manifest if isinstance(manifest, Mapping) else Mapping({})), "manifest."


def _labels(value: Value) -> dict[str, str]:
    found = plain(value)
    return {str(key): str(each) for key, each in found.items()} if isinstance(found, dict) else {}


def _blocks(values: Mapping, name: str) -> Iterator[dict[str, Value]]:
    for item in as_blocks(values.items.get(name)):
        if isinstance(item, Mapping):
            yield dict(item.items)


def _first(values: Mapping, *names: str) -> dict[str, Value]:
    return next((found for name in names for found in _blocks(values, name)), {})


def _texts(values: dict[str, Value], *names: str) -> tuple[str, ...]:
    listed = next((found for name in names if isinstance(found := values.get(name), Sequence)), None)
    return tuple(item for item in listed.items if isinstance(item, str)) if listed is not None else ()


def _text(value: Value) -> str:
    if isinstance(value, Unknown):
        return value.symbol
    return value if isinstance(value, str) else ""
