"""Which files of a tree are sources, and of what kind: by name alone, nothing is read.

In: a tree, globs to leave out. Out: sources in order of their paths, and problems for what could not be walked.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from envfence.model import Problem, Source
from envfence.tree import Tree
from envfence.values import Span

#: Directories that hold no sources of this repository: version control, caches, other people's code.
SKIPPED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".terraform",
        ".terragrunt-cache",
        ".terragrunt-stack",
        "node_modules",
        "bower_components",
        "vendor",
        ".venv",
        "venv",
        "site-packages",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".tox",
        ".gradle",
        ".idea",
        ".cache",
    }
)
MAX_FILES = 200_000
MAX_DEPTH = 40

_BY_SUFFIX = (
    (".tf.json", "terraform-json"),
    (".tofu.json", "terraform-json"),
    (".tfvars.json", "tfvars-json"),
    (".tf", "terraform"),
    (".tofu", "terraform"),
    (".tfvars", "tfvars"),
    (".tfbackend", "backend"),
    (".backend", "backend"),
    (".hcl", "hcl"),
    (".sh", "shell"),
    (".bash", "shell"),
    (".mk", "shell"),
    (".yml", "yaml"),
    (".yaml", "yaml"),
    (".json", "json"),
)
_BY_NAME = {
    "terragrunt.hcl": "terragrunt",
    "terragrunt.stack.hcl": "terragrunt",
    "Makefile": "shell",
    "makefile": "shell",
    "GNUmakefile": "shell",
    "Justfile": "shell",
    "justfile": "shell",
    "Procfile": "shell",
    ".envrc": "dotenv",
    ".gitlab-ci.yml": "gitlab-ci",
    "azure-pipelines.yml": "azure-pipelines",
    ".mcp.json": "agent",
    ".cursorrules": "agent",
    "AGENTS.md": "agent",
    "CLAUDE.md": "agent",
}
_LOCK = ".terraform.lock.hcl"
_DOTENV = re.compile(r"^\.env(\..+)?$|\.env$")
_AGENT_DIRECTORY = re.compile(r"(^|/)\.(cursor|claude)(/|$)")


def discover(tree: Tree, exclude: Iterable[str] = ()) -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
    """All sources below the root. `exclude` are globs on paths; one that fits a directory leaves out all below it."""
    patterns = tuple(pattern.rstrip("/") for pattern in exclude)
    sources: list[Source] = []
    problems: list[Problem] = []
    queue = [("", 0)]
    while queue:
        directory, depth = queue.pop()
        for entry in tree.list(directory):
            if patterns and _excluded(entry.path, patterns):
                continue
            if entry.kind == "dir":
                if entry.name in SKIPPED:
                    continue
                if depth >= MAX_DEPTH:
                    problems.append(_problem(entry.path, f"directories nested deeper than {MAX_DEPTH} are not read"))
                else:
                    queue.append((entry.path, depth + 1))
            elif entry.kind == "file":
                kind = kind_of(entry.path, entry.name)
                if kind:
                    sources.append(Source(path=entry.path, kind=kind))
        if len(sources) > MAX_FILES:
            problems.append(_problem("", f"more than {MAX_FILES} files: the rest is not read"))
            break
    return tuple(sorted(sources)), tuple(problems)


def kind_of(path: str, name: str) -> str:
    """The kind of source a file is by its name; empty for what no reader wants."""
    if name == _LOCK:
        return ""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if _AGENT_DIRECTORY.search(path.rpartition("/")[0]):
        return "agent"
    if path.startswith(".github/workflows/") and name.endswith((".yml", ".yaml")):
        return "github-workflow"
    for suffix, kind in _BY_SUFFIX:
        if name.endswith(suffix):
            return kind
    return "dotenv" if _DOTENV.search(name) else ""


def _excluded(path: str, patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatch.fnmatchcase(path, pattern) or (pattern.endswith("/**") and path == pattern[:-3]) for pattern in patterns
    )


def _problem(path: str, reason: str) -> Problem:
    return Problem(stage="discover", reason=reason, span=Span(path, 0), hides="everything below")
