"""What the finders hand over: a possible deployment, before it has its final name.

Comes in: nothing. Goes out: the records that the finders fill and `assemble` turns into `model.Deployment`.
Must not know: how a deployment was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from envfence.model import GeneratedFile, Input, Problem, Record, Signal
from envfence.values import Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way in which a root module is deployed, as a finder saw it.

    `name` is what tells it apart from other deployments of the same root; empty for the only one. `word` is the text
    that stands for its environment (`staging`, also `alpaca`), for pairing with other files; empty when there is
    none. `backend_files` are partial backend configurations that belong to it. `unit` is the directory of a
    Terragrunt unit, None for everything else. `axis` is the kind of input that chose it (see `Axis`).
    `backend_settings` are settings that a finder knows itself (Terragrunt's remote_state), `backend_span` is where they
    stand and `backend_places` where each does. `open` is set when something that cannot be read (a var file that is not
    here, a map worked out when it runs) may give any variable; `workspace_open` when `workspace` is not known to be the
    default one. `generated` are files that belong to the root module though they are not in the tree. `backend_given`
    are settings of the backend that a command line gives, None for one that is not known, with the place of each."""

    root: str
    span: Span
    name: str = ""
    word: str = ""
    workspace: str = "default"
    var_files: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    signals: tuple[Signal, ...] = ()
    backend_files: tuple[str, ...] = ()
    backend_type: str = ""
    backend_settings: dict[str, str] = field(default_factory=dict)
    backend_span: Span | None = None
    backend_places: dict[str, Span] = field(default_factory=dict)
    unit: str | None = None
    axis: str = ""
    inferred: bool = False
    reads: tuple[str, ...] = ()
    open: bool = False
    workspace_open: bool = False
    generated: tuple[GeneratedFile, ...] = ()
    backend_given: tuple[tuple[str, str | None, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What one command line gives to the variables of a root module; `root` None: to any that declares them.

    `ahead` are the variables given before a var file on the same line, which then goes before them; `general` is set
    when the line names no environment; `open` when it passes a var file that is not known, `workspace_open` when it
    selects a workspace that is not known. `backend` are settings of the backend, as in `Candidate`."""

    root: str | None
    inputs: tuple[Input, ...]
    ahead: frozenset[str] = frozenset()
    general: bool = False
    open: bool = False
    workspace_open: bool = False
    backend: tuple[tuple[str, str | None, Span], ...] = ()


class Axis(Record, frozen=True, kw_only=True):
    """An input that chooses the environment of a root module, and the values that were seen for it.

    `kind` is "workspace", "var-files", "definer", "unit", "command" or "variable"; `values` carry the texts as they are
    written with the place of each. What stands beside environment words here is an environment of the repository.
    """

    root: str
    kind: str
    values: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one finder found in the whole repository."""

    candidates: tuple[Candidate, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: tuple[Line, ...] = ()
