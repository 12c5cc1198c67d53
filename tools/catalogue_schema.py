"""Takes the attribute trees of the catalogue's types out of a generated provider package, as an independent check.

    pip download --no-deps cdktn-provider-aws==25.8.1
    python tools/catalogue_schema.py aws cdktn_provider_aws-25.8.1-py3-none-any.whl

writes tests/data/schemas/aws.json: for each type of rules/catalogue/aws.yaml every attribute path that can be
configured, with its kind (bool, string, number, list, map, block). The packages are generated from the providers' own
schemas (`terraform providers schema`), so a path that is not in them does not exist. Nothing of this is shipped.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envfence.providers.catalogue import catalogue

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "data" / "schemas"
_CLASS = re.compile(r"docs/resources/\S+ ([a-z0-9_-]+)\}")
_ATTRIBUTE = re.compile(r"docs/resources/[^#\s]+#(\w+) ")
#: Blocks below this depth are left out: the catalogue speaks of none of them, and pod templates are endless.
_DEEPEST = 3
#: Members that every construct of the generator has, whatever the provider says.
_META = frozenset({"connection", "count", "dependsOn", "forEach", "lifecycle", "provider", "provisioners"})
Types = dict[str, dict[str, Any]]


def main(arguments: list[str]) -> int:
    """Writes the file of one provider; 2 when the arguments are wrong."""
    if len(arguments) != 2:
        sys.stderr.write(f"usage: {Path(__file__).name} PROVIDER WHEEL\n")
        return 2
    provider, wheel = arguments
    types = read_types(Path(wheel))
    wanted = set(catalogue().types(provider))
    found = {
        name: dict(sorted(_attributes(types, config)))
        for name, config in sorted(_resources(types))
        if name in wanted and config in types
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(tree, separators=(',', ':'))}" for name, tree in found.items())
    (FOLDER / f"{provider}.json").write_text(f'{{"$source":{json.dumps(Path(wheel).name)},\n{lines}}}\n', "utf-8")
    missing = sorted(wanted - found.keys())
    sys.stdout.write(f"{len(found)} types; not in the package: {', '.join(missing) or 'none'}\n")
    return 0


def read_types(wheel: Path) -> Types:
    """The type declarations inside a generated package."""
    with zipfile.ZipFile(wheel) as archive:
        inner = next(name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(archive.read(inner)), mode="r:gz") as package:
            member = package.extractfile("package/.jsii")
            if member is None:
                raise ValueError(f"{wheel}: no declarations inside")
            types: Types = json.load(member)["types"]
            return types


def _resources(types: Types) -> Iterator[tuple[str, str]]:
    """(resource type, name of the interface with its arguments)."""
    for name, declared in types.items():
        match = _CLASS.search(declared.get("docs", {}).get("summary", ""))
        if match and declared["kind"] == "class":
            yield match[1], f"{name}Config"


def _attributes(types: Types, name: str, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for member in types[name].get("properties", ()):
        docs = member.get("docs", {})
        match = _ATTRIBUTE.search(f"{docs.get('summary', '')} {docs.get('remarks', '')}")
        if member["name"] in _META or match is None:
            continue
        path = f"{prefix}{match[1]}"
        kind, inner = _kind(member.get("type", {}), types)
        yield path, kind
        if inner and depth < _DEEPEST:
            yield from _attributes(types, inner, f"{path}.", depth + 1)


def _kind(declared: dict[str, Any], types: Types) -> tuple[str, str]:
    """The kind of an attribute, and the interface of a block."""
    if "primitive" in declared:
        return {"boolean": "bool", "number": "number"}.get(declared["primitive"], "string"), ""
    if "collection" in declared:
        inner = _kind(declared["collection"]["elementtype"], types)
        if declared["collection"]["kind"] == "map":
            return "map", ""
        return ("block", inner[1]) if inner[1] else ("list", "")
    if "union" in declared:
        kinds = [_kind(each, types) for each in declared["union"]["types"]]
        return next(
            (kind for kind in kinds if kind[1]), next((kind for kind in kinds if kind[0] != "any"), ("any", ""))
        )
    name = declared.get("fqn", "")
    return ("block", name) if name in types and types[name]["kind"] == "interface" else ("any", "")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
