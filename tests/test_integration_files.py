"""The files by which other programs use this one: the pre-commit hook, the action, the schema that editors load."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


def hook() -> dict[str, Any]:
    first, _ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return dict(first)


@pytest.mark.parametrize(
    "path",
    [
        "main.tf",
        "a/main.tofu",
        "prod.tfvars",
        "terragrunt.hcl",
        "main.tf.json",
        "main.tofu.json",
        "prod.tfvars.json",
        "envfence.yaml",
        ".envfence.yaml",
        ".envfence/acknowledgements.yaml",
    ],
)
def test_the_hook_runs_for_what_is_read(path: str) -> None:
    assert re.search(hook()["files"], path)


@pytest.mark.parametrize("path", ["README.md", "main.tf.bak", "package.json", "myenvfence.yaml", "values.yaml"])
def test_the_hook_stays_away_from_the_rest(path: str) -> None:
    assert not re.search(hook()["files"], path)


def test_the_hook_reads_the_whole_repository_in_one_process() -> None:
    assert hook()["entry"] == "envfence check --since HEAD"
    assert hook()["pass_filenames"] is False
    assert hook()["require_serial"] is True


def test_the_action_passes_inputs_through_the_environment_only() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    for step in action["runs"]["steps"]:
        # An input in a script's text would be run by the shell.
        assert "${{" not in step.get("run", "")


def test_the_published_schemas_are_json() -> None:
    for path in (ROOT / "rules" / "schema").glob("*.json"):
        assert json.loads(path.read_text())["$schema"]


def test_every_rule_is_on_its_page() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "docs" / "rules").glob("*.md"))
    for path in sorted((ROOT / "rules").glob("*/*.yaml")):
        if path.parent.name not in {"catalogue", "schema"}:
            assert f"## {path.stem}\n" in pages, f"run tools/rule_pages.py: {path.stem} is missing"
