"""Policies of Vault as text: rules of capabilities on paths.

Comes in: `vault_policy`, what `data.vault_policy_document` renders. Goes out: rules. Must not know: who has a policy.

https://developer.hashicorp.com/vault/docs/concepts/policies. Rules with conditions on parameters are open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envfence.providers.common.values import one, text, texts
from envfence.values import Mapping, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import ComputeRequest
    from envfence.values import Value

_HEAD = re.compile(r'^[ \t]*path[ \t]+"([^"\n]+)"[ \t]*\{', re.MULTILINE)
_CAPABILITIES = re.compile(r"capabilities\s*=\s*\[([^\]]*)\]")
_WORD = re.compile(r'"([a-z]+)"')
_COMMENT = re.compile(r"^[ \t]*(?:#|//).*$", re.MULTILINE)
_OPEN = re.compile(r"\b(?:allowed_parameters|denied_parameters|required_parameters|control_group)\b")
_MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """Capabilities on a path; `is_open` where parameters decide as well."""

    path: str
    capabilities: tuple[str, ...]
    is_open: bool = False


def rules_of(policy: str) -> tuple[Rule, ...]:
    """The rules of a policy; none for a text that is none."""
    found = list(_of_json(policy)) if policy.lstrip().startswith("{") else list(_of_text(policy))
    return tuple(rule for rule in found[:_MOST_RULES] if rule.capabilities)


def _of_text(policy: str) -> Iterator[Rule]:
    plain = _COMMENT.sub("", policy)
    heads = list(_HEAD.finditer(plain))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        body = plain[head.end() : after.start() if after is not None else len(plain)]
        listed = _CAPABILITIES.search(body)
        if listed is not None:
            yield Rule(_bare(head[1]), tuple(_WORD.findall(listed[1])), _OPEN.search(body) is not None)


def _of_json(policy: str) -> Iterator[Rule]:
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        return
    paths = document.get("path") if isinstance(document, dict) else None
    for path, body in paths.items() if isinstance(paths, dict) else ():
        listed = body.get("capabilities") if isinstance(body, dict) else None
        if isinstance(listed, list):
            yield Rule(_bare(path), tuple(each for each in listed if isinstance(each, str)), len(body) > 1)


def _bare(path: str) -> str:
    return path.removeprefix("/")


def _document(request: ComputeRequest) -> dict[str, Value]:
    """The text that a policy document renders to; nothing while a path or capability of it is not known."""
    lines = []
    for rule in as_blocks(request.values.items.get("rule")):
        path = text(one(rule, "path")) if isinstance(rule, Mapping) else None
        listed = texts(one(rule, "capabilities")) if isinstance(rule, Mapping) else ()
        if path is None or not listed or not isinstance(rule, Mapping):
            return {}
        words = ", ".join(f'"{each}"' for each in listed)
        more = [name for name in rule.items if name.endswith("_parameter") and rule.items[name]]
        extra = "\n  allowed_parameters = {}" if more else ""
        lines.append(f'path "{path}" {{\n  capabilities = [{words}]{extra}\n}}\n')
    return {"hcl": "\n".join(lines)} if lines else {}


COMPUTED = {"vault_policy_document": _document}
