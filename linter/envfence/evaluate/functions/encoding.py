"""JSON, CSV, base64 and URL encoding as functions.

Comes in: converted arguments. Goes out: values. Must not know: how JSON text is made (`jsontext`), YAML.
"""

from __future__ import annotations

import base64
import binascii
import codecs
from urllib.parse import quote_plus

from envfence.evaluate.convert import ANY, STRING
from envfence.evaluate.functions import jsontext
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import (
    checked_count,
    checked_length,
    decoded,
    each_part,
    function,
    normal,
    nullable,
)
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes


@function("jsonencode", nullable(ANY), returns="string", partial=True)
def jsonencode(context: FunctionContext, value: Value) -> Value:
    """JSON text; see `jsontext` for what becomes of unknown parts."""
    if isinstance(value, Unknown):
        return jsontext.encoded_unknown(value, context)
    return jsontext.encode(value, context)


@function("jsondecode", STRING, partial=True)
def jsondecode(context: FunctionContext, text: str) -> Value:
    """The value of a JSON text; see `jsontext` for holes."""
    return jsontext.decode(text, context.symbols, "a part of a JSON text is not known")


@function("base64encode", STRING, returns="string")
def base64encode(_context: FunctionContext, text: str) -> Value:
    """Base64 of the UTF-8 bytes."""
    return base64.b64encode(text.encode()).decode()


def unbase64(text: str) -> bytes:
    """The bytes of base64 text; raises `FunctionError`."""
    try:
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError("this is not base64") from None


def utf8(data: bytes, what: str) -> str:
    """Bytes as text; raises `FunctionError` when they are not UTF-8, `Undecided` when they look like holes."""
    try:
        return decoded(data.decode())
    except UnicodeDecodeError:
        raise FunctionError(f"{what} is not UTF-8") from None


@function("base64decode", STRING, returns="string")
def base64decode(_context: FunctionContext, text: str) -> Value:
    """The text that base64 encodes."""
    return utf8(unbase64(text), "the result of base64decode()")


@function("base64gzip", STRING, returns="string")
def base64gzip(_context: FunctionContext, text: str) -> Value:
    """Compressed text. Not computed: the bytes depend on the compressor."""
    raise Undecided("the bytes of compressed data depend on the compressor")


@function("urlencode", STRING, returns="string", partial=True)
def urlencode(context: FunctionContext, text: str) -> Value:
    """Text for the query of a URL, byte by byte."""
    return each_part(context, "urlencode", text, (), lambda part: quote_plus(part, safe=""))


#: The character sets that we encode as Terraform does; Python's codecs under their registered names.
_CHARSETS = {
    "utf-8": "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "iso-8859-2": "iso8859-2",
    "iso-8859-15": "iso8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "koi8-r": "koi8-r",
    "shift_jis": "shift_jis",
    "euc-jp": "euc-jp",
    "euc-kr": "euc-kr",
    "gbk": "gbk",
    "big5": "big5",
}


def _charset(name: str) -> str:
    found = _CHARSETS.get(name.lower())
    if found is not None:
        return found
    try:
        codecs.lookup(name)
    except LookupError:
        raise FunctionError(f'"{name}" is not a character encoding') from None
    raise Undecided(f'the character encoding "{name}" is not covered')


@function("textencodebase64", STRING, STRING, returns="string")
def textencodebase64(_context: FunctionContext, text: str, charset: str) -> Value:
    """Base64 of the bytes in a character set."""
    try:
        return base64.b64encode(text.encode(_charset(charset))).decode()
    except UnicodeEncodeError:
        raise FunctionError(f"the text cannot be encoded in {charset}") from None


@function("textdecodebase64", STRING, STRING, returns="string")
def textdecodebase64(_context: FunctionContext, text: str, charset: str) -> Value:
    """The text whose bytes in a character set are given as base64."""
    data = unbase64(text)
    try:
        return decoded(data.decode(_charset(charset)))
    except UnicodeDecodeError:
        raise FunctionError(f"the bytes are no text in {charset}") from None


@function("csvdecode", STRING, returns="list")
def csvdecode(_context: FunctionContext, text: str) -> Value:
    """The rows of a CSV text as objects with the names of its first row."""
    rows = _CsvReader(text).rows()
    if not rows:
        raise FunctionError("the CSV text has no header line")
    header = rows[0]
    if len(set(header)) < len(header):
        raise FunctionError("the CSV header has a name twice")
    if any(len(row) != len(header) for row in rows):
        raise FunctionError("a CSV row has a wrong number of fields")
    made = []
    for row in rows[1:]:
        fields: dict[str, Value] = {normal(name): normal(field) for name, field in zip(header, row, strict=True)}
        made.append(Mapping({name: fields[name] for name in sorted(fields)}))
    return Sequence(tuple(made), "list")


class _CsvReader:
    """Reads CSV as strictly as Terraform: quotes only around whole fields, empty lines skipped."""

    def __init__(self, text: str) -> None:
        if has_holes(text):
            raise Undecided("the CSV text is not known")
        checked_length(len(text))
        self.text = text.replace("\r\n", "\n")
        self.at = 0

    def rows(self) -> list[list[str]]:
        found: list[list[str]] = []
        while self.at < len(self.text):
            if self.text[self.at] == "\n":
                self.at += 1
                continue
            found.append(self._row())
            checked_count(len(found))
        return found

    def _row(self) -> list[str]:
        fields: list[str] = []
        while True:
            fields.append(self._quoted() if self.text[self.at : self.at + 1] == '"' else self._bare())
            checked_count(len(fields))
            following = self.text[self.at : self.at + 1]
            self.at += 1
            if following != ",":
                return fields

    def _bare(self) -> str:
        ends = [end for end in (self.text.find(",", self.at), self.text.find("\n", self.at)) if end >= 0]
        end = min(ends, default=len(self.text))
        field = self.text[self.at : end]
        if '"' in field:
            raise FunctionError("a CSV field has a quote in the middle")
        self.at = end
        return field

    def _quoted(self) -> str:
        parts = []
        at = self.at + 1
        while True:
            end = self.text.find('"', at)
            if end < 0:
                raise FunctionError("a CSV field has no closing quote")
            parts.append(self.text[at:end])
            if self.text[end + 1 : end + 2] != '"':
                break
            parts.append('"')
            at = end + 2
        self.at = end + 1
        if self.text[self.at : self.at + 1] not in ("", ",", "\n"):
            raise FunctionError("a CSV field goes on behind its closing quote")
        return "".join(parts)
