"""Finds nodes by the identifiers they answer to.

In: nodes with holed names (`arn:…` or `FORM:TEXT`), sought identifiers, ARN patterns. Out: the nodes meant, with what
it depends on. An identifier that is unique only inside an account (`aws_iam_role:deploy`) means the node of the same
deployment, boundary or environment, never one of another environment that happens to have the same name. Must not
know edges.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from envfence.graph.graph import GraphNode
from envfence.model import Environments
from envfence.values import has_holes

#: A sought name of this form fits a node of any type.
ANY_FORM = "*"
#: Forms whose text is unique in the whole world.
GLOBAL_FORMS = frozenset(
    {
        "aws",
        "aws_s3_bucket",
        "database",
        "google",
        "google_service_account",
        "google_storage_bucket",
        "google_member",
        "google_project",
        "azurerm_storage_account",
        "azurerm_virtual_network",
        "azuread_object",
        "railway_project",
        "railway_environment",
        "railway_service",
        "railway_volume",
    }
)
#: Services whose ARNs need neither region nor account to be unique.
_GLOBAL_SERVICES = frozenset({"s3"})
_ARN_PARTS = 6
#: More nodes than this behind one pattern are cut off, the first by name being kept.
MOST_MATCHES = 300


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN; `resource` is everything behind the fifth colon."""

    service: str
    region: str
    account: str
    resource: str


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A node that an identifier means; `unknown` names what that depends on, empty when it is certain."""

    node: str
    unknown: str = ""


@lru_cache(maxsize=65536)
def parse_arn(text: str) -> Arn | None:
    """The parts of an ARN, or None."""
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return None
    return Arn(parts[2].lower(), parts[3], parts[4], parts[5])


@dataclass(slots=True)
class NameIndex:
    """All names of all nodes. `add` first, then ask."""

    environments: Environments
    nodes: dict[str, GraphNode] = field(default_factory=dict)
    _exact: dict[str, list[str]] = field(default_factory=dict)
    _forms: dict[str, list[str]] = field(default_factory=dict)
    _arns: dict[tuple[str, str], list[tuple[str, Arn]]] = field(default_factory=dict)
    _sorted: list[tuple[str, str]] | None = None
    _matching: dict[str, tuple[tuple[str, Arn], ...]] = field(default_factory=dict)

    def add(self, node: GraphNode) -> None:
        """Adds a node under all its names (already in the common table's holes)."""
        self.nodes[node.id] = node
        self._sorted = None
        self._matching.clear()
        for name in node.node.names:
            _append(self._exact, name, node.id)
            arn = parse_arn(name)
            if arn is not None:
                self._arns.setdefault((arn.service, arn.resource), []).append((node.id, arn))
            else:
                _append(self._forms, name.partition(":")[2], node.id)

    def find(self, sought: str, asker: GraphNode) -> tuple[Match, ...]:
        """The nodes that `sought`, said by `asker`, means; none when nothing of that name is declared."""
        arn = parse_arn(sought)
        if arn is not None:
            return self._find_arn(sought, arn, asker)
        form, _, text = sought.partition(":")
        exact = self._exact.get(sought, ())
        if form == ANY_FORM:
            exact = self._forms.get(text, ())
        if not text or not exact:
            return ()
        if form in GLOBAL_FORMS or (has_holes(text) and len(text.strip()) <= 1):
            return tuple(Match(node) for node in sorted(set(exact)))
        return self._near(sorted(set(exact)), asker)

    def _find_arn(self, sought: str, arn: Arn, asker: GraphNode) -> tuple[Match, ...]:
        exact = sorted(set(self._exact.get(sought, ())))
        if exact and (not has_holes(sought) or len(exact) == 1):
            return tuple(Match(node) for node in exact)
        if exact:
            return self._near(exact, asker) or tuple(Match(node) for node in exact)
        found = self._arns.get((arn.service, arn.resource), ())
        if not found:
            return ()
        if arn.service in _GLOBAL_SERVICES:
            return tuple(Match(node) for node in sorted({node for node, _ in found}))
        return self._by_account(arn, found, asker)

    def _by_account(self, arn: Arn, found: Iterable[tuple[str, Arn]], asker: GraphNode) -> tuple[Match, ...]:
        """Nodes whose ARN differs from the sought one in account or region only, as far as these may be equal."""
        candidates = [node for node, other in found if _may_equal(other.region, arn.region)]
        if has_holes(arn.account):
            return self._near(sorted(set(candidates)), asker)
        matches = set()
        for node, other in found:
            if node not in candidates:
                continue
            if other.account == arn.account:
                matches.add(Match(node, "" if other.region == arn.region else f"the region of {asker.node.address}"))
            elif has_holes(other.account):
                verdict = self._account_fits(arn.account, self.nodes[node])
                if verdict is not None:
                    matches.add(Match(node, verdict))
        return tuple(sorted(matches))

    def _account_fits(self, account: str, node: GraphNode) -> str | None:
        """Whether a node of unknown account may be in `account`: by environments. None: no; else what it depends on."""
        known = self.environments.identities.get(f"aws:{account}")
        if known is None or not known.environments or not node.placement.environments:
            return f"whether {node.node.address} is in account {account}"
        if set(known.environments) & set(node.placement.environments):
            return ""
        return None

    def _near(self, candidates: list[str], asker: GraphNode) -> tuple[Match, ...]:
        """Of nodes with one name, those in the asker's deployment, else boundary, else environment."""
        own = [node for node in candidates if self.nodes[node].deployment == asker.deployment]
        if own:
            return tuple(Match(node) for node in own)
        boundary = asker.node.boundary
        same = [node for node in candidates if boundary and self.nodes[node].node.boundary == boundary]
        if same:
            return tuple(Match(node) for node in same)
        place = set(asker.placement.environments)
        near = [
            node
            for node in candidates
            if place
            and place == set(self.nodes[node].placement.environments)
            and _may_equal(self.nodes[node].node.boundary, boundary)
        ]
        if len(near) > 1:
            return tuple(Match(node, f"which {self.nodes[node].node.address} is meant") for node in near)
        return tuple(Match(node) for node in near)

    def matching(self, pattern: str) -> Iterator[tuple[str, Arn]]:
        """(node, its ARN) for every node whose ARN's resource part an ARN pattern surely covers, or lies in.

        Accounts and regions are not compared: the caller knows whose account an empty or unknown one is.
        """
        found = self._matching.get(pattern)
        if found is None:
            found = self._matching[pattern] = tuple(self._matched(pattern))
        yield from found

    def _matched(self, pattern: str) -> Iterator[tuple[str, Arn]]:
        arn = parse_arn(pattern)
        if arn is None:
            return
        if self._sorted is None:
            self._sorted = sorted(self._arns)
        prefix = literal_prefix(arn.resource)
        found = {key for parent in _parents(prefix) if (key := (arn.service, parent)) in self._arns}
        for key in self._sorted[bisect_left(self._sorted, (arn.service, prefix)) :]:
            if key[0] != arn.service or not key[1].startswith(prefix):
                break
            if covers(arn.resource, key[1]):
                found.add(key)
        for key in sorted(found):
            yield from self._arns[key]

    def by_boundary(self) -> dict[str, list[str]]:
        """The nodes that have an ARN, by boundary; boundaries that are not known are left out."""
        found: dict[str, set[str]] = {}
        for entries in self._arns.values():
            for node, _ in entries:
                boundary = self.nodes[node].node.boundary
                if boundary and not has_holes(boundary):
                    found.setdefault(boundary, set()).add(node)
        return {boundary: sorted(nodes) for boundary, nodes in sorted(found.items())}


def names_exactly(pattern: str, resource: str) -> bool:
    """Whether a pattern spells the whole name of a resource, or of what it lies in, without a wildcard in it."""
    prefix = literal_prefix(pattern)
    return prefix == resource or (prefix.startswith(resource) and prefix[len(resource)] in "/:")


def literal_prefix(pattern: str) -> str:
    """The part of a glob before its first wildcard."""
    for index, char in enumerate(pattern):
        if char in "*?":
            return pattern[:index]
    return pattern


def _parents(prefix: str) -> Iterator[str]:
    """The things in which something with this name lies: the bucket of an object, the table of an index."""
    for index, char in enumerate(prefix):
        if char in "/:" and index:
            yield prefix[:index]


@lru_cache(maxsize=65536)
def covers(pattern: str, text: str) -> bool:
    """Whether a glob (`*`, `?`) fits `text` whatever the holes in both are: a hole is fit by itself or by `*`.

    A bucket is also covered by a pattern for the objects in it (`bucket/*`).
    """
    if _glob(pattern, text):
        return True
    head, slash, rest = pattern.partition("/")
    return bool(slash) and rest.startswith("*") and "/" not in text and _glob(head, text)


def _glob(pattern: str, text: str) -> bool:
    """Glob matching without back-tracking beyond the last star."""
    at = position = 0
    star = -1
    kept = 0
    while position < len(text):
        if at < len(pattern) and (
            pattern[at] == text[position] or (pattern[at] == "?" and not has_holes(text[position]))
        ):
            at += 1
            position += 1
        elif at < len(pattern) and pattern[at] == "*":
            star, kept = at, position
            at += 1
        elif star >= 0:
            kept += 1
            at, position = star + 1, kept
        else:
            return False
    return all(char == "*" for char in pattern[at:])


def _may_equal(one: str, other: str) -> bool:
    """Whether two holed texts may be equal, told without looking at what the holes may hold."""
    return one == other or not one or not other or has_holes(one) or has_holes(other)


def _append(index: dict[str, list[str]], key: str, node: str) -> None:
    found = index.setdefault(key, [])
    if node not in found[-1:]:
        found.append(node)
