"""What the deployments and workloads of the repository execute, by the object or repository it lies in: whoever may
write there takes them over.

In: facts with their translations, the index of names. Out: `Executed` records. Must not know policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envfence.graph.binding import Binder, Part
from envfence.graph.deployments import ADDRESS
from envfence.graph.names import parse_arn
from envfence.model import Evidence
from envfence.providers.aws.workloads import RUNS_CODE
from envfence.values import has_holes

#: What a state is called in `Executed.what`.
STATE = "the state of"


@dataclass(frozen=True, slots=True)
class Executed:
    """`runner` (a node) executes what lies at `arn`, in the container `name` (a bucket, a repository).

    `doubt` is what it depends on that a new version is run."""

    runner: str
    arn: str
    service: str
    name: str
    evidence: tuple[Evidence, ...]
    what: str
    doubt: str = ""


def executed(parts: Iterable[Part], binder: Binder) -> Iterator[Executed]:
    """All of it: states of deployments in buckets, code of workloads in buckets and repositories of images."""
    for part in parts:
        yield from _states(part)
        yield from _code(part, binder)


def _states(part: Part) -> Iterator[Executed]:
    """A state decides what its deployment changes next, and holds its secrets."""
    backend = part.facts.deployment.backend
    if backend is None or backend.type != "s3" or not backend.key:
        return
    bucket = part.translation.text(backend.settings.get("bucket", ""))
    place = part.translation.text(backend.key)
    if not bucket or has_holes(bucket) or has_holes(place) or not place.startswith(f"{bucket}/"):
        return
    evidence = (Evidence(span=backend.span, says=f"keeps its state in {place}", address=ADDRESS),)
    runner = f"{part.facts.deployment.id}:{ADDRESS}"
    yield Executed(runner, f"arn:aws:s3:::{place}", "s3", bucket, evidence, STATE)


def _code(part: Part, binder: Binder) -> Iterator[Executed]:
    deployment = part.facts.deployment.id
    for reference in part.facts.references:
        if reference.says == RUNS_CODE:
            sought = part.translation.text(reference.sought)
            yield from _at(f"{deployment}:{reference.node}", sought, reference.evidence)
    for edge in part.facts.edges:
        if edge.says == RUNS_CODE:
            node = binder.index.nodes.get(f"{deployment}:{edge.target}")
            for name in node.node.names if node is not None else ():
                yield from _at(f"{deployment}:{edge.source}", name, edge.evidence)


def _at(runner: str, text: str, evidence: tuple[Evidence, ...]) -> Iterator[Executed]:
    arn = parse_arn(text)
    if arn is None:
        return
    if arn.service == "s3":
        yield Executed(runner, text, "s3", arn.resource.partition("/")[0], evidence, "the code of")
    elif arn.service == "ecr":
        name = arn.resource.removeprefix("repository/")
        doubt = f"whether the tags of the repository {name} may be overwritten"
        yield Executed(runner, text, "ecr", name, evidence, "the code of", doubt)
