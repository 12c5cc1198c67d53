"""What the languages of this folder share: the answer for each capability from roles that may apply.

Comes in: what each statement holds and how surely it applies. Goes out: capabilities. Must not know: any language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from envfence.access.views import ALLOWED, DENIED, POSSIBLE, Capability, Decision
from envfence.model import CAPABILITIES, Grant


@dataclass(frozen=True, slots=True)
class Applying:
    """A statement that may speak of the target: what it allows there, and what that depends on."""

    grant: Grant
    permissions: frozenset[str]
    unknowns: tuple[str, ...] = ()


def answers(
    needed: Mapping[str, Iterable[str]], allowing: Iterable[Applying], denying: Iterable[Applying] = ()
) -> tuple[Capability, ...]:
    """For each capability the permission that gives it, by the surest statement. A denial takes a permission away
    where it surely applies, and makes it possible only where it may."""
    listed = sorted(allowing, key=lambda each: len(each.unknowns))
    taken = list(denying)
    found = []
    for capability in CAPABILITIES:
        options = [
            option
            for permission in needed.get(capability, ())
            for each in listed
            if permission in each.permissions and (option := _option(capability, permission, each, taken)) is not None
        ]
        if options:
            found.append(min(options, key=lambda option: (option.verdict != ALLOWED, len(option.unknowns))))
    return tuple(found)


def decision(capabilities: Iterable[Capability]) -> Decision:
    """One answer of several ways: yes when one is sure."""
    listed = tuple(capabilities)
    for each in listed:
        if each.verdict == ALLOWED:
            return Decision(ALLOWED, each.grants)
    if not listed:
        return Decision(DENIED)
    return Decision(POSSIBLE, listed[0].grants, listed[0].unknowns)


def _option(capability: str, permission: str, each: Applying, denying: Iterable[Applying]) -> Capability | None:
    unknowns = dict.fromkeys(each.unknowns)
    for denial in denying:
        if permission in denial.permissions:
            if not denial.unknowns:
                return None
            unknowns.update(dict.fromkeys(denial.unknowns))
    verdict = POSSIBLE if unknowns else ALLOWED
    return Capability(capability, verdict, permission, each.grant, tuple(unknowns), (each.grant,))
