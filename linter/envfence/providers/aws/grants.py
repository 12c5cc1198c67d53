"""Turns the policies of a resource into grants, each with the places that make it.

Comes in: a resource and where its policy stands. Goes out: `model.Grant` in the builder, and a problem at the
policy's own line for what is no policy. Must not know: environments, what the actions do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from envfence.model import Evidence, Grant, Principal
from envfence.providers.aws.contract import Builder, ResourceView, place
from envfence.providers.aws.members import members
from envfence.providers.aws.provenance import Written, declared, written
from envfence.providers.aws.statements import Policy, Statement, read_policy
from envfence.values import Span, Symbol, Unknown, Value, has_holes

LANGUAGE = "aws"


@dataclass(frozen=True, slots=True)
class Target:
    """What a policy is attached to: a node of this deployment, or a name to look up; and the kind of policy."""

    policy: str
    holder: str = ""
    attached_to: str = ""
    says: str = "attached here"


def add_policy(builder: Builder, resource: ResourceView, path: str, value: Value, target: Target) -> None:
    """The grants of a policy text at `path`; nothing when it is not set."""
    if isinstance(value, Unknown):
        add_unknown(builder, resource, path, target, value.reason)
        return
    if not isinstance(value, str) or not value.strip():
        return
    policy = _read(builder, value)
    for mistake in policy.mistakes:
        builder.problem(mistake, place(resource, path), hides=f"what {resource.address} allows")
    for statement in policy.statements:
        if statement.unknown:
            add_unknown(builder, resource, path, target, statement.unknown)
        else:
            where = written(builder, resource, path, statement, target.says)
            builder.add_grant(_grant(resource, policy, _as_given(builder, statement, where), target, where))


def add_unknown(builder: Builder, resource: ResourceView, path: str, target: Target, reason: str) -> None:
    """A placeholder for a policy or statement that could hold anything."""
    span = place(resource, path)
    builder.add_grant(
        Grant(
            language=LANGUAGE,
            policy=target.policy,
            effect="Allow",
            span=span,
            holder=target.holder,
            attached_to=target.attached_to,
            evidence=(Evidence(span=span, says=target.says, address=resource.address),),
            unknown=reason or "the policy is not known",
            address=resource.address,
        )
    )


def attach(builder: Builder, resource: ResourceView, path: str, arn: Value, target: Target) -> None:
    """The grants of a standing policy, named by ARN at `path`: its statements when this deployment declares it, else an
    attachment that *link* resolves."""
    if isinstance(arn, Unknown):
        name = arn.symbol
    elif isinstance(arn, str) and arn:
        name = arn
    else:
        return
    origin = resource.origin_of_leaf(path, name) or resource.origin(path)
    span = origin[0].span if origin else place(resource, path)
    here = Evidence(span=span, says=target.says, address=resource.address)
    policy = _declared_policy(builder, resource, name)
    if policy is None:
        builder.add_grant(
            Grant(
                language=LANGUAGE,
                policy=target.policy,
                effect="Allow",
                span=span,
                holder=target.holder,
                attached_to=target.attached_to,
                evidence=(here, *_calls(resource)),
                address=resource.address,
                document=name,
                unknown="which policy is attached is not known" if len(name) == 1 and has_holes(name) else "",
            )
        )
        return
    for grant in _statements_of(builder, policy):
        moved = _moved(grant, target, resource, here)
        builder.add_grant(moved)


def add_managed(builder: Builder, resource: ResourceView) -> None:
    """The statements of a policy that stands on its own, for attachments elsewhere."""
    for grant in _statements_of(builder, resource):
        builder.add_grant(grant)


class _Collector:
    """Takes the grants of one policy aside; problems go to the builder the first time only."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self.grants: list[Grant] = []
        self.resources = builder.resources
        self.symbols = builder.symbols
        self.scope = builder.scope
        self.memo = builder.memo

    def add_grant(self, grant: Grant) -> None:
        self.grants.append(grant)

    def add_reference(self, reference: object) -> None:
        """A policy makes no references."""

    def problem(self, reason: str, span: Span, hides: str = "") -> None:
        self._builder.problem(reason, span, hides)


def collected(builder: Builder, policy: ResourceView, path: str, target: Target) -> tuple[Grant, ...]:
    """The grants of a policy text at `path`, for whoever gives them to others; read once."""
    key = f"aws.policy:{policy.address}"
    found = builder.memo.get(key)
    if found is None:
        collector = _Collector(builder)
        add_policy(collector, policy, path, policy.values.items.get(path), target)
        found = builder.memo[key] = tuple(collector.grants)
    return tuple(found)


def _statements_of(builder: Builder, policy: ResourceView) -> tuple[Grant, ...]:
    return collected(builder, policy, "policy", Target(policy="managed", holder=policy.address, says="policy"))


def _moved(grant: Grant, target: Target, resource: ResourceView, here: Evidence) -> Grant:
    fields = {name: getattr(grant, name) for name in grant.__struct_fields__}
    fields |= {
        "policy": target.policy,
        "holder": target.holder,
        "attached_to": target.attached_to,
        "evidence": (*grant.evidence, here, *_calls(resource)),
    }
    return Grant(**fields)


def _declared_policy(builder: Builder, resource: ResourceView, arn: str) -> ResourceView | None:
    _, found, key = arn.partition(":policy/")
    if not found:
        return None
    candidates = declared(builder).policies.get("/" + key, ())
    same = [policy for policy in candidates if policy.provider_key == resource.provider_key]
    return next(iter(same or candidates), None)


def _read(builder: Builder, value: str) -> Policy:
    key = "aws.read:" + value
    found = builder.memo.get(key)
    if not isinstance(found, Policy):
        found = builder.memo[key] = read_policy(value, lambda hole: members(builder.symbols.symbol(hole).what))
    return found


def _grant(resource: ResourceView, policy: Policy, statement: Statement, target: Target, where: Written) -> Grant:
    return Grant(
        language=LANGUAGE,
        policy=target.policy,
        effect=statement.effect,
        span=where.span,
        holder=target.holder,
        attached_to=target.attached_to,
        sid=statement.sid,
        version=policy.version,
        principals=_principals(statement.principals, where),
        not_principals=_principals(statement.not_principals, where),
        actions=statement.actions,
        not_actions=statement.not_actions,
        resources=statement.resources,
        not_resources=statement.not_resources,
        conditions=statement.conditions,
        evidence=where.evidence,
        element_spans=where.elements,
        address=resource.address,
    )


def _as_given(builder: Builder, statement: Statement, where: Written) -> Statement:
    """A statement whose principals that are an empty text are unknowns, by the names of the variables whose defaults
    they are. AWS refuses such a principal: where the statement is applied, the variable is given from elsewhere."""
    if where.empty is None:
        return statement
    hole = builder.symbols.intern(Symbol(what=where.empty.address, scope=builder.scope))
    where.elements[hole] = where.empty.span
    return replace(statement, principals=tuple((kind, value or hole) for kind, value in statement.principals))


def _principals(pairs: tuple[tuple[str, str], ...], where: Written) -> tuple[Principal, ...]:
    return tuple(Principal(type=kind, value=value, span=where.elements.get(value)) for kind, value in pairs)


def _calls(resource: ResourceView) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(span=call.span, says="module call", address=call.address) for call in reversed(resource.calls)
    )
