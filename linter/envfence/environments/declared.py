"""What envfence.yaml declares about deployments and nodes, as signals of kind "declared".

Comes in: configuration, facts. Goes out: signals. Must not know: the other signals.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Callable, Iterable

from envfence.config import Config, DeclaredEnvironment
from envfence.model import Deployment, Node, Signal


def deployment_signals(config: Config, deployment: Deployment) -> list[Signal]:
    """A signal for each declared environment whose `paths`, `workspaces` or `var_files` match the deployment.

    Of the patterns of one key only the most specific (longest) count, so that `live/**` and `live/prod/**` may both be
    declared.
    """
    found: list[Signal] = []
    found += _best(
        config, lambda each: _longest(each.paths, (deployment.config_dir or ".", deployment.root or ".")), "paths"
    )
    found += _best(config, lambda each: _longest(each.workspaces, (deployment.workspace,)), "workspaces")
    found += _best(config, lambda each: _longest(each.var_files, deployment.var_files), "var_files")
    return found


def node_signals(config: Config, node: Node, names: Iterable[str]) -> list[Signal]:
    """A signal for each declared environment whose `tags` or `names` match the node; `names` are its own names."""
    found = [
        _signal(each, "tags", f"{key} = {value}")
        for each in config.environments
        for key, values in each.tags
        for value in values
        if _has_tag(node, key, value)
    ]
    texts = tuple(names)
    return found + _best(config, lambda each: _longest(each.names, texts), "names")


def declares_nodes(config: Config) -> bool:
    """Whether any declaration speaks of single nodes; if not, `node_signals` need not be asked."""
    return any(each.tags or each.names for each in config.environments)


def _best(config: Config, pattern_of: Callable[[DeclaredEnvironment], str], key: str) -> list[Signal]:
    matches = [(pattern, each) for each in config.environments if (pattern := pattern_of(each))]
    longest = max((len(pattern) for pattern, _each in matches), default=0)
    return [_signal(each, key, pattern) for pattern, each in matches if len(pattern) == longest]


def _signal(each: DeclaredEnvironment, key: str, pattern: str) -> Signal:
    says = f"declared: {key} {pattern}"
    return Signal(kind="declared", value=each.name, words=(each.name,), span=each.span, says=says)


def _longest(patterns: Iterable[str], texts: Iterable[str]) -> str:
    """The longest pattern that matches one of the texts; empty for none."""
    texts = tuple(texts)
    return max((each for each in patterns if any(matches(each, text) for text in texts)), key=len, default="")


def matches(pattern: str, text: str) -> bool:
    """Whether a glob matches a path or what lies below it: `*` stays within a segment, `**` does not; in any case."""
    return _compiled(pattern).fullmatch(text.lower()) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    text = pattern.lower().strip().removeprefix("./").rstrip("/") or "."
    parts = [_segment(part) for part in text.split("/")]
    # "(?:.*/)?" lets `**/` stand for nothing; the end lets a directory stand for all below it.
    joined = "/".join(parts).replace("\0/", "(?:.*/)?").replace("/\0", "(?:/.*)?").replace("\0", ".*")
    return re.compile(f"{joined}(?:/.*)?")


def _segment(part: str) -> str:
    if part == "**":
        return "\0"
    return fnmatch.translate(part).removeprefix("(?s:").removesuffix(r")\Z").replace(".*", "[^/]*")


def _has_tag(node: Node, key: str, value: str) -> bool:
    for path in (f"tags.{key}", f"labels.{key}", f"tags_all.{key}"):
        fact = node.facts.get(path)
        if fact is not None and fact.state == "known":
            return str(fact.value).lower() == value.lower()
    for path in ("tags", "labels", "tags_all"):
        fact = node.facts.get(path)
        if fact is not None and isinstance(fact.value, dict) and key in fact.value:
            return str(fact.value[key]).lower() == value.lower()
    wanted = value.lower()
    return any(
        signal.kind == "tag" and signal.value.lower() == wanted and key.lower() in signal.says.lower()
        for signal in node.signals
    )
