"""Roles and bindings in manifests as plain data for `sources.rbac`.

In: the documents of what is applied together. Out: grants, and a node for each binding that gives one. Which cluster
they are for is not said in manifests, so that only bindings inside a namespace are told. Must not know environments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from envfence.model import Grant, Node
from envfence.sources.documents import Items, Table
from envfence.sources.rbac import Binding, Role, Rule, Subject, grants
from envfence.sources.settings.places import name_signal
from envfence.values import Span

#: (file, document, namespace of the overlay).
Document = tuple[str, Table, str]
_MOST = 500


def access(documents: Iterable[Document]) -> tuple[tuple[Node, ...], tuple[Grant, ...]]:
    """(nodes of bindings, grants) of documents that are applied together."""
    bindings: dict[str, tuple[Binding, Node]] = {}
    roles: list[Role] = []
    for path, document, namespace in documents:
        kind = document.get("kind")
        if kind == "RoleBinding":
            found = _binding(path, document, namespace)
            if found is not None:
                bindings.setdefault(found[0].address, found)
        elif kind in ("Role", "ClusterRole"):
            roles.append(_role(document, str(kind), namespace))
    made = tuple(grants([binding for binding, _ in bindings.values()][:_MOST], roles, ""))
    used = {grant.address for grant in made}
    return tuple(node for binding, node in bindings.values() if binding.address in used), made


def _binding(path: str, document: Table, given: str) -> tuple[Binding, Node] | None:
    metadata, reference = document.get("metadata"), document.get("roleRef")
    name = _text(metadata, "name")
    namespace = given or _text(metadata, "namespace")
    if not isinstance(metadata, Table) or not name or not namespace or not isinstance(reference, Table):
        return None
    span = metadata.span_of("name", path)
    signals = tuple(name_signal(namespace, span, "namespace"))
    node = Node(
        address=f"RoleBinding/{namespace}/{name}",
        kind="other",
        type="RoleBinding",
        span=span,
        names=(f"kubernetes_role_binding:{namespace}/{name}",),
        boundary=f"kubernetes:{namespace}" if signals else "",
        signals=signals,
        provider="kubernetes",
    )
    subjects = tuple(_subjects(path, document.get("subjects"), namespace))
    role = _text(reference, "name")
    return Binding(node.address, span, _text(reference, "kind"), role, subjects, namespace), node


def _subjects(path: str, listed: Any, namespace: str) -> Iterator[Subject]:
    for index, subject in enumerate(listed if isinstance(listed, Items) else ()):
        kind = _text(subject, "kind")
        own = (_text(subject, "namespace") or namespace) if kind == "ServiceAccount" else ""
        if isinstance(subject, Table) and isinstance(listed, Items):
            yield Subject(kind, _text(subject, "name"), own, Span(path, listed.lines[index]))


def _role(document: Table, kind: str, given: str) -> Role:
    metadata = document.get("metadata")
    namespace = (given or _text(metadata, "namespace")) if kind == "Role" else ""
    labels = metadata.get("labels") if isinstance(metadata, Table) else None
    return Role(
        kind,
        _text(metadata, "name"),
        namespace,
        tuple(_rules(document.get("rules"))),
        {key: str(value) for key, value in labels.items()} if isinstance(labels, Table) else {},
    )


def _rules(listed: Any) -> Iterator[Rule]:
    for rule in listed if isinstance(listed, Items) else ():
        verbs, groups, resources, names = (
            _texts(rule, key) for key in ("verbs", "apiGroups", "resources", "resourceNames")
        )
        if verbs and resources:
            yield Rule(verbs, groups or ("",), resources, names)


def _text(holder: Any, key: str) -> str:
    found = holder.get(key) if isinstance(holder, Table) else None
    return found if isinstance(found, str) and "{{" not in found else ""


def _texts(holder: Any, key: str) -> tuple[str, ...]:
    found = holder.get(key) if isinstance(holder, Table) else None
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, Items) else ()
