"""discover: kinds by name, what is left out, nothing opened."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envfence.sources import discover
from envfence.sources.kinds import kind_of
from envfence.tree import DictTree, DirectoryTree


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/main.tf", "terraform"),
        ("main.tofu", "terraform"),
        ("main.tf.json", "terraform-json"),
        ("prod.tfvars", "tfvars"),
        ("prod.auto.tfvars.json", "tfvars-json"),
        ("live/terragrunt.hcl", "terragrunt"),
        ("live/account.hcl", "terragrunt"),
        (".terraform.lock.hcl", None),
        ("image.pkr.hcl", None),
        ("env/prod.backend", "backend"),
        ("prod.tfbackend", "backend"),
        ("backend-prod.conf", "backend"),
        ("backend.hcl", "backend"),
        ("nginx.conf", None),
        (".github/workflows/ci.yml", "github-workflow"),
        (".github/actions/x/action.yaml", "github-workflow"),
        ("k8s/deploy.yaml", "yaml"),
        (".env", "dotenv"),
        ("app/.env.production", "dotenv"),
        ("deploy.sh", "shell"),
        ("policy.json", "json"),
        (".claude/settings.json", "agent-config"),
        (".mcp.json", "agent-config"),
        ("README.md", None),
        ("LICENSE", None),
    ],
)
def test_kinds(path: str, kind: str | None) -> None:
    assert kind_of(path) == kind


def paths(files: list[str], exclude: tuple[str, ...] = ()) -> list[str]:
    tree = DictTree(dict.fromkeys(files, ""))
    sources, problems = discover(tree, exclude)
    assert problems == ()
    assert tree.reads.read == set()
    return [source.path for source in sources]


def test_order_and_skipped_directories() -> None:
    files = ["b/x.tf", "a.tf", ".terraform/modules/m/x.tf", "node_modules/x.json", "b/examples/y.tf"]
    assert paths(files) == ["a.tf", "b/examples/y.tf", "b/x.tf"]


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("old", ["a/b.tf", "a/older/b.tf"]),
        ("a/old/", ["a/b.tf", "a/older/b.tf"]),
        ("*.tf", []),
        ("a/*.tf", ["a/old/b.tf", "a/older/b.tf"]),
        ("**/older/**", ["a/b.tf", "a/old/b.tf"]),
        ("a/o?d", ["a/b.tf", "a/older/b.tf"]),
    ],
)
def test_exclude(glob: str, left: list[str]) -> None:
    assert paths(["a/b.tf", "a/old/b.tf", "a/older/b.tf"], (glob,)) == left


def test_links_out_of_the_tree_are_named(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "x.tf").write_text("")
    (root / "x.tf").symlink_to("../x.tf")
    sources, problems = discover(DirectoryTree(str(root)))
    assert sources == ()
    assert [(p.span.path, p.stage) for p in problems] == [("x.tf", "discover")]


def test_ignored_files_are_left_out_but_inner_repositories_are_not(tmp_path: Path) -> None:
    for path in ("a.tf", "build/b.tf", "inner/c.tf"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / ".gitignore").write_text("build/\n")
    for directory in (tmp_path, tmp_path / "inner"):
        subprocess.run(["git", "init", "-q"], cwd=directory, check=True)
    sources, _ = discover(DirectoryTree(str(tmp_path)))
    assert [source.path for source in sources] == ["a.tf", "inner/c.tf"]
