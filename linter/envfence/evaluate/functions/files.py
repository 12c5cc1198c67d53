"""Functions that read files of the scanned tree, and functions on file names.

Comes in: converted arguments; files through `FunctionContext.files` only. Goes out: values.
Must not know: the real file system. What lies outside of the tree is unknown.
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Callable

from envfence.evaluate import limits, partial
from envfence.evaluate.convert import ANY, STRING
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.encoding import utf8
from envfence.evaluate.functions.globs import Glob
from envfence.evaluate.functions.hashing import digest
from envfence.evaluate.functions.spec import function
from envfence.paths import join
from envfence.tree import Unreadable
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes


def _place(context: FunctionContext, path: str) -> str:
    """A path as the tree knows it; raises `Undecided` for what the tree cannot have."""
    if has_holes(path):
        raise Undecided("the file name is not known")
    place = None if path.startswith("~") or "\0" in path else join(context.base, path)
    if place is None:
        raise Undecided(f'"{path}" is outside of the scanned tree')
    return place


def _read(context: FunctionContext, path: str) -> bytes:
    place = _place(context, path)
    if context.files is None:
        raise Undecided("there are no files here")
    if context.files.stat(place) is None:
        raise FunctionError(f'there is no file "{path}"')
    try:
        data = context.files.read(place)
    except Unreadable as error:
        raise Undecided(f'"{path}" {error.reason}') from None
    if len(data) > limits.FILE:
        raise Undecided(f'"{path}" is too large')
    return data


@function("file", STRING, returns="string", partial=True)
def file(context: FunctionContext, path: str) -> Value:
    """The text of a file."""
    return utf8(_read(context, path), f'"{path}"')


@function("fileexists", STRING, returns="bool", partial=True)
def fileexists(context: FunctionContext, path: str) -> Value:
    """Whether there is a file."""
    place = _place(context, path)
    if context.files is None:
        raise Undecided("there are no files here")
    entry = context.files.stat(place)
    if entry is not None and entry.kind != "file":
        raise FunctionError(f'"{path}" is not a regular file')
    return entry is not None


@function("filebase64", STRING, returns="string", partial=True)
def filebase64(context: FunctionContext, path: str) -> Value:
    """The bytes of a file as base64."""
    return base64.b64encode(_read(context, path)).decode()


def _declare_digest(name: str, algorithm: str, in_base64: bool) -> Callable[[FunctionContext, str], Value]:
    @function(name, STRING, returns="string", partial=True)
    def run(context: FunctionContext, path: str) -> Value:
        return digest(algorithm, _read(context, path), in_base64)

    return run


filemd5 = _declare_digest("filemd5", "md5", in_base64=False)
filesha1 = _declare_digest("filesha1", "sha1", in_base64=False)
filesha256 = _declare_digest("filesha256", "sha256", in_base64=False)
filesha512 = _declare_digest("filesha512", "sha512", in_base64=False)
filebase64sha256 = _declare_digest("filebase64sha256", "sha256", in_base64=True)
filebase64sha512 = _declare_digest("filebase64sha512", "sha512", in_base64=True)


@function("fileset", STRING, STRING, returns="set")
def fileset(context: FunctionContext, path: str, pattern: str) -> Value:
    """The files under a directory whose relative name matches a pattern."""
    start = _place(context, path)
    if context.files is None:
        raise Undecided("there are no files here")
    glob = Glob(pattern)
    found: list[str] = []
    pending = [""]
    looked_at = 0
    while pending:
        inside = pending.pop()
        entries = context.files.list(join(start, inside) or "")
        looked_at += len(entries)
        if looked_at > limits.FILESET:
            raise Undecided("there are too many files to look through")
        for entry in entries:
            name = f"{inside}/{entry.name}" if inside else entry.name
            if entry.kind == "dir" and glob.may_lead_to(name):
                pending.append(name)
            elif entry.kind == "file" and glob.matches(name):
                found.append(name)
    if any(has_holes(name) for name in found):
        raise Undecided("a file name contains private-use characters")
    return Sequence(tuple(sorted(found)), "set")


def _template_variables(value: Value, name: str) -> Value:
    if isinstance(value, Mapping) or (isinstance(value, Unknown) and value.type in ("any", "map")):
        return value
    raise FunctionError(f"the variables of {name}() must be a map or object")


@function("templatefile", STRING, ANY, partial=True)
def templatefile(context: FunctionContext, path: str, variables: Value) -> Value:
    """A template file, rendered by the evaluator."""
    variables = _template_variables(variables, "templatefile")
    data = _read(context, path)
    utf8(data, f'"{path}"')
    if context.render_template is None:
        raise Undecided("templates cannot be rendered here")
    return context.render_template(_place(context, path), data, variables)


@function("templatestring", STRING, ANY, returns="string", partial=True)
def templatestring(context: FunctionContext, text: str, variables: Value) -> Value:
    """A template in a string, rendered by the evaluator."""
    variables = _template_variables(variables, "templatestring")
    if has_holes(text):
        raise Undecided("the template is not known")
    if context.render_template is None:
        raise Undecided("templates cannot be rendered here")
    return context.render_template("<templatestring>", text.encode(), variables)


@function("basename", STRING, returns="string", partial=True)
def basename(_context: FunctionContext, path: str) -> Value:
    """The last part of a path; with holes it is known when the text behind the last slash is."""
    last = partial.known_suffix(path)
    if has_holes(path) and (not last.rstrip("/") or "/" not in last.rstrip("/")):
        raise Undecided("basename() depends on an unknown part of a path")
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@function("dirname", STRING, returns="string")
def dirname(_context: FunctionContext, path: str) -> Value:
    """What stands in front of the last part, in its shortest form."""
    return _clean(path.rpartition("/")[0] + ("/" if "/" in path else ""))


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return "/" + cleaned.lstrip("/") if cleaned.startswith("//") else cleaned


@function("pathexpand", STRING, returns="string", partial=True)
def pathexpand(_context: FunctionContext, path: str) -> Value:
    """The path; a home directory is not known."""
    if path.startswith("~") or (path and partial.is_hole(path[0])):
        raise Undecided("the home directory is not known")
    return path


@function("abspath", STRING, returns="string")
def abspath(_context: FunctionContext, path: str) -> Value:
    """The absolute path, which is not known for a relative one: it depends on the machine."""
    if not path.startswith("/"):
        raise Undecided("absolute paths depend on the machine")
    return _clean(path)
