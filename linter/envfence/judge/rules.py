"""Reads rules: the shipped ones (package data of `envfence.rules`) and the user's own files.

In: YAML, one rule a file, whose folder is its family. Out: `Rule` records, sorted by name. Must not know what a kind
does with its parameters: the schema says what a file may hold, the kind (a module in `kinds/`) what it means.
The user's files are checked against the schema, all mistakes at once with file and line; the shipped ones are checked
in our tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from envfence.errors import Mistake, RuleError
from envfence.model import SEVERITIES, Record
from envfence.yamls import load_yaml

#: Folders of the data package that hold no rules.
NOT_FAMILIES = frozenset({"schema", "catalogue", "__pycache__"})
#: Keys that every kind has; all others are the kind's parameters.
COMMON_KEYS = frozenset(
    {"name", "severity", "kind", "title", "why", "fix", "fine", "references", "implied_by", "bad", "good", "family"}
)


class Rule(Record, frozen=True, kw_only=True):
    """One rule.

    `family` is the folder it lies in; `parameters` is what its kind reads (selectors, `via` …) as plain YAML data;
    `implied_by` names stronger rules: where one of them reports the same cause between the same environments, this one
    stays silent. `bad` and `good` are small repositories, text by path; those of a rule about changes have a version
    before
    (`bad_before`, `good_before`). `path` is where it was read, for messages.
    """

    name: str
    family: str
    severity: str
    kind: str
    title: str
    parameters: dict[str, Any]
    why: str = ""
    fix: str = ""
    fine: str = ""
    references: tuple[str, ...] = ()
    implied_by: tuple[str, ...] = ()
    bad: dict[str, str] = msgspec.field(default_factory=dict)
    good: dict[str, str] = msgspec.field(default_factory=dict)
    bad_before: dict[str, str] = msgspec.field(default_factory=dict)
    good_before: dict[str, str] = msgspec.field(default_factory=dict)
    path: str = ""


def shipped_rules() -> tuple[Rule, ...]:
    """All rules of the package, sorted by name. Raises `RuleError` when a file cannot be read as YAML."""
    rules = [make_rule(_yaml(text, path), family, path) for family, path, text in shipped_files()]
    return tuple(sorted(rules, key=lambda rule: rule.name))


def shipped_files() -> Iterator[tuple[str, str, str]]:
    """(family, path below the package, text) of every shipped rule file, in sorted order."""
    root = resources.files("envfence.rules")
    for family in sorted(root.iterdir(), key=lambda entry: entry.name):
        if family.name in NOT_FAMILIES or not family.is_dir():
            continue
        for entry in sorted(family.iterdir(), key=lambda item: item.name):
            if entry.name.endswith(".yaml"):
                yield family.name, f"rules/{family.name}/{entry.name}", entry.read_text(encoding="utf-8")


def user_rules(files: Iterable[tuple[str, bytes]]) -> tuple[Rule, ...]:
    """Rules from the user's files, given as (path, bytes). The family is the name of the folder the file lies in.

    Raises `RuleError` with every mistake of every file: bad YAML, schema violations, two rules of one name.
    """
    mistakes: list[Mistake] = []
    rules: dict[str, Rule] = {}
    for path, data in files:
        rule = _user_rule(path, data, mistakes)
        if rule is None:
            continue
        if rule.name in rules:
            mistakes.append(Mistake(f"the rule {rule.name!r} is also in {rules[rule.name].path}", path, 1))
        rules[rule.name] = rule
    if mistakes:
        raise RuleError(*mistakes)
    return tuple(rules[name] for name in sorted(rules))


def merge_rules(shipped: Iterable[Rule], own: Iterable[Rule]) -> tuple[Rule, ...]:
    """Both sets by name; raises `RuleError` where a user's rule takes the name of a shipped one."""
    by_name = {rule.name: rule for rule in shipped}
    mistakes = []
    for rule in own:
        if rule.name in by_name:
            mistakes.append(
                Mistake(f"the name {rule.name!r} belongs to a shipped rule", rule.path, 1, "choose another name")
            )
        by_name[rule.name] = rule
    if mistakes:
        raise RuleError(*mistakes)
    return tuple(by_name[name] for name in sorted(by_name))


def make_rule(data: dict[str, Any], family: str, path: str) -> Rule:
    """A rule from what its YAML says; `data` has been checked, or is a shipped file that tests check."""
    return Rule(
        name=data["name"],
        family=data.get("family", family),
        severity=data["severity"],
        kind=data["kind"],
        title=data["title"],
        parameters={key: value for key, value in data.items() if key not in COMMON_KEYS},
        why=data.get("why", "").strip(),
        fix=data.get("fix", "").strip(),
        fine=data.get("fine", "").strip(),
        references=tuple(data.get("references", ())),
        implied_by=tuple(data.get("implied_by", ())),
        bad=_files(_version(data.get("bad"), "after")),
        good=_files(_version(data.get("good"), "after")),
        bad_before=_files(_version(data.get("bad"), "before")),
        good_before=_files(_version(data.get("good"), "before")),
        path=path,
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of a rule file."""
    loaded: dict[str, Any] = json.loads(_schema_file().read_text(encoding="utf-8"))
    return loaded


def _schema_file() -> Traversable:
    return resources.files("envfence.rules").joinpath("schema").joinpath("rule.schema.json")


def _version(data: Any, name: str) -> Any:
    """One version of an example of a rule about changes; any other example has no version before."""
    if isinstance(data, dict) and data.keys() == {"before", "after"}:
        return data[name]
    return data if name == "after" else None


def _files(data: Any) -> dict[str, str]:
    """An example is a mapping from path to text, or one text, which is then main.tf."""
    if not data:
        return {}
    return {"main.tf": data} if isinstance(data, str) else dict(data)


def _yaml(text: str, path: str) -> dict[str, Any]:
    """The mapping in a YAML text. Raises `RuleError` with the line of what is wrong."""
    import yaml  # not loaded by commands that need no rules

    try:
        data = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        problem = getattr(error, "problem", None) or "cannot be read"
        raise RuleError(Mistake(f"not valid YAML: {problem}", path, line)) from error
    if not isinstance(data, dict):
        raise RuleError(Mistake("a rule file holds one mapping (name, severity, kind …)", path, 1))
    return data


def _user_rule(path: str, data: bytes, mistakes: list[Mistake]) -> Rule | None:
    """The rule in one of the user's files, or None after its mistakes were added to `mistakes`."""
    try:
        text = data.decode("utf-8")
        loaded = _yaml(text, path)
    except UnicodeDecodeError:
        mistakes.append(Mistake("not UTF-8 text", path, 1))
        return None
    except RuleError as error:
        mistakes.extend(error.mistakes)
        return None
    found = list(_schema_mistakes(loaded, text, path))
    mistakes.extend(found)
    if found:
        return None
    folder = path.rsplit("/", 2)[-2] if "/" in path else "own"
    return make_rule(loaded, folder, path)


def _schema_mistakes(data: dict[str, Any], text: str, path: str) -> Iterator[Mistake]:
    """What the schema says against `data`, each with the line of the key it is about."""
    import jsonschema  # only a user's file needs it

    validator = jsonschema.Draft202012Validator(schema())
    for error in sorted(validator.iter_errors(data), key=lambda item: [str(part) for part in item.absolute_path]):
        where = ".".join(str(part) for part in error.absolute_path)
        message = error.message if len(error.message) < 200 else error.message[:200] + " …"
        yield Mistake(f"{where}: {message}" if where else message, path, _line(text, tuple(error.absolute_path)))
    if not list(validator.iter_errors(data)):
        yield from _meaning_mistakes(data, text, path)


def _meaning_mistakes(data: dict[str, Any], text: str, path: str) -> Iterator[Mistake]:
    """What a schema cannot say: the regular expression over edges must be one."""
    from envfence.graph.automaton import PatternError, compile_pattern

    if "via" in data:
        try:
            compile_pattern(data["via"])
        except PatternError as error:
            yield Mistake(f"via: {error}", path, _line(text, ("via",)))
    if data["severity"] not in SEVERITIES:
        yield Mistake(f"severity must be one of {', '.join(SEVERITIES)}", path, _line(text, ("severity",)))


def _line(text: str, keys: tuple[str | int, ...]) -> int:
    """The line on which the value at `keys` begins (that of the nearest parent which is there)."""
    import yaml

    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for key in keys:
        following = None
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == key:
                    line, following = name.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            following = node.value[key]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return int(line)
