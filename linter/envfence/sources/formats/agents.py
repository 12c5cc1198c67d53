"""Settings of coding agents as facts: what they may run without asking, and which tokens their tools are given.

In: `.mcp.json`, `.claude/settings*.json`, `.cursor/*.json`, `.codex/*.toml`. Out: one `Facts` a file, with a node for
each permission that reaches infrastructure and each server that is given a platform's token. Must not know environments
or rules.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Deployment, Fact, Facts, Node
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.workflows.vocabulary import credential_of
from envfence.values import Span

_MODE = "agent"
_SHELL = re.compile(r"(?:Bash|Shell|run_shell_command)(?:\((.*)\))?", re.DOTALL)
_EVERYTHING = re.compile(r"\s*(?:\*|:\*|\*:\*|)\s*")
_COMMAND = re.compile(r"\s*(?:sudo\s+)?([\w./-]+)[\s:]*(.*)", re.DOTALL)
#: By command: what of it changes or destroys; permission for the bare command allows that as well.
_CHANGES = {
    "terraform": "apply|destroy",
    "tofu": "apply|destroy",
    "terragrunt": "apply|destroy|run-all",
    "pulumi": "up|destroy",
    "kubectl": "delete",
    "helm": "uninstall|delete",
    "railway": "down|delete|volume",
    "aws": r"[\w-]+ (?:delete|terminate)",
    "gcloud": r".*delete",
    "az": r".*delete",
}
_BYPASS = frozenset(("bypassPermissions",))


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every settings file of an agent that lets it near infrastructure."""
    for path in files.of("agent-config"):
        if path.endswith(".json"):
            documents = files.documents(path).items
            root = documents[0] if documents else None
            nodes = [*_permissions(path, root), *_servers(path, root)] if isinstance(root, Table) else []
        elif path.endswith(".toml"):
            nodes = list(_codex(path, files))
        else:
            continue
        if nodes:
            deployment = Deployment(
                id=f"{path}@agent", root=path, config_dir=path.rpartition("/")[0], name="agent", span=Span(path, 1)
            )
            yield Facts(deployment=deployment, nodes=tuple(nodes))


def _permissions(path: str, root: Table) -> Iterator[Node]:
    permissions = root.get("permissions")
    if not isinstance(permissions, Table):
        return
    denied = [*_texts(permissions.get("deny")), *_texts(permissions.get("ask"))]
    allowed = permissions.get("allow")
    for index, entry in enumerate(allowed if isinstance(allowed, Items) else ()):
        what = _allows(entry) if isinstance(entry, str) else ""
        if what and isinstance(allowed, Items) and not any(_takes_back(each, what) for each in denied):
            yield _node(f"permissions.allow[{index}]", "agent_permission", Span(path, allowed.lines[index]), what)
    if permissions.get("defaultMode") in _BYPASS:
        span = permissions.span_of("defaultMode", path)
        yield _node("permissions.defaultMode", "agent_permission", span, "everything")


def _allows(entry: str) -> str:
    """What a permission comes to: "everything", the command whose changes it allows, or nothing of ours."""
    match = _SHELL.fullmatch(entry.strip())
    if match is None:
        return ""
    inside = match[1] or ""
    if _EVERYTHING.fullmatch(inside):
        return "everything"
    command = _COMMAND.fullmatch(inside)
    if command is None:
        return ""
    tool, rest = command[1].rpartition("/")[2], command[2].strip().rstrip("*").rstrip(": ").strip()
    changes = _CHANGES.get(tool)
    if changes is None:
        return ""
    return tool if not rest or re.match(changes, rest) else ""


def _takes_back(denied: str, what: str) -> bool:
    """Whether a denial (or the duty to ask) is about the same command; rules of denial win."""
    match = _SHELL.fullmatch(denied.strip())
    return match is not None and what != "everything" and (match[1] or "").lstrip().startswith(what)


def _servers(path: str, root: Table) -> Iterator[Node]:
    servers = root.get("mcpServers", root.get("servers"))
    for name, server in servers.items() if isinstance(servers, Table) else ():
        settings = [server.get(key) for key in ("env", "headers")] if isinstance(server, Table) else []
        for table in settings:
            given = next((key for key in table if credential_of(key)), None) if isinstance(table, Table) else None
            if given is not None and isinstance(table, Table):
                yield _node(f"mcpServers.{name}", "agent_server", table.span_of(given, path), given)
                break


def _codex(path: str, files: Files) -> Iterator[Node]:
    text = files.text(path)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        files.problem(path, 1, "not TOML")
        return
    if data.get("approval_policy") == "never" and data.get("sandbox_mode") == "danger-full-access":
        line = next((number for number, each in enumerate(text.splitlines(), 1) if "approval_policy" in each), 1)
        yield _node("approval_policy", "agent_permission", Span(path, line), "everything")


def _node(address: str, kind: str, span: Span, what: str) -> Node:
    fact = Fact(value=what, span=span)
    return Node(address=address, kind="identity", type=kind, span=span, facts={"allows": fact}, mode=_MODE)


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, Items) else []
