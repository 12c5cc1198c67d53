"""Evaluates the expressions of one Terragrunt file: its locals, and Terragrunt's own functions.

Comes in: the blocks of the file. Goes out: values. Must not know: what the values are for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from envfence.bind.definition import as_json
from envfence.bind.paths import ancestors, basename, parent
from envfence.bind.probe import value_of
from envfence.bind.terragrunt.places import absolute, relative, resolve
from envfence.bind.terragrunt.rewrite import rewrite
from envfence.evaluate import EvaluationError, Scope
from envfence.evaluate.dependencies import outputs_of
from envfence.evaluate.scope import Run
from envfence.hcl import ast
from envfence.paths import join
from envfence.values import Mapping, Sequence, Span, Symbol, Unknown, Value

if TYPE_CHECKING:
    from envfence.bind.terragrunt.reader import Reader, TerragruntConfig

_READS_FILES = frozenset({"file", "fileexists", "filebase64", "templatefile", "fileset", "yamldecode_file"})
#: What only a run can tell.
_UNKNOWABLE = frozenset(
    [
        "run_cmd",
        "get_aws_account_id",
        "get_aws_account_alias",
        "get_aws_caller_identity_arn",
        "get_aws_caller_identity_user_id",
        "sops_decrypt_file",
        "get_terraform_command",
        "get_terraform_cli_args",
        "get_terraform_commands_that_need_vars",
        "get_terraform_commands_that_need_input",
        "get_terraform_commands_that_need_locking",
        "get_terraform_commands_that_need_parallelism",
        "get_default_retryable_errors",
        "get_working_dir",
        "get_terragrunt_source_cli_flag",
        "constraint_check",
        "get_platform",
        "timestamp",
    ]
)


#: A name that nothing has: the evaluator fails on it, as Terragrunt would on the call in its place.
_FAILED = "a function that failed"
#: A default that only says what is meant to stand there: `get_env("STATE_BUCKET", "STATE_BUCKET")`.
_STANDS_IN = re.compile(r"[A-Z][A-Z_-]{2,}")


class _FailedError(Exception):
    """A Terragrunt function fails: `try` may catch it."""


class Frame:
    """The names that the expressions of one file see."""

    def __init__(
        self,
        reader: Reader,
        config: TerragruntConfig,
        found: tuple[ast.Block, ...],
        here: str,
        original: str,
        depth: int,
    ) -> None:
        self.reader = reader
        self.config = config
        self.here = here
        self.own = parent(config.path)
        self.original = original
        self.depth = depth
        self.include_directories: dict[str, str] = {}
        self._locals: dict[str, ast.Attribute] = {}
        self._values: dict[str, Value] = {}
        self._open: set[str] = set()
        self._count = 0
        self._functions = self._own_functions()
        self._names = frozenset(self._functions) | _READS_FILES | _UNKNOWABLE
        self.symbols = reader.symbols
        self.scope = Scope(Run(self.symbols, self.original, reader.survey.tree, here), self, {})
        self._note_blocks(found)
        self._note_constants()

    def _own_functions(self) -> dict[str, Callable[[list[Value]], Value]]:
        """Terragrunt's functions that can be told from the files."""
        return {
            "find_in_parent_folders": self._find,
            "path_relative_to_include": self._relative_to_include,
            "path_relative_from_include": self._relative_from_include,
            "get_terragrunt_dir": lambda args: absolute(self.here),
            "get_original_terragrunt_dir": lambda args: absolute(self.original),
            "get_parent_terragrunt_dir": lambda args: absolute(self._included(args)),
            "get_repo_root": lambda args: absolute(""),
            "get_path_from_repo_root": lambda args: self.here or ".",
            "get_path_to_repo_root": lambda args: relative("", self.here),
            "get_env": self._environment,
            "read_terragrunt_config": self._read,
            "read_tfvars_file": self._read_values,
            "mark_as_read": lambda args: args[0] if args else None,
        }

    def _note_blocks(self, found: tuple[ast.Block, ...]) -> None:
        """Takes the locals of the file and what it may switch on."""
        features: dict[str, Value] = {}
        for block in found:
            if block.type == "locals":
                self._locals.update(block.body.attributes)
            elif block.type == "feature" and block.labels:
                default = block.body.attributes.get("default")
                features[block.labels[0]] = Mapping({"value": None if default is None else self.value(default.expr)})
        self.scope.names["feature"] = Mapping(features)
        if isinstance(self.reader.values, Mapping):
            self.scope.names["values"] = self.reader.values

    def note_dependencies(self, found: tuple[ast.Block, ...]) -> None:
        """Takes the units that the file depends on, beside those of the files it includes."""
        for block in found:
            if block.type == "dependency" and block.labels:
                self.config.dependency[block.labels[0]] = Mapping({"outputs": self._outputs(block)})
        self.scope.names["dependency"] = Mapping(self.config.dependency)

    def _outputs(self, block: ast.Block) -> Unknown:
        """The outputs of the unit that a block depends on. They are named so that whoever evaluates that unit first can
        put them in; those of a block that may be switched off, or may only mock them, cannot."""
        attributes = block.body.attributes
        path = attributes.get("config_path")
        found = self.directories(path.expr) if path is not None else []
        usual = (("enabled", True), ("skip_outputs", False))
        is_read = all(name not in attributes or self.value(attributes[name].expr) is says for name, says in usual)
        if len(found) != 1 or not is_read:
            return self._unknown(f"dependency.{block.labels[0]}.outputs", block.header)
        return self._unknown(outputs_of(found[0]), block.header)

    def _note_constants(self) -> None:
        found = [
            (name, attribute.expr.value, attribute.span)
            for name, attribute in self._locals.items()
            if isinstance(attribute.expr, ast.Literal) and isinstance(attribute.expr.value, str)
        ]
        self.config.constants = (*self.config.constants, *found)

    def _unknown(self, what: str, span: Span | None) -> Unknown:
        return Unknown(self.symbols.intern(Symbol(what, self.original)), f"{what} is known only when it runs", span)

    def _not_told(self, what: str) -> Unknown:
        """What a call gives whose arguments do not tell it."""
        return self.scope.run.naming.fresh(what, f"{what} is known only when it runs")

    def value(self, expr: ast.Expr) -> Value:
        """The value of an expression of this file; unknown where it fails."""
        return value_of(self.scope, rewrite(expr, self._names, self._replace))

    def directories(self, expr: ast.Expr) -> list[str]:
        """The directories that a text or a list of texts names."""
        value = self.value(expr)
        items = value.items if isinstance(value, Sequence) else (value,)
        found = [resolve(item, self.here) for item in items if isinstance(item, str)]
        return [directory for directory in found if directory is not None]

    def all_locals(self) -> Mapping:
        """All locals of the file."""
        return Mapping({name: self._local(name, attribute) for name, attribute in sorted(self._locals.items())})

    def _local(self, name: str, at: ast.Attribute) -> Value:
        if name not in self._values:
            if name in self._open:
                return self._unknown(f"local.{name}", at.span)
            self._open.add(name)
            self._values[name] = self.value(at.expr)
            self._open.discard(name)
        return self._values[name]

    def _replace(self, node: ast.Call) -> ast.Expr | None:
        if node.name in _READS_FILES:
            return self._located(node)
        try:
            args = [self._argument(arg) for arg in node.args]
            function = self._functions.get(node.name)
            result = self._unknowable(node, args) if function is None else function(args)
        except _FailedError:
            return ast.Name(node.file, node.start, node.end, _FAILED)
        self._count += 1
        name = f"{node.name}() {self._count}"
        self.scope.names[name] = result
        return ast.Name(node.file, node.start, node.end, name)

    def _unknowable(self, node: ast.Call, args: list[Value]) -> Unknown:
        """What a call gives that only a run can tell: the same for the same arguments, but for the time."""
        naming, reason = self.scope.run.naming, f"{node.name}() is known only when it runs"
        if node.name == "timestamp":
            return naming.fresh("timestamp()", reason, node.span)
        return naming.derived(f"{node.name}({', '.join(['{}'] * len(args))})", tuple(args), reason, node.span)

    def _argument(self, expr: ast.Expr) -> Value:
        """An argument of a Terragrunt function; its failure is the function's."""
        rewritten = rewrite(expr, self._names, self._replace)
        if isinstance(rewritten, ast.Name) and rewritten.name == _FAILED:
            raise _FailedError
        return value_of(self.scope, rewritten)

    def _located(self, node: ast.Call) -> ast.Expr | None:
        """A call that reads a file, with its path as seen from here."""
        if not node.args:
            return None
        text = self.value(node.args[0])
        path = self._beside(text)
        if path is None:
            return None
        self.config.files = (*self.config.files, path)
        given = ast.Literal(node.file, node.start, node.end, relative(path, self.here))
        rest = tuple(rewrite(arg, self._names, self._replace) for arg in node.args[1:])
        return ast.Call(node.file, node.start, node.end, node.name, (given, *rest), node.expand)

    def _beside(self, text: Value) -> str | None:
        """The path that a text means for Terraform's own functions: seen from the file that the call stands in."""
        path = resolve(text, self.own) if isinstance(text, str) and self.depth > 0 else None
        return path if path is not None and self.reader.survey.has_file(path) else self._file(text)

    def _file(self, text: Value) -> str | None:
        """The path of the tree that a text means: seen from here, or, for a unit that a stack copies here, from where
        it lies."""
        if not isinstance(text, str):
            return None
        path = resolve(text, self.here)
        if self.depth == 0 and self.own != self.here and (path is None or not self.reader.survey.has_file(path)):
            there = resolve(text, self.own)
            return there if there is not None and self.reader.survey.has_file(there) else path
        return path

    # ------------------------------------------------------------ Terragrunt's functions

    def _find(self, args: list[Value]) -> Value:
        name = args[0] if args else "terragrunt.hcl"
        if not isinstance(name, str):
            return self._not_told("find_in_parent_folders()")
        for directory in ancestors(self.here):
            path = join(directory, name)
            if path is not None and (self.reader.survey.has_file(path) or self.reader.survey.has_directory(path)):
                return absolute(path)
        if len(args) > 1:
            return args[1]
        raise _FailedError

    def _included(self, args: list[Value]) -> str:
        if self.own != self.here and self.depth > 0:  # this file is the included one
            return self.own
        label = args[0] if args else None
        if isinstance(label, str) and label in self.include_directories:
            return self.include_directories[label]
        return next(iter(self.include_directories.values()), self.here)

    def _relative_to_include(self, args: list[Value]) -> Value:
        return relative(self.here, self._included(args))

    def _relative_from_include(self, args: list[Value]) -> Value:
        return relative(self._included(args), self.here)

    def _environment(self, args: list[Value]) -> Value:
        name = args[0] if args else None
        if not isinstance(name, str):
            return self._not_told("get_env()")
        given = self.reader.environ.get(name)
        if given is not None:
            self.config.variables[name] = given
            return given
        default = args[1] if len(args) > 1 else None
        self.config.variables[name] = default if isinstance(default, str) else ""
        stands_in = isinstance(default, str) and _STANDS_IN.fullmatch(default) is not None
        if len(args) < 2 or name in self.reader.given or stands_in:
            return self._unknown(f'get_env("{name}")', None)
        return default

    def _read(self, args: list[Value]) -> Value:
        from envfence.bind.terragrunt.reader import absorb

        text = args[0] if args else None
        path = self._file(text)
        if path is None:
            return self._not_told("read_terragrunt_config()")
        if not self.reader.survey.has_file(path):
            if len(args) > 1:
                return args[1]
            raise _FailedError
        config = self.reader.read(path, parent(path), self.original, self.depth + 1)
        absorb(self.config, config)
        return config.as_value()

    def _read_values(self, args: list[Value]) -> Value:
        text = args[0] if args else None
        path = self._file(text)
        if path is None or not self.reader.survey.has_file(path):
            return self._not_told("read_tfvars_file()")
        self.config.files = (*self.config.files, path)
        assignments = self.reader.survey.assignments(path)
        value = Mapping({name: self.value(attribute.expr) for name, attribute in assignments.items()})
        given = as_json(value)
        return given if given is not None else self._not_told(f"read_tfvars_file({basename(path)})")

    # ------------------------------------------------------------ what the evaluator asks (`Names`)

    def variable(self, name: str, at: ast.Node) -> Value:
        """There are no variables in Terragrunt."""
        raise EvaluationError(f"var.{name}: Terragrunt has no variables", at.span)

    def local(self, name: str, at: ast.Node) -> Value:
        """`local.NAME`."""
        attribute = self._locals.get(name)
        if attribute is None:
            raise EvaluationError(f"local.{name} is not declared", at.span)
        return self._local(name, attribute)

    def resource(self, key: str, at: ast.Node) -> Value:
        """An object that is not known: `values` of a unit that no stack uses, `unit` of a stack."""
        return self._unknown(key, at.span)

    def call(self, name: str, at: ast.Node) -> Value:
        """There are no modules in Terragrunt."""
        raise EvaluationError(f"module.{name}: Terragrunt has no modules", at.span)

    def special(self, head: str, name: str, at: ast.Node) -> Value:
        """`path.x` and `terraform.x` mean nothing in Terragrunt."""
        raise EvaluationError(f"{head}.{name}: not in Terragrunt", at.span)

    def is_sensitive(self, expr: ast.Expr, scope: Scope) -> bool:
        """Sensitivity is not tracked here."""
        return False

    def is_sensitive_itself(self, expr: ast.Expr, scope: Scope) -> bool:
        """Sensitivity is not tracked here."""
        return False

    def is_ephemeral(self, exprs: tuple[ast.Expr, ...], scope: Scope) -> bool:
        """There is nothing ephemeral in Terragrunt."""
        return False
