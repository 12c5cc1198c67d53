"""git, called as a program: the only file that does.

Comes in: a repository and what to ask. Goes out: bytes and names. Must not know: what files mean.

The repository that is scanned is not trusted: its hooks, file system monitor, filters, replacement objects, pager and
external programs are switched off, and nothing here ever writes, fetches or asks for a password.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from envfence.errors import EnvfenceError

_TIMEOUT = 60
_OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    "--no-optional-locks",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.excludesFile=/dev/null",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    "core.sshCommand=false",
    "-c",
    "core.askPass=false",
    "-c",
    "credential.helper=",
    "-c",
    "protocol.allow=never",
    "-c",
    "submodule.recurse=false",
)
_SAFE_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
    "PATH": os.defpath,
}


class GitError(EnvfenceError):
    """git is missing, the directory is no repository, or the revision does not exist."""


@dataclass(frozen=True, slots=True)
class TreeItem:
    """One path of a commit; `mode` as git prints it ("120000" is a link, "160000" a submodule)."""

    mode: str
    object: str
    size: int
    path: str


def run(directory: str, arguments: Sequence[str], timeout: float = _TIMEOUT) -> bytes:
    """The standard output of `git ARGUMENTS` in `directory`; raises `GitError` with git's own first line."""
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell; the program is git by absolute path
            [*_command(directory), *arguments],
            env=_SAFE_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git took more than {timeout:.0f} seconds") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(lines[0] if lines else f"git {arguments[0]} failed")
    return done.stdout


def _command(directory: str) -> list[str]:
    program = shutil.which("git")
    if program is None:
        raise GitError("git is not installed")
    return [program, *_OPTIONS, "-c", f"safe.directory={os.path.realpath(directory)}", "-C", directory]


def resolve(repository: str, revision: str) -> str:
    """The full id of the commit that a revision names; raises `GitError`."""
    if revision.startswith("-"):
        raise GitError(f"{revision!r} is no revision")
    wanted = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    try:
        return run(repository, wanted).decode("ascii", "replace").strip()
    except GitError:
        top_level(repository)
        raise GitError(f"{revision!r} is no commit of this repository") from None


def base_of(repository: str, revision: str) -> str:
    """The commit to compare the working directory or `HEAD` with: where `revision` and `HEAD` part.

    Raises `GitError` when there is no such commit, and says so where a shallow clone is the reason.
    """
    try:
        return merge_base(repository, resolve(repository, revision), resolve(repository, "HEAD"))
    except GitError as error:
        if is_shallow(repository):
            advice = "fetch the whole history (`fetch-depth: 0` in actions/checkout, `git fetch --unshallow`)"
            raise GitError(f"{error}; this is a shallow clone: {advice}") from None
        raise


def merge_base(repository: str, one: str, other: str) -> str:
    """The best common ancestor of two commits; raises `GitError` when they have none."""
    if one == other:
        return one
    try:
        found = run(repository, ["merge-base", one, other])
    except GitError:
        raise GitError(f"{one[:10]} and {other[:10]} have no commit in common") from None
    return found.decode("ascii", "replace").split()[0]


def is_shallow(repository: str) -> bool:
    """Whether the history of a repository ends early."""
    try:
        return run(repository, ["rev-parse", "--is-shallow-repository"]).strip() == b"true"
    except GitError:
        return False


def object_id(data: bytes, like: str) -> str:
    """The id that git gives to a file with this content, by the hash function of another id."""
    function = hashlib.sha256 if len(like) == _SHA256_DIGITS else hashlib.sha1
    return function(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


_SHA256_DIGITS = 64


def top_level(directory: str) -> str:
    """The root of the working tree that holds `directory`; raises `GitError` when there is none."""
    return os.fsdecode(run(directory, ["rev-parse", "--show-toplevel"]).rstrip(b"\n"))


def prefix(directory: str) -> str:
    """Where `directory` stands in its working tree, without a slash at the end; "" for its root."""
    return os.fsdecode(run(directory, ["rev-parse", "--show-prefix"]).rstrip(b"\n")).rstrip("/")


def list_tree(repository: str, commit: str) -> tuple[TreeItem, ...]:
    """Everything in a commit (a full id), below the directory `repository`; directories are not listed."""
    items: list[TreeItem] = []
    for line in run(repository, ["ls-tree", "-r", "-z", "-l", commit]).split(b"\0"):
        if line:
            meta, _, path = line.partition(b"\t")
            mode, _, name, size = meta.decode("ascii").split()
            items.append(TreeItem(mode, name, int(size) if size.isdigit() else 0, os.fsdecode(path)))
    return tuple(items)


def visible_files(directory: str) -> frozenset[str] | None:
    """The files of a working directory that git does not ignore, relative to it; None when it is in no working tree.

    A repository inside of it (a submodule, a clone) is one path, without its files.
    """
    try:
        out = run(directory, ["ls-files", "-z", "-c", "-o", "--exclude-standard"])
    except GitError:
        return None
    return frozenset(os.fsdecode(path).rstrip("/") for path in out.split(b"\0") if path)


class ObjectReader:
    """Reads many objects through one `git cat-file --batch`; a context manager."""

    def __init__(self, repository: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a list, no shell; the program is git by absolute path
            [*_command(repository), "cat-file", "--batch"],
            env=_SAFE_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, object_id: str) -> bytes:
        """The content of an object; raises `GitError` when the repository has it not (a partial clone)."""
        wanted, found = self._process.stdin, self._process.stdout
        if wanted is None or found is None:
            raise GitError("git cat-file is closed")
        try:
            wanted.write(object_id.encode("ascii") + b"\n")
            wanted.flush()
        except OSError:
            raise GitError("git cat-file ended") from None
        header = found.readline().split()
        if len(header) != 3:
            raise GitError(f"object {object_id} is not in the repository")
        data = found.read(int(header[2]))
        found.read(1)
        return data

    def close(self) -> None:
        """Ends the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def __enter__(self) -> ObjectReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
