"""From the data of a policy to its statements, whatever shape the author gave them.

Comes in: the text of a policy. Goes out: statements with tuples of strings, and what is wrong with the rest.
Must not know: Terraform, who the policy is attached to.

A bare hole becomes an element that consists of its character alone: "any element, or several".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from envfence.model import Condition
from envfence.providers.aws.operators import is_operator
from envfence.providers.aws.policyjson import Bare, Data, PolicyError, loads
from envfence.values import has_holes

MAX_STATEMENTS = 2_000
MAX_REPEATED = 10
MAX_SHOWN = 60
_VERSIONS = ("2012-10-17", "2008-10-17")
#: From the hole of a list to elements that it surely has.
Known: TypeAlias = Callable[[str], tuple[str, ...]]
#: The test of a condition block that could not be read: it may hold or not.
UNKNOWN_TEST = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `unknown` says why it could hold anything; `data` tells where it was written."""

    index: int
    effect: str = "Allow"
    sid: str = ""
    principals: tuple[tuple[str, str], ...] = ()
    not_principals: tuple[tuple[str, str], ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    unknown: str = ""
    data: Data = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as read: `mistakes` are the reasons for which a part of it is left out."""

    version: str
    statements: tuple[Statement, ...]
    mistakes: tuple[str, ...] = ()


def _nothing(_: str) -> tuple[str, ...]:
    return ()


def read_policy(text: str, known: Known = _nothing) -> Policy:
    """Reads a policy; never raises: what is wrong is in `mistakes`. `known` gives what is surely in a list that as a
    whole is not known, by its hole."""
    twice: list[str] = []
    try:
        data = loads(text, twice)
    except PolicyError as error:
        return Policy(version="", statements=(), mistakes=(str(error),))
    if isinstance(data, Bare):
        return Policy(version="", statements=(Statement(index=0, unknown="the policy is not known"),))
    if not isinstance(data, dict):
        return Policy(version="", statements=(), mistakes=("the policy is not a JSON object",))
    # Without a Version element AWS assumes the old language, which has no policy variables.
    version = data.get("Version", "2008-10-17")
    listed = data.get("Statement")
    items = listed if isinstance(listed, list) else [] if listed is None else [listed]
    mistakes = [f"the key {name!r} occurs twice in one object" for name in dict.fromkeys(twice[:MAX_REPEATED])]
    if listed is None:
        mistakes.append("the policy has no Statement")
    if not isinstance(version, str | Bare):
        mistakes.append("the policy's Version is not a string")
    elif isinstance(version, str) and version not in _VERSIONS and not has_holes(version):
        mistakes.append(f"the policy's Version {_short(version)} does not exist")
    if len(items) > MAX_STATEMENTS:
        mistakes.append(f"the policy has more than {MAX_STATEMENTS} statements; the rest is not read")
    statements: list[Statement] = []
    for index, item in enumerate(items[:MAX_STATEMENTS]):
        try:
            statement = _statement(index, item, known)
        except PolicyError as error:
            mistakes.append(f"statement {index + 1}: {error}")
            continue
        statements.append(statement)
        mistakes.extend(f"statement {index + 1}: {each}" for each in _doubts(statement, item))
    return Policy(
        version=version if isinstance(version, str) else "", statements=tuple(statements), mistakes=tuple(mistakes)
    )


def _doubts(statement: Statement, item: Data) -> Iterator[str]:
    """What AWS refuses in a statement that can be read all the same."""
    if statement.unknown or not isinstance(item, dict):
        return
    for element in ("Action", "Resource", "Principal"):
        if element in item and f"Not{element}" in item:
            yield f"it has both {element} and Not{element}"
    if not (statement.actions or statement.not_actions):
        yield "it names no Action"
    for condition in statement.conditions:
        if condition.test != UNKNOWN_TEST and not is_operator(condition.test) and not has_holes(condition.test):
            yield f"there is no condition operator {_short(condition.test)}"


def _short(text: str) -> str:
    return repr(text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…")


def _statement(index: int, item: Data, known: Known) -> Statement:
    if isinstance(item, Bare):
        return Statement(index=index, unknown="the statement is not known")
    if not isinstance(item, dict):
        raise PolicyError("it is not a JSON object")
    effect = item.get("Effect")
    if isinstance(effect, Bare) or (isinstance(effect, str) and has_holes(effect)):
        return Statement(index=index, unknown="the statement's Effect is not known", data=item)
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"its Effect is {_short(str(effect))}, not Allow or Deny")
    sid = item.get("Sid")
    return Statement(
        index=index,
        effect=str(effect),
        sid=sid if isinstance(sid, str) else "",
        principals=_principals(item.get("Principal"), known),
        not_principals=_principals(item.get("NotPrincipal"), known),
        actions=_texts(item.get("Action"), "Action", known),
        not_actions=_texts(item.get("NotAction"), "NotAction", known),
        resources=_texts(item.get("Resource"), "Resource", known),
        not_resources=_texts(item.get("NotResource"), "NotResource", known),
        conditions=_conditions(item.get("Condition")),
        data=item,
    )


def _texts(value: Data, element: str, known: Known = _nothing) -> tuple[str, ...]:
    if value is None:
        return ()
    found: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Bare):
            found.extend((*known(item.char), item.char))
        elif isinstance(item, bool | int | float):
            found.append(_text(item))
        elif isinstance(item, str):
            found.append(item)
        elif isinstance(item, list):
            # A list in a list is refused by AWS, yet a hole in between may have been meant as concatenation.
            raise PolicyError(f"its {element} holds a list inside a list")
        elif item is not None:
            raise PolicyError(f"its {element} holds an object where a string belongs")
    return tuple(dict.fromkeys(found))


def _text(value: bool | int | float) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _principals(value: Data, known: Known) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if isinstance(value, Bare):
        return (("unknown", value.char),)
    if isinstance(value, str):
        return (("*", "*"),) if value == "*" else (("AWS", value),)
    if not isinstance(value, dict):
        raise PolicyError("its Principal is neither an object nor *")
    return tuple((kind, text) for kind, items in value.items() for text in _texts(items, "Principal", known))


def _conditions(value: Data) -> tuple[Condition, ...]:
    if value is None:
        return ()
    if isinstance(value, Bare):
        return (Condition(test=UNKNOWN_TEST, variable=value.char, values=()),)
    if not isinstance(value, dict):
        raise PolicyError("its Condition is not an object")
    result: list[Condition] = []
    for test, keys in value.items():
        if isinstance(keys, Bare):
            result.append(Condition(test=UNKNOWN_TEST, variable=keys.char, values=()))
        elif not isinstance(keys, dict):
            raise PolicyError(f"its condition {test} is not an object")
        else:
            result.extend(
                Condition(test=test, variable=key, values=_texts(items, "Condition")) for key, items in keys.items()
            )
    return tuple(result)
