"""Role-based access control of Kubernetes: rules of verbs on resources, in one namespace or in a whole cluster.

Comes in: statements of one subject (`actions`: rules as `VERBS;GROUPS;RESOURCES;NAMES`, or `role:NAME` for a role that
every cluster has; `resources`: one scope, `kubernetes:CLUSTER` or `kubernetes:CLUSTER/NAMESPACE`; `conditions`: the
namespace, where it is limited to one), one target. Goes out: three-valued answers. Must not know: the graph,
environments.

Rules: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ (rules add up, nothing denies; a RoleBinding holds
in its namespace whatever it binds; a rule with resourceNames never allows to create or to delete a collection) and
https://kubernetes.io/docs/concepts/security/rbac-good-practices/ (what leads to more rights).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from envfence.access.match import Matcher
from envfence.access.scoped import Target
from envfence.access.scoped._answers import Applying, answers, decision
from envfence.access.views import Capability, Decision
from envfence.model import Grant

#: What is worth an edge to in a cluster.
KINDS = frozenset({"store", "backup", "secret", "key", "state", "identity", "compute"})
_RBAC, _APPS, _BATCH = "rbac.authorization.k8s.io", "apps", "batch"
_DELETE = ("delete", "deletecollection")
_READ, _CHANGE = ("get", "list", "watch"), ("update", "patch")
_EVERY_VERB = (*_READ, "create", *_CHANGE, *_DELETE)
#: Kinds of no namespace: only a binding for the whole cluster holds for them.
_OF_CLUSTER = frozenset({"persistentvolumes", "namespaces", "nodes/proxy", "users", "groups", "clusterroles"})
_STARTS = (
    *(f"{verb} {_APPS}/{name}" for name in ("deployments", "daemonsets", "statefulsets", "replicasets")
      for verb in ("create", *_CHANGE)),
    *(f"{verb} {_BATCH}/{name}" for name in ("jobs", "cronjobs") for verb in ("create", *_CHANGE)),
    "create /replicationcontrollers",
)  # fmt: skip
#: Whoever starts a pod runs as any service account of the namespace; the rest takes an account or what runs as it.
_BECOMING = (
    "create /pods",
    *_STARTS,
    "create /serviceaccounts/token",
    "impersonate /serviceaccounts",
    "create /pods/exec",
    "get /pods/exec",
    "create /pods/attach",
    "get /pods/attach",
    "create /nodes/proxy",
    "get /nodes/proxy",
)
#: What gives every right there is to have in the scope.
_GRANTING = (
    *(f"{verb} {_RBAC}/{name}" for verb in ("escalate", "bind") for name in ("roles", "clusterroles")),
    "impersonate /users",
    "impersonate /groups",
)


def _operations(group: str, name: str, verbs: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{verb} {group}/{name}" for verb in verbs)


def _needed(
    group: str, name: str, *, read: Sequence[str] = (), write: Sequence[str] = ()
) -> dict[str, tuple[str, ...]]:
    return {
        "administer": _GRANTING,
        "destroy": _operations(group, name, _DELETE),
        "write": (*_operations(group, name, _CHANGE), *write),
        "read": tuple(read),
    }


_MOUNTING = ("create /pods", *_STARTS, "create /pods/exec", "get /pods/exec")
_TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    "kubernetes_secret": _needed("", "secrets", read=_operations("", "secrets", _READ)),
    "kubernetes_persistent_volume_claim": _needed("", "persistentvolumeclaims", read=_MOUNTING, write=_MOUNTING),
    "kubernetes_persistent_volume": {"destroy": _operations("", "persistentvolumes", _DELETE)},
    "kubernetes_deployment": _needed(_APPS, "deployments"),
    "kubernetes_stateful_set": _needed(_APPS, "statefulsets"),
}
#: A binding stands for its namespace where nothing in it is declared: the strongest right on anything counts.
STAND_INS = frozenset(
    (
        *("kubernetes_role_binding", "kubernetes_role_binding_v1", "RoleBinding"),
        *("kubernetes_cluster_role_binding", "kubernetes_cluster_role_binding_v1", "ClusterRoleBinding"),
        "kubernetes_manifest",
    )
)
_IN_NAMESPACE = {"administer": _GRANTING, "destroy": ("delete *",), "write": ("write *",), "read": ("read *",)}
_BUILT_IN_EDITED = (
    *(f"/{name}" for name in ("pods", "services", "configmaps", "persistentvolumeclaims", "replicationcontrollers")),
    *(f"/{name}" for name in ("serviceaccounts", "endpoints")),
    *(f"{_APPS}/{name}" for name in ("deployments", "daemonsets", "statefulsets", "replicasets")),
    *(f"{_BATCH}/{name}" for name in ("jobs", "cronjobs")),
    *("autoscaling/horizontalpodautoscalers", "policy/poddisruptionbudgets"),
    *("networking.k8s.io/ingresses", "networking.k8s.io/networkpolicies"),
)


@dataclass(frozen=True, slots=True)
class _Rule:
    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: frozenset[str]

    def allows(self, operation: str, name: str) -> bool:
        """Whether it allows `VERB GROUP/RESOURCE` on the object called `name`."""
        verb, _, rest = operation.partition(" ")
        if rest == "*":
            return self._any(verb)
        group, _, resource = rest.partition("/")
        if not (verb in self.verbs or "*" in self.verbs) or not (group in self.groups or "*" in self.groups):
            return False
        if not self._covers(resource):
            return False
        if not self.names:
            return True
        # Requests to create or to delete a collection have no name, which a rule with names never fits.
        return verb not in ("create", "deletecollection") and (name in self.names or "/" in resource)

    def _covers(self, resource: str) -> bool:
        _, slash, below = resource.partition("/")
        return bool(self.resources & {resource, "*"}) or bool(slash and f"*/{below}" in self.resources)

    def _any(self, what: str) -> bool:
        wanted = {"delete": _DELETE, "write": ("create", *_CHANGE)}.get(what, ())
        return what == "read" or bool(self.verbs & {*wanted, "*"})


def capabilities(grants: Sequence[Grant], target: Target, matcher: Matcher) -> tuple[Capability, ...]:
    """What the subject of `grants` can do to the target."""
    type_ = target.type.removesuffix("_v1")
    if target.type in STAND_INS:
        return answers(_IN_NAMESPACE, _applying(grants, target, _IN_NAMESPACE))[:1]
    needed = _TYPES.get(type_, {})
    return answers(needed, _applying(grants, target, needed)) if needed else ()


def becomes(grants: Sequence[Grant], target: Target, matcher: Matcher) -> Decision:
    """Whether the subject can act as a service account."""
    if target.type.removesuffix("_v1") != "kubernetes_service_account":
        return Decision("no")
    needed = {"administer": (*_BECOMING, *_GRANTING)}
    return decision(answers(needed, _applying(grants, target, needed)))


def behind(grant: Grant) -> str:
    """Nothing: scopes here are named, or patterns."""
    return ""


def where(scope: str) -> str:
    """The cluster or namespace itself: both are boundaries."""
    return scope


def contains(scope: str, boundary: str) -> bool:
    """Whether a boundary lies in a scope: the namespaces of a cluster."""
    return boundary == scope or boundary.startswith(f"{scope}/")


def _applying(grants: Sequence[Grant], target: Target, needed: Mapping[str, Iterable[str]]) -> Iterator[Applying]:
    asked = [operation for listed in needed.values() for operation in listed]
    name = target.names[0].partition(":")[2].rpartition("/")[2] if target.names else ""
    for grant in grants:
        scope = grant.resources[0] if grant.resources else ""
        if not scope or not contains(scope, target.boundary):
            continue
        if grant.unknown:
            if "read *" in asked:
                yield Applying(grant, frozenset(("read *",)), (grant.unknown,))
            continue
        whole = not grant.conditions
        rules = [rule for action in grant.actions for rule in _rules(action)]
        held = {each for each in asked if any(rule.allows(each, name) for rule in rules)}
        yield Applying(grant, frozenset(each for each in held if whole or not _is_of_cluster(each)))


def _is_of_cluster(operation: str) -> bool:
    """Whether only a binding for the whole cluster gives an operation; cluster roles are bound in a namespace too."""
    resource = operation.partition("/")[2]
    return resource in _OF_CLUSTER and not operation.startswith("bind ")


@lru_cache(maxsize=4096)
def _rules(action: str) -> tuple[_Rule, ...]:
    kind, colon, role = action.partition(":")
    if colon and kind == "role":
        return _built_in(role)
    parts = [frozenset(part.split(",")) for part in action.split(";")]
    if len(parts) != 4:
        return ()
    verbs, groups, resources, names = parts
    return (_Rule(verbs, groups, resources, names - {""}),)


def _built_in(role: str) -> tuple[_Rule, ...]:
    """What https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles says of a role."""
    if role == "cluster-admin":
        return (_rule(("*",), "*/*"),)
    viewing = tuple(_rule(_READ, each) for each in (*_BUILT_IN_EDITED, "/namespaces"))
    if role == "view":
        return viewing
    editing = (
        *(_rule(_EVERY_VERB, each) for each in (*_BUILT_IN_EDITED, "/secrets")),
        *(_rule((*_READ, "create"), f"/pods/{each}") for each in ("exec", "attach", "portforward", "proxy")),
        _rule(("create",), "/serviceaccounts/token"),
        _rule(("impersonate",), "/serviceaccounts"),
    )
    managing = tuple(_rule(_EVERY_VERB, f"{_RBAC}/{each}") for each in ("roles", "rolebindings"))
    return {"edit": (*viewing, *editing), "admin": (*viewing, *editing, *managing)}.get(role, ())


def _rule(verbs: Iterable[str], resource: str) -> _Rule:
    group, _, name = resource.partition("/")
    return _Rule(frozenset(verbs), frozenset((group,)), frozenset((name,)), frozenset())
