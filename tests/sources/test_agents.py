"""What the settings of coding agents permit without a question, and which tokens they hand out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from envfence.model import Node
from envfence.sources import discover
from envfence.sources.commandlists import left
from envfence.sources.formats import source_facts
from envfence.tree import DictTree


def nodes(files: dict[str, str]) -> dict[str, Node]:
    tree = DictTree(files)
    sources, _ = discover(tree)
    found, problems = source_facts(tree, sources, lambda text: "digest")
    assert problems == ()
    return {node.address: node for facts in found for node in facts.nodes}


def allows(path: str, settings: Any) -> str:
    """What a file permits: its changes, "calls" where a program may call an API, or nothing."""
    text = settings if isinstance(settings, str) else json.dumps(settings)
    node = nodes({path: text}).get("permissions")
    if node is None:
        return ""
    fact = node.facts.get("allows")
    return str(fact.value) if fact is not None else "calls"


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("Bash(terraform apply:*)", "terraform apply"),
        ("Bash(terraform apply -auto-approve)", "terraform apply"),
        ("Bash(terraform:*)", "terraform apply, terraform destroy"),
        ("Bash(terraform *)", "terraform apply, terraform destroy"),
        ("Bash(sudo tofu destroy)", "tofu destroy"),
        ("Bash(*)", "any command"),
        ("Bash", "any command"),
        ("Bash(kubectl delete pod)", "kubectl delete"),
        ("Bash(aws:*)", "aws … delete"),
        ("Bash(aws rds:*)", "aws rds … delete"),
        ("Bash(aws s3 rm:*)", "aws … delete"),
        ("Bash(gcloud sql instances delete:*)", "gcloud … delete"),
        ("Bash(curl:*)", "calls"),
        ("Bash(terraform plan:*)", ""),
        ("Bash(terraform workspace list)", ""),
        ("Bash(aws s3 ls:*)", ""),
        ("Bash(aws sts:*)", ""),
        ("Bash(npm test)", ""),
        ("Read(**)", ""),
        ("WebFetch(domain:example.com)", ""),
    ],
)
def test_an_entry_of_claude(entry: str, what: str) -> None:
    assert allows(".claude/settings.json", {"permissions": {"allow": [entry]}}) == what


@pytest.mark.parametrize(
    ("permissions", "what"),
    [
        ({"allow": ["Bash(terraform:*)"], "deny": ["Bash(terraform apply:*)"]}, "terraform destroy"),
        ({"allow": ["Bash(terraform:*)"], "ask": ["Bash(terraform apply:*)", "Bash(terraform destroy:*)"]}, ""),
        ({"allow": ["Bash(*)"], "deny": ["Bash(rm:*)"]}, "any command"),
        ({"defaultMode": "bypassPermissions"}, "any command"),
        ({"defaultMode": "plan"}, ""),
        ({"deny": ["Bash(terraform apply:*)"]}, ""),
        ({}, ""),
    ],
)
def test_what_is_denied_or_asked_for_is_taken_back(permissions: dict[str, Any], what: str) -> None:
    assert allows(".claude/settings.json", {"permissions": permissions}) == what


OPENCODE = {"permission": {"bash": {"*": "ask", "tofu *": "allow", "tofu destroy*": "deny"}}}
CURSOR = '{\n  // what the team agreed on\n  "terminalAllowlist": ["git", "terraform"]\n}'
CODEX = 'approval_policy = "never"\nsandbox_mode = "%s"\n'


@pytest.mark.parametrize(
    ("path", "settings", "what"),
    [
        (".cursor/cli.json", {"permissions": {"allow": ["Shell(terraform)"]}}, "terraform apply, terraform destroy"),
        (".cursor/permissions.json", CURSOR, "terraform apply, terraform destroy"),
        (".gemini/settings.json", {"tools": {"allowed": ["run_shell_command(kubectl)"]}}, "kubectl delete"),
        ("opencode.json", OPENCODE, "tofu apply"),
        ("opencode.json", {"permission": "allow"}, "any command"),
        ("opencode.json", {"permission": {"bash": "ask"}}, ""),
        (".vscode/settings.json", {"chat.tools.global.autoApprove": True}, "any command"),
        (
            ".vscode/settings.json",
            {"chat.tools.terminal.autoApprove": {"helm": True, "helm delete": False}},
            "helm uninstall",
        ),
        (".vscode/settings.json", {"chat.tools.terminal.autoApprove": {"/^terraform (plan|show)/": True}}, ""),
        (".vscode/settings.json", {"editor.formatOnSave": True}, ""),
        (".codex/config.toml", CODEX % "danger-full-access", "any command"),
        (".codex/config.toml", CODEX % "workspace-write", ""),
    ],
)
def test_each_product_in_its_own_words(path: str, settings: Any, what: str) -> None:
    assert allows(path, settings) == what


def test_the_place_is_the_entry_that_permits() -> None:
    text = json.dumps({"permissions": {"allow": ["Bash(ls)", "Bash(terraform apply:*)"]}}, indent=2)
    assert nodes({".claude/settings.json": text})["permissions"].span.line == 5


@pytest.mark.parametrize("path", [".claude/settings.json", "opencode.json", ".vscode/settings.json"])
@pytest.mark.parametrize(
    "text", ["", "[1, [2]]", '{"permissions": 1}', '{"permission": {"bash": [1]}}', '{"tools": []}']
)
def test_strange_files_break_nothing(path: str, text: str) -> None:
    assert nodes({path: text}) == {}


SERVER = {"railway": {"env": {"RAILWAY_API_TOKEN": "${RAILWAY_API_TOKEN}"}}}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".mcp.json", json.dumps({"mcpServers": SERVER})),
        (".vscode/mcp.json", json.dumps({"servers": SERVER})),
        (".gemini/settings.json", json.dumps({"mcpServers": SERVER})),
        ("opencode.json", json.dumps({"mcp": {"railway": {"environment": SERVER["railway"]["env"]}}})),
        (".codex/config.toml", '[mcp_servers.railway]\nenv = { RAILWAY_API_TOKEN = "x" }\n'),
    ],
)
def test_a_server_that_is_given_a_token(path: str, text: str) -> None:
    (node,) = nodes({path: text}).values()
    assert (node.address, node.type) == ("mcpServers.railway", "agent_server")


def test_a_server_without_one() -> None:
    assert nodes({".mcp.json": json.dumps({"mcpServers": {"docs": {"env": {"REGION": "eu-west-1"}}}})}) == {}


def test_lists_know_the_commands_that_scripts_are_read_with() -> None:
    assert left(["gsutil rb gs://orders:*", "eksctl delete cluster", "npx prisma migrate reset", "cf push"], []) == (
        "eksctl delete cluster",
        "gsutil rb",
        "prisma migrate reset",
    )
    assert left(["dropdb *"], ["dropdb *"]) == ()
