"""Writes what the predefined roles of Google Cloud let somebody do to the resources that envfence knows.

In: `gcp_roles.json` with `permissions` (names) and `roles` (name to `permissions`: numbers of them), made from
iann0036/iam-dataset (MIT). Out: `linter/envfence/access/data/google_roles.zip`: `types.json` has, by Terraform type,
the permissions of each capability; `service/NAME.json` the roles that hold any of them; `becoming.json` what lets
somebody become a service account.

    python tools/google_roles.py gcp_roles.json
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "linter" / "envfence" / "access" / "data" / "google_roles.zip"
DEFAULTS = {"administer": ["setIamPolicy"], "destroy": ["delete"], "weaken": ["update"]}
CAPABILITIES = ("administer", "destroy", "weaken", "write", "decrypt", "read")
#: What lets somebody act as a service account, or hand it to something that he starts.
BECOMING = (
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.implicitDelegation",
    "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt",
    "iam.serviceAccountKeys.create",
    "iam.serviceAccounts.actAs",
)


def types_of(judged: dict[str, dict[str, Any]], known: frozenset[str]) -> dict[str, dict[str, list[str]]]:
    """The permissions of each capability by Terraform type. Raises `SystemExit` for one that does not exist."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, row in sorted(judged.items()):
        stem = row["stem"]
        found[name] = {}
        for capability in CAPABILITIES:
            said = capability in row
            listed = [p if "." in p else f"{stem}.{p}" for p in row.get(capability, DEFAULTS.get(capability, []))]
            wrong = [p for p in listed if p not in known]
            if said and wrong:
                raise SystemExit(f"{name}: no such permission: {', '.join(wrong)}")
            if kept := [p for p in listed if p in known]:
                found[name][capability] = kept
    return found


def write(path: Path, members: dict[str, Any]) -> None:
    """A zip file with the same bytes for the same members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            text = json.dumps(members[name], separators=(",", ":"), sort_keys=True)
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


def main(source: str) -> None:
    """Reads, checks and writes."""
    data = json.loads(Path(source).read_text(encoding="utf-8"))
    names: list[str] = data["permissions"]
    judged = yaml.safe_load((HERE / "google_types.yaml").read_text(encoding="utf-8"))
    types = types_of(judged, frozenset(names))
    wanted = {p for row in types.values() for listed in row.values() for p in listed} | set(BECOMING)
    members: dict[str, Any] = {"types.json": types, "becoming.json": list(BECOMING)}
    for role, row in data["roles"].items():
        held = sorted(names[number] for number in row["permissions"] if names[number] in wanted)
        for service in {permission.partition(".")[0] for permission in held}:
            own = [p.partition(".")[2] for p in held if p.partition(".")[0] == service]
            members.setdefault(f"service/{service}.json", {})[role.removeprefix("roles/")] = own
    write(OUT, members)


if __name__ == "__main__":
    main(*sys.argv[1:])
