"""Random expressions against Terraform itself, where there is one.

`python tests/evaluate/language/test_terraform.py SEED COUNT [DEPTH]` compares more of them and shows what differs.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from generator import KINDS, Generator

from envfence.evaluate import EvaluationError, LimitError, Options, Scope, deep_recursion, evaluate_expression
from envfence.evaluate import open_scope as opened
from envfence.evaluate.functions.spec import TABLE
from envfence.evaluate.opening import open_root
from envfence.evaluate.rendering import to_json
from envfence.hcl import ast, parse_expression
from envfence.values import Mapping, Sequence, Unknown, Value

SURROUNDINGS = """\
resource "terraform_data" "u" {}
variable "secret" {
  default   = "hush"
  sensitive = true
}
variable "keys" {
  default   = { a = "x", b = ["y"] }
  sensitive = true
}
variable "text" {
  type    = string
  default = "ab"
}
variable "none" {
  type    = string
  default = null
}
variable "strings" {
  type    = list(string)
  default = ["a", "b", "a"]
}
variable "numbers" {
  type    = list(number)
  default = [1, 2.5]
}
variable "tags" {
  type    = map(string)
  default = { a = "x", k = "z" }
}
variable "zones" {
  type    = set(string)
  default = ["b", "a"]
}
variable "object" {
  type    = object({ a = string, b = optional(number, 3), c = optional(list(string)) })
  default = { a = "x" }
}
locals {
  parts = { a = var.secret, b = "plain" }
}
"""
NAMES = {
    "string": ("var.text", "var.text", "var.none", "terraform_data.u.id", "local.parts.a", "var.object.a"),
    "number": ("var.object.b",),
    "list": ("var.strings", "var.numbers", "var.object.c", "[terraform_data.u.id, \"a\"]"),
    "map": ("var.tags", "var.object", "local.parts", "var.keys"),
    "set": ("var.zones",),
    "any": ("var.secret", "terraform_data.u.output", "var.text"),
}  # fmt: skip
#: Ours differ on purpose or cannot be told from outside: impure functions, and those that only the console knows.
FUNCTIONS = {name: item for name, item in TABLE.items() if not item.impure}
UNKNOWN = object()
#: What a diagnostic says of its place: the file, or the output.
_FILE = re.compile(r"\be(\d+)\b")


@dataclass(frozen=True)
class Answer:
    """What an expression is: "value", "error" or "unknown"; values with `UNKNOWN` for unknown parts."""

    how: str
    value: Any = None
    type: Any = None
    sensitive: bool = False
    message: str = ""


def _run(place: Path, *command: str) -> str:
    done = subprocess.run(["terraform", *command], cwd=place, check=False, capture_output=True, text=True)
    return done.stdout


def _diagnostics(place: Path) -> list[dict[str, Any]]:
    found = []
    for line in _run(place, "plan", "-refresh=false", "-out=plan", "-json").splitlines():
        message = json.loads(line)
        if message.get("type") == "diagnostic" and message["diagnostic"]["severity"] == "error":
            found.append(message["diagnostic"])
    return found


def by_terraform(texts: list[str]) -> list[Answer]:
    """The answers of a real plan. Each expression is an output in a file of its own; those that are errors are taken
    out, those that are sensitive are marked, until a plan succeeds."""
    answers: dict[int, Answer] = {}
    sensitive: set[int] = set()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "surroundings.tf").write_text(SURROUNDINGS)
        for at, text in enumerate(texts):
            (place / f"e{at}.tf").write_text(_output(at, text))
        _run(place, "init")
        while diagnostics := _diagnostics(place):
            before = (len(answers), len(sensitive))
            for each in diagnostics:
                named = _FILE.search(json.dumps(each.get("range")) + each["summary"] + each.get("detail", ""))
                at = int(named[1]) if named else -1
                if each["summary"] == "Output refers to sensitive values":
                    sensitive.add(at)
                    if at not in answers:
                        (place / f"e{at}.tf").write_text(_output(at, texts[at], sensitive=True))
                elif named:
                    answers[at] = Answer("error", message=each["summary"] + ": " + each.get("detail", ""))
                    (place / f"e{at}.tf").unlink(missing_ok=True)
            assert before != (len(answers), len(sensitive)), diagnostics
        plan = json.loads(_run(place, "show", "-json", "plan"), parse_float=Decimal)
    changes = plan.get("output_changes", {})
    types = plan["planned_values"].get("outputs", {})
    for at in range(len(texts)):
        if at not in answers:
            change = changes.get(f"e{at}", {})
            value = _masked(change.get("after"), change.get("after_unknown", False))
            how = "unknown" if value is UNKNOWN else "value"
            answers[at] = Answer(how, value, types.get(f"e{at}", {}).get("type"), at in sensitive)
    return [answers[at] for at in range(len(texts))]


def _output(at: int, text: str, sensitive: bool = False) -> str:
    mark = "  sensitive = true\n" if sensitive else ""
    return f'output "e{at}" {{\n{mark}  value = {text}\n}}\n'


def _masked(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict):
        names = {*(value or {}), *unknown}
        return {name: _masked((value or {}).get(name), unknown.get(name, False)) for name in names}
    if isinstance(unknown, list):
        items = [*(value or []), *[None] * (len(unknown) - len(value or []))]
        return [_masked(item, flag) for item, flag in zip(items, unknown, strict=False)]
    return value


def open_surroundings(place: Path) -> Scope:
    (place / "surroundings.tf").write_text(SURROUNDINGS)
    loader, deployment = open_root(place)
    return opened(loader, deployment, Options(cwd=str(place)))


def by_us(text: str, scope: Scope) -> tuple[Answer, Value]:
    """Our answer, and the value itself."""
    expr = parse_expression(text)
    if isinstance(expr, ast.Broken):
        return Answer("error", message=expr.reason), None
    try:
        with deep_recursion():
            value = evaluate_expression(expr, scope)
    except EvaluationError as error:
        return Answer("error", message=error.message), None
    except LimitError as limit:
        return Answer("unknown", UNKNOWN, message=limit.reason), None
    assert scope.module is not None
    shown = _marked(json.loads(to_json(value), parse_float=Decimal))
    how = "unknown" if shown is UNKNOWN else "value"
    return Answer(how, shown, sensitive=scope.module.is_sensitive(expr, scope)), value


def _marked(shown: Any) -> Any:
    if isinstance(shown, dict):
        if shown == {"$unknown": True} or list(shown) == ["$string"]:
            return UNKNOWN
        return {name: _marked(item) for name, item in shown.items()}
    return [_marked(item) for item in shown] if isinstance(shown, list) else shown


def same(ours: Any, theirs: Any) -> str:
    """ "same", "uncovered" (a part is unknown to us) or "wrong"."""
    if theirs is UNKNOWN:
        return "same"
    if ours is UNKNOWN:
        return "uncovered"
    if isinstance(theirs, dict) and isinstance(ours, dict) and theirs.keys() == ours.keys():
        return _worst([same(ours[name], theirs[name]) for name in theirs])
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return _worst([same(one, other) for one, other in zip(ours, theirs, strict=True)])
    numbers = isinstance(ours, (int, Decimal)) and isinstance(theirs, (int, Decimal))
    if numbers and bool not in (type(ours), type(theirs)):
        # A plan holds what is exactly a 64-bit float as one, and shows it with fewer digits than the expression has.
        return "same" if ours == theirs or ours == Decimal(float(theirs)) else "wrong"
    return "same" if type(ours) is type(theirs) and ours == theirs else "wrong"


def _worst(verdicts: list[str]) -> str:
    return next((verdict for verdict in ("wrong", "uncovered") if verdict in verdicts), "same")


def kinds_differ(value: Value, type_: Any) -> bool:
    """Whether a collection is of another kind than Terraform has it."""
    if value is None or isinstance(value, Unknown) or type_ is None:
        return False
    if isinstance(type_, str):
        return isinstance(value, (Sequence, Mapping)) and type_ != "dynamic"
    kind, inner = type_[0], type_[1]
    if not isinstance(value, (Sequence, Mapping)) or value.kind != kind:
        return True
    if isinstance(value, Mapping):
        return any(kinds_differ(item, inner if kind == "map" else inner[name]) for name, item in value.items.items())
    return any(kinds_differ(item, inner[at] if kind == "tuple" else inner) for at, item in enumerate(value.items))


def verdict(ours: Answer, value: Value, theirs: Answer) -> str:
    """How our answer compares."""
    if theirs.how == "error":
        return {"error": "same", "unknown": "error open"}.get(ours.how, "MISSED ERROR")
    if ours.how == "error":
        return "FALSE ERROR"
    found = same(ours.value, theirs.value)
    if found != "same":
        return found.upper() if found == "wrong" else found
    if kinds_differ(value, theirs.type):
        return "KIND"
    return "same" if ours.sensitive == theirs.sensitive else "SENSITIVE"


def compare(first: int, count: int, depth: int) -> tuple[Counter[str], list[str]]:
    """How many answers are what, and those that differ."""
    texts = []
    for seed in range(first, first + count):
        generator = Generator(Random(seed), NAMES, FUNCTIONS)  # noqa: S311 - no secret is made of it
        texts.append(generator.expression(generator.pick(KINDS), depth or 1 + seed % 3))
    counts: Counter[str] = Counter()
    shown: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        scope = open_surroundings(Path(scratch))
        for text, theirs in zip(texts, by_terraform(texts), strict=True):
            ours, value = by_us(text, scope)
            found = verdict(ours, value, theirs)
            counts[found] += 1
            if found != "same":
                shown.append(f"{found}: {text}\n  ours   {_show(ours)}\n  theirs {_show(theirs)}")
    return counts, shown


def _show(answer: Answer) -> str:
    value = str(answer.value).replace(str(UNKNOWN), "?")
    return f"{answer.how} {value if answer.how == 'value' else answer.message} {answer.type or ''} {answer.sensitive}"


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_random_expressions_are_what_terraform_makes_of_them() -> None:
    counts, shown = compare(0, 150, 2)
    assert not [each for each in shown if each[0].isupper()], "\n".join(shown)
    assert counts["same"] > 100


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    total: Counter[str] = Counter()
    for start in range(given[0], given[0] + given[1], 400):
        found, lines = compare(start, min(400, given[0] + given[1] - start), given[2] if len(given) > 2 else 0)
        total += found
        print("\n".join(lines))
    print(dict(total))
