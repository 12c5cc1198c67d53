"""Where a plan belongs: what says in which environment it is applied.

Comes in: a plan document, the user's settings. Goes out: its deployment, with signals. Must not know its resources.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.bind.signals import own_statements_first, value_signal
from envfence.model import Deployment, Signal
from envfence.settings import Settings
from envfence.sources.plans import PlanDocument
from envfence.values import Span
from envfence.words import word_of_value


def deployment_of(document: PlanDocument, settings: Settings) -> Deployment:
    """The deployment that a plan is of, named by its file."""
    span = Span(document.path, 1)
    name = document.path.removesuffix(".json").removesuffix(".tfstate")
    identity = f"{name}#{document.number + 1}" if document.number else name
    directory = document.path.rpartition("/")[0]
    return Deployment(
        id=identity,
        root=identity,
        config_dir=directory,
        signals=tuple(_signals(document, settings, span)),
        span=span,
    )


def _signals(document: PlanDocument, settings: Settings, span: Span) -> Iterator[Signal]:
    """What says in which environment a plan is applied: the user, its variables, the name of its file."""
    if settings.environment:
        says = f"--environment {settings.environment}"
        yield Signal(kind="declared", value=settings.environment, words=(settings.environment,), span=span, says=says)
    given = [
        (name, signal)
        for name, value in sorted(document.variables.items())
        if isinstance(value, str) and (signal := value_signal("input", name, value, span)) is not None
    ]
    yield from own_statements_first(given)
    for part in document.path.removesuffix(".json").split("/"):
        if word_of_value(part) is not None:
            yield Signal(kind="name", value=part, span=span, says=f"the plan's path has {part!r} in it")
