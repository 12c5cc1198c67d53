"""Azure pipelines with their templates put in: as if all of it were written in one file.

In: the data of a pipeline, the data of the other files of the repository by path. Out: the same data with templates of
the repository, `${{ each }}` and `${{ if }}` resolved and parameters filled in. Every table knows the file it stands
in, and a job what its template was given. Must not know what jobs do. Templates of other repositories stay as they are
written; of conditions that cannot be told, both sides are put in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from envfence.paths import join, parent
from envfence.sources.documents import Items, Table

#: The data of a file of the repository; None where it is no YAML table.
Read = Callable[[str], Table | None]
_LISTS = frozenset(("stages", "jobs", "steps", "variables"))
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_NAME = re.compile(r"parameters(?:\.(\w+)|\['([\w-]+)'\])|(variables\.\w+)|([A-Za-z_]\w*)(?:\.(\w+))?")
_VARIABLES = "variables."
#: Functions on texts that names are put together with.
_CALL = re.compile(r"(lower|upper|replace)\(\s*([^',]+?)\s*(?:,\s*'([^']*)'\s*,\s*'([^']*)'\s*)?\)")
_CHANGED: Mapping[str, Callable[[str, str, str], str]] = {
    "lower": lambda text, old, new: text.lower(),
    "upper": lambda text, old, new: text.upper(),
    "replace": lambda text, old, new: text.replace(old, new) if old else text,
}
_EACH = re.compile(r"\$\{\{\s*each\s+(\w+)\s+in\s+(.+?)\s*\}\}")
_IF = re.compile(r"\$\{\{\s*(?:else)?if\s+(eq|ne)\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)\s*\}\}")
_DEEPEST = 25
_MOST = 20_000


class Placed(Table):
    """A table with the file it stands in, and the plain parameters that were given to the template it is of."""

    __slots__ = ("given", "path")

    def __init__(self, line: int, path: str, given: Mapping[str, Any]) -> None:
        super().__init__(line)
        self.path = path
        self.given = {
            key: text for key, text in given.items() if isinstance(text, str) and not key.startswith(_VARIABLES)
        }


def expanded(path: str, root: Table, read: Read, chosen: Mapping[str, str]) -> tuple[Placed, frozenset[str]]:
    """(the pipeline with everything put in, the paths of the templates that it is made of); `chosen` are parameters
    that whoever starts it gives."""
    reader = _Reader(read)
    known = {**_lists(root.get("parameters")), **_variables(root.get("variables")), **chosen}
    return reader.table(root, path, known, 0), frozenset(reader.used)


class _Reader:
    def __init__(self, read: Read) -> None:
        self.read = read
        self.used: set[str] = set()
        self.left = _MOST

    def table(self, found: Table, path: str, known: Mapping[str, Any], depth: int) -> Placed:
        """A copy of a table with everything put in."""
        made = Placed(found.line, path, known)
        for key, value in found.items():
            made[key] = self._value(value, path, known, depth + 1, key)
            made.lines[key] = found.line_of(key)
            made.columns[key] = found.columns.get(key, 1)
            made.key_lines[key] = found.key_lines.get(key, found.line)
        extended = found.get("extends")
        if isinstance(extended, Table) and depth < _DEEPEST:
            for key, items in self._called(extended, path, known):
                made[key] = self._items(items[0], items[1], items[2], depth + 1, key)
        return made

    def _value(self, value: Any, path: str, known: Mapping[str, Any], depth: int, key: str) -> Any:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            return value
        if isinstance(value, Items):
            return self._items(value, path, known, depth, key)
        if isinstance(value, Table):
            return self.table(value, path, known, depth)
        return _filled(value, known) if isinstance(value, str) else value

    def _items(self, items: Items, path: str, known: Mapping[str, Any], depth: int, key: str) -> Items:
        made = Items(items.line)
        for index, item in enumerate(items):
            line = items.lines[index] if index < len(items.lines) else items.line
            for each in self._each(item, path, known, depth, key):
                made.append(each)
                made.lines.append(line)
        return made

    def _each(self, item: Any, path: str, known: Mapping[str, Any], depth: int, key: str) -> Iterator[Any]:
        """What one item of a list comes to."""
        if not isinstance(item, Table) or depth > _DEEPEST or self.left < 0:
            yield self._value(item, path, known, depth + 1, key)
            return
        decided = [(name, inner) for name, inner in item.items() if name.startswith("${{") and isinstance(inner, Items)]
        for name, inner in decided:
            for bound in _bound(name, known):
                yield from self._items(inner, path, bound, depth + 1, key)
        called = dict(self._called(item, path, known)) if key in _LISTS else {}
        if key in called:
            items, place, inside = called[key]
            yield from self._items(items, place, inside, depth + 1, key)
        elif not decided:
            yield self._value(item, path, known, depth + 1, key)

    def _called(
        self, item: Table, path: str, known: Mapping[str, Any]
    ) -> Iterator[tuple[str, tuple[Items, str, dict[str, Any]]]]:
        """The lists of the template that an item names: (items, its path, what its parameters are)."""
        name = item.get("template")
        if not isinstance(name, str) or "@" in name.removesuffix("@self"):
            return
        name = _filled(name.removesuffix("@self"), known)
        target = join("", name.lstrip("/")) if name.startswith("/") else join(parent(path), name)
        document = self.read(target) if target is not None and "$" not in target else None
        if document is None or target is None:
            return
        self.used.add(target)
        given = item.get("parameters")
        inside = {name: value for name, value in known.items() if name.startswith(_VARIABLES)}
        inside.update(_defaults(document.get("parameters")))
        for key, value in given.items() if isinstance(given, Table) else ():
            inside[key] = _looked_up(value, known)
        for key in sorted(_LISTS & set(document)):
            if isinstance(document[key], Items):
                yield key, (document[key], target, inside)


def _bound(name: str, known: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is known below a `${{ … }}` of a list: once for each round of a loop, not at all where it does not hold."""
    each, test = _EACH.fullmatch(name.strip()), _IF.fullmatch(name.strip())
    if each is not None:
        items = _looked_up("${{ " + each[2] + " }}", known)
        for item in items if isinstance(items, Items) else ():
            yield {**known, each[1]: item}
    elif test is None:
        yield known
    else:
        sides = [_side(text, known) for text in (test[2], test[3])]
        if None in sides or (sides[0] == sides[1]) is (test[1] == "eq"):
            yield known


def _side(text: str, known: Mapping[str, Any]) -> str | None:
    """One side of a comparison, in small letters as Azure compares; None where it is not known."""
    if text.startswith("'") and text.endswith("'"):
        return text[1:-1].lower()
    value = _looked_up("${{ " + text + " }}", known)
    return value.lower() if isinstance(value, str) and "$" not in value else None


def _looked_up(value: Any, known: Mapping[str, Any]) -> Any:
    """A value that may be one expression: then what that stands for, a list included."""
    whole = _EXPRESSION.fullmatch(value.strip()) if isinstance(value, str) else None
    found = _named(whole[1], known) if whole is not None else None
    if found is not None:
        return found
    return _filled(value, known) if isinstance(value, str) else value


def _named(text: str, known: Mapping[str, Any], depth: int = 3) -> Any:
    called = _CALL.fullmatch(text)
    if called is not None:
        inner = _named(called[2], known, depth - 1) if depth else None
        return _CHANGED[called[1]](inner, called[3] or "", called[4] or "") if isinstance(inner, str) else None
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    value = known.get(match[1] or match[2] or match[3] or match[4])
    if match[5] is None:
        return value
    return value.get(match[5]) if isinstance(value, Table) else None


def _filled(text: str, known: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found = _named(match[1], known)
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else match[0]

    return _EXPRESSION.sub(value, text) if "${{" in text else text


def _defaults(parameters: Any) -> dict[str, Any]:
    """All defaults of a template's parameters: its caller leaves them as they are."""
    if isinstance(parameters, Table):
        return dict(parameters)
    listed = parameters if isinstance(parameters, Items) else ()
    return {str(item.get("name")): item["default"] for item in listed if isinstance(item, Table) and "default" in item}


def _variables(found: Any) -> dict[str, Any]:
    """The variables that a pipeline sets for all of it."""
    plain = dict(found) if isinstance(found, Table) else {}
    for item in found if isinstance(found, Items) else ():
        if isinstance(item, Table) and "name" in item:
            plain[str(item["name"])] = item.get("value")
    return {f"{_VARIABLES}{name}": value for name, value in plain.items() if isinstance(value, str | int)}


def _lists(parameters: Any) -> dict[str, Any]:
    """The parameters of a pipeline that are lists or tables of its own. A plain default is only what holds when nobody
    chooses."""
    return {name: value for name, value in _defaults(parameters).items() if isinstance(value, Items | Table)}
