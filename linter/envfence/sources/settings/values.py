"""One setting, and whether its value is a secret that somebody wrote down.

In: a name and a text. Out: yes or no, with what it is called. Must not know formats or environments.

Two ways lead to yes: the value has the form of a provider's credential, whatever it is called; or the name says that
it is a secret, and the value looks like something that was made up to be one.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from envfence.secretness import is_description, is_placeholder, is_public, is_secret_key, is_uuid, is_weak
from envfence.sources.settings.credentials import is_credential
from envfence.values import Span

LONGEST = 20_000
#: Written where the value will be put, or where it comes from: templates, other variables, stores, encrypted texts.
_REFERENCE = re.compile(
    r"\$[({]|\$[A-Za-z_]|\{\{|<%|%\(|%[A-Z_]+%|\A(?:ENC\[|ref\+|op://|vault:|secret:|file:|AQIC|!|@|awssm|sops|env:)"
    r"|\A<[^>]*>\Z|#\{|__\w{1,60}__|\A\w{1,60}\.(?:secret|env|config|get)\w*[.(\[]|\(\(",
    re.IGNORECASE,
)
#: What people type where any text will do.
_FILLER = re.compile(
    r"passw(?:or)?d|secret|token|admin|root|user(?:name)?|postgres(?:ql)?|mysql|mongo(?:db)?|redis|rabbit(?:mq)?|guest"
    r"|minio|local(?:host)?|dev(?:elopment)?|test(?:ing)?|ci|docker|default|example|sample|super|dummy|fake|mock|change"
    r"|pre[-_]?sha?red?|key|api|app|web|my|this|not|safe|insecure|django|rails|flask|jwt|very|strong|long|please|docs?|demo|placeholder"
    r"|only|for|the|use|in|prod(?:uction)?|replace|abc(?:def\w*)?|qwerty|asdf|foo|bar|hunter\d*|letmein|welcome|pass"
    r"|p[a@]ssw[o0]rd|database|db|sandbox|none|some|random|string|value|random|hello|world|p4ssw0rd|s3cr3t"
    r"|(?:0?123\d*)|(?:98765\d*)|(\w)\1{2,}",
    re.IGNORECASE,
)
#: Digits for letters: `pr3shar3d_k3y`.
_LETTERS = str.maketrans("01345", "oieas")
#: What says of itself that it opens nothing.
_SHAM = re.compile(
    r"fake|dummy|mock|example|sample|changeme|change[-_]me|placeholder|not[-_]?real|insecure|fixture", re.IGNORECASE
)
#: What is sent to every browser.
_PUBLIC = re.compile(r"public|publishable|site_?key", re.IGNORECASE)
_DSN = re.compile(r"\A[a-z][a-z0-9+.-]*://[^\s:/@]*:(?P<password>[^\s/]+)@(?P<host>[^/\s?@]+)", re.IGNORECASE)
_HERE = re.compile(
    r"\A(?:localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker\.internal|[a-z0-9_-]+(?::\d+)?\Z)", re.IGNORECASE
)
#: User and password, which may hold the sign that ends them.
_LOGIN = re.compile(r"://[^/\s]*@")
_WORD_LENGTH = 3.5
_FEWEST_SOLID = 6
_LONGEST_TOKEN = 512


@dataclass(frozen=True, slots=True)
class Setting:
    """A name with a value, and where the value is written. `kept` says that it stands where only secrets are kept,
    `told` that it is a platform's token, which is told as such."""

    name: str
    span: Span
    value: str = field(repr=False)
    kept: bool = False
    told: bool = False


def is_reference(text: str) -> bool:
    """Whether a text stands for a value that comes from elsewhere: a variable, a template, a store."""
    return bool(_REFERENCE.search(text))


def without_login(text: str) -> str:
    """An address without user and password."""
    return _LOGIN.sub("://", text, count=1)


def secret_value(setting: Setting) -> str:
    """The secret in a setting; empty where there is none. Of an address it is the address as a whole."""
    text = setting.value.strip()
    if not text or len(text) > LONGEST or is_reference(text):
        return ""
    if is_credential(text):
        return text
    leaf = setting.name.rpartition(".")[2]
    named = is_secret_key(leaf) or (setting.kept and not is_description(leaf))
    if not named or _SHAM.search(leaf) or _PUBLIC.search(leaf) or is_placeholder(text) or is_public(text):
        return ""
    if is_uuid(text) and not (setting.kept and is_secret_key(leaf)):
        return ""  # a name alone makes no token of an identifier
    dsn = _DSN.match(text)
    if dsn is not None:
        return text if _is_made_up(dsn["password"]) and not _HERE.match(dsn["host"]) else ""
    return text if _is_made_up(text) else ""


def _is_made_up(text: str) -> bool:
    """Whether a text looks like a secret: not short, not words, something left once fillers are taken off."""
    if (
        is_weak(text)
        or is_placeholder(text)
        or _SHAM.search(text)
        or len(text) > _LONGEST_TOKEN
        or any(char.isspace() for char in text)
    ):
        return False
    if _is_phrase(text):
        return False
    rest = _without_fillers(text)
    if len(set(rest)) < _FEWEST_SOLID or len(set(_without_fillers(text.translate(_LETTERS)))) < _FEWEST_SOLID:
        return False
    return any(char.isdigit() for char in rest) or _mixed(rest)


def _without_fillers(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", _FILLER.sub("", text))


def _is_phrase(text: str) -> bool:
    """Whether a text is made of words: what a machine makes up changes between digits and cases all the time."""
    runs = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text)
    return bool(runs) and sum(map(len, runs)) / len(runs) >= _WORD_LENGTH


def _mixed(text: str) -> bool:
    """Whether capitals stand among small letters as in no word."""
    return len(re.findall(r"[a-z][A-Z]", text)) >= 3


def decoded(text: str) -> str:
    """The text behind base64, as manifests keep it; the text itself where it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return text


def flat(key: str, value: object, span: Span) -> Iterator[Setting]:
    """A setting of a plain value; none for what is no text or number."""
    if isinstance(value, str) and value:
        yield Setting(key, span, value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield Setting(key, span, str(value))
