"""The `expect:` entries of envfence.yaml as rules of kind path, with the user's text.

In: the configuration. Out: rules. Must not know the graph.
"""

from __future__ import annotations

from envfence.config import Config, Expect
from envfence.judge.rules import Rule
from envfence.model import CAPABILITIES

_STEPS = "(runs-as|assumes|passes|takes-over)*"
_CHANGING = frozenset({"administer", "destroy", "weaken", "write"})


def expected_rules(config: Config) -> tuple[Rule, ...]:
    """One rule for each expectation."""
    return tuple(_rule(entry) for entry in config.expect)


def _rule(entry: Expect) -> Rule:
    can = [capability for capability in entry.can if capability in CAPABILITIES]
    step = f"may[{'|'.join(_containing(can))}]" if can else "may|reads-secret|reads-state|holds"
    if not can or _CHANGING & set(can):
        step += "|deploys"  # whoever applies a thing can do all of that to it
    place = f"{entry.span.path}:{entry.span.line}"
    title = entry.message or f"{', '.join(entry.source)} must not reach {', '.join(entry.target)}"
    return Rule(
        name=entry.name,
        family="expect",
        severity=entry.severity,
        kind="path",
        title=title,
        parameters={
            "from": _selector(entry.source),
            "via": f"{_STEPS} ({step})",
            "to": _selector(entry.target),
            "verb": f"can {' or '.join(can)}" if can else "can reach",
            "fences": "ignore",
        },
        why=f"{place} expects that this never is: {title}",
        fix=f"{_sentence(entry.message)}Take the permission away, or change what {place} expects.",
        path=entry.span.path,
    )


def _sentence(text: str) -> str:
    """The user's own words, before what envfence advises."""
    return f"{text.rstrip('.')}. " if text else ""


def _containing(can: list[str]) -> list[str]:
    """The capabilities with which one can do any of `can`: who may administer may do everything."""
    wider = {"administer", *can}
    if "read" in can:
        wider.add("decrypt")
    return [capability for capability in CAPABILITIES if capability in wider]


def _selector(names: tuple[str, ...]) -> dict[str, list[str]]:
    """Environments and tiers alike, as the user named them."""
    return {} if "*" in names else {"place": list(names)}
