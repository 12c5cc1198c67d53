"""Whose an account, subscription or project is, as the places say where its number is written.

Comes in: the survey, the var files of all roots. Goes out: signals, each for one id at one place: a comment beside it
(`"111122223333", # Staging`), the key or name it is given by (`prod = "arn:aws:lambda:…"`), the var file it is in.
Must not know: which of them agree (*assign* counts), deployments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envfence.bind.attach import Attached
from envfence.bind.paths import is_terraform, is_var_file, parent, stem
from envfence.bind.roots import is_example
from envfence.bind.signals import folder_word, is_word
from envfence.bind.survey import Survey
from envfence.bind.syntax import children, literal_text
from envfence.hcl import ast
from envfence.model import Comment, Signal
from envfence.values import Span
from envfence.words import hub_word, is_region, tokens, word_of_value, words_in_name


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBER = re.compile(rb"(?<![0-9.])[0-9]{12}(?![0-9.])|subscription|project_id|_project\b")
_ACCOUNT = re.compile(r"arn:[a-z-]+:[^:\s]*:[^:\s]*:([0-9]{12}):|^([0-9]{12})$")
#: What lies in an account: the rest of an ARN, the path of a queue's URL.
_INSIDE = re.compile(r"(?:arn:[a-z-]+:[^:\s]*:[^:\s]*:|amazonaws\.com/)([0-9]{12})[:/](?!root$)(\S+)")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SUBSCRIPTION = re.compile(rf"/subscriptions/({_UUID})")
_WHOLE_UUID = re.compile(_UUID)
_PROJECT = re.compile(r"(?=[a-z0-9-]*[0-9-])[a-z][a-z0-9-]{4,28}[a-z0-9]")
#: Accounts of vendors whose images, load balancers and layers everybody names.
_VENDORS = _set(
    """
    099720109477 137112412989 591542846629 602401143452 136693071363 679593333241 801119661308 309956199498
    125523088429 013907871322 127311923021 033677994240 027434742980 797873946194 098369216593 754344448648
    589379963580 718504428378 383597477331 600734575887 114774131450 783225319266 582318560864 985666609251
    054676820928 156460612806 652711504416 635631232127 009996457667 897822967062 076674570225 507241528517
    048591011584 190560391635 638102146993 037604701340 464622532012 017000801446 580247275435 336392948345
    668145008740
    """
)
#: Words that a comment about an account may have beside the environment's.
_FILLERS = _set(
    """
    account accounts aws id the for in our env environment org subscription project only s
    """
)
_LONGEST_COMMENT = 60
_MOCKS = frozenset(["mock_outputs", "mocks", "example", "examples"])
_MAX_DEPTH = 40
_PROJECT_NAMES = frozenset(["project_id", "gcp_project", "gcp_project_id", "google_project", "google_project_id"])
_OWN_NAMES = (
    frozenset(["account_id", "aws_account_id", "aws_account", "account", "subscription_id", "arm_subscription_id"])
    | _PROJECT_NAMES
)


@dataclass(frozen=True, slots=True)
class _Use:
    """An id in a text: the names and keys on the way to it, outermost first, and what the text names inside it."""

    boundary: str
    names: tuple[str, ...]
    span: Span
    inside: str = ""


def identities(survey: Survey, attached: Mapping[str, Attached]) -> tuple[Signal, ...]:
    """What all files say about ids, sorted. Examples, tests, mocks and accounts of vendors say nothing."""
    words = {file.path: file.word for each in attached.values() for file in each.var_files if file.word}
    found: set[Signal] = set()
    given: list[tuple[str, _Use]] = []
    for path in _files(survey):
        parsed = survey.parsed(path)
        if parsed is None or not _NUMBER.search(parsed.text.data):
            continue
        uses = list(_uses(parsed.body))
        if not uses:
            continue
        beside = _comments(parsed.comments, [use for use in uses if use.names])
        for use, text in beside.items():
            found.add(_signal("name", use, text, f"the comment beside it: {text}"))
        found.update(_held(uses))
        plain = [use for use in uses if use.names and use not in beside]
        found.update(_by_name(plain))
        if not is_terraform(path):
            word = words.get(path) or _word(survey, path)
            found.update(_by_file(path, word, plain))
            given += ((word, use) for use in plain if word)
    found.update(_by_variable(given))
    return tuple(sorted(found))


def _files(survey: Survey) -> Iterator[str]:
    for path in survey.paths():
        is_hcl = is_terraform(path) or is_var_file(path) or path.endswith(".hcl")
        if is_hcl and not path.endswith(".lock.hcl") and not is_example(survey, parent(path)):
            yield path


def _word(survey: Survey, path: str) -> str:
    return stem(path) if is_word(stem(path)) else folder_word(survey, path, "")[0]


def _uses(body: ast.Body) -> Iterator[_Use]:
    pending: list[tuple[ast.Body, tuple[str, ...]]] = [(body, ())]
    while pending:
        inner, names = pending.pop()
        for name, attribute in inner.attributes.items():
            if name not in _MOCKS:
                yield from _in_expression(attribute.expr, (*names, name), 0)
        for block in inner.blocks:
            own = block.labels[-1:] if block.type == "variable" else ()
            pending.append((block.body, (*names, *own)))


def _in_expression(expr: ast.Expr, names: tuple[str, ...], depth: int) -> Iterator[_Use]:
    if depth > _MAX_DEPTH:
        return
    text = literal_text(expr)
    if text is not None:
        boundary = _boundary(text, names[-1])
        inside = _INSIDE.search(text) if boundary or "amazonaws.com/" in text else None
        if boundary:
            yield _Use(boundary, names, expr.span, inside[2] if inside else "")
        elif inside is not None and inside[1] not in _VENDORS:
            yield _Use(f"aws:{inside[1]}", (), expr.span, inside[2])  # a place inside: its name is not the account's
    elif isinstance(expr, ast.ObjectExpr):
        for key, value in expr.items:
            name = literal_text(key) or (key.name if isinstance(key, ast.Name) else "")
            yield from _in_expression(value, (*names, name), depth + 1)
    else:
        for child in children(expr):
            yield from _in_expression(child, names, depth + 1)


def _boundary(text: str, name: str) -> str:
    account = _ACCOUNT.search(text)
    if account is not None:
        number = account[1] or account[2]
        return "" if number in _VENDORS or len(set(number)) < 3 else f"aws:{number}"
    subscription = _SUBSCRIPTION.search(text)
    if subscription is not None:
        return f"azurerm:{subscription[1].lower()}"
    if "subscription" in tokens(name) and _WHOLE_UUID.fullmatch(text):
        return f"azurerm:{text.lower()}"
    if name.lower() in _PROJECT_NAMES and _PROJECT.fullmatch(text) and not is_region(text):
        return f"google:{text}"
    return ""


def _comments(comments: Iterable[Comment], uses: Iterable[_Use]) -> dict[_Use, str]:
    """The ids that stand alone on a line before a comment which is nothing but an environment, with its text."""
    by_line: dict[int, list[_Use]] = {}
    for use in uses:
        by_line.setdefault(use.span.line, []).append(use)
    found: dict[_Use, str] = {}
    for comment in comments:
        span, text = comment.span, comment.text.strip()
        on_line = by_line.get(span.line, ())
        if len({use.boundary for use in on_line}) == 1 and len(text) <= _LONGEST_COMMENT and _says_environment(text):
            found.update((use, text) for use in on_line if use.span.column < span.column)
    return found


def _says_environment(text: str) -> bool:
    parts = [part for part in tokens(text) if part not in _FILLERS]
    if hub_word(text) is not None and len(parts) <= 3:
        return True
    word = word_of_value(" ".join(parts))
    return word is not None and len(parts) <= 2 and (len(parts) == 1 or word.sure)


def _held(uses: Iterable[_Use]) -> Iterator[Signal]:
    """What is named inside an account: no evidence of whose it is, but of who else is in it."""
    for use in uses:
        words = words_in_name(use.inside) if use.inside else ()
        if len({word.canonical for word in words}) == 1:
            yield Signal(
                kind="state", value=use.boundary, span=use.span, says=f"holds {use.inside}", words=(words[0].raw,)
            )


def _by_name(uses: Iterable[_Use]) -> Iterator[Signal]:
    """Ids that are given by a key or name with one environment in it, which holds no other id."""
    held: dict[tuple[str, ...], set[str]] = {}
    listed = list(uses)
    for use in listed:
        for end in range(1, len(use.names) + 1):
            held.setdefault(use.names[:end], set()).add(use.boundary)
    for use in listed:
        for end in range(len(use.names), 0, -1):
            name = use.names[end - 1]
            if _names_environment(name):
                if len(held[use.names[:end]]) == 1:
                    yield _signal("instance", use, name, f"given by {name}")
                break


def _names_environment(name: str) -> bool:
    found = {word.canonical for word in words_in_name(name)}
    word = word_of_value(name)
    return len(found) == 1 or (not found and word is not None and len(tokens(name)) == 1)


def _by_file(path: str, word: str, uses: list[_Use]) -> Iterator[Signal]:
    """The one id in a var file of one environment, or what the file calls its own account."""
    if not word:
        return
    alone = len({use.boundary for use in uses}) == 1
    for use in uses:
        if use.names[-1].lower() in _OWN_NAMES:
            yield _signal("input", use, word, f"{use.names[-1]} in {path}")
        elif alone:
            yield _signal("file", use, word, f"in {path}")


def _by_variable(given: Iterable[tuple[str, _Use]]) -> Iterator[Signal]:
    """Ids that stand in the var files of one environment only, in a variable that those of another tier give another
    id: whose it is has environments as well (`partner_account_id` in `dev.tfvars` and in `prod.tfvars`)."""
    listed = [(word, found, use) for word, use in given if (found := word_of_value(word)) is not None]
    by_name: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    owners: dict[str, set[str]] = {}
    for _text, word, use in listed:
        by_name.setdefault(use.names, set()).add((word.tier, use.boundary))
        owners.setdefault(use.boundary, set()).add(word.canonical)
    for text, word, use in listed:
        others = {boundary for tier, boundary in by_name[use.names] if tier != word.tier}
        if others and len(owners[use.boundary]) == 1:
            yield _signal("file", use, text, f"{use.names[-1]}, which other files give another id")


def _signal(kind: str, use: _Use, text: str, says: str) -> Signal:
    word = word_of_value(" ".join(part for part in tokens(text) if part not in _FILLERS))
    if word is None:
        named = words_in_name(text)
        word = named[0] if named else None
    words = (text,) if hub_word(text) is not None or word is None else (word.raw,)
    return Signal(kind=kind, value=use.boundary, span=use.span, says=says, words=words)
