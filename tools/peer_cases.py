"""Reads the fixtures of Checkov and KICS: one `Case` for each resource that a check of theirs judges.

Comes in: a checkout and the checks that concern us. Goes out: cases with the files of the fixture. Must not know what
envfence finds.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from envfence.hcl import parse

_TESTS = "tests/terraform/checks/resource"
_GRAPH_TESTS = "tests/terraform/graph/checks/resources"


@dataclass(frozen=True, slots=True)
class Case:
    """One resource of a fixture. `tree` names the fixture, `files` are its files; the block stands in `path` from line
    `first` to `last`; `fails` is their verdict."""

    check: str
    tree: str
    files: Mapping[str, str]
    address: str
    fails: bool
    path: str = ""
    first: int = 0
    last: int = -1

    @property
    def name(self) -> str:
        """What the case is called in the list of differences."""
        return f"{self.check} {self.tree} {self.address}"


# ---------------------------------------------------------------- Checkov


def checkov_cases(folder: Path, checks: Mapping[str, Any]) -> Iterator[Case]:
    """The cases of Checkov: sets of addresses beside a directory, blocks inside a test, or a list for a graph check."""
    for check, facts in sorted(checks.items()):
        test = facts["test"]
        graph = folder / _GRAPH_TESTS / test
        if graph.is_dir():
            yield from _graph_cases(check, graph, facts)
            continue
        file = next((folder / _TESTS).glob(f"*/test_{test}.py"))
        tree = ast.parse(file.read_text("utf-8"))
        sets = _address_sets(tree)
        if sets:
            yield from _directory_cases(check, file, tree, sets)
        else:
            yield from _inline_cases(check, test, tree, facts)


def _graph_cases(check: str, folder: Path, facts: Mapping[str, Any]) -> Iterator[Case]:
    verdicts = yaml.safe_load((folder / "expected.yaml").read_text("utf-8"))
    files = _files(folder)
    for key, fails in (("pass", False), ("fail", True)):
        for address in verdicts.get(key) or ():
            if address.partition(".")[0] in facts["types"]:
                yield Case(check, folder.name, files, address, fails)


def _directory_cases(check: str, file: Path, tree: ast.Module, sets: Mapping[str, set[str]]) -> Iterator[Case]:
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    name = next(text.strip("/") for text in texts if text.strip("/").startswith("example_"))
    files = _files(file.parent / name)
    for key, fails in (("passing_resources", False), ("failing_resources", True)):
        for address in sorted(sets.get(key, ())):
            yield Case(check, name, files, address, fails)


def _inline_cases(check: str, test: str, tree: ast.Module, facts: Mapping[str, Any]) -> Iterator[Case]:
    """Tests that hold their configuration as text or as Checkov's own dictionaries."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or not function.name.startswith("test"):
            continue
        verdict = _verdict(function)
        files = _configuration(function, facts["types"][0])
        if verdict is None or files is None:
            continue
        for address in _addresses(files, facts["types"]):
            yield Case(check, f"{test}.{function.name}", files, address, verdict)


def _address_sets(tree: ast.Module) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("passing_resources", "failing_resources") and isinstance(node.value, ast.Set):
                found[name] = {item.value for item in node.value.elts if isinstance(item, ast.Constant)}
    return found


def _verdict(function: ast.FunctionDef) -> bool | None:
    names = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    if "FAILED" in names:
        return True
    return False if "PASSED" in names else None


def _configuration(function: ast.FunctionDef, type_: str) -> dict[str, str] | None:
    for node in ast.walk(function):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and "resource" in text and "{" in text:
            return {"main.tf": text}
        if isinstance(node, ast.Dict):
            try:
                content = _unwrapped(ast.literal_eval(node))
            except ValueError:
                continue
            return {"main.tf.json": json.dumps({"resource": {type_: {"example": content}}})}
    return None


def _unwrapped(value: Any) -> Any:
    """Checkov wraps every value in a list."""
    if isinstance(value, list):
        return _unwrapped(value[0]) if len(value) == 1 else [_unwrapped(item) for item in value]
    if isinstance(value, dict):
        return {key: _unwrapped(item) for key, item in value.items() if not key.startswith("__")}
    return value


def _addresses(files: Mapping[str, str], types: list[str]) -> Iterator[str]:
    for path, text in files.items():
        if path.endswith(".json"):
            yield f"{types[0]}.example"
        for type_, name in re.findall(r'resource\s+"?([\w-]+)"?\s+"?([\w-]+)"?\s*\{', text):
            if type_ in types:
                yield f"{type_}.{name}"


# ---------------------------------------------------------------- KICS


def kics_cases(folder: Path, checks: Mapping[str, Any]) -> Iterator[Case]:
    """The cases of KICS: each file is a fixture of its own; a block is found when an expected line lies in it."""
    for check, facts in sorted(checks.items()):
        tests = folder / "assets" / "queries" / "terraform" / check / "test"
        expected = json.loads((tests / "positive_expected_result.json").read_text("utf-8"))
        files = [file for file in sorted(tests.iterdir()) if file.name.endswith((".tf", ".tf.json"))]
        positives = [file.name for file in files if file.name.startswith("positive")]
        for file in files:
            lines = {
                int(item["line"])
                for item in expected
                if (item.get("fileName") or item.get("filename") or positives[0]) == file.name
                and file.name in positives
            }
            yield from _blocks(check, file, lines, facts["types"])


def _blocks(check: str, file: Path, lines: set[int], types: list[str]) -> Iterator[Case]:
    """A line in no block of these types is about a helper beside: then it is said of the only one there."""
    data = file.read_bytes()
    found = []
    for block in parse(file.name, data).body.blocks:
        judged = block.type == "resource" and block.labels[0] in types
        if judged or (block.type == "module" and "module" in types):
            span = block.span
            found.append((".".join(block.labels if judged else ("module", *block.labels)), span.line, span.end_line))
    inside = {line for line in lines if line <= data.count(b"\n")}
    beside = any(not any(first <= line <= last for _, first, last in found) for line in inside)
    for name, first, last in found:
        fails = any(first <= line <= last for line in lines) or (beside and len(found) == 1)
        files = {file.name: data.decode("utf-8")}
        yield Case(check, f"{check}/{file.name}", files, name, fails, file.name, first, last)


def _files(folder: Path) -> dict[str, str]:
    found = (file for file in sorted(folder.rglob("*")) if file.name.endswith((".tf", ".tf.json", ".tfvars")))
    return {str(file.relative_to(folder)): file.read_text("utf-8") for file in found}
