"""Small files, functions that fit a screen. The exceptions may only shrink."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "linter" / "envfence"
MOST_LINES = 400
MOST_STATEMENT_LINES = 40
#: model.py is the one home of the records between stages: splitting it would hide that it is one schema.
LONG_FILES = {"model.py"}
#: A dispatch table, filled in one place.
LONG_FUNCTIONS = {"hcl/expressions.py:__init__"}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function with the lines of its body, the docstring left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield node.name, (node.end_lineno or 0) - body[0].lineno + 1


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES
    }
    assert long == LONG_FILES


def test_no_function_is_too_long() -> None:
    long = {
        f"{path.relative_to(SOURCE)}:{name}"
        for path in SOURCE.rglob("*.py")
        for name, lines in functions(path)
        if lines > MOST_STATEMENT_LINES
    }
    assert long == LONG_FUNCTIONS
