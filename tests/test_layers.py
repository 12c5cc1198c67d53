"""Imports only point downwards: the layers of the program, read from its source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "linter" / "envfence"

#: Lowest first. Modules in one set do not know each other.
LAYERS = (
    {"errors", "values", "words", "paths", "yamls", "addresses", "secretness", "steps", "settings"},
    {"model"},
    {"tree", "git", "config"},
    {"hcl", "sources"},
    {"evaluate"},
    {"bind"},
    {"providers"},
    {"access"},
    {"environments"},
    {"graph"},
    {"judge"},
    {"fixes"},
    {"report"},
    {"cache", "snippets", "states", "sharing"},
    {"pipeline"},
    {"comparison", "planning"},
    {"cli"},
    {"__main__"},
)
#: Where a set's members do know each other, in this order.
WITHIN = {
    ("values", "errors"),
    ("git", "tree"),
    ("sharing", "states"),
    ("config", "tree"),
    ("tree", "git"),
    ("sources", "hcl"),
}
ORDER = {name: number for number, names in enumerate(LAYERS) for name in names}


def part(path: Path) -> str:
    """The layer's name a file belongs to: its folder below envfence, or its own stem."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The parts of envfence that a file imports, also inside functions."""
    parts = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "envfence" else [node.module]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        parts |= {name.split(".")[1] for name in names if name.startswith("envfence.") and name.count(".") >= 1}
    return parts - {"__version__", "rules"}


FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    for other in sorted(imported(path) - {own}):
        allowed = ORDER[other] < ORDER[own] or (own, other) in WITHIN
        assert allowed, f"{own} must not import {other}"


def test_the_test_reads_imports() -> None:
    assert "model" in imported(SOURCE / "report" / "text.py")


def test_only_the_command_line_prints_or_ends_the_process() -> None:
    for path in FILES:
        if part(path) in {"cli", "__main__"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "exit", "quit"}, f"{path}:{node.lineno}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = f"{node.value.id}.{node.attr}"
                assert name not in {"sys.exit", "os._exit", "os.environ", "os.getenv"}, f"{path}:{node.lineno}"
