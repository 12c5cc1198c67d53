"""The backend of a root module, as far as its own files tell.

Comes in: a module. Goes out: a `Backend`; settings that are not literal or come by the command line are missing.
Must not know: deployments, partial configuration.
"""

from __future__ import annotations

from envfence.evaluate.declarations import Module, expression
from envfence.hcl import ast
from envfence.hcl.jsonsyntax import blocks
from envfence.model import Backend


def backend_of(module: Module) -> Backend | None:
    """The backend that a root module declares."""
    for block in module.terraform:
        for inner in blocks(block.body, {"cloud": 0, "backend": 1}):
            kind = inner.labels[0] if inner.labels else "cloud"
            settings = _settings(inner.body)
            for nested in blocks(inner.body, {"workspaces": 0}):
                settings.update({f"workspaces.{name}": text for name, text in _settings(nested.body).items()})
            return Backend(type=kind, settings=settings, key=state_key(kind, settings), span=inner.header)
    return None


def _settings(body: ast.Body) -> dict[str, str]:
    found = {}
    for name in body.attributes:
        expr = expression(body, name)
        if isinstance(expr, ast.Literal) and expr.value is not None:
            value = expr.value
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def state_key(kind: str, settings: dict[str, str]) -> str:
    """What tells one state from another in its backend; empty where a part is not known."""
    parts = _KEYS.get(kind)
    if parts is None or any(part not in settings for part in parts):
        return ""
    return "/".join(settings[part] for part in parts)


_KEYS = {
    "s3": ("bucket", "key"),
    "gcs": ("bucket", "prefix"),
    "azurerm": ("storage_account_name", "container_name", "key"),
    "remote": ("organization", "workspaces.name"),
    "cloud": ("organization", "workspaces.name"),
    "local": ("path",),
    "http": ("address",),
    "consul": ("path",),
}
