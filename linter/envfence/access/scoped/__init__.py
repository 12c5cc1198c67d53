"""Policy languages in which a statement gives somebody a role at a scope: the folder is the registry, one file each.

A statement is a `Grant` of policy "identity": `attached_to` says whom it is for, `actions` are roles or permissions,
`resources` the scopes, in the identifier forms of `Node.names` or as a boundary. Other policies say what statements
need to be understood: "member" (the holder has the statements of the groups in `resources`), "below" (the scope in
`actions` lies in that in `resources`), "role" (`sid` is the name of a role, `actions` what it allows), "limit" (holds
for everybody: what nobody, or not everybody, may do at the scopes in `resources`), "trust" (who may become the holder
with a token of another platform).

Each module has the names of `Language`. Comes in: statements of one principal, one target. Goes out: three-valued
answers. Must not know: the graph, environments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from envfence.access.match import Matcher
from envfence.access.views import Capability, Decision
from envfence.model import Grant

#: What a role on a whole project, subscription or cluster is worth an edge to.
STORES = frozenset({"store", "backup", "secret", "key", "state", "identity"})


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: Terraform type, identifiers and boundary, holed, as `model.Node` has them. `ancestors` are the
    folders, organizations and management groups in which its boundary is known to lie; `rooted` when these go up to the
    organization."""

    type: str
    names: tuple[str, ...]
    boundary: str = ""
    ancestors: tuple[str, ...] = ()
    rooted: bool = False


class Language(Protocol):
    """What every module here offers."""

    #: Kinds of nodes that a statement on a whole boundary is worth an edge to.
    KINDS: frozenset[str]
    #: Types of resources that make statements, and stand for the scope of these where nothing in it is declared.
    STAND_INS: frozenset[str]

    def capabilities(self, grants: Sequence[Grant], target: Target, matcher: Matcher) -> tuple[Capability, ...]:
        """What the holder of `grants` can do to the target, strongest first; at most one for each capability."""

    def where(self, scope: str) -> str:
        """The boundary in which a scope lies, or that it is; empty where the scope does not say."""

    def contains(self, scope: str, boundary: str) -> bool:
        """Whether a boundary is, or surely lies in, the boundary `scope`."""

    def behind(self, grant: Grant) -> str:
        """The type of what a statement is on when its scope is one unknown, as far as its form or the role
        tell; else empty."""

    def becomes(self, grants: Sequence[Grant], target: Target, matcher: Matcher) -> Decision:
        """Whether the holder can act as the target, which is an identity."""


@cache
def languages() -> frozenset[str]:
    """The languages that have a module here."""
    return frozenset(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))


def language(name: str) -> Language | None:
    """The module of a language; None for one that is decided elsewhere."""
    return cast(Language, import_module(f"{__name__}.{name}")) if name in languages() else None
