"""What a statement says in canonical form, and the places that show it.

In: statements. Out: the cause of an edge (for fingerprints) and its evidence, nearest place first. Must not know
decisions.
"""

from __future__ import annotations

import re

from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.names import covers, parse_arn
from envfence.graph.symbols import readable
from envfence.model import Deployment, Evidence, Grant
from envfence.values import Symbols

_INDEX = re.compile(r"\[[^\]]*\]")


def cause_of(linked: LinkedGrant, deployment: Deployment | None, symbols: Symbols) -> str:
    """Root, address without instance keys, and content of a statement, joined by newlines."""
    grant = linked.grant
    root = deployment.root if deployment is not None else linked.deployment.partition("@")[0]
    address = grant.evidence[0].address if grant.evidence and grant.evidence[0].address else grant.address
    parts = [
        grant.policy,
        grant.effect,
        "do " + _joined(grant.actions, symbols, lower=True),
        "to " + _joined(grant.resources, symbols),
    ]
    if grant.not_actions or grant.not_resources:
        parts.append("not " + _joined((*grant.not_actions, *grant.not_resources), symbols))
    if grant.principals:
        parts.append("by " + _joined(tuple(principal.value for principal in grant.principals), symbols))
    return "\n".join((root, _INDEX.sub("", address), "; ".join(parts)))


def evidence_of(grant: Grant, element: str, symbols: Symbols) -> tuple[Evidence, ...]:
    """Where the deciding element was written, the statement, and everything that attaches it; each place once."""
    span = grant.element_spans.get(element)
    found = list(grant.evidence) or [Evidence(span=grant.span, says="statement", address=grant.address)]
    if span is not None:
        found.insert(0, Evidence(span=span, says=readable(element, symbols, short=True), address=found[0].address))
    places: dict[tuple[str, int], Evidence] = {}
    for item in found:
        places.setdefault((item.span.path, item.span.line), item)
    return tuple(places.values())


def pattern_of(patterns: tuple[str, ...], target: GraphNode) -> str:
    """The pattern of a statement by which it means `target`: the most telling one."""
    best = ""
    for pattern in patterns:
        arn = parse_arn(pattern)
        for name in target.node.names:
            other = parse_arn(name)
            if arn is None or other is None or arn.service != other.service:
                continue
            if covers(arn.resource, other.resource) or arn.resource.startswith(other.resource + "/"):
                best = max(best, pattern, key=len)
    return best or (patterns[0] if patterns else "")


def _joined(texts: tuple[str, ...], symbols: Symbols, *, lower: bool = False) -> str:
    found = sorted({readable(text, symbols) for text in texts})
    return ",".join(text.lower() for text in found) if lower else ",".join(found)
