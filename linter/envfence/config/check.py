"""All mistakes of a configuration at once, each with its line.

Comes in: located data. Goes out: mistakes. Must not know: the tree, rules (see `Config.rule_mistakes`).
The shape is checked by the published JSON Schema; what a schema cannot say (dates, names of environments) is here.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from envfence.config.located import Located, Path
from envfence.config.records import did_you_mean
from envfence.errors import Mistake
from envfence.words import TIERS, VOCABULARY, environment_of_token, tokens

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_TYPES = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a number", "null": "nothing"}


@functools.cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of envfence.yaml."""
    text = resources.files("envfence.rules").joinpath("schema/envfence.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def mistakes_of(located: Located, path: str) -> list[Mistake]:
    """Everything that is wrong in the document, sorted by line; empty when it may be read into records."""
    from jsonschema import Draft202012Validator

    found = list(located.mistakes)
    if located.data is None:
        if not found:
            found.append(Mistake("the file is empty", path, 1, "write at least `version: 1`"))
        return found
    if not found or isinstance(located.data, dict):
        for error in Draft202012Validator(schema()).iter_errors(located.data):
            found += _explain(error, located, path)
    if isinstance(located.data, dict):
        found += _dates(located, path)
        found += _unknown_environments(located, path)
        found += _shared_claims(located, path)
    return sorted(set(found), key=lambda mistake: (mistake.line, mistake.message))


def _explain(error: ValidationError, located: Located, path: str) -> list[Mistake]:
    """One schema error in the user's words."""
    where: Path = tuple(error.absolute_path)
    # jsonschema's own annotations allow an unset value, which no error of a validator has.
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties":
        return _unknown_keys(error, located, path, where)
    if error.validator == "anyOf":
        return _any_of(error, wanted, located, path)
    hint = ""
    if error.validator in ("enum", "const"):
        hint = did_you_mean(str(error.instance), [str(each) for each in _listed(wanted)])
    return [Mistake(_says(error, _dotted(where), wanted), path, located.line(where), hint)]


def _says(error: ValidationError, name: str, wanted: Any) -> str:
    shown = _show(error.instance)
    if error.validator == "required":
        missing: Any = [key for key in wanted if key not in _mapping(error.instance)]
        # jsonschema gives one error per missing key; the same text each time makes one mistake of them.
        return f"{name} needs {' and '.join(f'`{key}`' for key in missing)}"
    if error.validator == "type":
        return f"{name} must be {_type_names(wanted)}, not {shown}"
    texts = {
        "enum": f"{name} cannot be {shown}",
        "const": f"{name} cannot be {shown}",
        "minItems": f"{name} must not be empty",
        "minLength": f"{name} must not be empty",
        "uniqueItems": f"{name} lists something twice",
        "pattern": f"{name}: {shown} is not a name (letters, digits, '-', '_' and '.' behind a letter)",
    }
    return texts.get(str(error.validator), f"{name}: {error.message}")


def _type_names(wanted: Any) -> str:
    return " or ".join(_TYPES.get(each, str(each)) for each in _listed(wanted) if each != "null")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unknown_keys(error: ValidationError, located: Located, path: str, where: Path) -> list[Mistake]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
    place = f" in {_dotted(where)}" if where else ""
    return [
        Mistake(f"unknown key '{key}'{place}", path, located.line((*where, key)), did_you_mean(key, known))
        for key in _mapping(error.instance)
        if key not in known
    ]


def _any_of(error: ValidationError, branches: Any, located: Located, path: str) -> list[Mistake]:
    """The mistakes of the alternative that fits the value's type; where none does, what would."""
    where: Path = tuple(error.absolute_path)
    if all(set(branch) == {"required"} for branch in branches):
        choices = ", ".join(f"`{branch['required'][0]}`" for branch in branches)
        return [Mistake(f"{_dotted(where)} needs at least one of {choices}", path, located.line(where))]
    typed = {index for index, branch in enumerate(branches) if _type_fits(error.instance, branch)}
    fitting = [each for each in error.context or () if each.relative_schema_path[0] in typed]
    if fitting:
        return [mistake for each in fitting for mistake in _explain(each, located, path)]
    wanted = " or ".join(_type_names(branch["type"]) for branch in branches if "type" in branch)
    text = f"{_dotted(where)} must be {wanted}, not {_show(error.instance)}"
    return [Mistake(text, path, located.line(where))]


def _type_fits(value: object, branch: Mapping[str, Any]) -> bool:
    if "type" not in branch:
        return isinstance(value, str)
    return {"object": dict, "array": list, "string": str}.get(branch["type"], type(None)) is type(value)


def _dates(located: Located, path: str) -> Iterator[Mistake]:
    for index, entry in enumerate(_entries(located.data, "allow")):
        until = entry.get("until")
        if isinstance(until, str) and not _is_date(until):
            where: Path = ("allow", index, "until")
            yield Mistake(f"'{until}' is not a date", path, located.line(where), "write it as YYYY-MM-DD")


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _unknown_environments(located: Located, path: str) -> Iterator[Mistake]:
    """Names in fences, allow, expect that are declared nowhere, no tier and no environment word."""
    declared = _mapping(located.data.get("environments"))
    for where, name in _named(located.data):
        if name in declared or name in TIERS or name == "*" or _is_vocabulary(name):
            continue
        hint = did_you_mean(name, [*declared, *TIERS, *VOCABULARY]) or "declare it under `environments`"
        text = f"'{name}' is neither a declared environment nor a tier"
        yield Mistake(text, path, located.line(where), hint)
    for name in _mapping(located.data.get("var_files")):
        if declared and name not in declared:
            where = ("var_files", name)
            yield Mistake(
                f"'{name}' is not a declared environment", path, located.line(where), did_you_mean(name, declared)
            )


def _is_vocabulary(name: str) -> bool:
    parts = tokens(name)
    return len(parts) == 1 and (environment_of_token(parts[0]) is not None or parts[0] in VOCABULARY)


def _named(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for key in ("fences", "allow", "expect"):
        for index, entry in enumerate(_entries(data, key)):
            holder = _mapping(entry.get("none")) if key == "expect" else entry
            start: Path = (key, index, "none") if key == "expect" else (key, index)
            for side in ("from", "to"):
                value = holder.get(side)
                for number, name in enumerate(value if isinstance(value, list) else [value]):
                    if isinstance(name, str) and name:
                        yield ((*start, side, number) if isinstance(value, list) else (*start, side)), name


def _shared_claims(located: Located, path: str) -> Iterator[Mistake]:
    """A spelling that two environments claim: nobody could say which one is meant."""
    owners: dict[str, str] = {}
    for name, entry in _mapping(located.data.get("environments")).items():
        words = _mapping(entry).get("words")
        for index, word in enumerate([name, *words] if isinstance(words, list) else [name]):
            owner = owners.setdefault(str(word).lower(), name)
            if owner != name:
                where: Path = ("environments", name, "words", index - 1) if index else ("environments", name)
                yield Mistake(f"'{word}' is claimed by '{owner}' and by '{name}'", path, located.line(where))


def _entries(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = data.get(key)
    # An entry of the wrong type keeps its place, so that the numbers of the others stay right.
    return [_mapping(entry) for entry in value] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dotted(where: Path) -> str:
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return f"`{text}`" if text else "the file"


def _show(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value)
    if len(text) >= 16 and " " not in text and sum(char.isdigit() for char in text) >= 3:
        return "such a text"  # it could be a secret in the wrong place
    return "nothing" if value is None else f"'{text[:60]}'"
