"""Does a store hold only what may be lost: logs, caches, build artefacts, temporary files, locks of Terraform's states?

In: a node of the graph. Out: yes or no, by the whole words of its name and address. Must not know rules.
"""

from __future__ import annotations

import re
from functools import lru_cache

from envfence.graph.graph import GraphNode
from envfence.values import hole_index

_WORDS = frozenset(
    {
        *("log", "logs", "logging", "accesslogs", "tmp", "temp", "temporary", "cache", "scratch", "artifact"),
        *("artifacts", "artefact", "artefacts", "athena", "queryresults", "canary", "canaries", "synthetics"),
        *("lambda", "layers", "codepipeline", "codebuild", "inventory", "evaluation", "evaluations", "benchmark"),
        *("scripts", "binaries", "packages", "static", "assets", "website", "maintenance", "ephemeral", "dedup"),
        *("testenv", "sandbox", "demo", "spike", "poc", "clamav"),
        *("ratelimit", "throttle", "throttling", "idempotency", "clone", "restored", "replica", "replication"),
    }
)
#: Words that outweigh those: a backup of logs is kept on purpose.
_KEPT = frozenset(
    ("backup", "backups", "data", "database", "db", "archive", "audit", "cloudtrail", "records", "uploads")
)
#: Words that say so only together: an error page, results of queries, the target of a replication.
_PAIRS = (
    frozenset({"error", "page"}),
    frozenset({"error", "pages"}),
    frozenset({"query", "results"}),
    frozenset({"rate", "limit"}),
    frozenset({"rate", "limits"}),
    frozenset({"session", "cache"}),
    frozenset({"replication", "target"}),
    frozenset({"replication", "destination"}),
)
#: Words of a table that holds locks of Terraform's states.
_LOCKS = frozenset({"lock", "locks", "locking", "tflock", "tfstate", "statelock"})
_STATE = (frozenset({"tf", "state"}), frozenset({"terraform", "state"}))
_TOKENS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def is_temporary(node: GraphNode) -> bool:
    """Whether the contents of a store are, by its name, of the kind that is made again."""
    words = {node_word for text in _names(node) for node_word in _tokens(text)}
    told = words & _WORDS or any(pair <= words for pair in _PAIRS)
    return bool(told) and not words & _KEPT


def is_lock_table(node: GraphNode) -> bool:
    """Whether a table holds locks of Terraform's states: made again by whoever needs one."""
    if node.node.type != "aws_dynamodb_table":
        return False
    words = {word for text in _names(node) for word in _tokens(text)}
    return bool(words & _LOCKS or any(pair <= words for pair in _STATE))


def is_made_again(node: GraphNode) -> bool:
    """Whether a table or share holds nothing but locks, or what its name says is made again. A database is not judged
    by its name."""
    return is_lock_table(node) or (node.node.type in _NAMED and is_temporary(node))


#: What is named after what is put into it.
_NAMED = frozenset({"aws_dynamodb_table", "google_bigquery_table", "azurerm_storage_share"})
_MODULE = re.compile(r"module\.([A-Za-z0-9_-]+)")
#: Names of resources that say nothing: what their module is called tells what they are.
_GENERIC = frozenset({"this", "main", "default", "bucket", "table", "primary", "encrypted_bucket"})


def _names(node: GraphNode) -> list[str]:
    own = node.node.address.rpartition(".")[2].partition("[")[0]
    modules = _MODULE.findall(node.node.address)
    label = next((name for name in reversed(modules) if name not in _GENERIC), "") if own in _GENERIC else ""
    return [own, label, *(name.rpartition(":")[2] for name in node.node.names)]


@lru_cache(maxsize=65536)
def _tokens(text: str) -> tuple[str, ...]:
    plain = text if text.isascii() else "".join("-" if hole_index(char) is not None else char for char in text)
    return tuple(token.lower() for token in _TOKENS.findall(plain))
