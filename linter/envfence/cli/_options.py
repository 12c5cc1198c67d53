"""Options that several commands share, and what they turn into."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from envfence.settings import Settings
from envfence.tree import DictTree, DirectoryTree, Tree

path_argument = click.argument("path", default=".", type=click.Path(path_type=Path))


def scan_options(function: Callable[..., int]) -> Callable[..., int]:
    """`--config`, `--no-config`, `--assume`, `--exclude` and `--no-cache`: how a tree is read. The command gets them as
    one argument `wanted`, the pipeline's settings."""
    decorators = (
        click.option("--config", "config_path", metavar="FILE", help="Configuration file, relative to PATH."),
        click.option("--no-config", is_flag=True, help="Ignore envfence.yaml."),
        click.option("--assume", metavar="ENV", help="Environment of whatever shows no evidence of one."),
        click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these paths out. May be repeated."),
        click.option("--no-cache", is_flag=True, expose_value=False, help="Do not read or write a cache."),
    )

    @wraps(function)
    def packed(
        *, config_path: str | None, no_config: bool, assume: str | None, exclude: tuple[str, ...], **others: object
    ) -> int:
        wanted = Settings(
            config_path=config_path, use_config=not no_config, assume=assume, exclude=exclude, today=today()
        )
        return function(wanted=wanted, **others)

    return decorated(packed, decorators)


def decorated(function: Callable[..., int], decorators: Sequence[Callable[..., Any]]) -> Callable[..., int]:
    """The function with the decorators, the first of them outermost."""
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def open_tree(path: Path) -> Tree:
    """The tree at `path`: a directory, or a single file taken alone; raises `click.BadParameter` for anything else."""
    if path.is_dir():
        return DirectoryTree(str(path))
    if path.is_file():
        return DictTree({path.name: path.read_bytes()}, root=str(path))
    what = "does not exist" if not path.exists() else "is neither a directory nor a regular file"
    raise click.BadParameter(f"'{path}' {what}.", param_hint="PATH")


def split(words: tuple[str, ...]) -> tuple[str, ...]:
    """`("a,b", "c")` as `("a", "b", "c")`."""
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


def today() -> datetime.date:
    """The day that decides what has expired: SOURCE_DATE_EPOCH if set (reproducible runs), else today in UTC."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date()
    return datetime.datetime.now(datetime.UTC).date()


def use_color(choice: str) -> bool:
    """Whether to colour standard output: the option, else NO_COLOR, FORCE_COLOR, TERM and whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def use_unicode() -> bool:
    """Whether standard output can carry the drawing characters."""
    try:
        "━▶┃·…".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
