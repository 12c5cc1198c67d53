"""Whether a name speaks of a secret, and whether a text could be one.

In: names of settings, texts. Out: yes or no. Must not know any provider, resource or environment.

Everything here is about what is *no* secret: placeholders, addresses, public keys, plain words. A report that calls
`changeme` a leaked credential is not read a second time.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Keys of a map of settings that hold a secret rather than a name or an address.
_SECRET_KEY = re.compile(
    r"passw(or)?d|passwort|secret|token|credential|passphrase"
    r"|(api|private|access|account|auth|signing|session|encryption|master|shared|cookie|jwt|hmac|deploy|service)"
    r"[_.-]?key"
    r"|(^|[_.-])(pwd|pass|dsn|salt|psk)$"
    r"|(database|redis|db|mongo\w*|postgres\w*|amqp|broker|connection|conn)[_.-]?(url|uri|string|str)$"
    r"|webhook[_.-]?url$",
    re.IGNORECASE,
)
#: …but not these: they name, count or describe a secret.
_NAME_KEY = re.compile(
    r"(_|-|\.|^)(name|names|arn|arns|id|ids|path|paths|file|length|version|username|user|key_?id|enabled|expiry|expires"
    r"|expiration|ttl|lifetime|type|algorithm|alg|policy|endpoint|issuer|audience|header|prefix|format|rotation|days"
    r"|hours|minutes|seconds|secs?|date|dates|at|time|timestamp|field|filter|template|attribute|suffix|dir|directory"
    r"|region|recovery_window|engine|namespace|store|provider|manager|bucket|url|uri|trigger"
    r"|ca_?-?cert|ca_?-?certificate|host|hostname|port|regex|pattern|size|count|groups?|emails?|numbers?)$",
    re.IGNORECASE,
)
#: What stands right behind the word and says that something about the secret is meant, whatever follows:
#: `secret_version_production`.
_ABOUT = re.compile(
    r"(passw(or)?d|secret|token|credential|passphrase|key)s?[_.-]"
    r"(version|name|arn|id|path|expiry|expiration|ttl|lifetime|length|rotation|rotated|policy|type|version_?id)s?"
    r"(?P<rest>[_.-].*|\Z)",
    re.IGNORECASE,
)
#: What makes it likely that a secret is meant, wherever it stands in a path.
_SPEAKS = re.compile(
    r"passw|secret|token|credential|private|api[-_]?key|access[-_]?key|database[-_]?url|connection|dsn", re.IGNORECASE
)
_USER_KEY = re.compile(r"(^|[_.-])user(name|id)?([_.-]|$)", re.IGNORECASE)
_DATA_URL_KEY = re.compile(
    r"(database|redis|db|mongo\w*|postgres\w*|amqp|broker|connection|conn|webhook)[_.-]?(url|uri)$", re.IGNORECASE
)

#: Texts that stand where a secret will be put by hand.
_PLACEHOLDER = re.compile(
    r"<.*>|\$?\{\{.*\}\}|\$\{?\w+\}?|\[.*\]|\{\}|\*+|(to[-_ ]?be[-_ ]?|tb)(set|done|filled|d|changed|replaced).*"
    r"|.*(?<![a-z0-9])(change[-_ ]?(me|this|it)?|placeholder|replace[-_ ]?(me|this)?|dummy|examples?|todo|fixme|default"
    r"|none|null|unset|undefined|empty|initial|temp(orary)?(value)?s?|fake|sample|your[-_ ]\w+|mock(ed)?|redacted"
    r"|insert|fill[-_ ]?(me|in)|set[-_ ]?(me|by|in|via)|manual(ly)?|override\w*|not[-_ ]?set|n/?a|ignored?|unused"
    r"|invalid|foo|bar|foobar|baz|lorem|not[-_ ]?a?[-_ ]?real\w*|test|testing)(?![a-z0-9]).*"
    r"|\w*not[-_ ]?a?[-_ ]?(real|secret)[\w-]*|changeme\w*|placeholder\w*|dummy\w*|example\w*",
    re.IGNORECASE | re.DOTALL,
)
#: What a step of a pipeline puts the value in for: `__token__`, `#{token}#`, `@@token@@`, `%%token%%`.
_REPLACED = re.compile(r"__[A-Za-z]\w{0,60}?(?:-\w{1,60}){0,8}__|#\{[^{}]{1,80}\}|(@@|%%)[\w.-]{1,80}\1")
#: What nobody types: a key behind a word (`sk_test_…`) makes the text a secret all the same.
_RUN = re.compile(r"[A-Za-z0-9+/=]{20,}")
#: A connection text whose password is left out: `user=a password="";`.
_LEFT_OUT = re.compile(r"(?:password|pwd|secret|token|key)\s*=\s*(?:\"\"|''|;|\s|$)", re.IGNORECASE)
_GIVEN = re.compile(r"(?:password|pwd|secret|token|key)\s*=\s*[\"']?[^\s\"';]+", re.IGNORECASE)

#: Forms that are public by nature.
_PUBLIC = re.compile(
    r"arn:[a-z-]+:.*"  # an ARN
    r"|[^@\s:/]+@[^@\s:/]+\.[a-z]{2,}"  # an address of mail
    r"|(?:[a-z0-9_-]+\.)+[a-z]{2,}(?::\d+)?(?:/[\w./-]*)?"  # a host
    r"|\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?(?:[,; ]+\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?)*"  # addresses and ranges
    r"|[./~][\w./@-]*"  # a path
    r"|(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+)\s.*|-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----.*"
    r"|true|false|yes|no|on|off|enabled?|disabled?|required|optional"
    r"|\d{1,9}|\d{12}|[~^<>=! ]*v?\d+(?:\.\d+)+"
    r"|\d{4}-\d{2}-\d{2}(?:[T :]\d{2}:?\d{2}[\d:.]*(?:Z|[+-]\d{2}:?\d{2})?)?|\d{2}[-/.]\d{2}[-/.]\d{4}"  # a date
    r"|/subscriptions/.*|projects/.*|vault:.*|ssm:.*|s3://.*|gs://.*|(?:aws|azure|gcp|google)[-_]?\w*:.*",
    re.IGNORECASE | re.DOTALL,
)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:(?P<user>[^@/\s]*)@)?(?P<rest>\S*)", re.IGNORECASE)
#: The part of a URL that opens the door: webhooks and signed links.
_OPENING = re.compile(r"hooks\.slack\.com/services/\w+/\w+/\w+|[?&](?:sig|signature|token|key|code)=[^&]{12,}")
_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+)"
_WORDS = re.compile(rf"{_WORD}(?:[-_ .]{_WORD})*[-_]?\d{{0,4}}[!?.]?")
#: What is too long for a word is a sentence where it is many short ones.
_SENTENCE = re.compile(r"[A-Za-z]?[a-z]{1,13}(?:[-_ ][A-Za-z]?[a-z]{1,13}){3,9}[!?.]?")
#: The name of a variable where its value would stand: `K8S_CLUSTER_TOKEN`.
_NAME_PART = r"(?:[A-Z]{1,14}\d?|[A-Z]\d[A-Z]{1,14})"
_VARIABLE = re.compile(rf"(?=[A-Z0-9_]*[A-Z]{{3}}){_NAME_PART}(?:_{_NAME_PART}){{2,}}")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}", re.IGNORECASE)
#: A literal among the arguments of what is unknown: `replace(var.name, "a", "b")`; a key in brackets is a name.
_ARGUMENT = re.compile(r'\["(?:[^"\\]|\\.)*"\]|"((?:[^"\\]|\\.)*)"')
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FEWEST_LETTERS = 2
_SHORTEST_LITERAL = 8
_LONGEST_WORDS = 28
_MANY_DIFFERENT = 5


@lru_cache(maxsize=8192)
def is_secret_key(key: str) -> bool:
    """Whether the name of a setting says that its value is a secret."""
    if not _SECRET_KEY.search(key):
        return False
    about = _ABOUT.search(key)
    if about is not None and not _SECRET_KEY.search(about["rest"]):
        return False
    return bool(_DATA_URL_KEY.search(key)) or not _NAME_KEY.search(key)


def speaks_of_secret(path: str) -> bool:
    """Whether the path of a parameter says somewhere that it keeps a secret: `/shop/db-password`."""
    return bool(_SPEAKS.search(path))


def is_description(key: str) -> bool:
    """Whether the name of a secret says that it holds none: `db-username`, `api_endpoint`. A secret store is where many
    keep all their settings."""
    if _USER_KEY.search(key) and not _SECRET_KEY.search(key):
        return True
    return bool(_NAME_KEY.search(key)) and not _DATA_URL_KEY.search(key)


def is_placeholder(value: object) -> bool:
    """Whether a value says of itself that it is none: `changeme`, `<token>`, `xxxx`, nothing at all."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    if len(set(text)) <= _FEWEST_LETTERS or _REPLACED.search(text):
        return True
    if _PLACEHOLDER.fullmatch(text):
        return not any(_is_random(run) for run in _RUN.findall(text))
    return bool(_LEFT_OUT.search(text)) and not _GIVEN.search(text)


def is_public(text: str) -> bool:
    """Whether a text is by its form an address, a name or a switch: knowing it opens nothing."""
    text = text.strip()
    url = _URL.fullmatch(text)
    if url is not None:
        user, _, password = (url["user"] or "").partition(":")
        return not (password or (user and len(user) > _SHORTEST_LITERAL)) and not _OPENING.search(text)
    return bool(_PUBLIC.fullmatch(text))


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID: mostly an identifier, at times a token, which its form does not tell."""
    return bool(_UUID.fullmatch(text.strip()))


def is_weak(text: str) -> bool:
    """Whether a text is so short or plain that it is rather a word than a secret that somebody made up."""
    text = text.strip()
    if len(text) < _SHORTEST_LITERAL or len(set(text)) < _MANY_DIFFERENT or _VARIABLE.fullmatch(text):
        return True
    if _CONSONANTS.search(text):
        return False
    return bool((_WORDS if len(text) <= _LONGEST_WORDS else _SENTENCE).fullmatch(text))


def without_secrets(what: str) -> str:
    """The name of something unknown, for people: literals in it that could be secrets are left out."""
    return _ARGUMENT.sub(_shown, what) if '"' in what else what


def _shown(match: re.Match[str]) -> str:
    text = match.group(1)
    return match.group() if text is None or is_weak(text) or is_public(text) else '"***"'


def _is_random(run: str) -> bool:
    return sum(char.isdigit() for char in run) >= 3 and sum(char.isalpha() for char in run) >= 3
