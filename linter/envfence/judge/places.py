"""A finding about a place in a source at which no resource stands: a comment, an entry, a setting.

In: a rule, the place, what is wrong there. Out: the finding. Must not know the graph, what made it.
"""

from __future__ import annotations

from envfence.judge.fingerprints import cause_key, fingerprints
from envfence.judge.rules import Rule
from envfence.model import End, Evidence, Finding
from envfence.values import Span


def finding_at(rule: Rule, span: Span, message: str, says: str, *, content: str = "", severity: str = "") -> Finding:
    """The finding of a rule at `span`; `says` is about the place itself.

    `content` is what the fingerprint is made from where the message says more than identifies it; `severity` overrides
    the rule's.
    """
    path = span.path
    key = cause_key(path.rpartition("/")[0], path, content or message)
    fingerprint, loose = fingerprints(rule.name, ("", ""), key)
    return Finding(
        rule=rule.name,
        family=rule.family,
        severity=severity or rule.severity,
        certainty="proved",
        message=message,
        fingerprint=fingerprint,
        loose=loose,
        target=End(
            address=path,
            deployment="",
            environments=(),
            candidates=(),
            tier="unknown",
            file=path,
            line=span.line,
        ),
        cause=Evidence(span=span, says=says, address=path),
        fix=" ".join(rule.fix.split()),
    )
