"""`envfence console`: evaluates single expressions in a root module."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from envfence.evaluate import Scope
    from envfence.providers.hiding import Hiding

    _Root = tuple[Scope, Hiding]


@click.command()
@click.argument("directory", default=".", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--workspace", default="default", metavar="NAME", help="The workspace.")
@click.option("--json-lines", is_flag=True, help="Read one JSON object per line and answer each with one.")
def command(directory: Path, workspace: str, json_lines: bool) -> int:
    """Evaluate expressions from standard input, one per line, without running anything.

    With --json-lines, each line is an object with `expr` and, if wanted, `id`, `files_dir` (the root module),
    `variables`, `locals` and `workspace`. Secrets are answered as unknown.
    """
    scopes: dict[tuple[str, str], _Root] = {}
    for request in _requests(directory, workspace, json_lines):
        click.echo(_answer(request, scopes, json_lines))
    return 0


def _requests(directory: Path, workspace: str, json_lines: bool) -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        if not line.strip():
            continue
        request: Any = {"expr": line}
        if json_lines:
            try:
                request = json.loads(line)
            except ValueError:
                request = {"expr": "", "bad": True}
            if not isinstance(request, dict):
                request = {"expr": "", "bad": True}
        yield {"files_dir": str(directory), "workspace": workspace, **request}


def _answer(request: dict[str, Any], scopes: dict[tuple[str, str], _Root], as_json: bool) -> str:
    text = _members(request, scopes)
    if as_json and "id" in request:
        text = f'"id": {json.dumps(request["id"])}, {text}'
    return f"{{{text}}}"


def _members(request: dict[str, Any], scopes: dict[tuple[str, str], _Root]) -> str:
    from envfence.evaluate import EvaluationError, LimitError, deep_recursion, evaluate_expression
    from envfence.evaluate.rendering import answer
    from envfence.hcl import ast, parse_expression

    if request.get("bad"):
        return '"error": "not a JSON object"'
    expr = parse_expression(str(request["expr"]))
    if isinstance(expr, ast.Broken):
        return f'"error": {json.dumps(expr.reason)}'
    scope, hide = _root(request, scopes)
    try:
        with deep_recursion():
            value = evaluate_expression(expr, scope)
        sensitive = scope.module is not None and scope.module.is_sensitive(expr, scope)
        return answer(hide.answer(value, str(request["expr"])), sensitive)
    except EvaluationError as error:
        return f'"error": {json.dumps(hide.message(error.message))}'
    except LimitError as limit:
        return f'"unknown": true, "reason": {json.dumps(limit.reason)}'
    except RecursionError:
        return '"unknown": true, "reason": "the expression is nested too deeply"'


def _root(request: dict[str, Any], scopes: dict[tuple[str, str], _Root]) -> _Root:
    from envfence.evaluate import Options, evaluate, open_scope
    from envfence.evaluate.inputs import to_value
    from envfence.evaluate.opening import open_root
    from envfence.providers.hiding import hiding

    place = Path(request["files_dir"]).resolve()
    key = (str(place), str(request.get("workspace") or "default"))
    if key not in scopes:
        loader, deployment = open_root(place, key[1])
        options = Options(cwd=str(place))
        scopes[key] = open_scope(loader, deployment, options), hiding(evaluate(loader, deployment, options))
    scope, hide = scopes[key]
    extra = {kind: request.get(kind) or {} for kind in ("variables", "locals")}
    if not any(extra.values()):
        return scope, hide
    values = {kind: {name: to_value(item) for name, item in given.items()} for kind, given in extra.items()}
    return scope.with_extra(values["variables"], values["locals"]), hide
