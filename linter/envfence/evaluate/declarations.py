"""What a module declares: one record per variable, resource, module call and output.

Comes in: blocks of the AST. Goes out: records, and the problems of what Terraform would refuse.
Must not know: values, other modules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from envfence.hcl import Parsed, ast
from envfence.hcl.jsonsyntax import blocks, static
from envfence.model import Comment, Problem
from envfence.values import Span

#: The block types of a module and how many labels each has.
BLOCKS = {
    "variable": 1, "locals": 0, "resource": 2, "data": 2, "ephemeral": 2, "module": 1, "output": 1, "provider": 1,
    "terraform": 0, "moved": 0, "removed": 0, "import": 0, "check": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VariableDecl:
    """`variable "NAME"`."""

    name: str
    default: ast.Expr | None
    type_expr: ast.Expr | None
    nullable: bool
    sensitive: bool
    ephemeral: bool
    span: Span
    block: ast.Block


@dataclass(frozen=True, slots=True)
class ResourceDecl:
    """`resource`, `data` or `ephemeral`; `mode` is "managed", "data" or "ephemeral"."""

    mode: str
    type: str
    name: str
    block: ast.Block

    @property
    def key(self) -> str:
        """The name by which expressions speak of it."""
        prefix = {"managed": "", "data": "data.", "ephemeral": "ephemeral."}[self.mode]
        return f"{prefix}{self.type}.{self.name}"


@dataclass(frozen=True, slots=True)
class CallDecl:
    """`module "NAME"`; `source` and `version` are None unless they are literal."""

    name: str
    source: str | None
    version: str | None
    block: ast.Block


@dataclass(frozen=True, slots=True)
class OutputDecl:
    """`output "NAME"`."""

    name: str
    expr: ast.Expr | None
    sensitive: bool
    span: Span
    block: ast.Block


@dataclass(slots=True)
class Module:
    """A directory's configuration, all of its files merged. Not changed after the loader made it.

    `errors` is what Terraform would refuse, `problems` what could not be read.
    """

    directory: str
    files: tuple[str, ...] = ()
    variables: dict[str, VariableDecl] = field(default_factory=dict)
    locals: dict[str, ast.Attribute] = field(default_factory=dict)
    resources: dict[str, ResourceDecl] = field(default_factory=dict)
    calls: dict[str, CallDecl] = field(default_factory=dict)
    outputs: dict[str, OutputDecl] = field(default_factory=dict)
    providers: tuple[ast.Block, ...] = ()
    terraform: tuple[ast.Block, ...] = ()
    required_providers: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    errors: tuple[Problem, ...] = ()
    parsed: tuple[Parsed, ...] = ()
    mentions_sensitive: bool = False

    @property
    def comments(self) -> tuple[Comment, ...]:
        """All comments of its files."""
        return tuple(comment for parsed in self.parsed for comment in parsed.comments)

    def reads(self, variable: str) -> bool:
        """Whether anything in the module mentions a variable. One that nothing reads has no effect, whatever it is
        given."""
        mention = re.compile(rb"\bvar\s*(\.\s*|\[\s*\\?\")" + re.escape(variable.encode()) + rb"(?![\w-])")
        return any(mention.search(parsed.text.data) for parsed in self.parsed)


def literal(body: ast.Body, name: str) -> bool | str | None:
    """The value of an attribute that is written as a literal bool or string, else None."""
    attribute = body.attributes.get(name)
    if attribute is None or not isinstance(attribute.expr, ast.Literal):
        return None
    value = attribute.expr.value
    return value if isinstance(value, (bool, str)) else None


def truth(body: ast.Body, name: str, default: bool = False) -> bool:
    """A literal bool attribute; the strings "true" and "false" count."""
    value = literal(body, name)
    return default if value is None else value in (True, "true")


def expression(body: ast.Body, name: str) -> ast.Expr | None:
    """The expression of an attribute, or None."""
    attribute = body.attributes.get(name)
    return attribute.expr if attribute else None


class ModuleBuilder:
    """Collects blocks into a `Module`, and refuses what is there twice."""

    def __init__(self, directory: str) -> None:
        self.module = Module(directory)
        self._errors: list[Problem] = []
        self._providers: list[ast.Block] = []
        self._terraform: list[ast.Block] = []

    def add(self, block: ast.Block) -> None:
        """Adds one block of the top level."""
        labels = BLOCKS.get(block.type)
        if labels is None or len(block.labels) < labels:
            return
        adder = _ADDERS.get(block.type)
        if adder is not None:
            adder(self, block)

    def finish(self) -> Module:
        """The module."""
        module = self.module
        module.providers = tuple(self._providers)
        module.terraform = tuple(self._terraform)
        for block in module.terraform:
            module.required_providers.update(_required(block))
        module.errors = tuple(sorted(self._errors))
        return module

    def _refuse(self, what: str, name: str, span: Span) -> None:
        reason = f'Duplicate {what}: "{name}" was already declared'
        self._errors.append(Problem(stage="evaluate", reason=reason, span=span))

    def variable(self, block: ast.Block) -> None:
        """`variable`."""
        name, body = block.labels[0], block.body
        if name in self.module.variables:
            self._refuse("variable declaration", name, block.header)
            return
        type_expr = expression(body, "type")
        self.module.variables[name] = VariableDecl(
            name=name,
            default=expression(body, "default"),
            type_expr=static(type_expr) if type_expr is not None and body.json else type_expr,
            nullable=truth(body, "nullable", default=True),
            sensitive=truth(body, "sensitive"),
            ephemeral=truth(body, "ephemeral"),
            span=block.header,
            block=block,
        )

    def local_values(self, block: ast.Block) -> None:
        """`locals`."""
        for attribute in (*block.body.attributes.values(), *block.body.duplicates):
            if attribute.name in self.module.locals:
                self._refuse("local value definition", attribute.name, attribute.span)
            else:
                self.module.locals[attribute.name] = attribute

    def resource(self, block: ast.Block) -> None:
        """`resource`, `data`, `ephemeral`."""
        mode = "managed" if block.type == "resource" else block.type
        decl = ResourceDecl(mode, block.labels[0], block.labels[1], block)
        if decl.key in self.module.resources:
            self._refuse(f"{block.type} configuration", decl.key, block.header)
        else:
            self.module.resources[decl.key] = decl

    def call(self, block: ast.Block) -> None:
        """`module`."""
        name = block.labels[0]
        source, version = literal(block.body, "source"), literal(block.body, "version")
        if name in self.module.calls:
            self._refuse("module call", name, block.header)
            return
        self.module.calls[name] = CallDecl(
            name, source if isinstance(source, str) else None, version if isinstance(version, str) else None, block
        )

    def output(self, block: ast.Block) -> None:
        """`output`."""
        name = block.labels[0]
        if name in self.module.outputs:
            self._refuse("output definition", name, block.header)
            return
        expr = expression(block.body, "value")
        self.module.outputs[name] = OutputDecl(name, expr, truth(block.body, "sensitive"), block.header, block)

    def provider(self, block: ast.Block) -> None:
        """`provider`."""
        self._providers.append(block)

    def terraform(self, block: ast.Block) -> None:
        """`terraform`."""
        self._terraform.append(block)


_ADDERS = {
    "variable": ModuleBuilder.variable,
    "locals": ModuleBuilder.local_values,
    "resource": ModuleBuilder.resource,
    "data": ModuleBuilder.resource,
    "ephemeral": ModuleBuilder.resource,
    "module": ModuleBuilder.call,
    "output": ModuleBuilder.output,
    "provider": ModuleBuilder.provider,
    "terraform": ModuleBuilder.terraform,
}


def _required(block: ast.Block) -> dict[str, str]:
    found: dict[str, str] = {}
    for inner in blocks(block.body, {"required_providers": 0}):
        for attribute in inner.body.attributes.values():
            found[attribute.name] = _constraint(attribute.expr)
    return found


def _constraint(expr: ast.Expr) -> str:
    if isinstance(expr, ast.Literal):
        return str(expr.value)
    if isinstance(expr, ast.ObjectExpr):
        for key, value in expr.items:
            if isinstance(key, ast.Literal) and key.value == "version" and isinstance(value, ast.Literal):
                return str(value.value)
    return ""
