"""Takes the defaults of judged attributes out of the documentation that Pulumi's bridged packages carry.

    pip download --no-deps pulumi-aws==7.51.1
    python tools/catalogue_defaults.py aws pulumi_aws-7.51.1-py3-none-any.whl

writes tests/data/defaults/aws.json: for each type of rules/catalogue/aws.yaml the default of each guard, flag and
retention attribute that the text states, and the attributes of which it says that a change replaces the resource. A
type is found by its attributes, because the packages name it otherwise. The packages are licensed under the Apache
License 2.0; names and values are facts, no text of them is kept.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalogue_bridge import python_modules
from catalogue_schema import FOLDER
from envfence.providers.catalogue import catalogue

DEFAULTS = FOLDER.parent / "defaults"
#: How much of the attributes must be the same for two types to be one.
_ALIKE = 0.8
_DEFAULT = re.compile(
    r"(?:defaults?(?: value)?(?: is| to|:)|default of|default value of)\s+"
    r"`?\"?(true|false|enabled|disabled|[A-Z_]{4,}|\d+)\b",
    re.IGNORECASE,
)
_REPLACES = re.compile(r"forces? (?:a )?(?:new|replacement)|forces? (?:the )?re-?creation", re.IGNORECASE)
Texts = Mapping[str, str]


def main(arguments: list[str]) -> int:
    """Writes the file of one provider; 2 when the arguments are wrong."""
    if len(arguments) != 2:
        sys.stderr.write(f"usage: {Path(__file__).name} PROVIDER PACKAGE\n")
        return 2
    provider, package = arguments
    documented = [found for _, tree in python_modules(Path(package)) for found in _documented(tree)]
    schemas = json.loads((FOLDER / f"{provider}.json").read_text("utf-8"))
    found: dict[str, Any] = {"$source": Path(package).name}
    for type_ in catalogue().types(provider):
        attributes = {path for path in schemas.get(type_, {}) if "." not in path}
        texts = _most_alike(attributes, documented)
        facts = _facts(type_, texts) if texts is not None else {}
        if facts:
            found[type_] = facts
    DEFAULTS.mkdir(exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(facts, sort_keys=True)}" for name, facts in found.items())
    (DEFAULTS / f"{provider}.json").write_text(f"{{{lines}}}\n", "utf-8")
    sys.stdout.write(f"{provider}: {len(found) - 1} types\n")
    return 0


def _documented(tree: ast.Module) -> Iterator[Texts]:
    """The arguments of each resource with their texts."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_") or not node.name.endswith("Args"):
            continue
        for function in node.body:
            if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                names = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)][1:]
                parts = re.split(r":param [^:]*?(\w+): ", ast.get_docstring(function) or "")
                yield {**dict.fromkeys(names, ""), **dict(zip(parts[1::2], parts[2::2], strict=False))}


def _most_alike(attributes: set[str], documented: list[Texts]) -> Texts | None:
    best, score = None, _ALIKE
    for texts in documented:
        names = {single for name in texts for single in (name, name.removesuffix("s")) if single in attributes} | {
            name for name in texts if name not in attributes and name.removesuffix("s") not in attributes
        }
        alike = len(attributes & names) / max(1, len(attributes | names))
        if alike > score:
            best, score = texts, alike
    return best


def _facts(type_: str, texts: Texts) -> dict[str, Any]:
    entry = catalogue().entry(type_)
    if entry is None:
        return {}
    paths = [path for path in sorted({*entry.guards, *entry.dangers, *entry.retention}) if "." not in path]
    defaults = {path: match[1] for path in paths if (match := _DEFAULT.search(texts.get(path, "")))}
    replacing = [path for path in paths if _REPLACES.search(texts.get(path, ""))]
    return {key: value for key, value in (("defaults", defaults), ("replaces", replacing)) if value}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
