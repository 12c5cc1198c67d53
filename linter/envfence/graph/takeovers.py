"""Edges of identities that may take others over: by passing a role to something they launch, by changing what runs or
what is run, by making keys and logins, by editing who may come in.

In: statements of identities, what is executed where, the table of documented ways. Out: edges of kind passes and
takes-over. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import msgspec

from envfence.access import Decision, PrincipalView, escalations
from envfence.graph.decisions import Question
from envfence.graph.desk import RESOURCE, TRUST, Desk, depending, differs
from envfence.graph.executed import STATE, Executed
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.names import covers, parse_arn
from envfence.graph.targets import Targets
from envfence.model import Edge, Grant
from envfence.values import has_holes

_PASSING = "iam:PassRole"
#: The documented ways that take over a thing of this type (ids of the table); each is a set of actions on that thing.
WAYS = {
    "aws_iam_role": ("iam-012",),
    "aws_iam_user": ("iam-002", "iam-004", "iam-006"),
    "aws_iam_group": ("iam-013",),
    "aws_lambda_function": ("lambda-003",),
    "aws_instance": ("ssm-002", "ssm-001", "ec2instanceconnect-003", "ec2-002"),
    "aws_codebuild_project": ("codebuild-002", "codebuild-003"),
    "aws_cloudformation_stack": ("cloudformation-002",),
    "aws_apprunner_service": ("apprunner-002",),
    "aws_glue_dev_endpoint": ("glue-002",),
    "aws_launch_template": ("ec2-004",),
    "aws_sagemaker_notebook_instance": ("sagemaker-004",),
}
#: What runs as a role that is passed to a service, by the prefix of the action that launches.
SERVICES = {
    "apprunner": "tasks.apprunner.amazonaws.com",
    "bedrock-agentcore": "bedrock-agentcore.amazonaws.com",
    "cloudformation": "cloudformation.amazonaws.com",
    "codebuild": "codebuild.amazonaws.com",
    "datapipeline": "datapipeline.amazonaws.com",
    "ec2": "ec2.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
}
#: Actions that also need a second thing: the document that is run.
_BESIDE = {"ssm:SendCommand": "arn:aws:ssm:{region}::document/AWS-RunShellScript"}
_WRITES = {"s3": "s3:PutObject", "ecr": "ecr:PutImage"}
#: Whoever may read a state reads every secret in it.
_READING = "s3:GetObject"
_MOST = 200


@dataclass(slots=True)
class Takeovers:
    """Makes the edges; `executed` is what runs where, by service and container."""

    desk: Desk
    targets: Targets
    executed: Sequence[Executed] = ()
    _by_container: dict[tuple[str, str], list[Executed]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.executed:
            self._by_container.setdefault((each.service, each.name), []).append(each)

    def of_policies(
        self, node: GraphNode, linked: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> Iterator[Edge]:
        """All such edges of one identity."""
        allows = [each for each in linked if each.grant.effect == "Allow" and not each.grant.unknown]
        yield from self._over(node, allows, view, grants)
        yield from self._passes(node, allows, view, grants)
        yield from self._writes(node, allows, view, grants)

    # ------------------------------------------------------------ what exists

    def _over(
        self, node: GraphNode, allows: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> Iterator[Edge]:
        """What runs, and users, roles and groups, that the identity may take over."""
        seen = set()
        for type_, actions in _ways():
            first = actions[0]
            for each in allows:
                if not _does(each.grant, first):
                    continue
                for target in self.targets.of_type(node, each.grant, type_):
                    if (target.id, first) in seen:
                        continue
                    seen.add((target.id, first))
                    decision = self._all(view, grants, actions, target)
                    if decision.verdict != "no":
                        ends = (node, target)
                        yield self.desk.edge("takes-over", ends, each, "", decision, first, acts=first)

    def _all(
        self, view: PrincipalView, grants: tuple[Grant, ...], actions: tuple[str, ...], target: GraphNode
    ) -> Decision:
        """Whether all the actions are allowed on the target."""
        resource, depends = self.desk.resource(target)
        if not resource.arns:
            return Decision("no")
        arn = parse_arn(resource.arns[0])
        region = arn.region if arn is not None else ""
        questions = [Question(action, resource.arns[0], resource.account) for action in actions]
        documents = [(each, _BESIDE[each].format(region=region)) for each in actions if each in _BESIDE]
        questions += [Question(action, document, resource.account) for action, document in documents]
        answers = [self.desk.decisions.may(view, grants, question) for question in questions]
        return depending(_together(answers), depends)

    # ------------------------------------------------------------ what may be launched

    def _passes(
        self, node: GraphNode, allows: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> Iterator[Edge]:
        """Roles of other environments that the identity may pass to something that it may launch."""
        passing = [each for each in allows if _does(each.grant, _PASSING)]
        launched: dict[str, Decision] | None = None
        seen = set()
        for each in passing:
            for role in self.targets.of_type(node, each.grant, "aws_iam_role"):
                if role.id in seen or role.node.boundary != node.node.boundary:
                    continue  # a role is never passed to another account
                seen.add(role.id)
                launched = self._launched(allows, view, grants) if launched is None else launched
                for service in sorted(self._trusted(role) & launched.keys()):
                    decision = _together([launched[service], self._pass(view, grants, role, service)])
                    if decision.verdict == "no":
                        continue
                    says = f"may pass to {service}, which it may launch,"
                    yield self.desk.edge("passes", (node, role), each, "", decision, _PASSING, says=says)
                    break

    def _pass(self, view: PrincipalView, grants: tuple[Grant, ...], role: GraphNode, service: str) -> Decision:
        resource, depends = self.desk.resource(role)
        if not resource.arns:
            return Decision("no")
        question = Question(_PASSING, resource.arns[0], resource.account, context={"iam:PassedToService": (service,)})
        return depending(self.desk.decisions.may(view, grants, question), depends)

    def _launched(
        self, allows: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> dict[str, Decision]:
        """The services on which the identity may launch something, by the best of the documented ways."""
        found: dict[str, Decision] = {}
        for prefix, actions in _launches():
            service = SERVICES[prefix]
            if service in found and found[service].verdict == "yes":
                continue
            if any(not any(_does(each.grant, action) for each in allows) for action in actions):
                continue
            decision = _together([self._somewhere(allows, view, grants, action) for action in actions])
            if decision.verdict != "no":
                found[service] = decision
        return found

    def _somewhere(
        self, allows: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...], action: str
    ) -> Decision:
        """Whether an action is allowed on anything: on one of what the statements that allow it name."""
        best = Decision("no")
        for each in allows:
            if not _does(each.grant, action):
                continue
            for pattern in each.grant.resources[:_MOST] or ("*",):
                decision = self.desk.decisions.may(view, grants, Question(action, _instance(pattern, action, view)))
                if decision.verdict == "yes":
                    return decision
                best = decision if decision.verdict == "maybe" else best
        return best

    def _trusted(self, role: GraphNode) -> set[str]:
        """The services that a role's trust policy lets run as it."""
        return {
            principal.value
            for each in self.desk.holders.by_node.get(role.id, ())
            if each.grant.policy == TRUST and each.grant.effect == "Allow"
            for principal in each.grant.principals
            if principal.type == "Service"
        }

    # ------------------------------------------------------------ what is run

    def _writes(
        self, node: GraphNode, allows: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> Iterator[Edge]:
        """Deployments and workloads whose state or code the identity may write, and whose state it may read."""
        for service, action in _WRITES.items():
            yield from self._touches(node, allows, (view, grants), (service, action))
        yield from self._touches(node, allows, (view, grants), ("s3", _READING))

    def _touches(
        self,
        node: GraphNode,
        allows: list[LinkedGrant],
        asker: tuple[PrincipalView, tuple[Grant, ...]],
        call: tuple[str, str],
    ) -> Iterator[Edge]:
        """Deployments and workloads whose state or code the identity may call an action on."""
        service, action = call
        reading = action == _READING
        seen = set()
        named = (
            (each, found)
            for each in allows
            if _does(each.grant, action)
            for found in self._named(node, each.grant, service)
            if not reading or found.what == STATE
        )
        for each, found in named:
            runner = self.desk.binder.node(found.runner)
            if runner is None or found.runner in seen or not differs(node, runner):
                continue
            doubts = (found.doubt,) if found.doubt and not reading else ()
            decision = depending(self._touch(*asker, found, action, node), doubts)
            if decision.verdict == "no":
                continue
            seen.add(found.runner)
            says = f"may {action} and so {'read' if reading else 'change'} {found.what}"
            kind = "reads-state" if reading else "takes-over"
            edge = self.desk.edge(kind, (node, runner), each, "", decision, found.arn, says=says)
            yield msgspec.structs.replace(edge, evidence=(*edge.evidence, *found.evidence))

    def _named(self, node: GraphNode, grant: Grant, service: str) -> Iterator[Executed]:
        """What is executed that a statement names: the container by its whole name, or any that surely is in the own
        account."""
        for pattern in grant.resources:
            arn = parse_arn(pattern)
            if arn is None or arn.service != service:
                continue
            container = arn.resource.partition("/")[0] if service == "s3" else arn.resource.removeprefix("repository/")
            open_ = "*" in container or "?" in container
            for each in self._beside(node, service) if open_ else self._by_container.get((service, container), ()):
                other = parse_arn(each.arn)
                if other is not None and arn.account == other.account and covers(arn.resource, other.resource):
                    yield each

    def _beside(self, node: GraphNode, service: str) -> Iterator[Executed]:
        """What is executed from containers that are declared in the same, known, account."""
        boundary = node.node.boundary
        if not boundary or has_holes(boundary):
            return
        for (kind, _), listed in self._by_container.items():
            container = self._container(listed[0], node) if kind == service else None
            if container is not None and container.node.boundary == boundary:
                yield from listed

    def _container(self, found: Executed, asker: GraphNode) -> GraphNode | None:
        """The bucket or repository that something lies in, where it is declared."""
        sought = f"arn:aws:s3:::{found.name}" if found.service == "s3" else found.arn
        holders = [match.node for match in self.desk.binder.index.find(sought, asker)]
        return self.desk.binder.index.nodes[holders[0]] if len(holders) == 1 else None

    def _touch(
        self, view: PrincipalView, grants: tuple[Grant, ...], found: Executed, action: str, node: GraphNode
    ) -> Decision:
        """Whether the identity may do that to the very object, as far as the policy of its container is known."""
        container = self._container(found, node)
        if container is None:
            question = Question(action, found.arn, policy_known=False)
            return self.desk.decisions.may(view, grants, question)
        resource, depends = self.desk.resource(container)
        policy = tuple(grant for grant in resource.policy if grant.policy in RESOURCE)
        question = Question(action, found.arn, resource.account, policy)
        return depending(self.desk.decisions.may(view, grants, question), depends)


@cache
def _ways() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(type, actions) of every way to take over something that exists."""
    rows = {name: actions for name, _, actions in escalations()}
    return tuple((type_, rows[name]) for type_, names in WAYS.items() for name in names if name in rows)


@cache
def _launches() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(service, actions beside PassRole) of every way to launch something with a role."""
    rows = [
        tuple(action for action in actions if action != _PASSING)
        for _, category, actions in escalations()
        if category == "new-passrole" and _PASSING in actions
    ]
    return tuple((actions[0].partition(":")[0], actions) for actions in rows if actions)


def _does(grant: Grant, action: str) -> bool:
    """Whether a statement may speak of one of the actions that matter here, its resources aside."""
    return action in _relevant(grant.actions, grant.not_actions)


@lru_cache(maxsize=65536)
def _relevant(actions: tuple[str, ...], not_actions: tuple[str, ...]) -> frozenset[str]:
    """The actions that matter here of which a statement may speak."""
    patterns = [pattern.lower() for pattern in (not_actions or actions)]
    named = frozenset(each for each in _known() if any(covers(pattern, each.lower()) for pattern in patterns))
    return _known() - named if not_actions else named


@cache
def _known() -> frozenset[str]:
    """All actions of the documented ways, and those that write what is run or read its state."""
    listed = [action for _, actions in (*_ways(), *_launches()) for action in actions]
    return frozenset((*listed, *_WRITES.values(), _READING, _PASSING))


def _together(answers: Iterable[Decision]) -> Decision:
    """All of several answers."""
    listed = tuple(answers)
    if any(each.verdict == "no" for each in listed):
        return Decision("no")
    unknowns = tuple(dict.fromkeys(unknown for each in listed for unknown in each.unknowns))
    if all(each.verdict == "yes" for each in listed):
        return Decision("yes")
    return Decision("maybe", (), unknowns)


def _instance(pattern: str, action: str, view: PrincipalView) -> str:
    """One thing that a pattern of resources names."""
    if pattern == "*":
        prefix = action.partition(":")[0]
        return f"arn:aws:{prefix}:eu-west-1:{view.account}:any/any"
    return pattern.replace("*", "any").replace("?", "x")
