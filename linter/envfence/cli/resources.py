"""`envfence resources DIR`: the evaluated resources and outputs of exactly one deployment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated, Given
    from envfence.providers.hiding import Hiding


class _Ordered(click.Command):
    """Keeps the order of `--var` and `--var-file` between each other: the last one wins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        parser = self.make_parser(ctx)
        values, _, order = parser.parse_args(args=list(args))
        given: list[tuple[str, str]] = []
        seen = {"variables": 0, "var_files": 0}
        for parameter in order:
            name = parameter.name or ""
            if name in seen:
                given.append((name, values[name][seen[name]]))
                seen[name] += 1
        ctx.meta["envfence.given"] = given
        return super().parse_args(ctx, args)


@click.command(cls=_Ordered)
@click.argument("directory", default=".", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Sets a variable. May be repeated.")
@click.option("--var-file", "var_files", multiple=True, metavar="FILE", help="Reads a var file. May be repeated.")
@click.option("--workspace", default=None, metavar="NAME", help="The workspace; else TF_WORKSPACE, else default.")
@click.option("--format", "-f", "format_", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@click.pass_context
def command(
    ctx: click.Context,
    directory: Path,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    workspace: str | None,
    format_: str,
) -> int:
    """Show the resources of one root module with their values, as its inputs make them.

    Terraform's own TF_VAR_ variables are read from the process. Secrets are shown as unknown.
    """
    from envfence.evaluate import Options, evaluate
    from envfence.evaluate.opening import open_root
    from envfence.providers.hiding import hiding

    place = directory.resolve()
    loader, deployment = open_root(place, workspace or os.environ.get("TF_WORKSPACE") or "default")
    options = Options(
        environ={name: text for name, text in os.environ.items() if name.startswith("TF_VAR_")},
        variables=tuple(_given(name, text, place, loader.tree.root) for name, text in ctx.meta["envfence.given"]),
        cwd=str(place),
    )
    evaluated = evaluate(loader, deployment, options)
    render = _json if format_ == "json" else _text
    click.echo(render(evaluated, hiding(evaluated)))
    return 0


def _given(kind: str, text: str, directory: Path, root: str) -> Given:
    from envfence.evaluate import Given

    if kind == "var_files":
        beside = directory / text
        path = beside if beside.exists() else Path(text).resolve()
        return Given(file=os.path.relpath(path, directory))
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"'{text}' is not NAME=VALUE.", param_hint="--var")
    return Given(name=name.strip(), text=value)


def _json(evaluated: Evaluated, hide: Hiding) -> str:
    from envfence.evaluate.rendering import answer, to_json

    resources = [
        f'{{"address": {json.dumps(item.address)}, "values": {to_json(hide.shown(item.values))}, "unknown": []}}'
        for item in evaluated.resources
    ]
    outputs = [
        f"{json.dumps(name)}: {{{answer(hide.shown(out.value, name))}}}" for name, out in evaluated.outputs.items()
    ]
    errors = [
        json.dumps({"summary": hide.message(problem.reason), "file": problem.span.path, "line": problem.span.line})
        for problem in (*evaluated.errors, *evaluated.unset)
    ]
    return (
        '{"resources": ['
        + ",\n  ".join(resources)
        + '],\n "outputs": {'
        + ",\n  ".join(outputs)
        + '},\n "errors": ['
        + ", ".join(errors)
        + "]}"
    )


def _text(evaluated: Evaluated, hide: Hiding) -> str:
    from envfence.evaluate.rendering import to_json

    lines: list[str] = []
    for item in evaluated.resources:
        lines.append(f"{item.address}  {item.span}" + ("  (may not exist)" if item.exists == "maybe" else ""))
        lines.extend(f"    {name} = {to_json(hide.shown(value, name))}" for name, value in item.values.items.items())
    lines.extend(f"output {name} = {to_json(hide.shown(out.value, name))}" for name, out in evaluated.outputs.items())
    lines.extend(
        f"error: {problem.span}: {hide.message(problem.reason)}" for problem in (*evaluated.errors, *evaluated.unset)
    )
    return "\n".join(lines)
