"""Which states a deployment reads: `terraform_remote_state` and `tfe_outputs` in its root module and the modules it
calls.

Comes in: a deployment. Goes out: identities of states. Must not know: whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.bind.backends import plain_text, state_key
from envfence.bind.context import Context
from envfence.bind.probe import value_of
from envfence.evaluate import Options, Scope, open_scope
from envfence.hcl.ast import Block
from envfence.model import Deployment
from envfence.values import Mapping, Sequence, Value, has_holes

_TYPES = ("terraform_remote_state", "tfe_outputs")
#: So many instances of one such data source are followed.
_MAX_INSTANCES = 200


def state_identity(kind: str, key: str) -> str:
    """What two mentions of one state have in common; `remote` and `cloud` are two ways to the same states."""
    return f"{'cloud' if kind == 'remote' else kind}:{key}"


def states_read(context: Context, deployment: Deployment) -> tuple[str, ...]:
    """The identities of the states that the root module of a deployment reads; what is not known is left out."""
    if not context.survey.has_directory(deployment.root):
        return ()
    module = context.survey.module(deployment.root)
    sources = [
        each for key, each in sorted(module.resources.items()) if key.startswith("data.") and each.type in _TYPES
    ]
    if not sources:
        return ()
    scope = open_scope(context.survey.loader, deployment, Options())
    found: set[str] = set()
    for source in sources:
        for inner in _instances(source.block, scope):
            identity = identity_of(source.type, _arguments(source.block, inner), deployment.root)
            if identity:
                found.add(identity)
    return tuple(sorted(found))


def _instances(block: Block, scope: Scope) -> Iterator[Scope]:
    """The scopes of the instances of a block; one for a plain block, none where they are not known."""
    each = block.body.attributes.get("for_each")
    if each is None:
        yield scope
        return
    value = value_of(scope, each.expr)
    pairs: list[tuple[Value, Value]] = []
    if isinstance(value, Mapping):
        pairs = list(value.items.items())
    elif isinstance(value, Sequence):
        pairs = [(item, item) for item in value.items]
    for key, given in pairs[:_MAX_INSTANCES]:
        inner = scope.child()
        inner.each_key, inner.each_value = key, given
        yield inner


def _arguments(block: Block, scope: Scope) -> Mapping:
    names = ("organization", "workspace", "backend", "config")
    attributes = block.body.attributes
    return Mapping({name: value_of(scope, attributes[name].expr) for name in names if name in attributes})


def identity_of(kind: str, values: Mapping, directory: str) -> str:
    """The identity of the state that a data source of type `kind` reads (see `Bound.states`); empty when it is not
    known.

    `values` are its arguments, `directory` is the root module that asks (where the path of a local state starts).
    """
    if kind == "tfe_outputs":
        organization, workspace = _text(values, "organization"), _text(values, "workspace")
        return state_identity("cloud", f"{organization}/{workspace}") if organization and workspace else ""
    backend, config = _text(values, "backend"), values.items.get("config")
    if not backend or not isinstance(config, Mapping):
        return ""
    workspace = _text(values, "workspace")
    if not workspace and values.items.get("workspace") is not None:
        return ""  # the state of some workspace that is not known
    settings = dict(flat_settings(config))
    key = state_key(backend, settings, workspace or "default", directory)
    return state_identity(backend, key) if key else ""


def _text(values: Mapping, name: str) -> str:
    value = values.items.get(name)
    return value if isinstance(value, str) and not has_holes(value) else ""


def flat_settings(config: Mapping, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """The known primitive settings of a backend's configuration, nested ones with dots."""
    for name, value in config.items.items():
        if isinstance(value, Mapping) and depth < 3:
            yield from flat_settings(value, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, Sequence) and depth < 3:
            for item in value.items:
                if isinstance(item, Mapping):
                    yield from flat_settings(item, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, str | bool | int) and not (isinstance(value, str) and has_holes(value)):
            text = plain_text(value)
            if text is not None:
                yield prefix + name, text
