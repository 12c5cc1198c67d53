"""The data files of `access/data`: zip archives of JSON, one member read when it is first asked for.

Comes in: names of an archive and of a member. Goes out: plain data. Must not know: what the data mean.
"""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from importlib import resources
from typing import Any


def members(archive: str) -> tuple[str, ...]:
    """The names of all members of an archive."""
    return tuple(_archive(archive).namelist())


def member(archive: str, name: str) -> Any:
    """The data of one member, read anew each time; None where the archive has none of that name."""
    try:
        return json.loads(_archive(archive).read(name))
    except KeyError:
        return None


@cache
def _archive(name: str) -> zipfile.ZipFile:
    data = resources.files("envfence.access.data").joinpath(name).read_bytes()
    return zipfile.ZipFile(io.BytesIO(data))
