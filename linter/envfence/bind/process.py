"""Process variables that pipelines and scripts set before they run Terragrunt.

Comes in: scripts. Goes out: for each variable the values that are written somewhere, and what else is set beside one of
them. Must not know: what asks for the variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from envfence.bind.pipelines import Script
from envfence.bind.survey import Survey
from envfence.sources.workflows.shell import is_literal
from envfence.values import Span

_PREFIX = "TF_VAR_"
_SET = re.compile(r"(?:^|[\s;&(])(?:export[ \t]+)?([A-Za-z_]\w*)=(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s;&|\"')]*))")


class ProcessVariables:
    """What the pipelines of a repository that run Terragrunt set. `names` are all variables that are set at all."""

    def __init__(self, survey: Survey, scripts: Iterable[Script]) -> None:
        self._sets: list[tuple[dict[str, str], Script]] = []
        names: set[str] = set()
        telling: dict[str, bool] = {}
        for script in scripts:
            if script.path not in telling:
                telling[script.path] = b"terragrunt" in (survey.data(script.path) or b"")
            if telling[script.path]:
                given = dict(script.known)
                for match in _SET.finditer(script.text):
                    given.setdefault(match[1], next((text for text in match.groups()[1:] if text is not None), ""))
                self._sets.append((given, script))
                names.update(given)
        self.names = frozenset(names)

    def values(self, name: str) -> dict[str, Span]:
        """The literal values that a variable is set to, each with a place."""
        found: dict[str, Span] = {}
        for given, script in self._sets:
            text = given.get(name, "")
            if is_literal(text):
                found.setdefault(text, Span(script.path, script.line))
        return found

    def beside(self, name: str, value: str) -> dict[str, str]:
        """What is set wherever a variable is set to a value: only what is literal and always the same."""
        sets = [given for given, _ in self._sets if given.get(name) == value]
        if not sets:
            return {name: value}
        first = sets[0]
        same = {key: text for key, text in first.items() if is_literal(text) and all(g.get(key) == text for g in sets)}
        return {**same, name: value}

    def given(self, name: str, value: str) -> dict[str, str | None]:
        """The variables of Terraform (`TF_VAR_…`, without that) that are set wherever `name` is set to `value`, or
        anywhere when `name` is empty: with their text where it is literal and always the same, else None."""
        sets = [given for given, _ in self._sets if not name or given.get(name) == value]
        found: dict[str, str | None] = {}
        for given in sets:
            for key, text in given.items():
                if key.startswith(_PREFIX):
                    own = text if is_literal(text) else None
                    variable = key.removeprefix(_PREFIX)
                    found[variable] = own if found.get(variable, own) == own else None
        return found
