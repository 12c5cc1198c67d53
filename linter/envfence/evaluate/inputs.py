"""The values given to a root module's variables, in Terraform's order of precedence.

Comes in: a deployment, its root module, options. Goes out: one `Setting` per variable that has a value, the last
one wins. Must not know: how variables are used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal

from envfence.evaluate import limits
from envfence.evaluate.declarations import Module, VariableDecl
from envfence.evaluate.dependencies import HoledInputs
from envfence.evaluate.expressions import evaluate
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.loader import Loader
from envfence.evaluate.results import Given, Options
from envfence.evaluate.scope import Run, Scope
from envfence.evaluate.sensitivity import children
from envfence.hcl import ast, parse_expression
from envfence.model import Deployment, Input, Problem
from envfence.paths import join
from envfence.values import Mapping, Sequence, Span, Value

#: Where an input stands in the order: these come before all files, as process variables do.
_EARLY = frozenset({"environment", "terragrunt"})
_LITERAL_TYPES = frozenset({"string", "number", "bool"})


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a variable, and where it was written; `expr` is the expression in a var file."""

    value: Value
    span: Span
    expr: ast.Expr | None = None
    origin: str = ""


@dataclass(slots=True)
class Settings:
    """All settings of a deployment; `errors` is what Terraform would refuse in them."""

    values: dict[str, Setting] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def settings(run: Run, loader: Loader, deployment: Deployment, module: Module, options: Options) -> Settings:
    """Reads all inputs: process variables, terraform.tfvars, its JSON form, *.auto.tfvars, then the command line."""
    reader = _Reader(run, loader, module, HoledInputs(run, deployment, options.states))
    place = deployment.span
    for name, text in sorted(options.environ.items()):
        if name.startswith("TF_VAR_") and name[7:] in module.variables:
            reader.text(name[7:], text, place, "process variable")
    for given in deployment.inputs:
        if given.origin in _EARLY:
            reader.given_input(given)
    for path in automatic_files(loader, deployment.root):
        reader.file(path)
    for path in deployment.var_files:
        reader.file(path, required=True)
    for given in deployment.inputs:
        if given.origin not in _EARLY:
            reader.given_input(given)
    for option in options.variables:
        reader.option(option, deployment.root, place)
    return reader.result


def automatic_files(loader: Loader, directory: str) -> tuple[str, ...]:
    """The var files that Terraform loads by itself, in its order."""
    files = {entry.name: entry.path for entry in loader.tree.list(directory) if entry.kind == "file"}
    first = [files[name] for name in ("terraform.tfvars", "terraform.tfvars.json") if name in files]
    automatic = [path for name, path in sorted(files.items()) if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    return (*first, *automatic)


class _Reader:
    def __init__(self, run: Run, loader: Loader, module: Module, holed: HoledInputs) -> None:
        self.run = run
        self.holed = holed
        self.loader = loader
        self.module = module
        self.result = Settings()

    def _error(self, reason: str, span: Span) -> None:
        self.result.errors.append(Problem(stage="evaluate", reason=reason, span=span))

    def file(self, path: str, required: bool = False) -> None:
        parsed = self.loader.parsed(path)
        if isinstance(parsed, Problem):
            if required:
                self._error(f"Failed to read variables file: {parsed.reason}", parsed.span)
            return
        self.result.files.append(path)
        self.result.errors.extend(parsed.problems)
        for name, attribute in parsed.body.attributes.items():
            if name not in self.module.variables:
                continue
            value = self._constant(attribute.expr, name)
            self.result.values[name] = Setting(value, attribute.span, attribute.expr, path)

    def _constant(self, expr: ast.Expr, name: str) -> Value:
        refused = _not_constant(expr)
        if refused is not None:
            self._error(refused[0], refused[1].span)
            return self.run.naming.unknown(f"var.{name}", refused[0], expr.span, names=(name,))
        try:
            return evaluate(expr, Scope(self.run, None))
        except EvaluationError as error:
            self._error(error.message, error.span or expr.span)
            return self.run.naming.unknown(f"var.{name}", error.message, expr.span, names=(name,))
        except LimitError as limit:
            return self.run.naming.unknown(f"var.{name}", limit.reason, expr.span, names=(name,))

    def text(self, name: str, text: str, span: Span, origin: str) -> None:
        """A value from a process variable or `-var`: text for strings, numbers and bools, else an expression."""
        decl = self.module.variables.get(name)
        if decl is None:
            return
        value = text if is_literal(decl) else self._constant(parse_expression(text), name)
        self.result.values[name] = Setting(value, span, None, origin)

    def given_input(self, given: Input) -> None:
        if given.name not in self.module.variables:
            return
        if given.holed:
            value: Value = self.holed.fill(given, from_json(given.holed))
        elif given.json is None:
            reason = f"variable {given.name} is given by the {given.origin}, with a value that is not known"
            value = self.run.naming.unknown(f"var.{given.name}", reason, given.span, names=(given.name,))
        else:
            value = from_json(given.json)
        self.result.values[given.name] = Setting(value, given.span, None, given.origin)

    def option(self, option: Given, root: str, place: Span) -> None:
        if option.file is not None:
            path = join(root, option.file)
            if path is None:
                self._error(f"Failed to read variables file: {option.file} is outside of the root", place)
            else:
                self.file(path, required=True)
        elif option.text is not None:
            self.text(option.name, option.text, place, "command line")
        elif option.name in self.module.variables:
            self.result.values[option.name] = Setting(option.value, place, None, "command line")


def is_literal(decl: VariableDecl) -> bool:
    """Whether text given to a variable is its value as it stands, rather than an expression."""
    kind = decl.type_expr
    if kind is None:
        return True
    return isinstance(kind, ast.Name) and kind.name in _LITERAL_TYPES


def _not_constant(expr: ast.Expr) -> tuple[str, ast.Expr] | None:
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Call):
            return "Function calls not allowed", node
        if isinstance(node, ast.Name):
            return "Variables not allowed", node
        stack.extend(children(node))
    return None


def from_json(text: str) -> Value:
    """A JSON text as a value: objects and tuples, exact numbers. Raises nothing: bad JSON is the text itself."""
    try:
        return to_value(json.loads(text, parse_float=Decimal))
    except (ValueError, RecursionError):
        return text


def to_value(data: object, depth: int = 0) -> Value:
    """Data of `json.loads` as a value."""
    if depth > limits.DEPTH:
        return None
    if isinstance(data, dict):
        return Mapping({str(key): to_value(data[key], depth + 1) for key in sorted(data)})
    if isinstance(data, list):
        return Sequence(tuple(to_value(item, depth + 1) for item in data))
    if isinstance(data, float):
        return to_value(Decimal(str(data)))
    if isinstance(data, Decimal):
        return int(data) if data == data.to_integral_value() and abs(data) < _LARGEST else data
    return data if isinstance(data, (str, bool, int)) else None


_LARGEST = Decimal(10) ** 400
