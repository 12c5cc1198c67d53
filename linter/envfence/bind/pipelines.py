"""Scripts in pipelines: GitHub workflows, GitLab CI, Azure Pipelines, Makefiles, shell scripts.

Comes in: the survey. Goes out: each script with the process variables and the directory it starts with, once for each
combination of a literal matrix and of inputs. Must not know: what the scripts do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from envfence.bind.ci.azure import azure_scripts, is_pipeline
from envfence.bind.ci.github import workflow_scripts
from envfence.bind.ci.gitlab import gitlab_scripts
from envfence.bind.ci.yamltext import data_of, document_of, load, texts
from envfence.bind.paths import basename, parent
from envfence.bind.script import Script
from envfence.bind.survey import Survey
from envfence.words import tokens

__all__ = ["Script", "scripts"]

#: Words in the path of a YAML file that is a pipeline of some other kind.
_PIPELINE = frozenset(("ci", "pipeline", "pipelines", "concourse", "buildspec", "azure", "cloudbuild", "circleci"))
_MAX_NODES = 20_000
_MENTIONS = re.compile(rb"terraform|terragrunt|tofu|TF_VAR_|TF_WORKSPACE")
#: A workflow may run Terraform through what it calls.
_CALLS = re.compile(rb"uses:\s*[\"']?\./|\bmake\s|\.sh\b")


def scripts(survey: Survey) -> Iterator[Script]:
    """All scripts of the repository that may run Terraform."""
    workflows: list[str] = []
    for path in survey.paths():
        name = basename(path)
        if name in ("Makefile", "makefile", "GNUmakefile") or name.endswith((".mk", ".sh", ".bash")):
            data = _data(survey, path)
            if data:
                yield Script(path, 1, data.decode("utf-8", "replace"), (), parent(path), whole=True)
        elif path.startswith(".github/workflows/") and name.endswith((".yml", ".yaml")):
            data = data_of(survey, path)
            workflows += [path] if _MENTIONS.search(data) or _CALLS.search(data) else []
        elif name == ".gitlab-ci.yml":
            yield from gitlab_scripts(survey, path)
        elif name.endswith((".yml", ".yaml")) and _PIPELINE & set(tokens(path)):
            document = document_of(survey, path) if _mentions_azure(survey, path) else {}
            yield from azure_scripts(survey, path) if is_pipeline(document) else _settings(survey, path)
    yield from workflow_scripts(survey, workflows)


def _mentions_azure(survey: Survey, path: str) -> bool:
    """Whether a file may be an Azure pipeline, before it is parsed."""
    data = data_of(survey, path)
    return any(part in data for part in (b"steps:", b"stages:", b"jobs:"))


def _data(survey: Survey, path: str) -> bytes:
    data = data_of(survey, path)
    return data if _MENTIONS.search(data) else b""


def _settings(survey: Survey, path: str) -> Iterator[Script]:
    """Other pipelines, as far as this goes: a mapping that gives `TF_VAR_…` and names the directory of a root module.

    It is read as the script `terraform apply` in that directory.
    """
    data = _data(survey, path)
    pending: list[Any] = [load(data)] if data else []
    lines = data.decode("utf-8", "replace").splitlines()
    count = 0
    while pending and count < _MAX_NODES:
        node = pending.pop()
        count += 1
        if isinstance(node, list):
            pending.extend(reversed(node))
        elif isinstance(node, dict):
            pending.extend(reversed(list(node.values())))
            known = {
                # A value in double parentheses is filled in by the pipeline: given, but not known.
                name: text if "((" not in text else "$"
                for name, text in texts(node).items()
                if "((" not in text or name.startswith("TF_VAR_")
            }
            given = [name for name in known if name.startswith(("TF_VAR_", "TF_WORKSPACE"))]
            for text in sorted(set(known.values())) if given else ():
                directory = _directory_in(survey, text)
                if directory is not None:
                    line = _telling_line(lines, node)
                    yield Script(path, line, "terraform apply", tuple(sorted(known.items())), directory)


def _telling_line(lines: list[str], node: dict[Any, Any]) -> int:
    """The line of a mapping: that of a variable that is written once in the file, of another such entry, or of the
    first entry found."""
    plain = [line.strip() for line in lines]
    entries = [f"{name}: {item}" for name, item in node.items() if isinstance(item, str)]
    entries.sort(key=lambda text: not text.startswith(("TF_VAR_", "TF_WORKSPACE")))
    found = [text for text in entries if text in plain]
    best = next((text for text in found if plain.count(text) == 1), found[0] if found else "")
    return plain.index(best) + 1 if best else 1


def _directory_in(survey: Survey, text: str) -> str | None:
    """The root module that a text names, perhaps with the name of a checkout in front."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    for start in range(min(len(parts), 3)):
        directory = "/".join(parts[start:])
        if directory and directory in survey.terraform_directories:
            return directory
    return None
