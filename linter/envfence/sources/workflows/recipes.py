"""What people run by a name: targets of Makefiles and justfiles, scripts of a package, tasks of a Taskfile; and scripts
of the shell, each as one.

In: a path, the contents of a file. Out: `Recipe`s. Must not know commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envfence.sources.documents import Items, Table
from envfence.sources.workflows.makefiles import Makefile
from envfence.sources.workflows.shell import expand

_MOST = 300
_JUST_RECIPE = re.compile(
    r"^@?([A-Za-z_][\w-]*)((?:\s+[+*$]?[\w-]+(?:\s*=\s*(?:'[^']*'|\"[^\"]*\"|[\w./-]+))?)*)\s*:(?!=)"
)
_JUST_PARAMETER = re.compile(r"([\w-]+)\s*=\s*('[^']*'|\"[^\"]*\"|[\w./-]+)")
_JUST_SETTING = re.compile(r"^(?:export\s+)?([\w-]+)\s*:=\s*('[^']*'|\"[^\"]*\")\s*$")
_BRACES = re.compile(r"\{\{-?\s*\.?([\w-]+)\s*-?\}\}")


@dataclass(frozen=True, slots=True)
class Named:
    """Something that is run by its name. `lines` are those of a script, each with its line in the file; `known` the
    variables that the file sets, unless whoever runs it says otherwise."""

    address: str
    name: str
    line: int
    lines: tuple[tuple[int, str], ...]
    known: Mapping[str, str]

    @property
    def text(self) -> str:
        """All of it as one script."""
        return "\n".join(text for _, text in self.lines)

    def place(self, line: int) -> int:
        """The line in the file of a line of the script."""
        return self.lines[min(line, len(self.lines)) - 1][0] if self.lines else self.line


def of_shell(text: str) -> Iterator[Named]:
    """A script of the shell."""
    yield Named("script", "", 1, tuple(enumerate(text.splitlines(), 1)), {})


def of_makefile(text: str) -> Iterator[Named]:
    """The targets of a Makefile."""
    makefile = Makefile(text)
    known: dict[str, str] = {}
    for name, value in makefile.shared.items():
        known[name] = expand(value, known)
    for target in list(makefile.runs)[:_MOST]:
        yield Named(
            f"targets.{target}", target, makefile.places.get(target, 1), tuple(makefile.numbered(target)), known
        )


def of_justfile(text: str) -> Iterator[Named]:
    """The recipes of a justfile, with the defaults of their parameters."""
    known: dict[str, str] = {}
    found: list[tuple[str, int, dict[str, str], list[tuple[int, str]]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        setting = _JUST_SETTING.match(line)
        recipe = _JUST_RECIPE.match(line)
        if line.startswith((" ", "\t")) and found:
            found[-1][3].append((number, _variables(line.strip())))
        elif setting is not None:
            known[_variable(setting[1])] = setting[2].strip("'\"")
        elif recipe is not None:
            given = {_variable(name): value.strip("'\"") for name, value in _JUST_PARAMETER.findall(recipe[2])}
            found.append((recipe[1], number, given, []))
    for name, number, given, lines in found[:_MOST]:
        yield Named(f"recipes.{name}", name, number, tuple(lines), {**known, **given})


def of_package(document: Table) -> Iterator[Named]:
    """The scripts of a `package.json`."""
    scripts = document.get("scripts")
    for name, text in list(scripts.items())[:_MOST] if isinstance(scripts, Table) else ():
        if isinstance(text, str) and isinstance(scripts, Table):
            line = scripts.line_of(name)
            yield Named(f"scripts.{name}", name, line, ((line, text),), {})


def of_taskfile(document: Table) -> Iterator[Named]:
    """The tasks of a Taskfile."""
    shared = _texts(document.get("vars"))
    tasks = document.get("tasks")
    for name, task in list(tasks.items())[:_MOST] if isinstance(tasks, Table) else ():
        commands = task.get("cmds", task.get("cmd")) if isinstance(task, Table) else task
        lines: list[tuple[int, str]] = []
        for index, item in enumerate(commands if isinstance(commands, Items) else ()):
            text = item.get("cmd") if isinstance(item, Table) else item
            if isinstance(text, str) and isinstance(commands, Items):
                lines += [(commands.lines[index], _variables(line)) for line in text.splitlines()]
        if isinstance(commands, str) and isinstance(tasks, Table):
            lines = [(tasks.line_of(name), _variables(line)) for line in commands.splitlines()]
        prompt = task.get("prompt") if isinstance(task, Table) else None
        if prompt is None and isinstance(tasks, Table):
            known = {**shared, **(_texts(task.get("vars")) if isinstance(task, Table) else {})}
            yield Named(f"tasks.{name}", name, tasks.key_lines.get(name, 1), tuple(lines), known)


def _texts(value: object) -> dict[str, str]:
    items = value.items() if isinstance(value, Table) else ()
    return {_variable(key): str(item) for key, item in items if isinstance(item, str | int) and "{{" not in str(item)}


def _variable(name: str) -> str:
    return name.replace("-", "_")


def _variables(text: str) -> str:
    """A line with its `{{name}}` written as variables of the shell."""
    return _BRACES.sub(lambda match: f"${{{_variable(match[1])}}}", text)
