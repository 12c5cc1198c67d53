"""Where the nodes of one deployment are, where that differs from the deployment itself.

Comes in: the facts of one deployment, its verdict, the identity map. Goes out: verdicts by node. Must not know:
other deployments, rules.

A node's own signals count by the same ranking as its deployment's. Keys and labels inside a root say where a thing is
only when the root itself was not placed by anything as strong: in a root that is applied once per environment, the key
`production` names a counterpart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from envfence.config import Config
from envfence.environments.addresses import steps_of
from envfence.environments.declared import declares_nodes, node_signals
from envfence.environments.far import own_name, solid
from envfence.environments.identities import Identities
from envfence.environments.instances import carriers
from envfence.environments.names import Names
from envfence.environments.verdict import Verdict
from envfence.environments.votes import FIRM, STRENGTH, Reader, Vote
from envfence.model import Facts, Node, Signal
from envfence.words import tokens

_INPUT, _BOUNDARY, _TAG = STRENGTH["input"], STRENGTH["boundary"], STRENGTH["tag"]
_PATH, _NAME = STRENGTH["path"], STRENGTH["name"]

_NAMESPACE = "kubernetes:"

#: What the address of a module instance holds that is called an environment (`module.environment_stage`).
_STATING = "module.env"

#: So many resources with a tag speak for a root module, be they ever so few of it; of a smaller root, half of them.
_SEVERAL = 5

#: A file and a line of it.
Place = tuple[str, int]


class NodePlacer:
    """Places the nodes of one deployment; `disputed` collects tags that contradict the deployment itself."""

    def __init__(
        self,
        facts: Facts,
        verdict: Verdict,
        reader: Reader,
        identities: Identities,
        config: Config,
        constant: frozenset[Place] = frozenset(),
    ) -> None:
        self.facts = facts
        self.constant = constant
        self.verdict = verdict
        self.reader = reader
        self.names: Names = reader.names
        self.identities = identities
        self.config = config
        self.asks_config = declares_nodes(config)
        self.disputed: list[Vote] = []
        # A tag that repeats an input's default is that default, seen once more.
        self.defaults = {vote.keys for vote in verdict.votes if vote.strength == STRENGTH["default"]}
        self.tags = {node.address: vote for node in facts.nodes if (vote := self._tag(node)) is not None}
        self.tag_keys = frozenset(vote.keys for vote in self.tags.values())
        self.several_boundaries = len({node.boundary for node in facts.nodes if node.boundary}) > 1
        self.inside = not verdict.keys or verdict.strength > FIRM
        self.carried: dict[str, Vote] = {}
        may_name = self.names.may_name
        self.telling = {node.address for node in facts.nodes if _is_named(node, may_name)} if self.inside else set()

    def placements(self) -> Iterator[tuple[Node, Verdict]]:
        """Each node whose placement differs from the deployment's, with its verdict."""
        if self.inside:
            self.carried = carriers((each for each in self.facts.nodes if each.address in self.telling), self.names)
        else:
            self.carried = self._stated()
        for node in self.facts.nodes:
            verdict = self._place(node)
            if verdict is not None and _differs(verdict, self.verdict):
                yield node, verdict

    def unanimous_tag(self) -> Vote | None:
        """The tag vote that all tagged nodes agree on; None where they differ, where the tags speak for few nodes, and
        where other nodes carry another environment."""
        if len(self.tag_keys) != 1 or not self._tags_speak_for_all():
            return None
        carried = carriers((each for each in self.facts.nodes if each.address in self.telling), self.names)
        if any(vote.keys not in self.tag_keys for vote in carried.values()):
            return None
        return min(self.tags.values(), key=lambda vote: vote.signal)

    def _tags_speak_for_all(self) -> bool:
        """Whether the tags are the root module's: given by a provider or a local, or to many of its resources."""
        tagged = [node for node in self.facts.nodes if node.address in self.tags]
        if any(not _is_within(self.tags[node.address].signal, node) for node in tagged):
            return True
        managed = sum(node.mode == "managed" for node in self.facts.nodes)
        return len(tagged) >= _SEVERAL or 2 * len(tagged) >= managed

    def _place(self, node: Node) -> Verdict | None:
        given = self._own(node) or self._boundary(node)
        if given is not None:
            return _of(given)
        tag = self.tags.get(node.address)
        if tag is not None:
            same = tag.keys == self.verdict.keys
            return _of(tag, *self.verdict.votes) if same else self._tagged(tag)
        carried = self._carried(node)
        if carried is not None:
            return _of(carried)
        return None if self.verdict.keys else self._named(node)

    def _own(self, node: Node) -> Vote | None:
        """What declares this very node, or gives it its environments: several words mean all of them."""
        if self.asks_config:
            for signal in node_signals(self.config, node, (_label(node), *(_text(name) for name in node.names))):
                return self.reader.read(signal)
        for signal in node.signals:
            if signal.kind in ("declared", "input") or (signal.kind == "boundary" and signal.words):
                vote = self.reader.read(signal)
                if vote is not None and vote.keys and not (signal.kind == "boundary" and self._is_shared(signal, vote)):
                    return vote
        return None

    def _is_shared(self, signal: Signal, vote: Vote) -> bool:
        """Whether the place where a node lies may well be shared by lower environments, its own among them."""
        alike = self.names.tier_of_all(vote.keys) == self.names.tier_of_all(self.verdict.keys)
        return alike and self.verdict.strength <= _INPUT and not signal.value.startswith(_NAMESPACE)

    def _boundary(self, node: Node) -> Vote | None:
        """The account of a node decides against its deployment's where the root acts in several."""
        if not node.boundary or not self.several_boundaries:
            return None
        keys = self.identities.explicit(node.boundary)
        if len(keys) != 1 or keys == self.verdict.keys or self.verdict.strength == STRENGTH["declared"]:
            return None
        alike = self.names.tier_of_all(keys) == self.names.tier_of_all(self.verdict.keys)
        if alike and not node.boundary.startswith(_NAMESPACE):
            return None  # lower environments share accounts; a namespace that bears a name is nobody else's
        signal = Signal(kind="boundary", value=node.boundary, span=node.span, says=f"in {node.boundary}")
        return Vote(_BOUNDARY, keys, signal)

    def _tag(self, node: Node) -> Vote | None:
        for signal in node.signals:
            if signal.kind == "tag":
                vote = self.reader.read(signal)
                if vote is not None and len(vote.keys) == 1:
                    return None if vote.keys in self.defaults else vote
        return None

    def _tagged(self, tag: Vote) -> Verdict | None:
        """A node whose tag says something else than its deployment."""
        verdict = self.verdict
        siblings = len(self.tag_keys) > 1
        if verdict.strength == STRENGTH["declared"] and verdict.keys:
            return None
        if verdict.hub or verdict.conflict:
            return _of(tag) if siblings else None
        if not verdict.keys or siblings:
            return _of(tag) if self._says_more(tag) else None
        same_tier = self.names.tier_of_all(verdict.keys) == self.names.tier_of_all(tag.keys)
        if verdict.strength > _PATH:
            return _of(tag) if self._says_more(tag) else None
        if same_tier or _place(tag.signal) in self.constant:
            return None
        self.disputed.append(tag)
        return Verdict(candidates=verdict.keys | tag.keys, strength=_TAG, conflict=True, votes=(tag, *verdict.votes))

    def _says_more(self, tag: Vote) -> bool:
        """A generic tag (`nonprod`) says nothing new about what is in one nonproduction environment."""
        if not all(self.names.is_generic(key) for key in tag.keys) or not self.verdict.keys:
            return True
        return self.names.tier_of_all(tag.keys) != self.names.tier_of_all(self.verdict.keys)

    def _carried(self, node: Node) -> Vote | None:
        """The outermost step on the way down that carries an environment: what is inside speaks of counterparts."""
        if not self.carried or (self.inside and node.address not in self.telling):
            return None
        return next((self.carried[step.path] for step in steps_of(node.address) if step.path in self.carried), None)

    def _stated(self) -> dict[str, Vote]:
        """Module instances that say outright which environment they are (`module.environment_stage`, beside another),
        where the deployment is an account of several: of its own tier, which an input told."""
        nodes = [node for node in self.facts.nodes if _STATING in node.address]
        tier = self.names.tier_of_all(self.verdict.keys)
        return {
            path: vote
            for path, vote in (carriers(nodes, self.names) if nodes else {}).items()
            if tokens(path.rpartition(".")[2])[:1] in (("environment",), ("env",))
            and self.names.tier_of_all(vote.keys) == tier
        }

    def _named(self, node: Node) -> Verdict | None:
        """Placed by its own names, weakly; in a deployment with candidates, by one of them only."""
        found = dict(self.names.of_name(_label(node))) if node.address in self.telling else {}
        for name in node.names if self.names.may_name(" ".join(node.names)) else ():
            found.update(self.names.of_name(solid(_text(name))))
        if len(found) != 1:
            return None
        key = next(iter(found))
        if self.verdict.candidates and key not in self.verdict.candidates:
            return None
        signal = next((signal for signal in node.signals if signal.kind == "name"), None)
        if signal is None:
            signal = Signal(kind="name", value=found[key], span=node.span, says=f"named {_label(node)}")
        return Verdict(keys=frozenset([key]), strength=_NAME, votes=(Vote(_NAME, frozenset([key]), signal),))


def _is_named(node: Node, may_name: Callable[[str], bool]) -> bool:
    """Whether an address may say where a thing is. That of a pipeline's job says what it does (`test`, `integration`):
    its reader gives what is telling about it as a name."""
    return node.mode != "job" and may_name(node.address)


def _is_within(tag: Signal, node: Node) -> bool:
    """Whether a tag is written in the block of the resource itself, as far as a place tells."""
    return tag.span.path == node.span.path and tag.span.line >= node.span.line


def constant_tags(facts: Sequence[Facts], verdicts: Mapping[str, Verdict]) -> dict[str, frozenset[Place]]:
    """By root module the places of tags that have one value in deployments of several environments: they are text that
    the deployments share, and say nothing about one of them."""
    seen: dict[str, dict[Place, set[tuple[frozenset[str], str]]]] = defaultdict(lambda: defaultdict(set))
    for each in facts:
        keys = verdicts[each.deployment.id].keys if each.deployment.name else frozenset()
        for node in each.nodes if keys else ():
            for signal in node.signals:
                if signal.kind == "tag":
                    seen[each.deployment.root][_place(signal)].add((keys, signal.value))
    return {
        root: frozenset(at for at, said in tags.items() if len(said) > 1 and len({value for _, value in said}) == 1)
        for root, tags in seen.items()
    }


def _place(signal: Signal) -> Place:
    return signal.span.path, signal.span.line


def _of(vote: Vote, *others: Vote) -> Verdict:
    return Verdict(keys=vote.keys, firm=vote.strength <= FIRM, strength=vote.strength, votes=(vote, *others))


def _differs(verdict: Verdict, other: Verdict) -> bool:
    return (verdict.keys, verdict.candidates, verdict.hub, verdict.firm) != (
        other.keys,
        other.candidates,
        other.hub,
        other.firm,
    )


def _label(node: Node) -> str:
    steps = steps_of(node.address)
    return steps[-1].label if steps else ""


def _text(identifier: str) -> str:
    return own_name(identifier)
