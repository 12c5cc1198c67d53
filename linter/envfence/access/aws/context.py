"""The request context: which condition keys a request carries, and with what values.

Comes in: a request's ends and the action. Goes out: for a key, its values, or that it is absent, not known, or the
caller's to choose. Must not know: policies.

Only the keys that an action supports are in its context; `aws:ResourceTag` and the like exist only where the table of
the action or of its resource type lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from envfence.access.tables import Action, lists
from envfence.access.views import PrincipalView
from envfence.values import has_holes

ABSENT, KNOWN, UNKNOWN, CHOSEN = "absent", "known", "unknown", "chosen"


@dataclass(frozen=True, slots=True)
class Found:
    """The state of a key: KNOWN with values, ABSENT, UNKNOWN, or CHOSEN by whoever sends the request.

    `many` is set for a key that holds a list by its nature; `symbol` is the hole that stands for its one unknown value.
    """

    state: str
    values: tuple[str, ...] = ()
    many: bool = False
    symbol: str = ""
    #: Whether a key of unknown value is there for sure.
    present: bool = False


_ABSENT, _UNKNOWN, _CHOSEN = Found(ABSENT), Found(UNKNOWN), Found(CHOSEN)
_OF_UNKNOWN_VALUE = Found(UNKNOWN, present=True)

#: Global keys that exist only where an action or resource type lists them.
_LISTED_ONLY = ("aws:resourcetag/", "aws:requesttag/", "aws:tagkeys")
#: What the caller writes into the request: an Allow can be met, a Deny avoided, by writing it.
_CHOSEN_PREFIXES = (
    "aws:requesttag/",
    "s3:x-amz-",
    "s3:prefix",
    "s3:delimiter",
    "s3:max-keys",
    "s3:versionid",
    "s3:if-",
    "s3:signatureversion",
    "s3:signatureage",
    "s3:authtype",
    "s3:tlsversion",
    "s3:requestobjecttag",
    "kms:encryptioncontext",
    "kms:encryptionalgorithm",
    "kms:granteeprincipal",
    "kms:grantoperations",
    "kms:grantconstrainttype",
    "kms:schedulekeydeletionpendingwindowindays",
    "sts:rolesessionname",
    "secretsmanager:versionid",
    "secretsmanager:versionstage",
    "secretsmanager:recoverywindowindays",
    "secretsmanager:forcedeletewithoutrecovery",
    "dynamodb:select",
    "dynamodb:attributes",
    "dynamodb:returnvalues",
)
_CHOSEN_KEYS = frozenset({"aws:tagkeys", "aws:useragent", "aws:referer", "aws:securetransport"})
_TAG_PREFIXES = (
    "aws:resourcetag/",
    "ec2:resourcetag/",
    "rds:db-tag/",
    "rds:cluster-tag/",
    "secretsmanager:resourcetag/",
)
#: Global keys that hold a list by their nature.
_LISTS = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
    }
)
_ENCRYPTION_CONTEXT = "kms:encryptioncontext:"
_PRINCIPAL_TAG = "aws:principaltag/"
_PEOPLE = ("role", "user")
_TYPES = {"role": "AssumedRole", "user": "User", "account": "Account", "public": "Anonymous"}


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a request, as conditions see them."""

    principal: PrincipalView
    resource: str
    resource_account: str
    tags: Mapping[str, str | None] | None
    tags_complete: bool = True
    abac: bool | None = False
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    unknown: frozenset[str] = frozenset()


def look_up(key: str, ends: Ends, action: Action | None, type_keys: frozenset[str]) -> Found:
    """The state of `key` for one action."""
    key = key.lower()
    found = _state(key, ends, action, type_keys)
    if found.state in (KNOWN, UNKNOWN) and (key in _LISTS or key in lists(key.partition(":")[0])):
        return replace(found, many=True)
    return found


def _state(key: str, ends: Ends, action: Action | None, type_keys: frozenset[str]) -> Found:
    if not is_supported(key, action, type_keys):
        return _ABSENT
    if key in ends.unknown:
        return _UNKNOWN
    if key in ends.given:
        of_bucket = key.startswith(_TAG_PREFIXES) and _is_bucket(ends.resource) and ends.abac is not True
        return _bucket_tag(key, ends) if of_bucket else Found(KNOWN, ends.given[key])
    if not ends.complete and (key in _CHOSEN_KEYS or key.startswith(_CHOSEN_PREFIXES)):
        return _CHOSEN
    return _derived(key, ends) or (_ABSENT if ends.complete else _rest(key, ends))


def is_supported(key: str, action: Action | None, type_keys: frozenset[str]) -> bool:
    """Whether the requests of an action carry a key, given in lower case, at all."""
    if action is None:
        return True
    stem = key.partition("/")[0] + "/" if "/" in key else key
    if key.startswith(_ENCRYPTION_CONTEXT):
        stem = _ENCRYPTION_CONTEXT
    listed = key in action.keys or stem in action.keys or key in type_keys or stem in type_keys
    if key.startswith("aws:"):
        return listed or not key.startswith(_LISTED_ONLY)
    # A key of an identity provider (`token.actions.githubusercontent.com:sub`) is in no table.
    return listed or ("." in key.partition(":")[0] and action.name.startswith("AssumeRole"))


def _derived(key: str, ends: Ends) -> Found | None:
    """What both ends settle; None when they do not."""
    if key.startswith(_TAG_PREFIXES):
        return _resource_tag(key, ends)
    if key.startswith(_PRINCIPAL_TAG):
        return _principal_tag(key, ends.principal)
    made = _DERIVED.get(key)
    return made(ends) if made is not None else None


def _principal_tag(key: str, who: PrincipalView) -> Found | None:
    if who.kind not in _PEOPLE:
        return None if who.kind == "account" else _ABSENT
    return _tag(key.removeprefix(_PRINCIPAL_TAG), who.tags, who.tags_complete)


def _region(ends: Ends) -> Found | None:
    parts = ends.resource.split(":", 5)
    return Found(KNOWN, (parts[3],)) if len(parts) > 4 and parts[3] else None


def _principal_arn(ends: Ends) -> Found | None:
    if ends.principal.kind in _PEOPLE:
        return _of(ends.principal.arn)
    return None if ends.principal.kind == "account" else _ABSENT


def _principal_account(ends: Ends) -> Found | None:
    who = ends.principal
    return _of(who.account) if who.kind in _PEOPLE or who.account else _ABSENT


def _principal_type(ends: Ends) -> Found | None:
    name = "FederatedUser" if _is_federated(ends.principal) else _TYPES.get(ends.principal.kind)
    return Found(KNOWN, (name,)) if name else None


def _user_name(ends: Ends) -> Found | None:
    who = ends.principal
    if who.kind == "user" and not _is_federated(who):
        return _of(who.arn.rpartition("/")[2])
    return _ABSENT if who.kind in _PEOPLE else None


def _is_federated(who: PrincipalView) -> bool:
    return ":federated-user/" in who.arn


def _of_services_only(ends: Ends) -> Found | None:
    return _ABSENT if ends.principal.kind in _PEOPLE else None


def _is_service(ends: Ends) -> Found | None:
    return Found(KNOWN, ("true" if ends.principal.kind == "service" else "false",))


def _resource_account(ends: Ends) -> Found | None:
    return _of(ends.resource_account)


_DERIVED: dict[str, Callable[[Ends], Found | None]] = {
    "aws:resourceaccount": _resource_account,
    "s3:resourceaccount": _resource_account,
    "aws:requestedregion": _region,
    "aws:principaltype": _principal_type,
    "aws:principalisawsservice": _is_service,
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": _principal_account,
    "aws:username": _user_name,
    "aws:sourcearn": _of_services_only,
    "aws:sourceaccount": _of_services_only,
    "aws:sourceorgid": _of_services_only,
    "aws:sourceorgpaths": _of_services_only,
    "aws:principalservicename": _of_services_only,
    "aws:principalservicenameslist": _of_services_only,
}


def _rest(key: str, ends: Ends) -> Found:
    """What the source does not show: where the request comes from, when, with which login, through which service."""
    if ends.principal.kind == "public" and key.startswith("aws:principal"):
        return _ABSENT
    return _UNKNOWN


def _resource_tag(key: str, ends: Ends) -> Found:
    if _is_bucket(ends.resource):
        return _bucket_tag(key, ends)
    return _tag(key.partition("/")[2], ends.tags, ends.tags_complete)


def _bucket_tag(key: str, ends: Ends) -> Found:
    """A bucket's tags count only where attribute-based access control is switched on."""
    if ends.abac is False:
        return _ABSENT
    return _UNKNOWN if ends.abac is None else _tag(key.partition("/")[2], ends.tags, ends.tags_complete)


def _is_bucket(arn: str) -> bool:
    return ":s3:::" in arn


def _tag(name: str, tags: Mapping[str, str | None] | None, complete: bool) -> Found:
    if tags is None:
        return _UNKNOWN
    for key, value in tags.items():
        if key.lower() == name:
            return _OF_UNKNOWN_VALUE if value is None else Found(KNOWN, (value,))
    return _ABSENT if complete and not any(has_holes(key) for key in tags) else _UNKNOWN


def _of(value: str) -> Found:
    return Found(KNOWN, (value,)) if value else _OF_UNKNOWN_VALUE
