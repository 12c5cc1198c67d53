"""What evaluation is asked with and what it gives.

Comes in: nothing. Goes out: `Options`, `ComputeRequest`, `Evaluated` and its parts.
Must not know: how evaluation works.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from envfence.evaluate import limits
from envfence.model import Backend, CallSite, Deployment, Evidence, Problem
from envfence.values import Mapping, Span, Symbols, Value

if TYPE_CHECKING:
    from envfence.evaluate.resource import Resource
    from envfence.evaluate.scope import Scope


@dataclass(frozen=True, slots=True)
class ComputeRequest:
    """What a function that computes attributes of a resource or data source gets. `account`, `region` and
    `partition` are holed strings; `values` are the attributes as written."""

    address: str
    mode: str
    type: str
    values: Mapping
    account: str
    region: str
    partition: str
    provider_config: Mapping
    symbols: Symbols
    scope: str


#: Attributes by name: computed ones that no configuration sets.
ComputedFn = Callable[[ComputeRequest], "dict[str, Value]"]


@dataclass(frozen=True, slots=True)
class StateRequest:
    """A look into another deployment's state: `type` is "terraform_remote_state" or "tfe_outputs", `values` the data
    source's arguments, `root` the directory of the module that asks. Answers must be interned in `symbols`."""

    type: str
    values: Mapping
    root: str
    symbols: Symbols
    scope: str


class StateReader(Protocol):
    """Answers with the outputs of the deployment that owns a state."""

    def outputs(self, request: StateRequest) -> Mapping | None:
        """The outputs as an object, None when the state belongs to no known deployment."""

    def unit(self, directory: str, name: str, symbols: Symbols) -> Mapping | None:
        """The outputs of the unit in a directory, for a deployment called `name`; interned in `symbols`."""


@dataclass(frozen=True, slots=True)
class Given:
    """One `-var` (`name` and `text` or `value`) or `-var-file` (`file`) in the order of the command line."""

    name: str = ""
    text: str | None = None
    value: Value = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The surroundings of an evaluation. `environ` is read for `TF_VAR_*`; `cwd` is what `path.cwd` says, if known.

    `wanted` tells the resource types whose attributes somebody will look at: those of the others are evaluated only
    when they are asked for. None means all.
    """

    computed: Dictionary[str, ComputedFn] = field(default_factory=dict)
    states: StateReader | None = None
    environ: Dictionary[str, str] = field(default_factory=dict)
    variables: tuple[Given, ...] = ()
    cwd: str | None = None
    steps: int = limits.STEPS
    wanted: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A `provider` block. `key` is "aws" or "aws.alias" as resources name it, with "PATH:" in front inside a module."""

    key: str
    module_path: str
    values: Mapping
    span: Span


@dataclass(frozen=True, slots=True)
class UnreadCall:
    """A module call whose module is not in the tree, with its evaluated arguments. `exists` as in `Resource`."""

    address: str
    source: str | None
    version: str | None
    values: Mapping
    span: Span
    calls: tuple[CallSite, ...]
    trace: Callable[[str], tuple[Evidence, ...]]
    exists: str = "yes"
    trace_leaf: Callable[[str, str], tuple[Evidence, ...]] | None = None

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        """Where this very string inside an argument was written, the deciding place last."""
        return self.trace_leaf(path, leaf) if self.trace_leaf is not None else self.origin(path)

    def origin(self, path: str) -> tuple[Evidence, ...]:
        """Where the value of an argument was written, nearest first."""
        return self.trace(path)


@dataclass(frozen=True, slots=True)
class OutputValue:
    """An output of the root module."""

    value: Value
    sensitive: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluated deployment. `errors`: what Terraform would refuse; `unset`: required variables without value.
    `release` gives memory back once nobody asks any more."""

    deployment: Deployment
    symbols: Symbols
    resources: tuple[Resource, ...]
    providers: tuple[ProviderConfig, ...]
    unread_calls: tuple[UnreadCall, ...]
    outputs: dict[str, OutputValue]
    problems: tuple[Problem, ...]
    errors: tuple[Problem, ...]
    unset: tuple[Problem, ...]
    backend: Backend | None
    scope: Scope
    files: tuple[str, ...]
    release: Callable[[], None] = lambda: None
