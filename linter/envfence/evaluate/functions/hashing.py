"""Digests, identifiers made of digests, and what needs chance or a key.

Comes in: converted arguments. Goes out: strings. Must not know: files (they come here through `digest`).
"""

from __future__ import annotations

import base64
import hashlib
import uuid

from envfence.evaluate.convert import NUMBER, STRING
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import function
from envfence.values import Value


def digest(algorithm: str, data: bytes, in_base64: bool = False) -> str:
    """A digest in hexadecimal or base64."""
    made = hashlib.new(algorithm, data, usedforsecurity=False)
    return base64.b64encode(made.digest()).decode() if in_base64 else made.hexdigest()


@function("md5", STRING, returns="string")
def md5(_context: FunctionContext, text: str) -> Value:
    """MD5, hexadecimal."""
    return digest("md5", text.encode())


@function("sha1", STRING, returns="string")
def sha1(_context: FunctionContext, text: str) -> Value:
    """SHA-1, hexadecimal."""
    return digest("sha1", text.encode())


@function("sha256", STRING, returns="string")
def sha256(_context: FunctionContext, text: str) -> Value:
    """SHA-256, hexadecimal."""
    return digest("sha256", text.encode())


@function("sha512", STRING, returns="string")
def sha512(_context: FunctionContext, text: str) -> Value:
    """SHA-512, hexadecimal."""
    return digest("sha512", text.encode())


@function("base64sha256", STRING, returns="string")
def base64sha256(_context: FunctionContext, text: str) -> Value:
    """SHA-256, base64."""
    return digest("sha256", text.encode(), in_base64=True)


@function("base64sha512", STRING, returns="string")
def base64sha512(_context: FunctionContext, text: str) -> Value:
    """SHA-512, base64."""
    return digest("sha512", text.encode(), in_base64=True)


_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


@function("uuidv5", STRING, STRING, returns="string")
def uuidv5(_context: FunctionContext, namespace: str, name: str) -> Value:
    """The identifier that is made of a namespace and a name."""
    found = _NAMESPACES.get(namespace)
    if found is None:
        try:
            found = uuid.UUID(namespace)
        except ValueError:
            raise FunctionError("uuidv5() requires a namespace that is a UUID, dns, url, oid or x500") from None
    return str(uuid.uuid5(found, name))


@function("uuid", returns="string", impure=True)
def random_uuid(_context: FunctionContext) -> Value:
    """A random identifier."""
    raise Undecided("uuid() differs each time")


@function("bcrypt", STRING, variadic=NUMBER, returns="string", impure=True)
def bcrypt(_context: FunctionContext, _text: str, *_cost: Value) -> Value:
    """A salted hash."""
    raise Undecided("bcrypt() differs each time")


@function("rsadecrypt", STRING, STRING, returns="string")
def rsadecrypt(_context: FunctionContext, _text: str, _key: str) -> Value:
    """A decrypted text. Not computed: a linter does not use keys."""
    raise Undecided("rsadecrypt() is not computed")
