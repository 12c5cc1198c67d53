"""Values as they may be shown: without the secrets in them.

In: an evaluated deployment. Out: `Hiding`, which takes values and texts and gives them back with every secret unknown.
A secret is what the facts of the deployment call one, what its name calls one, and what has the form of one. Must not
know who shows what.

A value that is shown as unknown is never wrong; a password in the log of a pipeline is there for good.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from envfence.evaluate.instance import ModuleInstance
from envfence.evaluate.scope import LazyMapping
from envfence.hcl import ast
from envfence.providers.catalogue import catalogue
from envfence.providers.extract import extract
from envfence.secretness import is_description, is_placeholder, is_public, is_secret_key
from envfence.sources.settings.credentials import is_credential
from envfence.sources.settings.lines import read_settings
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated

_REASON = "a secret, which is not shown"
_SHORTEST = 4
_DEEPEST = 60
_LARGEST_TEXT = 200_000
_LOGIN = re.compile(r"://[^/\s:@]*:([^/\s]+)@")
_YAML = re.compile(r"(?m)^[\s-]*[\"']?([\w.-]{1,200})[\"']?:[ \t]+[\"']?([^\s\"'#]+)[\"']?[ \t]*$")
#: A variable or local value, and the last name of a chain: an attribute.
_REFERRED = re.compile(r"\b(?:var|local)\.([A-Za-z_][\w-]*)|\.([A-Za-z_][\w-]*)\b(?!\s*[.\[(])")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")


class Hiding:
    """Hides the known secrets of one deployment, and what looks like another one."""

    def __init__(self, secrets: Iterable[str], symbols: Symbols) -> None:
        self._secrets = tuple(sorted({text for text in secrets if len(text) >= _SHORTEST}, key=lambda text: -len(text)))
        self._hole = symbols.intern(Symbol(what=_REASON, scope=""))
        self._secret = Unknown(symbol=self._hole, reason=_REASON)

    def shown(self, value: Value, name: str = "", depth: int = _DEEPEST) -> Value:
        """A value that is called `name`, with every secret in it unknown."""
        if isinstance(value, str):
            return self._text(value, name)
        if not isinstance(value, Sequence | Mapping) or (isinstance(value, LazyMapping) and not value.complete):
            return value
        if not depth:
            return Unknown(symbol=self._hole, reason="nested too deeply to look for secrets")
        if isinstance(value, Sequence):
            return Sequence(tuple(self.shown(item, name, depth - 1) for item in value.items), value.kind)
        if any(secret in key for key in value.items for secret in self._secrets):
            return self._secret
        own = value.items.get("name")
        given = own if isinstance(own, str) and "value" in value.items else ""
        items = value.items.items()
        return Mapping({key: self.shown(item, _name_of(key, name, given), depth - 1) for key, item in items})

    def answer(self, value: Value, expression: str) -> Value:
        """The value of an expression. What is made of a secret may be a part of it: all texts are hidden then."""
        if any(is_secret_key(word) for match in _REFERRED.finditer(expression) for word in match.groups("")):
            return self._without_texts(value, _DEEPEST)
        return self.shown(value)

    def _without_texts(self, value: Value, depth: int) -> Value:
        keys = value.items if isinstance(value, Mapping) else ()
        if isinstance(value, str) or not depth or any(secret in key for key in keys for secret in self._secrets):
            return self._secret
        if isinstance(value, Sequence):
            return Sequence(tuple(self._without_texts(item, depth - 1) for item in value.items), value.kind)
        if isinstance(value, Mapping):
            return Mapping({key: self._without_texts(item, depth - 1) for key, item in value.items.items()})
        return value

    def message(self, text: str) -> str:
        """A text for people, without the secrets of the deployment."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _text(self, text: str, name: str) -> Value:
        if is_credential(text) or (is_secret_key(name) and _may_be_secret(text)):
            return self._secret
        if any(secret in inner for inner in _decoded(text) for secret in self._secrets):
            return self._secret
        for secret in (*self._secrets, *_inside(text)):
            text = text.replace(secret, self._hole)
        return text


def hiding(evaluated: Evaluated) -> Hiding:
    """What hides the secrets of a deployment."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.add(text)
        return ""

    extract(evaluated, catalogue(), note)
    found.update(_inputs(evaluated.scope.module))
    return Hiding((text for text in found if _may_be_secret(text)), evaluated.symbols)


def _inputs(instance: object) -> Iterator[str]:
    """The texts that variables and locals of the root module with the name of a secret are given."""
    if not isinstance(instance, ModuleInstance):
        return
    for name, decl in instance.module.variables.items():
        given = instance.settings.get(name)
        default = decl.default.value if isinstance(decl.default, ast.Literal) else None
        for value in (given.value if given is not None else None, default):
            if isinstance(value, str) and is_secret_key(name):
                yield value
    for name, attribute in instance.module.locals.items():
        if is_secret_key(name) and isinstance(attribute.expr, ast.Literal) and isinstance(attribute.expr.value, str):
            yield attribute.expr.value


def _may_be_secret(text: str) -> bool:
    return len(text) >= _SHORTEST and not (has_holes(text) or is_placeholder(text) or is_public(text))


def _name_of(key: str, above: str, given: str) -> str:
    """What a value inside an object is called: in `{name, value}` by its name, in a map of secrets as the map."""
    if given and key == "value":
        return given
    return above if is_secret_key(above) and not is_secret_key(key) and not is_description(key) else key


def _inside(text: str) -> Iterator[str]:
    """Secrets in a text that is a program, a document or an address."""
    if len(text) > _LARGEST_TEXT:
        return
    yield from (found for found in _LOGIN.findall(text) if _may_be_secret(found))
    if "=" in text:
        for setting in read_settings("", text):
            if is_secret_key(setting.name) and _may_be_secret(setting.value):
                yield setting.value
    yield from (found for name, found in _YAML.findall(text) if is_secret_key(name) and _may_be_secret(found))
    if text.lstrip().startswith(("{", "[")):
        try:
            yield from _of_document(json.loads(text), "", _DEEPEST)
        except (ValueError, RecursionError):
            return


def _of_document(data: Any, name: str, depth: int) -> Iterator[str]:
    if isinstance(data, str):
        if is_secret_key(name) and _may_be_secret(data):
            yield json.dumps(data)[1:-1]
    elif depth and isinstance(data, list):
        for item in data:
            yield from _of_document(item, name, depth - 1)
    elif depth and isinstance(data, dict):
        own = data.get("name")
        given = own if isinstance(own, str) and "value" in data else ""
        for key, item in data.items():
            yield from _of_document(item, _name_of(key, name, given), depth - 1)


def _decoded(text: str) -> Iterator[str]:
    """What stands in base64 inside a text."""
    for found in _BASE64.findall(text) if len(text) <= _LARGEST_TEXT else ():
        try:
            yield base64.b64decode(found, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
