"""Takes attribute trees out of the bindings that Pulumi's bridge generates from a Terraform provider's schema.

    pip download --no-deps pulumi-alicloud==4.0.0
    python tools/catalogue_bridge.py alicloud pulumi_alicloud-4.0.0-py3-none-any.whl

writes tests/data/schemas/alicloud.json for the types of rules/catalogue/alicloud.yaml that the package has under the
same name (`oss.Bucket` is `alicloud_oss_bucket`); for providers of which catalogue_schema.py knows no package. The
packages are licensed under the Apache License 2.0; names and kinds are facts, no text of them is kept. The bridge puts
lists into the plural, which is undone where the catalogue uses the singular.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogue_schema import FOLDER, used_paths
from envfence.providers.catalogue import catalogue

_RESOURCE = re.compile(r"^[\w-]+:([\w/.-]+):(\w+)$")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PRIMITIVE = {"bool": "bool", "int": "number", "float": "number", "str": "string"}
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Class:
    """The arguments of a generated class: annotation by name, and the folder it lies in."""

    folder: str
    arguments: Mapping[str, ast.expr]


def main(arguments: list[str]) -> int:
    """Writes the file of one provider; 2 when the arguments are wrong."""
    if len(arguments) != 2:
        sys.stderr.write(f"usage: {Path(__file__).name} PROVIDER PACKAGE\n")
        return 2
    provider, package = arguments
    classes: dict[tuple[str, str], Class] = {}
    resources: dict[str, Class] = {}
    for folder, tree in python_modules(Path(package)):
        _read(folder, tree, classes, resources)
    found = {}
    for type_ in catalogue().types(provider):
        declared = resources.get(type_.partition("_")[2].replace("_", ""))
        if declared is not None:
            wanted = used_paths(type_)
            tree = dict(_attributes(declared, classes, wanted))
            found[type_] = {
                path: kind for path, kind in sorted(tree.items()) if "." not in path or _root(path) in wanted
            }
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(tree, separators=(',', ':'))}" for name, tree in found.items())
    (FOLDER / f"{provider}.json").write_text(f'{{"$source":{json.dumps(Path(package).name)},\n{lines}}}\n', "utf-8")
    sys.stdout.write(f"{provider}: {len(found)} of {len(catalogue().types(provider))} types\n")
    return 0


def python_modules(package: Path) -> Iterator[tuple[str, ast.Module]]:
    """The folder and syntax tree of each Python file of a wheel or source archive."""
    if package.name.endswith(".whl"):
        with zipfile.ZipFile(package) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    yield name.rpartition("/")[0], ast.parse(archive.read(name))
        return
    with tarfile.open(package) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.name.endswith(".py") else None
            if file is not None:
                yield member.name.rpartition("/")[0], ast.parse(io.BytesIO(file.read()).read())


def _read(folder: str, tree: ast.Module, classes: dict[tuple[str, str], Class], resources: dict[str, Class]) -> None:
    own = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in own:
        if node.name.endswith("Args"):
            classes[(folder, node.name)] = Class(folder, _arguments(node))
            classes.setdefault(("", node.name), classes[(folder, node.name)])
    for node in own:
        token = next((found for text in _texts(node) if (found := _RESOURCE.match(text))), None)
        arguments = classes.get((folder, f"{node.name}Args"))
        if token is None or arguments is None or token[2] != node.name:
            continue
        name = "".join(_words(node.name))
        module = token[1].split("/")[0].replace("_", "").replace("-", "").lower()
        resources.setdefault(name, arguments)
        resources[f"{module}{name}"] = arguments


def _texts(node: ast.ClassDef) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
            yield from (
                each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.split(name)]


def _arguments(node: ast.ClassDef) -> dict[str, ast.expr]:
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and function.name == "__init__":
            given = (*function.args.args, *function.args.kwonlyargs)
            return {each.arg: each.annotation for each in given if each.annotation is not None}
    return {}


def _attributes(
    declared: Class, classes: Mapping[tuple[str, str], Class], wanted: frozenset[str], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, str]]:
    for name, annotation in declared.arguments.items():
        kind, inner = _kind(annotation, declared.folder, classes)
        for spelled in _spellings(name, prefix, wanted):
            path = f"{prefix}{spelled}"
            yield path, kind
            if inner is not None and depth < _DEEPEST:
                yield from _attributes(inner, classes, wanted, f"{path}.", depth + 1)


def _spellings(name: str, prefix: str, wanted: frozenset[str]) -> Iterator[str]:
    """The name, and the singular that the catalogue uses for it."""
    yield name
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        single = f"{name.removesuffix(ending)}{instead}"
        if name.endswith(ending) and any(path == f"{prefix}{single}" for path in wanted):
            yield single


def _kind(annotation: ast.expr, folder: str, classes: Mapping[tuple[str, str], Class]) -> tuple[str, Class | None]:
    text = ast.unparse(annotation).replace("pulumi.", "").replace("_builtins.", "").replace("builtins.", "")
    nested = re.search(r"(\w+Args)\b", text)
    if nested:
        found = classes.get((folder, nested[1])) or classes.get(("", nested[1]))
        return ("block", found) if found is not None else ("any", None)
    if "Mapping[" in text:
        return "map", None
    if "Sequence[" in text:
        return "list", None
    plain = re.search(r"\b(bool|int|float|str)\b", text)
    return (_PRIMITIVE[plain[1]], None) if plain else ("any", None)


def _root(path: str) -> str:
    return path.partition(".")[0]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
