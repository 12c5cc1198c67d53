"""Addresses of resources, taken apart: module path, instance keys.

In: addresses as Terraform prints them. Out: parts and patterns. Must not know graphs.
"""

from __future__ import annotations

import re

_KEY = r'\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]'
_KEYS = re.compile(_KEY)
_MODULE = re.compile(rf"module\.([\w-]+)(?:{_KEY})?\.")
_LAST_KEY = re.compile(rf"{_KEY}$")
#: The key of an instance of which nobody knows the key.
OPEN_KEY = "[?]"


def without_keys(address: str) -> str:
    """`module.a["x"].aws_y.z[0]` as `module.a.aws_y.z`."""
    return _KEYS.sub("", address)


def module_steps(address: str) -> tuple[tuple[str, str], ...]:
    """The module calls on the way to a resource: (prefix of addresses inside of it, name of the call)."""
    found = []
    at = 0
    while (step := _MODULE.match(address, at)) is not None:
        at = step.end()
        found.append((address[:at], step.group(1)))
    return tuple(found)


def is_open(address: str) -> bool:
    """Whether some key on the way is not known."""
    return OPEN_KEY in address


def implied_moves(address: str) -> tuple[str, ...]:
    """Where Terraform itself moves an object when `count` or a call's `count` comes or goes: `x` and `x[0]`."""
    found = [address.removesuffix("[0]")] if address.endswith("[0]") else []
    if _LAST_KEY.search(address) is None:
        found.append(f"{address}[0]")
    for prefix, _ in module_steps(address):
        call, rest = prefix[:-1], address[len(prefix) :]
        if call.endswith("[0]"):
            found.append(f"{call.removesuffix('[0]')}.{rest}")
        elif _LAST_KEY.search(call) is None:
            found.append(f"{call}[0].{rest}")
    return tuple(found)
