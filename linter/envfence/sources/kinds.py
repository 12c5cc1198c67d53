"""What kind of source a path is, by its name alone.

Comes in: a path relative to the root. Goes out: the name of a kind, or None for what nobody reads.
Must not know: contents.
"""

from __future__ import annotations

import re

_SUFFIXES = {
    ".tf": "terraform",
    ".tofu": "terraform",
    ".tf.json": "terraform-json",
    ".tofu.json": "terraform-json",
    ".tfvars": "tfvars",
    ".tfvars.json": "tfvars-json",
    ".tfbackend": "backend",
    ".backend": "backend",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".sh": "shell",
    ".bash": "shell",
    ".env": "dotenv",
    ".mk": "makefile",
    ".toml": "toml",
    ".tfstate": "state",
}
_NAMES = {
    "terragrunt.hcl": "terragrunt",
    "terragrunt.hcl.json": "terragrunt",
    ".terraform.lock.hcl": None,
    "Makefile": "makefile",
    "makefile": "makefile",
    "GNUmakefile": "makefile",
    "justfile": "justfile",
    "Justfile": "justfile",
    ".justfile": "justfile",
    ".gitlab-ci.yml": "gitlab-ci",
    ".mcp.json": "agent-config",
    "mcp.json": "agent-config",
    "CLAUDE.md": "agent-config",
    "AGENTS.md": "agent-config",
    ".cursorrules": "agent-config",
    "opencode.json": "agent-config",
}
_BACKEND = re.compile(r"(?:^|[-_.])backend[^/]*\.(?:conf|hcl|cfg|config)$")
_WORKFLOW = re.compile(r"(?:^|/)\.github/(?:workflows/[^/]+|actions/(?:[^/]+/)*action)\.ya?ml$")
_AGENT = re.compile(
    r"(?:^|/)\.(?:(?:claude|cursor|codex|gemini|windsurf)/(?:[^/]+/)*[^/]+\.(?:json|toml|md|mdc|ya?ml)"
    r"|vscode/settings\.json)$"
)
#: Formats of other programs in HCL.
_OTHER_HCL = (".pkr", ".nomad", ".tftest", ".lock")
#: Of Railway, by its own names and those that people give to the files of several services.
_RAILWAY = re.compile(r"^railway(?:[._-][\w.-]+)?\.(?:json|toml)$")
#: Also `Jenkinsfile.deploy`, `nightly.Jenkinsfile`, `Jenkinsfile_release`.
_JENKINS = re.compile(r"^(?:[\w.-]+[._-])?jenkinsfile(?:[._-][\w.-]+)?$", re.IGNORECASE)
_DOTENV = re.compile(r"^(?:\.env(?:\..+)?|.+\.env\..+|\.envrc)$")


def kind_of(path: str) -> str | None:
    """The kind of the source at `path`; None when it is none of ours."""
    name = path.rpartition("/")[2]
    if name in _NAMES:
        return _NAMES[name]
    if _RAILWAY.match(name):
        return "railway"
    if _JENKINS.match(name):
        return "jenkins"
    special = _hidden(path, name) if path.startswith(".") or "/." in path else None
    return special or _by_suffix(name) or ("dotenv" if _DOTENV.match(name) else None)


def _by_suffix(name: str) -> str | None:
    head, dot, last = name.rpartition(".")
    suffix = dot + last
    if suffix == ".hcl" and not head.endswith(_OTHER_HCL):
        return "backend" if _BACKEND.search(name) else "terragrunt"
    if suffix in (".conf", ".cfg", ".config"):
        return "backend" if _BACKEND.search(name) else None
    if suffix == ".json":
        inner = head.rpartition(".")
        double = f".{inner[2]}.json"
        return _SUFFIXES[double] if inner[1] and double in _SUFFIXES else "json"
    if suffix == ".backup" and ".tfstate" in head:
        return "state"
    return _SUFFIXES.get(suffix)


def _hidden(path: str, name: str) -> str | None:
    if _WORKFLOW.search(path):
        return "github-workflow"
    return "agent-config" if _AGENT.search(path) else None
