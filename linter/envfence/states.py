"""The outputs of evaluated deployments, for those that read their states.

In: deployments as they are evaluated, in an order in which owners come first. Out: answers for
`terraform_remote_state` and
`tfe_outputs`. Must not know what the outputs mean. An answer carries the owner's unknowns: a hole in a bucket's name
here
is the same symbol as there.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary

from envfence.bind.remote import identity_of
from envfence.evaluate import Evaluated, StateRequest
from envfence.model import Deployment
from envfence.values import Mapping, Sequence, Symbols, Unknown, Value, has_holes, hole_index


class States:
    """A `StateReader` over the deployments evaluated so far."""

    def __init__(self) -> None:
        self._owners: dict[str, Deployment | None] = {}
        self._outputs: dict[str, tuple[Dictionary[str, Value], Symbols]] = {}

    def add(self, evaluated: Evaluated, identity: str) -> None:
        """Remembers the outputs of a deployment whose state is called `identity` (empty where it is not known)."""
        values = {name: output.value for name, output in evaluated.outputs.items()}
        self._remember(evaluated.deployment, identity, (values, evaluated.symbols))

    def take(self, other: States, deployment: Deployment, identity: str) -> None:
        """Remembers the outputs of a deployment that others have evaluated."""
        if deployment.id in other._outputs:
            self._remember(deployment, identity, other._outputs[deployment.id])

    def _remember(self, deployment: Deployment, identity: str, outputs: tuple[Dictionary[str, Value], Symbols]) -> None:
        self._outputs[deployment.id] = outputs
        if identity:
            # A state that two deployments claim belongs to neither for sure.
            self._owners[identity] = None if identity in self._owners else deployment

    def outputs(self, request: StateRequest) -> Mapping | None:
        """The outputs as an object; None when the state belongs to no deployment that was evaluated before."""
        owner = self._owners.get(identity_of(request.type, request.values, request.root))
        if owner is None:
            return None
        return self._translated(owner.id, request.symbols)

    def unit(self, directory: str, name: str, symbols: Symbols) -> Mapping | None:
        """The outputs of the unit in a directory: of the one with the same name where it is deployed several times."""
        found = [each for each in (f"{directory}@{name}", directory) if each in self._outputs]
        return self._translated(found[0], symbols) if found else None

    def _translated(self, deployment: str, target: Symbols) -> Mapping:
        values, symbols = self._outputs[deployment]
        return Mapping({name: translate(value, symbols, target) for name, value in sorted(values.items())})


def translate(value: Value, source: Symbols, target: Symbols) -> Value:
    """`value` with every hole of the table `source` replaced by the same symbol's character in `target`."""
    if isinstance(value, str):
        return _text(value, source, target) if has_holes(value) else value
    if isinstance(value, Sequence):
        return Sequence(tuple(translate(item, source, target) for item in value.items), value.kind)
    if isinstance(value, Mapping):
        return Mapping({key: translate(item, source, target) for key, item in value.items.items()}, value.kind)
    if isinstance(value, Unknown):
        parts = tuple(translate(part, source, target) for part in value.parts)
        return Unknown(_text(value.symbol, source, target), value.reason, value.span, value.type, value.names, parts)
    return value


def _text(text: str, source: Symbols, target: Symbols) -> str:
    return "".join(char if hole_index(char) is None else target.intern(source.symbol(char)) for char in text)
