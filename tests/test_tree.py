"""Trees: what is listed, what is read, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envfence.tree import DictTree, DirectoryTree, Tree, Unreadable, join

FILES = {"main.tf": "a = 1\n", "env/prod/x.tfvars": "b = 2\n", "env/b.txt": ""}


@pytest.fixture(params=["directory", "dictionary"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    if request.param == "dictionary":
        return DictTree(FILES)
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return DirectoryTree(str(tmp_path))


def test_lists_and_reads(tree: Tree) -> None:
    assert [(e.path, e.kind) for e in tree.list("")] == [("env", "dir"), ("main.tf", "file")]
    assert [e.path for e in tree.list("env")] == ["env/b.txt", "env/prod"]
    assert tree.read("env/prod/x.tfvars") == b"b = 2\n"
    assert tree.exists("env/prod")
    assert not tree.exists("env/stag")
    assert tree.list("nowhere") == ()
    found = tree.stat("main.tf")
    assert found is not None
    assert found.size == 6


def test_records_what_was_asked(tree: Tree) -> None:
    tree.list("env")
    tree.read("main.tf")
    tree.exists("gone.tf")
    with pytest.raises(Unreadable):
        tree.read("lost.tf")
    assert tree.reads.listed == {"env"}
    assert tree.reads.read == {"main.tf", "lost.tf"}
    assert tree.reads.absent == {"gone.tf", "lost.tf"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [("gone.tf", "absent"), ("../x", "outside"), ("/etc/passwd", "outside"), ("env", "regular"), ("main.tf", "large")],
)
def test_refuses(tree: Tree, path: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        tree.read(path, limit=3)


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "shared").mkdir(parents=True)
    (root / "shared/a.tf").write_text("a = 1\n")
    (tmp_path / "secret").write_text("s")
    (root / "in.tf").symlink_to("shared/a.tf")
    (root / "dir").symlink_to("shared")
    (root / "out.tf").symlink_to("../secret")
    (root / "outdir").symlink_to("..")
    (root / "loop.tf").symlink_to("loop.tf")
    tree = DirectoryTree(str(root))
    assert {e.name: e.kind for e in tree.list("")} == {
        "dir": "dir",
        "in.tf": "file",
        "loop.tf": "other",
        "out.tf": "other",
        "outdir": "other",
        "shared": "dir",
    }
    assert tree.read("in.tf") == tree.read("dir/a.tf") == b"a = 1\n"
    assert tree.real("in.tf") == tree.real("dir/a.tf") == "shared/a.tf"
    for path in ("out.tf", "outdir/secret", "loop.tf"):
        with pytest.raises(Unreadable):
            tree.read(path)
        assert tree.stat(path) is None


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tf")
    tree = DirectoryTree(str(tmp_path))
    assert [e.kind for e in tree.list("")] == ["other"]
    with pytest.raises(Unreadable, match="regular"):
        tree.read("pipe.tf")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text("")
    (tmp_path / "a.tf").chmod(0)
    with pytest.raises(Unreadable, match="permission"):
        DirectoryTree(str(tmp_path)).read("a.tf")


def test_join() -> None:
    assert join("a/b", "../c/./d") == "a/c/d"
    assert join("", "./") == ""
    assert join("a", "..") == ""
    assert join("a", "../..") is None
    assert join("a", "/etc") is None


def test_a_tree_knows_the_name_of_its_directory_wherever_it_is_read_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop-infra").mkdir()
    monkeypatch.chdir(tmp_path / "shop-infra")
    assert DirectoryTree(".").name == DirectoryTree(str(tmp_path / "shop-infra")).name == "shop-infra"
