"""Where a deployment keeps its state.

Comes in: backend and cloud blocks, backend files, what a finder knows. Goes out: `model.Backend` with the key of the
state. Must not know: how states are read."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from envfence.bind.attach import ValueFile
from envfence.bind.candidate import Candidate
from envfence.bind.context import Context
from envfence.bind.roots import state_blocks
from envfence.bind.survey import Survey
from envfence.hcl.ast import Attribute, Block, Body, Expr, Literal, ObjectExpr
from envfence.model import Backend, GeneratedFile, Signal
from envfence.paths import join
from envfence.values import Span
from envfence.words import canonical_name, tokens, word_of_value, words_in_name

#: Stems of backend files that belong to no environment in particular.
_PLAIN = frozenset(["backend", "config", "state", "terraform", "remote", "tfbackend", "common", "default"])


def backend_of(context: Context, candidate: Candidate) -> tuple[Backend | None, tuple[Signal, ...]]:
    """The backend of a candidate and the signals in it; None where nothing says where the state is."""
    survey = context.survey
    if candidate.backend_type:
        settings, kind = dict(candidate.backend_settings), candidate.backend_type
        places, span = dict(candidate.backend_places), candidate.backend_span or candidate.span
        files: tuple[str, ...] = ()
    else:
        block = backend_block(survey, candidate.root, candidate.generated)
        if block is None:
            return None, ()
        kind = "cloud" if block.type == "cloud" else (block.labels[0] if block.labels else "")
        settings = dict(literal_settings(block.body))
        places, span = dict(setting_places(block.body)), block.header
        files = candidate.backend_files or _paired(context, candidate)
    signals: list[Signal] = []
    for path in files:
        settings.update(_file_settings(survey, path))
        places.update((name, written.span) for name, written in survey.assignments(path).items())
        span = Span(path, 1)
        signals += _file_signals(context, candidate.root, path)
    for name, text, given in candidate.backend_given:
        # What is not known leaves what files say, as the root modules that read this state have it. Where the states of
        # other workspaces go says nothing about the default one.
        if text is not None and not (name.startswith("workspace") and candidate.workspace == "default"):
            settings[name] = text
            places[name] = given
    key = state_key(kind, settings, candidate.workspace, candidate.root)
    backend = Backend(type=kind, settings=settings, key=key, span=span, places=places)
    return backend, (*signals, *_state_signals(backend))


def backend_block(survey: Survey, root: str, generated: tuple[GeneratedFile, ...] = ()) -> Block | None:
    """The backend or cloud block of a root module; the last one wins as with override files."""
    found: Block | None = None
    for block in state_blocks(survey.loader.completed(root, generated)):
        found = block
    return found


def setting_places(body: Body, prefix: str = "") -> Iterable[tuple[str, Span]]:
    """Where the settings of a backend are written, by the names that `literal_settings` gives them."""
    for name, attribute in body.attributes.items():
        yield prefix + name, attribute.span
    for block in body.blocks:
        yield from setting_places(block.body, f"{prefix}{block.type}.")


def literal_settings(body: Body, prefix: str = "") -> Iterable[tuple[str, str]]:
    """The settings of a backend that are plain values; nested blocks and objects with dots (`workspaces.name`)."""
    for name, attribute in body.attributes.items():
        yield from _flat(prefix + name, attribute.expr)
    for block in body.blocks:
        yield from literal_settings(block.body, f"{prefix}{block.type}.")


def _flat(name: str, expr: Expr) -> Iterable[tuple[str, str]]:
    if isinstance(expr, ObjectExpr):
        for key, value in expr.items:
            if isinstance(key, Literal) and isinstance(key.value, str):
                yield from _flat(f"{name}.{key.value}", value)
    elif isinstance(expr, Literal):
        text = plain_text(expr.value)
        if text is not None:
            yield name, text


def plain_text(value: bool | int | Decimal | str | None) -> str | None:
    """A primitive value as Terraform would write it into a string; None for null."""
    if value is None or isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def state_key(kind: str, settings: dict[str, str], workspace: str, directory: str) -> str:
    """What identifies a state inside its backend; empty where a part that is needed is not known. `directory` is where
    the path of a local state starts."""
    reader = _KEYS.get(kind)
    if reader is not None:
        return reader(settings, workspace, directory)
    names = ("address", "path", "secret_suffix", "schema_name", "key", "prefix")
    return next((settings[name] for name in names if settings.get(name)), "")


def _s3(settings: dict[str, str], workspace: str, directory: str) -> str:
    prefix = settings.get("workspace_key_prefix", "env:")
    return _joined(
        settings.get("bucket"), None if workspace == _DEFAULT else f"{prefix}/{workspace}", settings.get("key")
    )


def _gcs(settings: dict[str, str], workspace: str, directory: str) -> str:
    return _joined(settings.get("bucket"), settings.get("prefix", "").strip("/") or None, f"{workspace}.tfstate")


def _azurerm(settings: dict[str, str], workspace: str, directory: str) -> str:
    key = settings.get("key")
    named = f"{key}env:{workspace}" if key and workspace != _DEFAULT else key
    return _joined(settings.get("storage_account_name"), settings.get("container_name"), named, needed=3)


def _cloud(settings: dict[str, str], workspace: str, directory: str) -> str:
    named = "" if workspace == _DEFAULT else settings.get("workspaces.prefix", "") + workspace
    return _joined(settings.get("organization"), settings.get("workspaces.name") or named or None)


def _local(settings: dict[str, str], workspace: str, directory: str) -> str:
    own = "terraform.tfstate" if workspace == _DEFAULT else f"terraform.tfstate.d/{workspace}/terraform.tfstate"
    return join(directory, settings.get("path") or own) or ""


_DEFAULT = "default"
_KEYS = {"s3": _s3, "gcs": _gcs, "azurerm": _azurerm, "cloud": _cloud, "remote": _cloud, "local": _local}


def _joined(first: str | None, *rest: str | None, needed: int = 2) -> str:
    parts = [part for part in (first, *rest) if part]
    return "/".join(parts) if first and rest[-1] and len(parts) >= needed else ""


def _paired(context: Context, candidate: Candidate) -> tuple[str, ...]:
    """The backend files of a candidate: those of its word, else the only one there is without a word."""
    attached = context.attached.get(candidate.root)
    if attached is None:
        return ()
    own = candidate.word or candidate.name
    if own:
        word = canonical_name(own)
        same = [file.path for file in attached.backend_files if own in (file.stem, file.word) or _means(file, word)]
        # Beside it may lie another tool's file of the same name (`backend.ini`), which sets nothing.
        told = [path for path in same if _file_settings(context.survey, path)]
        if same:
            return tuple((told or same)[:1])
    only = attached.backend_files[0] if len(attached.backend_files) == 1 else None
    is_plain = only is not None and not only.word and (not only.stem or bool(set(tokens(only.stem)) & _PLAIN))
    return (only.path,) if only is not None and is_plain else ()


def _means(file: ValueFile, word: str) -> bool:
    return bool(file.word) and canonical_name(file.word) == word


def _file_settings(survey: Survey, path: str) -> dict[str, str]:
    assignments: Iterable[Attribute] = survey.assignments(path).values()
    return {name: text for attribute in assignments for name, text in _flat(attribute.name, attribute.expr)}


def _file_signals(context: Context, root: str, path: str) -> tuple[Signal, ...]:
    for file in context.attached[root].backend_files if root in context.attached else ():
        if file.path == path and file.word:
            says = f"backend file {path}"
            words = () if word_of_value(file.word) else (file.word.lower(),)
            return (Signal(kind="input", value=file.word, span=Span(path, 1), says=says, words=words),)
    return ()


def _state_signals(backend: Backend) -> tuple[Signal, ...]:
    found: list[Signal] = []
    for name in ("bucket", "key", "prefix", "storage_account_name", "container_name", "subscription_id", "path"):
        text = backend.settings.get(name, "")
        if text and any(word.sure for word in words_in_name(text)):
            found.append(Signal(kind="state", value=text, span=backend.span, says=f"state {name} {text}"))
    fixed = backend.settings.get("workspaces.name", "")
    if fixed and word_of_value(fixed) is not None:
        found.append(Signal(kind="input", value=fixed, span=backend.span, says=f"workspace {fixed}"))
    return tuple(found)
