"""Files of variables as facts: `.env`, `.env.production`, `prod.env`, `.envrc`, and assignments in shell scripts.

In: files of lines `NAME=value`. Out: one `Facts` a file that says anything. Nothing is expanded: what a line takes from
elsewhere is no value. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from envfence.model import Facts
from envfence.sources.files import Files
from envfence.sources.settings.lines import read_settings
from envfence.sources.settings.parts import facts_of, file_part, told
from envfence.sources.settings.places import deployment, is_for_tests, is_sample

#: Beside the spelled-out assignment, a script may do with the value what it likes.
_PROGRAM = re.compile(r"[(){}\[\]|;\\^*<>`]")
_SCRIPTS = ("shell", "makefile")


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every file of variables."""
    scripts = frozenset(files.of(*_SCRIPTS))
    for path in files.of("dotenv", *_SCRIPTS):
        if is_sample(path):
            continue
        data = files.data(path) or b""
        if b"=" not in data or b"\0" in data:
            continue
        settings = told(path, files.text(path), read_settings(path, files.text(path)))
        if path in scripts:  # in a program, most of what stands behind an equals sign is program
            settings = [setting for setting in settings if not (setting.told or _PROGRAM.search(setting.value))]
        where = deployment(path, settings, suffix="settings" if path in scripts else "")
        found = facts_of(where, [file_part(path, settings)], hasher, written=not is_for_tests(path))
        if found is not None:
            yield found
