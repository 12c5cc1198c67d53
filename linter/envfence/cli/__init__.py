"""The command line: one file per command in this folder, found by listing.

Only this package prints, reads process variables or ends the process.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from envfence import __version__
from envfence.errors import EXIT_BUG, EXIT_INTERRUPTED, EnvfenceError

DEFAULT_COMMAND = "check"
#: What only a mistake of ours can raise up to here.
_BUGS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

_EPILOG = """\b
Exit codes:
  0   no proved finding at or above --fail-on
  1   findings
  2   wrong usage, configuration or rule file
  3   nothing to check
  4   incomplete under --strict
  70  a bug in envfence
  130 interrupted
"""


class Commands(click.Group):
    """Finds commands by listing this folder; a first argument that is no command belongs to `check`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported only now; None if there is none."""
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Inserts `check` where the user named no command."""
        group_options = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.list_commands(ctx) and args[0] not in group_options):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "ENVFENCE"},
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="envfence")
def program() -> None:
    """Find every way in which one environment of your infrastructure code can touch another.

    `envfence PATH` is short for `envfence check PATH`.
    """


def main() -> None:
    """Runs the program and ends the process with one of the documented exit codes."""
    # The AST and the graph are large, live long and hold no cycles worth collecting: measured 2-3 times faster.
    gc.disable()
    code = _run()
    gc.freeze()  # the interpreter would search everything for cycles once more before it ends
    sys.exit(code)


def _run() -> int:
    try:
        result: Any = program.main(standalone_mode=False)
    except (click.ClickException, EnvfenceError) as error:
        return _refused(error)
    except click.exceptions.Abort:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); a second error at interpreter exit would only confuse.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERRUPTED
    except _BUGS as error:
        return _bug(error)
    return result if isinstance(result, int) else 0


def _refused(error: click.ClickException | EnvfenceError) -> int:
    """Shows what the user has to change, and gives the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
    else:
        for mistake in error.mistakes:
            click.echo(f"error: {mistake}", err=True)
    return error.exit_code


def _bug(error: BaseException) -> int:
    """One line for the user, the trace in a file: traces hold values of the repository, so they are not printed."""
    import tempfile
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    with tempfile.NamedTemporaryFile("w", prefix="envfence-", suffix=".trace", delete=False) as file:
        file.write(f"envfence {__version__}: {type(error).__name__}\n")
        file.writelines(f"{frame.filename}:{frame.lineno} {frame.name}\n" for frame in frames)
    click.echo(f"error: a bug in envfence ({type(error).__name__}); where it happened: {file.name}", err=True)
    return EXIT_BUG
