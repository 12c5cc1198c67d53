"""Who may do what: three-valued decisions over `model.Grant` statements. AWS so far.

Comes in: statements, a principal, a resource. Goes out: "yes", "no" or "maybe" with the statements and unknowns that
decide. Must not know: the graph, environments, rules.

    engine = Engine(symbols)                       # one for each table of symbols
    engine.decide(Request(...), statements)        # one question
    Capabilities(engine).of(principal, grants, resource)   # everything one principal can do to one resource
"""

from __future__ import annotations

from envfence.access.attachments import attach, expand
from envfence.access.capabilities import Capabilities
from envfence.access.decide import Engine, decide
from envfence.access.tables import escalations, managed_policy
from envfence.access.views import Capability, Decision, PrincipalView, Request, ResourceView

__all__ = [
    "Capabilities",
    "Capability",
    "Decision",
    "Engine",
    "PrincipalView",
    "Request",
    "ResourceView",
    "attach",
    "decide",
    "escalations",
    "expand",
    "managed_policy",
]
