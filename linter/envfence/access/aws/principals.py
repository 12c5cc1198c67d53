"""Whom the Principal element of a statement speaks of.

Comes in: principals of a statement, who asks. Goes out: how surely they match, and as what: by name, as an account, or
as everybody. Must not know: actions, conditions.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envfence.access.match import NO, YES, Matcher
from envfence.access.views import PrincipalView
from envfence.model import Principal
from envfence.values import has_holes

_ACCOUNT_ID = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:[^:]*:iam::([^:]*):root")
_SESSION = re.compile(r"arn:([^:]*):sts::([^:]*):assumed-role/([^/]*)/(.*)", re.DOTALL)


_FEDERATED = ":federated-user/"


class Match(NamedTuple):
    """How a Principal element matches: `named` exactly, `account` as a member of an account, `everyone` through `*`,
    `session` as one session of a role."""

    named: int = NO
    account: int = NO
    everyone: int = NO
    session: int = NO

    def any(self) -> int:
        """However it matches."""
        return max(self)


def match(matcher: Matcher, principals: tuple[Principal, ...], who: PrincipalView) -> Match:
    """The best match of a list."""
    result = Match()
    for principal in principals:
        found = _one(matcher, principal, who)
        result = Match(*(max(pair) for pair in zip(result, found, strict=True)))
    return result


def _one(matcher: Matcher, principal: Principal, who: PrincipalView) -> Match:
    kind, value = principal.type, principal.value
    if kind == "unknown":
        return Match(named=matcher.undecided("principal", value))
    if value == "*" and kind in ("*", "AWS"):
        return Match(everyone=YES)
    if kind == "Service":
        return Match(named=matcher.equal(value.lower(), who.arn.lower()) if who.kind == "service" else NO)
    if kind == "Federated":
        return Match(named=_federated(matcher, value, who))
    if kind != "AWS" or who.kind in ("service", "federated", "public"):
        return Match()
    return _aws(matcher, value, who)


def _federated(matcher: Matcher, value: str, who: PrincipalView) -> int:
    return matcher.equal(value, who.arn) if who.kind == "federated" else NO


def _aws(matcher: Matcher, value: str, who: PrincipalView) -> Match:
    account = account_of(value)
    if account is not None:
        return Match(account=matcher.equal(account, who.account))
    open_account = _open_account(matcher, value, who) if has_holes(value) else NO
    if who.kind == "account":
        parts = value.split(":")
        # Somebody in that account, whom its administrator can become.
        return Match(named=matcher.equal(parts[4], who.account) if len(parts) > 5 else NO, account=open_account)
    session = _SESSION.fullmatch(value)
    if session is not None:
        return Match(session=_of_session(matcher, session, who) if who.kind == "role" else NO)
    lone = len(value) == 1 and has_holes(value) and not matcher.is_account(value)
    everyone = matcher.equal(value, "*") if lone else NO
    named = matcher.equal(value, who.arn)
    if _FEDERATED in who.arn and named == NO:
        # Whether a user who is named is also the federated user of that name, AWS does not say.
        alike = matcher.equal(
            _without_path(value), who.arn.replace(":sts:", ":iam:", 1).replace(_FEDERATED, ":user/", 1)
        )
        named = min(alike, matcher.undecided("federated", value))
    return Match(named=named, account=open_account, everyone=everyone)


def _of_session(matcher: Matcher, session: re.Match[str], who: PrincipalView) -> int:
    """Whether the caller is a certain session of a role. Without a name of its own it may be that one or another."""
    role = f"arn:{session.group(1)}:iam::{session.group(2)}:role/{session.group(3)}"
    same = matcher.equal(role, _without_path(who.arn))
    if not who.session:
        return min(same, matcher.undecided("session", session.group(4)))
    return min(same, matcher.equal(session.group(4), who.session))


def _open_account(matcher: Matcher, value: str, who: PrincipalView) -> int:
    """A text with holes may turn out to be an account, by its number or its root."""
    if not who.account:
        return NO
    return max(matcher.equal(value, who.account), matcher.equal(value, f"arn:aws:iam::{who.account}:root"))


def account_of(value: str) -> str | None:
    """The account that a principal text stands for as a whole; None when it names somebody in it."""
    if _ACCOUNT_ID.fullmatch(value):
        return value
    root = _ROOT.fullmatch(value)
    return root.group(1) if root else None


def _without_path(arn: str) -> str:
    head, found, rest = arn.partition(":user/" if ":user/" in arn else ":role/")
    return f"{head}{found}{rest.rpartition('/')[2]}" if found else arn
