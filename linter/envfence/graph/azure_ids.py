"""Identifiers of Azure as people read them.

In: a text with a whole resource id (`azurerm_x:/subscriptions/…/resourceGroups/…/providers/…/vaults/keys`). Out: the
same with the resource group and the name instead. Must not know: what the resource is, environments.
"""

from __future__ import annotations

import re

_ID = re.compile(
    r"(?:azurerm:[0-9a-f-]{36}/)?(?P<form>\w+:)?/subscriptions/[^/]+/resourceGroups/(?P<group>[^/]+)"
    r"/providers/[\w.]+/[\w.]+/(?P<name>[^/\s]+(?:/[^\s]*)?)\Z",
    re.IGNORECASE,
)


def short_id(text: str) -> str:
    """`text` with the id of a resource at its end cut to what tells it from others: group and name, or the name alone
    where the group is called the same. Other texts stay."""
    found = _ID.search(text)
    if found is None:
        return text
    group, name = found["group"], found["name"]
    own = name if name.partition("/")[0].lower() == group.lower() else f"{group}/{name}"
    return text[: found.start()] + (found["form"] or "") + own
