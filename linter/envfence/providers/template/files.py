"""`data.template_file`: the text with its variables filled in.

Comes in: the data source's template and variables. Goes out: `rendered`, where the template has nothing but plain
variables. Must not know what the text is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from envfence.values import Mapping, Sequence, Unknown, Value

TYPES = ()
_MOST = 500_000
_VARIABLE = re.compile(r"\$\{\s*([A-Za-z_][\w-]*)\s*\}")


class Request(Protocol):
    """What evaluate says about the data source."""

    @property
    def values(self) -> Mapping:
        """Its attributes as written."""


def rendered(request: Request) -> dict[str, Value]:
    """The computed attribute; nothing where the template has escapes, directives or expressions."""
    template, variables = request.values.items.get("template"), _variables(request.values)
    if not isinstance(template, str) or len(template) > _MOST or "$${" in template or "%{" in template:
        return {}
    names = _VARIABLE.findall(template)
    if template.count("${") != len(names):
        return {}
    filled: dict[str, str] = {}
    for name in names:
        value = variables.get(name)
        text = value.symbol if isinstance(value, Unknown) else value
        if not isinstance(text, str):
            return {}
        filled[name] = text
    return {"rendered": _VARIABLE.sub(lambda match: filled[match.group(1)], template)}


def _variables(values: Mapping) -> dict[str, Value]:
    """`vars`, which old sources write as a block."""
    found = values.items.get("vars")
    if isinstance(found, Sequence) and len(found.items) == 1:
        found = found.items[0]
    return dict(found.items) if isinstance(found, Mapping) else {}


COMPUTED: dict[str, Callable[[Request], dict[str, Value]]] = {"template_file": rendered}


def extract(resource: object, builder: object) -> None:
    """This file has no facts to give, only values."""
