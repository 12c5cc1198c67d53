"""Settings of coding agents as facts: what they may run without asking, and which tokens their tools are given.

In: `.claude/settings*.json`, `.cursor/cli.json` and `permissions.json`, `.gemini/settings.json`, `.codex/config.toml`,
`opencode.json`, `.vscode/settings.json`, every `mcp.json`. Out: one `Facts` a file, with a node for what it permits and
one for each server that is given a platform's token. Must not know environments or rules.

Where the products say so: https://docs.anthropic.com/en/docs/claude-code/settings,
https://cursor.com/docs/reference/permissions, https://geminicli.com/docs/reference/configuration,
https://opencode.ai/docs/permissions, https://code.visualstudio.com/docs/copilot/reference/copilot-settings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Deployment, Fact, Facts, Node, Signal
from envfence.sources.commandlists import EVERYTHING, calls_out, left
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.workflows.vocabulary import credential_of
from envfence.values import Span

_MODE = "agent"
_SHELL = re.compile(r"(?:Bash|Shell|run_shell_command|ShellTool)(?:\((.*)\))?", re.DOTALL)
_BYPASS = "bypassPermissions"
_VSCODE_ALL = ("chat.tools.global.autoApprove", "chat.tools.autoApprove")
_VSCODE_LIST = "chat.tools.terminal.autoApprove"
#: An entry of a list: a command, and where it stands. Refused ones have the places of the entries that they follow.
_Entry = tuple[str, Span]


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every settings file of an agent that lets it near infrastructure."""
    for path in files.of("agent-config"):
        nodes = list(_codex(path, files)) if path.endswith(".toml") else list(_settings(path, files))
        if nodes:
            deployment = Deployment(
                id=f"{path}@agent", root=path, config_dir=path.rpartition("/")[0], name="agent", span=Span(path, 1)
            )
            yield Facts(deployment=deployment, nodes=tuple(nodes))


def _settings(path: str, files: Files) -> Iterator[Node]:
    if not path.endswith(".json"):
        return
    documents = files.documents(path).items
    root = documents[0] if documents else None
    if isinstance(root, Table):
        yield from _permitted(*_lists(path, root))
        yield from _servers(path, root)


def _lists(path: str, root: Table) -> tuple[list[_Entry], list[str]]:
    """(commands that run without a question, commands that do not): each product has a key of its own."""
    permissions, tools, vscode = root.get("permissions"), root.get("tools"), root.get(_VSCODE_LIST)
    allowed, refused = _entries(path, root.get("terminalAllowlist")), list[str]()
    if isinstance(permissions, Table):
        allowed += _shell(_entries(path, permissions.get("allow")))
        refused += _commands(_shell(_entries(path, permissions.get(key))) for key in ("deny", "ask"))
        if permissions.get("defaultMode") == _BYPASS:
            allowed.append(("", permissions.span_of("defaultMode", path)))
    if isinstance(tools, Table):
        allowed += _shell(_entries(path, tools.get("allowed")))
        refused += _commands([_shell(_entries(path, tools.get("exclude")))])
    allowed += [("", root.span_of(key, path)) for key in _VSCODE_ALL if root.get(key) is True]
    if isinstance(vscode, Table):
        decided = {key: each.get("approve") if isinstance(each, Table) else each for key, each in vscode.items()}
        allowed += [(key, vscode.span_of(key, path)) for key, each in decided.items() if each is True]
        refused += [key for key, each in decided.items() if each is False]
    allowed += _opencode(path, root)
    return allowed, refused


def _opencode(path: str, root: Table) -> list[_Entry]:
    """What `permission` of OpenCode allows; of its patterns the last that fits decides."""
    permission = root.get("permission")
    if permission == "allow":
        return [("", root.span_of("permission", path))]
    shell = permission.get("bash", permission.get("*")) if isinstance(permission, Table) else None
    if isinstance(permission, Table) and shell == "allow":
        return [("", permission.span_of("bash", path))]
    if not isinstance(shell, Table):
        return []
    rules = list(shell.items())
    found = []
    for index, (command, action) in enumerate(rules):
        later = [other for other, answer in rules[index + 1 :] if answer != "allow"]
        changes = left([command], later) if action == "allow" else ()
        span = shell.span_of(command, path)
        found += [("" if change == EVERYTHING else change.replace("… ", ""), span) for change in changes]
    return found


def _entries(path: str, value: Any) -> list[_Entry]:
    if not isinstance(value, Items):
        return []
    return [(text, Span(path, line)) for text, line in zip(value, value.lines, strict=True) if isinstance(text, str)]


def _shell(entries: list[_Entry]) -> list[_Entry]:
    """The commands of entries that name a tool first, `Bash(terraform apply:*)`; other tools run no commands."""
    matches = ((_SHELL.fullmatch(text.strip()), span) for text, span in entries)
    return [(match[1] or "", span) for match, span in matches if match is not None]


def _commands(lists: Any) -> list[str]:
    return [command for entries in lists for command, _ in entries]


def _permitted(allowed: list[_Entry], refused: list[str]) -> Iterator[Node]:
    """One node for all that a file permits: the changes, and whether a platform's API can be called."""
    found = left((command for command, _ in allowed), refused)
    telling = [span for command, span in allowed if set(left([command], refused)) & set(found)]
    calling = [span for command, span in allowed if calls_out(command) and (command or EVERYTHING in found)]
    if not found and not calling:
        return
    facts = {}
    if found:
        facts["allows"] = Fact(value=", ".join(found), span=telling[0], reason=f"allows {', '.join(found)}")
    if calling:
        facts["calls"] = Fact(value=True, span=calling[0])
    kind = "agent_permission" if found else "agent_network"
    yield _node("permissions", kind, (telling or calling)[0], facts)


def _servers(path: str, root: Table) -> Iterator[Node]:
    servers = next((root[key] for key in ("mcpServers", "servers", "mcp") if isinstance(root.get(key), Table)), None)
    for name, server in servers.items() if servers is not None else ():
        settings = [server.get(key) for key in ("env", "headers", "environment")] if isinstance(server, Table) else []
        for table in settings:
            given = next((key for key in table if credential_of(key)), None) if isinstance(table, Table) else None
            if given is not None and isinstance(table, Table):
                yield _server(name, given, table.span_of(given, path))
                break


def _codex(path: str, files: Files) -> Iterator[Node]:
    text = files.text(path)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        files.problem(path, 1, "not TOML")
        return
    if data.get("approval_policy") == "never" and data.get("sandbox_mode") == "danger-full-access":
        yield from _permitted([("", Span(path, _line_of(text, "approval_policy")))], [])
    servers = data.get("mcp_servers")
    for name, server in servers.items() if isinstance(servers, dict) else ():
        env = server.get("env") if isinstance(server, dict) else None
        given = next((key for key in env if credential_of(key)), None) if isinstance(env, dict) else None
        if given is not None:
            yield _server(name, given, Span(path, _line_of(text, given)))


def _line_of(text: str, word: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if word in line), 1)


def _server(name: str, given: str, span: Span) -> Node:
    return _node(f"mcpServers.{name}", "agent_server", span, {"allows": Fact(value=given, span=span)})


def _node(address: str, type_: str, span: Span, facts: dict[str, Fact]) -> Node:
    """An agent stands outside of every environment: it works on whatever it was asked to."""
    outside = Signal(kind="declared", value="outside", span=span, says="an agent works anywhere", words=("outside",))
    return Node(address=address, kind="identity", type=type_, span=span, signals=(outside,), facts=facts, mode=_MODE)
