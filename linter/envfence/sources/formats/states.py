"""State files that lie in the repository: `terraform.tfstate`, its backups, those of local workspaces.

In: sources of the kind "state". Out: one `Facts` for each state that holds resources, with whether there are secrets in
it. Must not know environments or rules. No value of a state goes into facts, messages or digests.

Encrypted and empty states tell nobody anything: there are no facts of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from envfence.model import Deployment, Fact, Facts, Node
from envfence.secretness import is_placeholder, is_secret_key
from envfence.sources.files import Files
from envfence.sources.settings.places import is_for_tests, is_sample, path_signals
from envfence.tree import Unreadable
from envfence.values import Span

KIND = "state"
TYPE = "terraform_state_file"
#: Larger states are not read.
MAX_BYTES = 64 * 1024 * 1024
_MOST_NAMED = 3
_DEEPEST = 12
_SHORTEST_SECRET = 6
_SENSITIVE = re.compile(r"(^|_)(private_key|kube_config_raw|client_key|secret_string|ses_smtp_password)")


class _Instance(msgspec.Struct):
    attributes: dict[str, Any] | None = None
    sensitive_attributes: Any = None


class _Resource(msgspec.Struct):
    type: str = ""
    name: str = ""
    mode: str = "managed"
    module: str = ""
    instances: list[_Instance] = []


class _Output(msgspec.Struct):
    sensitive: bool = False
    value: Any = None


class _State(msgspec.Struct):
    version: int = 0
    resources: list[_Resource] = []
    outputs: dict[str, _Output] = {}


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of all states with something in them, in order of their paths."""
    for path in files.of(KIND):
        state = _read(files, path)
        if state is not None and any(each.mode == "managed" and each.instances for each in state.resources):
            yield _facts(path, state)


def _read(files: Files, path: str) -> _State | None:
    try:
        data = files.tree.read(path, MAX_BYTES)
    except Unreadable as error:
        files.problem(path, 1, error.reason)
        return None
    if not data.strip():
        return None
    try:
        return msgspec.json.decode(data, type=_State)
    except (msgspec.DecodeError, RecursionError):
        files.problem(path, 1, "no state that this program can read")
        return None


def _facts(path: str, state: _State) -> Facts:
    directory, _, name = path.rpartition("/")
    span = Span(path, 1)
    held = sorted({where for resource in state.resources for where in _secrets(resource)} | set(_outputs(state)))
    signals = tuple(path_signals(directory))
    node = Node(
        address=path,
        kind=KIND,
        type=TYPE,
        span=span,
        signals=signals,
        facts={
            "secrets": Fact(value=bool(held), span=span, reason=_named(held)),
            "sample": Fact(value=is_sample(path) or is_for_tests(path), span=span),
        },
        mode="external",
    )
    deployment = Deployment(id=path, root=path, config_dir=directory, name=name, signals=signals, span=span)
    return Facts(deployment=deployment, nodes=(node,))


def _named(held: list[str]) -> str:
    more = f" and {len(held) - _MOST_NAMED} more" if len(held) > _MOST_NAMED else ""
    return f"holds {', '.join(held[:_MOST_NAMED])}{more}" if held else ""


def _secrets(resource: _Resource) -> Iterator[str]:
    """The attributes of a resource that hold secrets, by address and name."""
    data = "data." if resource.mode == "data" else ""
    address = f"{resource.module + '.' if resource.module else ''}{data}{resource.type}.{resource.name}"
    for instance in resource.instances:
        values = instance.attributes or {}
        marked = _marked(instance.sensitive_attributes)
        for name, value in values.items():
            if (name in marked and _is_filled(value)) or _holds(name, value, _DEEPEST):
                yield f"{address}.{name}"


def _marked(paths: Any) -> set[str]:
    """The attributes that the state itself calls sensitive."""
    steps = (path[0] for path in paths if isinstance(path, list) and path) if isinstance(paths, list) else ()
    return {step["value"] for step in steps if isinstance(step, dict) and isinstance(step.get("value"), str)}


def _outputs(state: _State) -> Iterator[str]:
    for name, output in state.outputs.items():
        if output.sensitive and _is_filled(output.value):
            yield f"output.{name}"


def _holds(name: str, value: Any, depth: int) -> bool:
    """Whether an attribute, or one inside of it, has the name of a secret and a text that may be one."""
    if not depth:
        return False
    if isinstance(value, dict):
        return any(_holds(inner, item, depth - 1) for inner, item in value.items())
    if isinstance(value, list):
        return any(_holds(name, item, depth - 1) for item in value)
    named = is_secret_key(name) or _SENSITIVE.search(name) is not None
    return named and isinstance(value, str) and _is_filled(value)


def _is_filled(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) >= _SHORTEST_SECRET and not is_placeholder(value)
    return isinstance(value, dict | list) and bool(value)
