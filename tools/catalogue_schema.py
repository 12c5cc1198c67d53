"""Takes the attribute trees of the catalogue's types out of a generated provider package, as an independent check.

    pip download --no-deps cdktn-provider-aws==25.8.1
    python tools/catalogue_schema.py aws cdktn_provider_aws-25.8.1-py3-none-any.whl

writes tests/data/schemas/aws.json: for each type of rules/catalogue/aws.yaml every attribute that can be configured,
with its kind (bool, string, number, list, map, block), and what lies inside the blocks that the catalogue speaks of.
`$defaults` are the defaults that the description of an attribute states. The packages are generated from the providers'
own schemas (`terraform providers schema`) and licensed under the MPL-2.0; names, kinds and defaults are facts, no text
of them is kept. A path that is not in them does not exist. Nothing of this is shipped.
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
from envfence.providers.common.templates import placeholders

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "data" / "schemas"
_CLASS = re.compile(r"docs/resources/\S+ ([a-z0-9_-]+)\}")
_ATTRIBUTE = re.compile(r"docs/resources/[^#\s]+#(\w+) ")
_DEFAULT = re.compile(r"[Dd]efault(?:s to| value is| is|:)\s*[`'\"]{0,2}([A-Za-z0-9_.-]+)")
#: Blocks below this depth are left out: the catalogue speaks of none of them, and pod templates are endless.
_DEEPEST = 5
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
    found: dict[str, dict[str, str]] = {}
    defaults: dict[str, dict[str, str]] = {}
    for name, config in sorted(_resources(types)):
        if name in wanted and config in types:
            used = used_paths(name)
            seen = sorted(each for each in _attributes(types, config) if "." not in each[0] or _root(each[0]) in used)
            found[name] = {path: kind for path, kind, _ in seen}
            stated = {path: default for path, _, default in seen if default and path in used}
            if stated:
                defaults[name] = stated
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(tree, separators=(',', ':'))}" for name, tree in found.items())
    head = f'"$source":{json.dumps(Path(wheel).name)},\n"$defaults":{json.dumps(defaults, separators=(",", ":"))}'
    (FOLDER / f"{provider}.json").write_text(f"{{{head},\n{lines}}}\n", "utf-8")
    missing = sorted(wanted - found.keys())
    sys.stdout.write(f"{len(found)} types; not in the package: {', '.join(missing) or 'none'}\n")
    return 0


def used_paths(type_: str) -> frozenset[str]:
    """The paths that the catalogue speaks of, and the first step of each."""
    entry = catalogue().entry(type_)
    if entry is None:
        return frozenset()
    also = (path for guard in entry.guards.values() for path in guard.also_at)
    templates = (entry.arn, entry.id, *entry.names, *entry.computed.values())
    named = {name for template in templates for name in placeholders(template)}
    required = (path for rule in entry.edges.values() for path in rule.requires)
    paths = {
        *entry.judged_attributes(), *entry.edges, *entry.secrets, *entry.named_by, *also, *named, *required,
        entry.member, entry.inside, entry.tags,
    }  # fmt: skip
    helped = {path for path in _helping(type_) if path}
    return frozenset(root for path in {*paths, *helped} for root in (path, _root(path)))


def _helping(type_: str) -> Iterator[str]:
    """The paths by which a type guards or copies others."""
    known = catalogue()
    for other in known.types(type_.partition("_")[0]):
        entry = known.entry(other)
        helper = entry.helpers.get(type_) if entry is not None else None
        if helper is not None:
            yield helper.by
            yield from helper.requires


def _root(path: str) -> str:
    return path.partition(".")[0]


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


def _attributes(types: Types, name: str, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """Path, kind and stated default of every attribute."""
    for member in types[name].get("properties", ()):
        docs = member.get("docs", {})
        match = _ATTRIBUTE.search(f"{docs.get('summary', '')} {docs.get('remarks', '')}")
        if member["name"] in _META or match is None:
            continue
        path = f"{prefix}{match[1]}"
        kind, inner = _kind(member.get("type", {}), types)
        stated = _DEFAULT.search(str(docs.get("summary", "")) + " " + str(docs.get("remarks", "")))
        yield path, kind, stated[1].rstrip(".") if stated else ""
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
