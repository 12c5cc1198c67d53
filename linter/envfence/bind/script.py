"""A script of a pipeline: what every reader of pipelines gives.

Comes in: nothing. Goes out: the record. Must not know: kinds of pipelines.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A script in a file. `known` are the process variables it starts with; `environment` is the pipeline's own word
    for where it deploys, if it says one; `whole` is set when the script is the file itself, so that its lines are the
    file's. `job` is the name of the job in the file that holds it, and `callers` are the jobs that call that file, each
    as `PATH#JOB`, the outermost first."""

    path: str
    line: int
    text: str
    known: tuple[tuple[str, str], ...]
    directory: str
    environment: str = ""
    whole: bool = False
    job: str = ""
    callers: tuple[str, ...] = ()
