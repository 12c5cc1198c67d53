"""Role bindings of Kubernetes as statements, whether they come from Terraform or from plain manifests.

In: roles and bindings as plain data. Out: a grant for each subject of each binding (language "kubernetes"), attached to
`kubernetes_service_account:NAMESPACE/NAME`; its `resources` is the cluster or the namespace that it holds for, its
`actions` are rules as `VERBS;GROUPS;RESOURCES;NAMES`, or `role:NAME` for what every cluster has; `conditions` is the
namespace of a RoleBinding. Must not know file formats, what a rule allows.

Rules: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from envfence.model import Condition, Evidence, Grant
from envfence.values import Span, has_holes
from envfence.words import words_in_name

LANGUAGE = "kubernetes"
#: Cluster roles that every cluster has, each with those that it takes in.
BUILT_IN = {
    "cluster-admin": (),
    "admin": ("admin", "edit", "view"),
    "edit": ("edit", "view"),
    "view": ("view",),
}
_NOTHING: Mapping[str, str] = MappingProxyType({})
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_OF_NAMESPACE = "system:serviceaccounts:"
_OF_CLUSTER = frozenset({"system:serviceaccounts", "system:authenticated"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: `dev` in the name of a group means developers as often as an environment.
_PEOPLE = frozenset({"dev", "development"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a role; `names` are its resourceNames. The core group is an empty text."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule as an action of a grant."""
        return ";".join(",".join(part) for part in (self.verbs, self.groups, self.resources, self.names))


@dataclass(frozen=True, slots=True)
class Role:
    """A Role or ClusterRole (`kind`); `selectors` are the matchLabels of its aggregation rule."""

    kind: str
    name: str
    namespace: str = ""
    rules: tuple[Rule, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    selectors: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a binding names: `kind` is ServiceAccount, Group or User."""

    kind: str
    name: str
    namespace: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """A RoleBinding (with a namespace) or a ClusterRoleBinding (without). `address` is the node that it is."""

    address: str
    span: Span
    role_kind: str
    role: str
    subjects: tuple[Subject, ...]
    namespace: str = ""
    evidence: tuple[Evidence, ...] = ()


def grants(
    bindings: Iterable[Binding], roles: Iterable[Role], cluster: str, namespaces: Iterable[str] = ()
) -> Iterator[Grant]:
    """The statements of bindings of one cluster (`kubernetes:NAME`). `namespaces` are those that are known to be in it:
    everybody in the cluster is whoever runs there. Where the cluster is not known (empty), a namespace is known by its
    name alone (`kubernetes:NAMESPACE`), and what holds for the whole cluster is left out."""
    declared = tuple(roles)
    everywhere = tuple(dict.fromkeys(namespaces))
    for binding in bindings:
        if not cluster and not binding.namespace:
            continue
        actions = actions_of(binding, declared)
        for subject in binding.subjects:
            for holder in dict.fromkeys(_holders(subject, binding, everywhere)):
                yield _grant(binding, subject, holder, actions, cluster)


def actions_of(binding: Binding, roles: tuple[Role, ...]) -> tuple[str, ...]:
    """What the bound role allows; empty for one that is declared elsewhere."""
    own = [
        role
        for role in roles
        if role.kind == binding.role_kind
        and role.name == binding.role
        and (role.kind == "ClusterRole" or role.namespace == binding.namespace)
    ]
    rules = [rule.text for role in own for rule in role.rules]
    rules += [rule.text for role in own for rule in _aggregated(role.selectors, roles)]
    if binding.role_kind == "ClusterRole" and binding.role in BUILT_IN:
        labels = [{_AGGREGATE + name: "true"} for name in BUILT_IN[binding.role]]
        rules += [f"role:{binding.role}", *(rule.text for rule in _aggregated(labels, roles))]
    return tuple(dict.fromkeys(rules))


def service_account(namespace: str, name: str) -> str:
    """The identifier of a service account. Where its own name speaks of another environment than its namespace, any
    account of the namespace is meant: where it runs says more."""
    place, own = _words(namespace), _words(name)
    return f"kubernetes_service_account:{namespace}/{'*' if place and own - place else name}"


def _aggregated(selectors: Iterable[Mapping[str, str]], roles: tuple[Role, ...]) -> Iterator[Rule]:
    for selector in selectors:
        for role in roles:
            if role.kind == "ClusterRole" and selector and selector.items() <= role.labels.items():
                yield from role.rules


def _holders(subject: Subject, binding: Binding, everywhere: tuple[str, ...]) -> Iterator[str]:
    """Who a subject is. Service accounts of the namespace that a RoleBinding is for are left out: they are at home."""
    if subject.kind == "ServiceAccount":
        if subject.namespace and subject.namespace != binding.namespace:
            yield service_account(subject.namespace, subject.name)
    elif subject.kind == "Group" and subject.name.startswith(_OF_NAMESPACE):
        namespace = subject.name.removeprefix(_OF_NAMESPACE)
        if namespace != binding.namespace:
            yield service_account(namespace, "*")
    elif subject.kind == "Group" and subject.name in _OF_CLUSTER:
        yield from (service_account(each, "*") for each in everywhere if each != binding.namespace)
    elif not subject.name.startswith("system:"):
        yield from _people(subject)


def _people(subject: Subject) -> Iterator[str]:
    """A group or user: of Azure by its id, else by its name where that speaks of an environment."""
    if _UUID.fullmatch(subject.name) or has_holes(subject.name):
        yield f"azuread_object:{subject.name}"
    elif _words(subject.name) - _PEOPLE:
        yield f"kubernetes_subject:{subject.name}"


def _words(name: str) -> set[str]:
    return {word.canonical for word in words_in_name(name) if word.sure} if not has_holes(name) else set()


def _grant(binding: Binding, subject: Subject, holder: str, actions: tuple[str, ...], cluster: str) -> Grant:
    span = subject.span or binding.span
    scope = f"{cluster or 'kubernetes:'}/{binding.namespace}" if binding.namespace else cluster
    scope = scope.replace("kubernetes:/", "kubernetes:", 1)
    where = f"namespace {binding.namespace}" if binding.namespace else "every namespace of the cluster"
    named = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    says = f"binds {binding.role_kind} {binding.role} to {named} in {where}"
    return Grant(
        language=LANGUAGE,
        policy="identity",
        effect="Allow",
        span=span,
        attached_to=holder,
        actions=actions,
        resources=(scope,),
        conditions=(Condition(test="namespace", variable="", values=(binding.namespace,)),)
        if binding.namespace
        else (),
        evidence=(Evidence(span=span, says=says, address=binding.address), *binding.evidence),
        unknown="" if actions else f"what {binding.role_kind} {binding.role} allows",
        address=binding.address,
    )
