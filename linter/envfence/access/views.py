"""What a decision is asked about, and what it answers.

Nothing comes in or goes out: records. Must not know: any policy language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from envfence.model import Grant

ALLOWED, DENIED, POSSIBLE = "yes", "no", "maybe"


@dataclass(frozen=True, slots=True)
class PrincipalView:
    """Who asks. All strings are holed.

    `kind`: "role", "user", "service" (`arn` is the service's name), "federated" (`arn` is the provider), "account"
    (anybody an administrator of that account chooses), "public" (anybody at all). `tags`: a value of None is not known;
    `tags_complete` is False when there may be more. `identity_known` is False for one whose own policies are not in the
    repository. `groups` are ARNs of groups it is in.
    """

    arn: str
    account: str = ""
    kind: str = "role"
    tags: Mapping[str, str | None] = field(default_factory=dict)
    tags_complete: bool = True
    identity_known: bool = True
    service_linked: bool = False


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
    derived or not known. `resource_account` is needed where the ARN has no account.
    """

    principal: PrincipalView
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context_complete: bool = False
    tags: Mapping[str, str | None] | None = field(default_factory=dict)
    tags_complete: bool = True
    abac: bool | None = False
    policy_known: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: "yes", "no" or "maybe"; the statements that allow it, and what it depends on."""

    verdict: str
    statements: tuple[Grant, ...] = ()
    unknowns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a principal can do to a resource (`model.CAPABILITIES`), by the strongest action that gives it."""

    name: str
    verdict: str
    action: str
    grant: Grant | None = None
    unknowns: tuple[str, ...] = ()
    #: Other statements that take part: those of the resource's own policy, for instance.
    grants: tuple[Grant, ...] = ()
