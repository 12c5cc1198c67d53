"""What a decision is asked about, and what it answers.

Nothing comes in or goes out: records. Must not know: any policy language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from envfence.access.demands import Demand
from envfence.model import Grant

#: Gives the reasons for which an action is open: in words, and as demands.
Why = Callable[[str], tuple[tuple[str, ...], tuple[Demand, ...]]]
ALLOWED, DENIED, POSSIBLE = "yes", "no", "maybe"


@dataclass(frozen=True, slots=True)
class PrincipalView:
    """Who asks. All strings are holed.

    `kind`: "role", "user", "service" (`arn` is the service's name), "federated" (`arn` is the provider), "account"
    (anybody an administrator of that account chooses), "public" (anybody at all). `tags`: a value of None is not known;
    `tags_complete` is False when there may be more. `identity_known` is False for one whose own policies are not in the
    repository. `session` is the name of a role's session; empty when it is not known.
    """

    arn: str
    account: str = ""
    kind: str = "role"
    tags: Mapping[str, str | None] = field(default_factory=dict)
    tags_complete: bool = True
    identity_known: bool = True
    service_linked: bool = False
    session: str = ""


@dataclass(frozen=True, slots=True)
class ResourceView:
    """What is asked for.

    `arns` are its names that are ARNs; `type` the Terraform type; `policy` the grants attached to it: resource policy,
    trust policy, KMS grants. `policy_known` is False when its policy may stand outside the repository. `tags` None: not
    known at all. `abac` is whether an S3 bucket looks at tags (None: not known).
    """

    arns: tuple[str, ...]
    type: str = ""
    account: str = ""
    policy: tuple[Grant, ...] = ()
    policy_known: bool = True
    tags: Mapping[str, str | None] | None = field(default_factory=dict)
    tags_complete: bool = True
    abac: bool | None = False


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may `principal` do `action` to `resource`?

    `context` holds values of condition keys; with `context_complete` a key that is not there is absent, otherwise it is
    derived or not known. `context_unknown` are keys that may be there with any value, or not. `resource_account` is
    needed where the ARN has no account.
    """

    principal: PrincipalView
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context_complete: bool = False
    context_unknown: frozenset[str] = frozenset()
    tags: Mapping[str, str | None] | None = field(default_factory=dict)
    tags_complete: bool = True
    abac: bool | None = False
    policy_known: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: "yes", "no" or "maybe"; the statements that allow it, and what it depends on: in words, and as
    demands that every "yes" makes of the unknowns (`demands.contradictory` tells whether others can be met beside
    them)."""

    verdict: str
    statements: tuple[Grant, ...] = ()
    unknowns: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()


class Capability:
    """One thing a principal can do to a resource (`model.CAPABILITIES`), by the strongest action that gives it.

    `grants` are the statements that take part, those of the resource's own policy included; the first decides.
    `unknowns` and `demands` say what a verdict that is not sure depends on; they are worked out when asked for.
    """

    __slots__ = ("_reasons", "_why", "action", "grant", "grants", "name", "verdict")

    def __init__(
        self,
        name: str,
        verdict: str,
        action: str,
        grant: Grant | None = None,
        unknowns: tuple[str, ...] = (),
        grants: tuple[Grant, ...] = (),
        *,
        why: Why | None = None,
    ) -> None:
        self.name = name
        self.verdict = verdict
        self.action = action
        self.grant = grant
        self.grants = grants
        self._why = why
        self._reasons: tuple[tuple[str, ...], tuple[Demand, ...]] | None = None if why else (unknowns, ())

    @property
    def unknowns(self) -> tuple[str, ...]:
        """What it depends on, in words."""
        return self._known()[0]

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What it demands of the unknowns."""
        return self._known()[1]

    def _known(self) -> tuple[tuple[str, ...], tuple[Demand, ...]]:
        if self._reasons is None and self._why is not None:
            self._reasons, self._why = self._why(self.action), None
        return self._reasons or ((), ())
