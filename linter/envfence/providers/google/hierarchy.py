"""The hierarchy of Google Cloud: which project lies in which folder, and which folder in which organization.

Comes in: projects and folders. Goes out: statements of policy "below", scope by scope. Must not know: who holds what.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.providers.common.hierarchy import add_below
from envfence.providers.common.values import one, text
from envfence.values import Symbol, hole_index

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_PROJECT, _FOLDER, _ORGANIZATION = "google_project", "google_folder", "google_organization"
TYPES = (_PROJECT, _FOLDER)
_ATTRIBUTE = re.compile(r"\.(?:id|name|folder_id|folder|org_id)$")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """What one project or folder lies in."""
    if resource.type == _FOLDER:
        own = container(builder, _FOLDER, _own(resource, builder))
        above = _parent(builder, text(one(resource.values, "parent")) or "")
    else:
        project = text(one(resource.values, "project_id"))
        own = f"google:{project}" if project else ""
        folder, organization = (text(one(resource.values, name)) or "" for name in ("folder_id", "org_id"))
        above = container(builder, _FOLDER, folder) if folder else container(builder, _ORGANIZATION, organization)
    if resource.mode != "managed" or not own or not above:
        return
    says = f"lies in {above.replace('google_', '').replace(':', ' ')}"
    evidence = builder.evidence(resource, "folder_id" if resource.type == _PROJECT else "parent", says)
    add_below(builder, resource, "google", own, above, evidence)


def container(builder: FactsBuilder, form: str, value: str) -> str:
    """The scope that a folder or organization is, by its number, its name (`folders/1`) or any attribute of its
    resource; empty without a value."""
    number = value.rpartition("/")[2]
    if len(number) == 1 and hole_index(number) is not None:
        what = builder.symbols.symbol(number).what
        number = _ATTRIBUTE.sub("", what) if what.startswith(("google_", "data.google_", "module.")) else number
        return f"{form}:{builder.scope}:{number}" if len(number) > 1 else f"{form}:{number}"
    return f"{form}:{number}" if number else ""


def _own(resource: Resource, builder: FactsBuilder) -> str:
    return builder.symbols.intern(Symbol(what=f"{resource.address}.name", scope=builder.scope))


def _parent(builder: FactsBuilder, parent: str) -> str:
    form = _ORGANIZATION if parent.startswith("organizations/") else _FOLDER
    if len(parent) == 1 and hole_index(parent) is not None:
        form = _ORGANIZATION if _ORGANIZATION in builder.symbols.symbol(parent).what else _FOLDER
    return container(builder, form, parent)
