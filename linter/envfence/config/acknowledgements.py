"""Acknowledgements: a reviewer's word that a plan may destroy, replace or unguard something.

In: a tree. Out: entries and mistakes, each with its line; the file with an entry more. Must not know plans or rules.

An entry names an address, the digest of the plan it was written for, a reason and a last day. It lies in the
repository, so that it is approved with the change that needs it.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from typing import Any

from envfence.config.located import read_yaml
from envfence.errors import Mistake
from envfence.model import Record
from envfence.tree import Tree, Unreadable
from envfence.values import Span

FILE = ".envfence/acknowledgements.yaml"
_HEAD = "# Approve an entry as you would approve the destruction; `envfence plan FILE --acknowledge` writes them.\n"
_KEYS = ("address", "plan", "reason", "until")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST = 2_000


class Acknowledgement(Record, frozen=True, kw_only=True):
    """One entry. `plan` is the digest of what a plan destroys, `until` the last day, inclusive."""

    address: str
    plan: str
    reason: str
    until: datetime.date
    span: Span


class Acknowledgements(Record, frozen=True, kw_only=True):
    """All entries that can be understood, and what is wrong with the others."""

    entries: tuple[Acknowledgement, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def load_acknowledgements(tree: Tree) -> Acknowledgements:
    """The acknowledgements of a repository; none where there is no file. Never raises: an entry that is not understood
    acknowledges nothing."""
    if not tree.exists(FILE):
        return Acknowledgements()
    try:
        text = tree.read(FILE).decode("utf-8-sig")
    except Unreadable as error:
        return Acknowledgements(mistakes=(Mistake(f"cannot be read: {error.reason}", FILE, 1),))
    except UnicodeDecodeError:
        return Acknowledgements(mistakes=(Mistake("is not UTF-8 text", FILE, 1),))
    return parse_acknowledgements(text)


def parse_acknowledgements(text: str) -> Acknowledgements:
    """The acknowledgements in a text."""
    located = read_yaml(text, FILE)
    mistakes = list(located.mistakes)
    data = located.data
    if mistakes or data is None:
        return Acknowledgements(mistakes=tuple(mistakes))
    listed = data.get("acknowledgements") if isinstance(data, dict) else None
    if not isinstance(data, dict) or data.get("version") != 1 or not isinstance(listed, list | None):
        wrong = Mistake("holds `version: 1` and a list `acknowledgements`", FILE, 1)
        return Acknowledgements(mistakes=(wrong,))
    entries = []
    for index, item in enumerate(listed or ()):
        line = located.line(("acknowledgements", index))
        wrongs = [Mistake(problem, FILE, line) for problem in _problems(item)]
        mistakes += wrongs
        if not wrongs:
            entries.append(
                Acknowledgement(
                    address=item["address"],
                    plan=item["plan"],
                    reason=item["reason"],
                    until=datetime.date.fromisoformat(item["until"]),
                    span=Span(FILE, line),
                )
            )
    return Acknowledgements(entries=tuple(entries), mistakes=tuple(mistakes))


def _problems(item: Any) -> Iterator[str]:
    """What is wrong with one entry."""
    if not isinstance(item, dict):
        yield f"an entry has the keys {', '.join(_KEYS)}"
        return
    for key in item:
        if key not in _KEYS:
            yield f"an entry has no key {str(key)[:60]!r}; it has {', '.join(_KEYS)}"
    for key in _KEYS:
        value = item.get(key)
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            yield f"`{key}` is missing" if value is None else f"`{key}` is not a text"
        elif key == "plan" and not _DIGEST.fullmatch(value):
            yield "`plan` is not the digest that `envfence plan` shows"
        elif key == "until" and not _is_date(value):
            yield f"`until: {value[:40]}` is no date; write 2027-03-31"


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2027-03-31")


def with_entry(text: str, address: str, plan: str, reason: str, until: datetime.date) -> str:
    """The text of the file with one entry more; an entry of the same address and plan is written anew."""
    known = [
        entry
        for entry in (parse_acknowledgements(text).entries if text.strip() else ())
        if (entry.address, entry.plan) != (address, plan)
    ]
    rows = [(each.address, each.plan, each.reason, each.until) for each in known] + [(address, plan, reason, until)]
    lines = [_HEAD + "version: 1\nacknowledgements:\n"]
    for row in sorted(rows, key=lambda row: (row[0], row[3], row[1])):
        lines.append(f"  - address: {_quoted(row[0])}\n    plan: {_quoted(row[1])}\n")
        lines.append(f"    reason: {_quoted(' '.join(row[2].split()))}\n    until: {_quoted(row[3].isoformat())}\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    """A text as YAML reads it back: what JSON writes is one of its ways."""
    return json.dumps(text, ensure_ascii=False)
