"""Opens one root module by its place on disk, for commands that evaluate exactly one deployment.

Comes in: a directory and a workspace. Goes out: a `Loader` and a `Deployment`.
Must not know: how deployments are found.
"""

from __future__ import annotations

from pathlib import Path

from envfence.evaluate.loader import Loader
from envfence.model import Deployment
from envfence.tree import DirectoryTree
from envfence.values import Span


def open_root(directory: Path, workspace: str = "default") -> tuple[Loader, Deployment]:
    """The root module at `directory`. Files are read up to the top of its repository, else the working directory."""
    top = _top(directory)
    root = directory.relative_to(top).as_posix()
    root = "" if root == "." else root
    deployment = Deployment(id=root or ".", root=root, config_dir=root, workspace=workspace, span=Span(root or ".", 1))
    return Loader(DirectoryTree(str(top))), deployment


def _top(directory: Path) -> Path:
    for above in (directory, *directory.parents):
        if (above / ".git").exists():
            return above
    here = Path.cwd()
    return here if directory.is_relative_to(here) else directory
