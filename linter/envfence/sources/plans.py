"""Plans and states as Terraform and OpenTofu print them: `terraform show -json`, and state files of version 4.

In: the bytes of a file. Out: one `PlanDocument` for each document in it, or `PlanError` with the file and the reason.
Must not know resource types, environments, rules. Values stay undecoded until somebody asks for them: most never are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from envfence.errors import EnvfenceError, Mistake
from envfence.values import Span

#: More bytes than this are not read.
MAX_BYTES = 1024 * 1024 * 1024
MAX_DOCUMENTS = 10_000
_DEEPEST_MODULE = 200
_STATE_VERSION = 4
_FORMAT = re.compile(r"[01]\.\d+")
_SHOW = "write it with `terraform show -json PLANFILE > plan.json` (or `tofu show -json`)"
_ADDRESS = re.compile(rb'"address":\s*"((?:[^"\\]|\\.)*)"')
_NULL = msgspec.Raw(b"null")


class PlanError(EnvfenceError):
    """A file that is no plan and no state, or only a part of one."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one resource: `actions` as Terraform names them, the values on both sides as JSON text."""

    actions: tuple[str, ...] = ()
    before: msgspec.Raw = _NULL
    after: msgspec.Raw = _NULL
    after_unknown: msgspec.Raw = _NULL
    before_sensitive: msgspec.Raw = _NULL
    after_sensitive: msgspec.Raw = _NULL
    replace_paths: list[Any] = []


class ResourceChange(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of a plan, or of a state (then its only action is "state")."""

    address: str
    type: str
    name: str
    mode: str = "managed"
    module_address: str = ""
    index: str | int | None = None
    previous_address: str = ""
    deposed: str = ""
    change: Change = Change()

    @property
    def destroys(self) -> bool:
        """Whether what is there is deleted, for good or to be made anew."""
        return "delete" in self.change.actions

    @property
    def replaces(self) -> bool:
        """Whether it is deleted and made anew."""
        return self.destroys and "create" in self.change.actions

    @property
    def is_changed(self) -> bool:
        """Whether an apply does anything to it."""
        return not set(self.change.actions) <= {"no-op", "read", "state"}

    def before(self) -> dict[str, Any]:
        """The values that it has; empty where it is not there."""
        return _object(self.change.before)

    def after(self) -> dict[str, Any]:
        """The values that it will have, as far as they are known."""
        return _object(self.change.after)

    def unknown(self) -> Any:
        """What is only known after the apply: true at each such place."""
        return _any(self.change.after_unknown)

    def sensitive(self, *, after: bool) -> Any:
        """What must not be shown: true at each such place."""
        return _any(self.change.after_sensitive if after else self.change.before_sensitive)


class ProviderConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """A `provider` block; `expressions` as the plan has them."""

    name: str = ""
    alias: str = ""
    module_address: str = ""
    version_constraint: str = ""
    expressions: dict[str, Any] = {}


class _ConfiguredResource(msgspec.Struct):
    address: str = ""
    provider_config_key: str = ""


class _Call(msgspec.Struct):
    module: _ConfiguredModule | None = None


class _ConfiguredModule(msgspec.Struct):
    resources: list[_ConfiguredResource] = []
    module_calls: dict[str, _Call] = {}


class _Configuration(msgspec.Struct):
    provider_config: dict[str, ProviderConfiguration] = {}
    root_module: _ConfiguredModule = msgspec.field(default_factory=_ConfiguredModule)


class _Variable(msgspec.Struct):
    value: Any = None


class _Value(msgspec.Struct):
    address: str
    type: str
    name: str
    mode: str = "managed"
    index: str | int | None = None
    values: msgspec.Raw = _NULL
    sensitive_values: msgspec.Raw = _NULL


class _Module(msgspec.Struct):
    address: str = ""
    resources: list[_Value] = []
    child_modules: list[_Module] = []


class _Values(msgspec.Struct):
    root_module: _Module = msgspec.field(default_factory=_Module)


class _Instance(msgspec.Struct):
    attributes: msgspec.Raw = _NULL
    sensitive_attributes: list[Any] = []
    index_key: str | int | None = None
    deposed: str = ""


class _StateResource(msgspec.Struct):
    type: str
    name: str
    mode: str = "managed"
    module: str = ""
    instances: list[_Instance] = []


class _Document(msgspec.Struct):
    format_version: str = ""
    terraform_version: str = ""
    version: int = 0
    errored: bool = False
    complete: bool = True
    variables: dict[str, _Variable] | None = None
    resource_changes: list[ResourceChange] | None = None
    planned_values: _Values | None = None
    values: _Values | None = None
    resources: list[_StateResource] | None = None
    configuration: _Configuration | None = None
    lineage: str | None = None


class PlanDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One plan or state. `providers` are its provider blocks, `provider_keys` which of them a resource uses, by its
    address without instance keys, `places` where each resource stands in the file. `is_state`: nothing is changed, this
    is what there is."""

    path: str
    number: int = 0
    is_state: bool = False
    errored: bool = False
    changes: tuple[ResourceChange, ...] = ()
    variables: dict[str, Any] = {}
    providers: dict[str, ProviderConfiguration] = {}
    provider_keys: dict[str, str] = {}
    places: dict[str, Span] = {}


def read_plans(path: str, data: bytes) -> tuple[PlanDocument, ...]:
    """The documents of a file: one, or several that were written one after the other. Raises `PlanError`."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.startswith(b"PK\x03\x04"):
        raise _error(path, "a binary plan file", _SHOW)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()  # what PowerShell's `>` writes
    if not data.strip():
        raise _error(path, "the file is empty", _SHOW)
    if data.lstrip()[:1] not in b"{[":
        raise _error(path, "not JSON", _SHOW)
    return tuple(
        _plan(path, number, each, _places(path, start, part, data))
        for number, (each, start, part) in enumerate(_documents(path, data))
    )


def _documents(path: str, data: bytes) -> Iterator[tuple[_Document, int, bytes]]:
    """Each document, where it begins, and its bytes."""
    try:
        yield msgspec.json.decode(data, type=_Document), 0, data
        return
    except msgspec.ValidationError as error:
        raise _error(path, f"not a plan or a state: {error}", _SHOW) from None
    except msgspec.DecodeError as error:
        if "trailing" not in str(error):
            raise _broken(path, data, error) from None
    except RecursionError:
        raise _error(path, "nested too deeply") from None
    at = 0
    for part in _parts(path, data):
        at = data.find(part, at)
        try:
            yield msgspec.json.decode(part, type=_Document), at, part
        except msgspec.ValidationError as error:
            raise _error(path, f"not a plan or a state: {error}", _SHOW) from None
        except msgspec.DecodeError as error:
            raise _broken(path, part, error) from None


def _parts(path: str, data: bytes) -> Iterator[bytes]:
    """The texts of several documents in one file: a line each, as a rule."""
    lines = [line for line in data.splitlines() if line.strip()]
    if len(lines) <= MAX_DOCUMENTS and all(line[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines):
        yield from lines
        return
    text = data.decode("utf-8", "replace")
    decoder, at = json.JSONDecoder(), 0
    for _ in range(MAX_DOCUMENTS):
        at += len(text) - at - len(text[at:].lstrip())
        if at >= len(text):
            return
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise _error(
                path, f"the document that begins in line {text.count(chr(10), 0, at) + 1} is not complete"
            ) from None
        yield text[at:end].encode()
        at = end
    raise _error(path, f"more than {MAX_DOCUMENTS} documents")


def _places(path: str, start: int, part: bytes, data: bytes) -> dict[str, Span]:
    """Where the resources of a document stand: by line, and by column where all of it is one line."""
    first = part.find(b'"resource_changes"')
    found: dict[str, Span] = {}
    line, line_start = data.count(b"\n", 0, start) + 1, data.rfind(b"\n", 0, start) + 1
    at = start
    for match in _ADDRESS.finditer(part, max(first, 0)):
        place = start + match.start()
        more = data.count(b"\n", at, place)
        if more:
            line, line_start = line + more, data.rfind(b"\n", at, place) + 1
        at = place
        address = match.group(1).replace(b'\\"', b'"').decode("utf-8", "replace")
        if address not in found:
            found[address] = Span(path, line, place - line_start + 1)
    return found


def _broken(path: str, data: bytes, error: Exception) -> PlanError:
    if "truncated" in str(error):
        return _error(path, "the file ends in the middle: it is truncated", "write it again")
    found = re.search(r"byte (\d+)", str(error))
    line = data.count(b"\n", 0, int(found.group(1))) + 1 if found else 0
    return PlanError(Mistake(f"not valid JSON: {error}", path, line))


def _error(path: str, reason: str, hint: str = "") -> PlanError:
    return PlanError(Mistake(reason, path, 0, hint))


def _plan(path: str, number: int, document: _Document, places: dict[str, Span]) -> PlanDocument:
    is_state = document.resource_changes is None
    changes = tuple(_changes(path, document))
    configuration = document.configuration or _Configuration()
    return PlanDocument(
        path=path,
        number=number,
        is_state=is_state and document.planned_values is None,
        errored=document.errored,
        changes=tuple(each for each in changes if each.mode == "managed" and not each.deposed),
        variables={name: each.value for name, each in (document.variables or {}).items()},
        providers=dict(configuration.provider_config),
        provider_keys=dict(_provider_keys(configuration.root_module)),
        places=places,
    )


def _changes(path: str, document: _Document) -> Iterator[ResourceChange]:
    if document.resources is not None or document.version:
        if document.version != _STATE_VERSION:
            raise _error(path, f"a state of version {document.version}; only version 4 is read", "`terraform refresh`")
        yield from _of_state(document.resources or ())
        return
    if not _FORMAT.match(document.format_version):
        raise _error(path, _unlike(document), _SHOW)
    if document.resource_changes is not None:
        yield from document.resource_changes
        return
    values = document.planned_values or document.values or _Values()
    for module in _modules(path, values.root_module):
        for each in module.resources:
            change = Change(actions=("state",), after=each.values, after_sensitive=each.sensitive_values)
            yield ResourceChange(
                address=each.address,
                type=each.type,
                name=each.name,
                mode=each.mode,
                index=each.index,
                module_address=module.address,
                change=change,
            )


def _unlike(document: _Document) -> str:
    if not document.format_version:
        return "not a plan or a state: it has no format_version"
    return f"format version {document.format_version} is not known; 0.1 to 1.x are"


def _of_state(resources: list[_StateResource] | tuple[_StateResource, ...]) -> Iterator[ResourceChange]:
    for resource in resources:
        for instance in resource.instances:
            prefix = f"{resource.module}." if resource.module else ""
            mode = "data." if resource.mode == "data" else ""
            key = instance.index_key
            shown = "" if key is None else f"[{json.dumps(key)}]"
            yield ResourceChange(
                address=f"{prefix}{mode}{resource.type}.{resource.name}{shown}",
                type=resource.type,
                name=resource.name,
                mode=resource.mode,
                module_address=resource.module,
                index=key,
                deposed=instance.deposed,
                change=Change(
                    actions=("state",),
                    after=instance.attributes,
                    after_sensitive=msgspec.Raw(msgspec.json.encode(_marked(instance.sensitive_attributes))),
                ),
            )


def _marked(paths: list[Any]) -> dict[str, bool]:
    """The attributes with something sensitive in them, of the paths that a state lists."""
    first = (path[0] for path in paths if isinstance(path, list) and path)
    return {step["value"]: True for step in first if isinstance(step, dict) and isinstance(step.get("value"), str)}


def _modules(path: str, root: _Module) -> Iterator[_Module]:
    stack = [(root, 0)]
    while stack:
        module, depth = stack.pop()
        if depth > _DEEPEST_MODULE:
            raise _error(path, f"modules nested deeper than {_DEEPEST_MODULE}")
        yield module
        stack.extend((each, depth + 1) for each in module.child_modules)


def _provider_keys(root: _ConfiguredModule) -> Iterator[tuple[str, str]]:
    stack = [("", root, 0)]
    while stack:
        prefix, module, depth = stack.pop()
        for resource in module.resources:
            yield prefix + resource.address, resource.provider_config_key
        for name, call in module.module_calls.items():
            if call.module is not None and depth < _DEEPEST_MODULE:
                stack.append((f"{prefix}module.{name}.", call.module, depth + 1))


def _any(raw: msgspec.Raw) -> Any:
    return msgspec.json.decode(raw)


def _object(raw: msgspec.Raw) -> dict[str, Any]:
    found = _any(raw)
    return found if isinstance(found, dict) else {}
