"""Writes what the built-in roles of Azure allow, as far as it concerns the resources that envfence knows.

In: `azure_roles.json` with `roles` (`name`, `id`, `permissions` of `actions`, `notActions`, `dataActions`,
`notDataActions`), made from iann0036/iam-dataset (MIT). Out: `linter/envfence/access/data/azure_roles.zip`:
`types.json` has, by Terraform type, the operations of each capability; `roles.json` by lower-case name the operations
that the role holds of these; `ids.json` the names by id.

    python tools/azure_roles.py azure_roles.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from envfence.access.scoped.azurerm import holds
from google_roles import write

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "linter" / "envfence" / "access" / "data" / "azure_roles.zip"
ALWAYS = {"administer": ["Microsoft.Authorization/roleAssignments/write"], "destroy": ["delete"], "weaken": ["write"]}
CAPABILITIES = ("administer", "destroy", "weaken", "write", "decrypt", "read")


def operations(type_: str, listed: Iterable[str]) -> list[str]:
    """The whole names of operations of a resource type."""
    found = []
    for text in listed:
        mark, name = ("data:", text.removeprefix("data:")) if text.startswith("data:") else ("", text)
        found.append(mark + (name if name.startswith("Microsoft.") else f"{type_}/{name}"))
    return found


def main(source: str) -> None:
    """Reads and writes."""
    judged: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "azure_types.yaml").read_text(encoding="utf-8"))
    types = {
        name: {
            capability: listed
            for capability in CAPABILITIES
            if (listed := operations(row["type"], [*ALWAYS.get(capability, []), *row.get(capability, [])]))
        }
        for name, row in sorted(judged.items())
    }
    wanted = sorted({operation for row in types.values() for listed in row.values() for operation in listed})
    roles, ids = {}, {}
    for role in json.loads(Path(source).read_text(encoding="utf-8"))["roles"]:
        roles[role["name"].lower()] = [operation for operation in wanted if holds(role["permissions"], operation)]
        ids[role["id"].lower()] = role["name"].lower()
    write(OUT, {"types.json": types, "roles.json": roles, "ids.json": ids})


if __name__ == "__main__":
    main(*sys.argv[1:])
