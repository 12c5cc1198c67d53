"""What a setting points at: a database by host and name, a bucket, a thing by its ARN, the project it works in.

In: name and text of a setting. Out: identifiers as *link* looks them up. Must not know environments.

Left out is what does not lead to one certain thing: names of one's own machine or network, documentation, pages and
files that are served to anybody, where programs come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from envfence.words import NONPRODUCTION, tokens, words_in_name

#: Ports that need not be said.
_PORTS = frozenset(("5432", "3306", "27017", "6379", "5672", "5671", "1433", "6380", "443", "80", "9200", "1521"))
_SCHEMES = (
    "postgres|postgresql|postgis|mysql|mysql2|mariadb|mongodb|mongodb\\+srv|redis|rediss|amqp|amqps|sqlserver|mssql"
    "|oracle|cockroachdb|clickhouse|neo4j|bolt|cassandra"
)
_DSN = re.compile(
    rf"\A(?:jdbc:)?(?:{_SCHEMES})(?:\+\w+)?://(?:[^@/\s]*@)?(?P<host>[^/?;\s,@]+)(?:[^/?;\s]*)"
    r"(?:/(?P<name>[\w.-]+))?(?:[?;].*)?\Z",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?P<host>[a-z0-9][a-z0-9-]*(?:\.[a-z0-9_-]+)+)(?::(?P<port>\d{2,5}))?", re.IGNORECASE)
_HOST_NAME = re.compile(
    r"(?:^|[_.-])(?:db|database|postgres(?:ql)?|pg|mysql|mariadb|mongo(?:db)?|redis|rds|elasticsearch|opensearch|sql)"
    r"(?:[_.-][^\W_]+){0,6}?[_.-]?(?:host|hostname|endpoint|server|address|addr|url|uri)$|^pghost$",
    re.IGNORECASE,
)
_DATABASE_HOST = re.compile(
    r"\.(?:rds|cache|docdb|neptune|redshift|es|memorydb)\.[\w.-]*amazonaws\.com|\.cache\.amazonaws\.com"
    r"|\.(?:database|redis\.cache|postgres\.database|mysql\.database|documents)\.(?:windows\.net|azure\.com)"
    r"|\.mongodb\.net\Z|\.neon\.tech\Z|\.(?:proxy\.rlwy\.net|upstash\.io|aivencloud\.com|planetscale\.com|psdb\.cloud)\Z",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"(?:^|\.)(?:localhost|example|invalid|test|local|docker|localdomain|lan)\Z|example\.(?:com|org|net)"
)
#: Names that every network may have: they mean one thing only when they name their environment. A database stands below
#: a domain, not in its place: `orders.db` is the service `orders` in the namespace `db` of whatever cluster asks.
_INSIDE = re.compile(
    r"\.(?:internal|svc|cluster\.local|svc\.cluster\.local|consul|intra|private|corp)\Z|\A[^.]+\.[^.]+\Z", re.IGNORECASE
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
_ARN = re.compile(
    r"arn:aws[\w-]*:(?:s3|dynamodb|rds|es|sqs|sns|kinesis|secretsmanager|ssm|elasticfilesystem|elasticache):[^\s*?\"',]+"
)
_QUEUE = re.compile(r"https://sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<account>\d{12})/(?P<name>[\w.-]+)")
_S3 = re.compile(r"s3[an]?://(?P<name>[a-z0-9][a-z0-9.-]{2,62})(?:/.*)?\Z")
_GS = re.compile(r"gs://(?P<name>[a-z0-9][a-z0-9._-]{2,62})(?:/.*)?\Z")
_BLOB = re.compile(r"(?:https://)?(?P<name>[a-z0-9]{3,24})\.(?:blob|table|queue|file|dfs)\.core\.windows\.net\b")
_BUCKET_KEY = re.compile(r"bucket(?:_?name)?$", re.IGNORECASE)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{4,61}[a-z0-9]")
#: Where programs, pages and pictures come from is no data of an environment.
_SERVED = frozenset(
    (
        *("artifact", "artifacts", "artefact", "artefacts", "image", "images", "registry", "release", "releases"),
        *("package", "packages", "cdn", "assets", "asset", "static", "public", "template", "templates", "deploy"),
        *("build", "builds", "ecr", "repo", "mirror", "charts", "cache", "website", "avatar", "avatars", "download"),
    )
)
_PROJECTS = frozenset(
    (
        *("googlecloudproject", "googleproject", "googleprojectid", "gcpproject", "gcpprojectid", "gcloudproject"),
        *("firebaseproject", "firebaseprojectid", "cloudsdkcoreproject"),
    )
)
_ACCOUNTS = frozenset(("awsaccountid", "awsaccount", "awsaccountnumber"))
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_ACCOUNT = re.compile(r"(?!(\d)\1{11})\d{12}")
_LONGEST = 2000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Target:
    """An identifier as `Node.names` has them, and how a report shows it: never with a user or a password."""

    sought: str
    shown: str


def targets_of(name: str, text: str) -> Iterator[Target]:
    """The things that a setting names."""
    text = text.strip()
    if len(text) < 6 or len(text) > _LONGEST or len(name) > _LONGEST_NAME or _SERVED & set(tokens(name)):
        return
    found = _database(name, text) or _account(name, text)
    bucket = _bucket(name, text) if found is None else None
    if found is not None:
        yield found
    elif bucket is not None:
        if not _is_for_others(bucket.shown):
            yield bucket
    elif "arn:aws" in text:
        yield from (Target(arn, arn) for arn in dict.fromkeys(_ARN.findall(text)) if not _is_example(arn))
    elif (queue := _QUEUE.match(text)) is not None:
        arn = f"arn:aws:sqs:{queue['region']}:{queue['account']}:{queue['name']}"
        yield Target(arn, arn)


def _database(name: str, text: str) -> Target | None:
    dsn = _DSN.match(text)
    if dsn is not None:
        host, own = dsn["host"], dsn["name"] or ""
    elif _HOST_NAME.search(name) or _DATABASE_HOST.search(text.partition(":")[0]):
        host, own = text.removeprefix("https://").removeprefix("http://").partition("/")[0], ""
        if text.startswith("http") and not _DATABASE_HOST.search(host):
            return None  # a page or an interface, whatever it is called
    else:
        return None
    return _of_host(host.lower(), own)


def _of_host(text: str, own: str) -> Target | None:
    match = _HOST.fullmatch(text)
    if match is None:
        return None
    host, port = match["host"], match["port"] or ""
    if _SELF.search(host) or _ADDRESS.match(host) or (_INSIDE.search(host) and not _says_where(host)):
        return None
    where = f"{host}:{port}" if port and port not in _PORTS else host
    whole = f"{where}/{own}" if own else where
    return Target(f"database:{whole}", f"the database {whole}")


def _says_where(host: str) -> bool:
    return any(word.sure for word in words_in_name(host))


def _bucket(name: str, text: str) -> Target | None:
    for pattern, form in ((_S3, "arn:aws:s3:::"), (_GS, "google_storage_bucket:")):
        match = pattern.match(text)
        if match is not None:
            return None if _SERVED & set(tokens(match["name"])) else Target(form + match["name"], match["name"])
    blob = _BLOB.match(text)
    if blob is not None:
        return Target(f"azurerm_storage_account:{blob['name']}", f"the storage account {blob['name']}")
    if not _BUCKET_KEY.search(name) or not _BUCKET.fullmatch(text) or _SERVED & set(tokens(text)) or "-" not in text:
        return None
    is_google = bool({"gcs", "gcp", "google", "gs"} & set(tokens(name)))
    return Target(("google_storage_bucket:" if is_google else "arn:aws:s3:::") + text, f"the bucket {text}")


def _is_for_others(text: str) -> bool:
    """Whether a name says that the thing is for lower environments, wherever it lies."""
    return any(word.sure and word.tier == NONPRODUCTION for word in words_in_name(text))


def _account(name: str, text: str) -> Target | None:
    key = re.sub(r"[^a-z]", "", name.lower())
    if key in _ACCOUNTS and _ACCOUNT.fullmatch(text):
        return Target(f"aws:{text}", f"account {text}")
    if key in _PROJECTS and _PROJECT.fullmatch(text):
        return Target(f"google:{text}", f"project {text}")
    return None


def _is_example(arn: str) -> bool:
    return "123456789012" in arn or "000000000000" in arn or "111111111111" in arn or "example" in arn
