"""Which jobs of a workflow run, as far as the conditions of those that they need tell.

In: the jobs of a workflow by name, what one run of it can see. Out: yes, no, or None where that is open. Must not know
what jobs do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from envfence.sources.documents import Items, Table
from envfence.sources.workflows.expressions import LATER, Some, condition, truth

_DEEPEST = 100
#: A condition that asks how the jobs before it ended.
_STATUS = re.compile(r"\b(?:always|failure|cancelled)\s*\(")


class Needed:
    """Whether jobs run in one run of a workflow, as far as their conditions tell: one that needs a job which is left
    out is left out as well, unless it asks how that one ended."""

    def __init__(self, jobs: Mapping[str, Table], contexts: Mapping[str, Any]) -> None:
        self._jobs = jobs
        self._contexts = {**contexts, "matrix": Some()}
        self._known: dict[str, bool | None] = {}

    def ran(self, job: Table, depth: int = 0) -> bool | None:
        """Whether all jobs that a job needs run; None where that is open."""
        if depth > _DEEPEST or _STATUS.search(str(job.get("if") or "")):
            return True
        needs = job.get("needs")
        names = [needs] if isinstance(needs, str) else list(needs) if isinstance(needs, Items) else []
        found = [self._runs(str(name), depth) for name in names if str(name) in self._jobs]
        return False if False in found else None if None in found else True

    def _runs(self, name: str, depth: int) -> bool | None:
        if name not in self._known:
            self._known[name] = None  # for jobs that need each other
            job = self._jobs[name]
            before = self.ran(job, depth + 1)
            met = condition(job.get("if"), self._contexts)
            own = True if met is LATER else truth(met)
            self._known[name] = False if False in (before, own) else None if None in (before, own) else True
        return self._known[name]
