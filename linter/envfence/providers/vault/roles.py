"""Who gets tokens of Vault with which policies, and what lies in it.

Comes in: roles of authentication methods, policies, secrets and mounts, roles of the AWS secrets engine. Goes out: a
grant for each rule that a role's policies have, attached to the role; who may log in as it; the paths of the API that
secrets answer to. Must not know: which rule counts, environments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.model import Condition, Evidence, Grant, Principal, Reference
from envfence.providers.common.values import one, plain, text, texts
from envfence.providers.vault.policies import rules_of
from envfence.sources.rbac import service_account
from envfence.values import Symbol, has_holes
from envfence.words import words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_POLICY, _AWS_ROLE = "vault_policy", "vault_aws_secret_backend_role"
_KUBERNETES, _JWT, _AWS = (f"vault_{name}_auth_backend_role" for name in ("kubernetes", "jwt", "aws"))
_ROLES = (_KUBERNETES, _JWT, _AWS, "vault_approle_auth_backend_role")
_MOUNTS = ("vault_mount", "vault_kv_secret_backend_v2", "vault_database_secrets_mount")
_OLD, _FIRST, _SECOND = "vault_generic_secret", "vault_kv_secret", "vault_kv_secret_v2"


def finish(builder: FactsBuilder) -> None:
    """The facts of all such resources of a deployment."""
    resources = [each for each in builder.resources if each.type.startswith("vault_") and each.mode == "managed"]
    policies = {text(one(each.values, "name")): each for each in resources if each.type == _POLICY}
    versions = dict(_versions(resources))
    for resource in resources:
        if not builder.has_node(resource.address):
            continue
        paths = tuple(_paths(resource, versions))
        identity = resource.type in _ROLES or resource.type == _AWS_ROLE
        if paths or identity:
            node = builder.node(resource.address)
            called = tuple(_called(resource)) if identity else ()
            names = (*node.names, *(f"vault_path:{path}" for path in paths), *called)
            kind = "identity" if identity else node.kind
            builder.change_node(resource.address, names=names, kind=kind, boundary=server_of(resource, builder))
        if resource.type in _ROLES:
            _add_rules(resource, policies, builder)
            _add_holders(resource, builder)
        elif resource.type == _AWS_ROLE:
            for arn in texts(one(resource.values, "role_arns")):
                _refer(resource, builder, "role_arns", arn, outward=True)


def server_of(resource: Resource, builder: FactsBuilder) -> str:
    """The server that a resource lies in, as a boundary; one that is not known is one of its configuration."""
    key = resource.provider_key or "vault"
    configuration = builder.configuration(key)
    address = text(one(configuration, "address")) or ""
    spaces = [text(one(values, "namespace")) or "" for values in (configuration, resource.values)]
    server = address or builder.symbols.intern(Symbol(what=f"server({key})", scope=builder.scope))
    return "/".join(filter(None, (f"vault:{server}", *spaces)))


def _called(role: Resource) -> Iterator[str]:
    """The name of a role; where it speaks of no environment, with the namespaces of those who may log in as it."""
    found = texts(one(role.values, "role_name")) or texts(one(role.values, "role")) or texts(one(role.values, "name"))
    spaces = texts(one(role.values, "bound_service_account_namespaces"))
    for name in found[:1]:
        telling = has_holes(name) or words_in_name(name)
        yield f"vault_role:{'/'.join((name,) if telling else (*spaces, name))}"


def _versions(resources: list[Resource]) -> Iterator[tuple[str, int]]:
    """Which version of the key-value engine is mounted where."""
    for resource in resources:
        path, type_ = (text(one(resource.values, name)) or "" for name in ("path", "type"))
        if resource.type == _MOUNTS[0] and path and type_ in ("kv", "kv-v2", "generic"):
            second = type_ == "kv-v2" or text(one(resource.values, "options.version")) == "2"
            yield path.strip("/"), 2 if second else 1


def _paths(resource: Resource, versions: dict[str, int]) -> Iterator[str]:
    """The paths of the API under which a resource is read."""
    values = resource.values
    if resource.type == _SECOND:
        mount, name = text(one(values, "mount")), text(one(values, "name"))
        if mount and name:
            yield f"{mount.strip('/')}/data/{name}"
    elif resource.type in (_OLD, _FIRST):
        yield from _of_secret(resource, versions)
    elif resource.type in _MOUNTS:
        yield from (path.strip("/") for path in texts(one(values, "path")))
    elif resource.type == _AWS_ROLE:
        backend, name = (text(one(values, each)) or "" for each in ("backend", "name"))
        if backend and name:
            yield from (f"{backend.strip('/')}/{kind}/{name}" for kind in ("creds", "sts"))


def _of_secret(resource: Resource, versions: dict[str, int]) -> Iterator[str]:
    """The paths of a secret whose type does not say which version of the engine it lies in."""
    path = (text(one(resource.values, "path")) or "").strip("/")
    mount = next((each for each in versions if path.startswith(f"{each}/")), path.partition("/")[0])
    version = versions.get(mount, 1 if resource.type == _FIRST else 0)
    if path and version in (0, 1):
        yield path
    if path and version in (0, 2):
        yield f"{mount}/data/{path.removeprefix(mount).strip('/')}"


def _add_rules(role: Resource, policies: dict[str | None, Resource], builder: FactsBuilder) -> None:
    """The rules of the policies that a role's tokens have; one that is declared elsewhere is not known."""
    for name in texts(one(role.values, "token_policies")):
        policy = policies.get(name)
        span = role.span_of("token_policies") or role.span
        attached = Evidence(span=span, says=f"tokens have the policy {name}", address=role.address)
        if policy is None:
            continue
        for rule in rules_of(text(one(policy.values, "policy")) or ""):
            says = f"allows {', '.join(rule.capabilities)} on {rule.path}"
            said = Evidence(span=policy.span_of("policy") or policy.span, says=says, address=policy.address)
            open_ones = (Condition(test="unknown", variable="", values=(f"the parameters of {rule.path}",)),)
            builder.add_grant(
                Grant(
                    language="vault",
                    policy="identity",
                    effect="Allow",
                    span=said.span,
                    holder=role.address,
                    sid=rule.path,
                    actions=rule.capabilities,
                    resources=(server_of(role, builder),),
                    conditions=open_ones if rule.is_open else (),
                    evidence=(said, attached),
                    address=role.address,
                )
            )


def _add_holders(role: Resource, builder: FactsBuilder) -> None:
    """Who may log in as a role."""
    if role.type == _AWS:
        for arn in texts(one(role.values, "bound_iam_principal_arns")):
            if "*" not in arn:
                _refer(role, builder, "bound_iam_principal_arns", arn)
    elif role.type == _KUBERNETES:
        accounts = texts(one(role.values, "bound_service_account_names"))
        for namespace in texts(one(role.values, "bound_service_account_namespaces")):
            for name in accounts if "*" not in namespace else ():
                account = service_account(namespace, name if "*" not in name else "*")
                _refer(role, builder, "bound_service_account_namespaces", account)
    elif role.type == _JWT:
        for subject in _subjects(role):
            span = role.span_of("bound_claims") or role.span_of("bound_subject") or role.span
            builder.add_grant(
                Grant(
                    language="vault",
                    policy="trust",
                    effect="Allow",
                    span=span,
                    holder=role.address,
                    principals=(Principal(type="Federated", value=""),),
                    conditions=(Condition(test="StringEquals", variable="sub", values=(subject,)),),
                    evidence=(Evidence(span=span, says=f"lets {subject} in", address=role.address),),
                    address=role.address,
                )
            )


def _subjects(role: Resource) -> Iterator[str]:
    """The subjects that the claims of a role come to, as GitHub writes them. Claims that ask for a branch or a
    workflow leave nothing to tell."""
    bound = text(one(role.values, "bound_subject")) or ""
    if bound and not has_holes(bound):
        yield bound
        return
    claims = plain(one(role.values, "bound_claims"))
    if not isinstance(claims, dict):
        return
    listed = {name: str(value).split(",") for name, value in claims.items() if isinstance(value, str)}
    if "sub" in listed:
        yield from listed["sub"]
    elif "repository" in listed and not set(listed) - {"repository", "environment", "repository_owner"}:
        for repository in listed["repository"]:
            for name in listed.get("environment", [""]):
                yield f"repo:{repository}:environment:{name}" if name else f"repo:{repository}:*"


def _refer(resource: Resource, builder: FactsBuilder, path: str, sought: str, *, outward: bool = False) -> None:
    builder.add_reference(
        Reference(
            kind="assumes",
            node=resource.address,
            sought=sought,
            evidence=builder.evidence(resource, path, f"gives {sought}" if outward else f"lets {sought} in"),
            outward=outward,
            capability="" if outward else "trust",
            says="makes credentials of" if outward else "may log in as",
        )
    )
