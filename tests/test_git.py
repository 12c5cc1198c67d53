"""git, and the tree of a commit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from envfence.git import GitError, resolve, top_level, visible_files
from envfence.tree import GitTree, Unreadable


def git(directory: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "env/prod").mkdir(parents=True)
    (root / "main.tf").write_text("a = 1\n")
    (root / "env/prod/x.tf").write_text("b = 2\n")
    (root / "link.tf").symlink_to("env/prod/x.tf")
    (root / "linked").symlink_to("env")
    (root / "out.tf").symlink_to("../../secret")
    (root / ".gitignore").write_text("ignored/\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    (root / "main.tf").write_text("a = 2\n")
    return root


def test_reads_the_commit_and_not_the_files(repository: Path) -> None:
    tree = GitTree(str(repository), "HEAD")
    assert tree.read("main.tf") == b"a = 1\n"
    assert [e.name for e in tree.list("")] == [".gitignore", "env", "link.tf", "linked", "main.tf", "out.tf"]
    assert [e.path for e in tree.list("linked/prod")] == ["linked/prod/x.tf"]
    assert tree.read("link.tf") == tree.read("linked/prod/x.tf") == b"b = 2\n"
    assert tree.real("linked/prod/x.tf") == "env/prod/x.tf"
    for path in ("out.tf", "gone.tf", "env", "../secret"):
        with pytest.raises(Unreadable):
            tree.read(path)
    with pytest.raises(Unreadable, match="large"):
        tree.read("main.tf", limit=2)
    tree.close()


def test_below_the_root_of_the_repository(repository: Path) -> None:
    tree = GitTree(str(repository / "env"), "HEAD")
    assert [e.name for e in tree.list("")] == ["prod"]
    assert tree.read("prod/x.tf") == b"b = 2\n"


def test_revisions(repository: Path) -> None:
    assert len(resolve(str(repository), "HEAD")) == 40
    assert os.path.realpath(top_level(str(repository / "env"))) == os.path.realpath(repository)
    for revision in ("nothing", "--help", "HEAD:main.tf"):
        with pytest.raises(GitError):
            resolve(str(repository), revision)


def test_no_repository(tmp_path: Path) -> None:
    assert visible_files(str(tmp_path)) is None
    with pytest.raises(GitError):
        resolve(str(tmp_path), "HEAD")


def test_ignored_files_are_not_visible(repository: Path) -> None:
    (repository / "ignored").mkdir()
    (repository / "ignored/x.tf").write_text("")
    (repository / "new.tf").write_text("")
    visible = visible_files(str(repository))
    assert visible is not None
    assert "new.tf" in visible
    assert "ignored/x.tf" not in visible


def test_programs_named_in_the_repository_do_not_run(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "filter.x.smudge", "diff.external"):
        git(repository, "config", key, str(trap))
    (repository / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        (repository / ".git/hooks" / hook).symlink_to(trap)
    tree = GitTree(str(repository), "HEAD")
    tree.read("main.tf")
    tree.close()
    visible_files(str(repository))
    assert not (tmp_path / "sprung").exists()
