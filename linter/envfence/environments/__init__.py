"""Signals → environments: of every deployment, every node that differs from its deployment, and every boundary.

Comes in: all facts, the configuration. Goes out: `Environments`. Must not know: rules, the graph.

The order in which signals count: declared, inputs, boundary ids, literal tags, instances inside a root, path segments
with siblings, defaults, names. Strong signals that disagree give no environment but candidates, and a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from envfence.config import Config
from envfence.environments.declared import deployment_signals
from envfence.environments.far import place_external
from envfence.environments.habits import own_states, trusted_defaults
from envfence.environments.identities import Identities
from envfence.environments.names import Names
from envfence.environments.nodes import NodePlacer, Place, constant_tags
from envfence.environments.verdict import Verdict, decide, evidence_of
from envfence.environments.votes import STRENGTH, Reader, Vote
from envfence.model import BoundaryUse, Environments, Facts, Placement, Signal
from envfence.values import Span

__all__ = ["assign", "place_external"]


def assign(
    facts: Sequence[Facts], config: Config, assume: str | None = None, noted: Iterable[Signal] = ()
) -> Environments:
    """The environments of everything in `facts`. `assume` names the environment of whatever shows no evidence of one;
    `noted` is what files say about ids beside their numbers.

    The order of `facts` does not matter. Never fails: what cannot be decided is an unknown placement.
    """
    return _Assignment(sorted(facts, key=lambda each: each.deployment.id), config, assume, noted).run()


class _Assignment:
    """One run: what was learned about names and boundaries so far, and the verdicts."""

    def __init__(self, facts: Sequence[Facts], config: Config, assume: str | None, noted: Iterable[Signal]) -> None:
        self.facts = [each for each in facts if not _is_outside(each)]
        self.outside = [each for each in facts if _is_outside(each)]
        self.config = config
        self.assume = assume
        self.names = Names(config)
        self.reader = Reader(self.names, facts)
        self.identities = Identities(config, facts, self.names, noted)
        self.verdicts: dict[str, Verdict] = {}
        self.conflicts: list[tuple[str, tuple[Signal, ...]]] = []

    def run(self) -> Environments:
        votes = {each.deployment.id: self._votes(each) for each in self.facts}
        votes = own_states(trusted_defaults(votes), self.names)
        self.names.learn(STRENGTH["path"])
        for each in self.facts:
            self.verdicts[each.deployment.id] = decide(votes[each.deployment.id], self.names, _is_alone(each))
        for each in self.facts:
            self._teach(each)
        for each in self.facts:
            if not self.verdicts[each.deployment.id].keys:
                self._second_look(each, votes[each.deployment.id])
        nodes = self._nodes()
        deployments = {name: self._shown(self._assumed(verdict)) for name, verdict in self.verdicts.items()}
        deployments.update({each.deployment.id: _outside(each) for each in self.outside})
        return Environments(
            deployments=deployments,
            nodes={name: self._shown(verdict) for name, verdict in nodes.items()},
            identities=self.identities.placements(),
            tiers=self.names.tiers(),
            spellings=self.names.spellings(),
            conflicts=tuple(sorted(self.conflicts)),
        )

    def _votes(self, facts: Facts) -> list[Vote]:
        votes = [
            vote for signal in deployment_signals(self.config, facts.deployment) if (vote := self.reader.read(signal))
        ]
        votes += self.reader.deployment(facts)
        for use in _principal_boundaries(facts):
            keys = self.identities.explicit(use.boundary)
            if len(keys) == 1:
                votes.append(Vote(STRENGTH["boundary"], keys, _acts_in(use)))
        return votes

    def _teach(self, facts: Facts) -> None:
        """The identity map learns from a deployment that surely has one environment where it acts."""
        verdict = self.verdicts[facts.deployment.id]
        sure = verdict.firm or verdict.strength == STRENGTH["path"]
        if sure and (len(verdict.keys) == 1 or verdict.hub):
            for use in _principal_boundaries(facts):
                says = f"{facts.deployment.id} acts in it"
                words = self.names.show_all(verdict.keys)
                signal = Signal(kind="boundary", value=use.boundary, words=words, span=use.span, says=says)
                self.identities.learn(use.boundary, verdict.keys, verdict.hub, signal)

    def _second_look(self, facts: Facts, votes: list[Vote]) -> None:
        """What has no environment yet: by an account that others taught us, else by tags that all agree."""
        before = self.verdicts[facts.deployment.id]
        if before.conflict:
            against = (vote for vote in before.votes if vote.keys and vote.strength <= STRENGTH["path"])
            self.conflicts.append((facts.deployment.id, evidence_of(against)))
            return
        if before.hub and before.firm:
            return
        more = [*votes, *self._reread(facts, votes)]
        shared: set[str] = set()
        for use in _principal_boundaries(facts):
            keys = self.identities.of(use.boundary)
            if len(keys) == 1:
                more.append(Vote(STRENGTH["boundary"], keys, _acts_in(use)))
            # Others that were seen in an account do not say that nothing else is in it; a map of accounts does.
            shared |= self.identities.explicit(use.boundary)
        tag = NodePlacer(facts, before, self.reader, self.identities, self.config).unanimous_tag()
        if tag is not None and not before.hub and not self.assume:
            more.append(tag)
        verdict = decide(more, self.names, _is_alone(facts)) if len(more) > len(votes) else before
        if not (verdict.keys or verdict.candidates or verdict.hub) and len(shared) > 1:
            verdict = Verdict(candidates=frozenset(shared), strength=STRENGTH["boundary"], votes=verdict.votes)
        self.verdicts[facts.deployment.id] = verdict

    def _reread(self, facts: Facts, votes: Sequence[Vote]) -> list[Vote]:
        """Names that say something now that the environments of the repository are known."""
        seen = {vote.signal for vote in votes}
        signals = [each for each in facts.deployment.signals if each.kind == "name" and each not in seen]
        return [vote for each in signals if (vote := self.reader.read(each)) is not None]

    def _nodes(self) -> dict[str, Verdict]:
        found: dict[str, Verdict] = {}
        constant = constant_tags(self.facts, self.verdicts)
        unheard = self._unheard(constant)
        for each in self.facts:
            name, placer = each.deployment.id, self._placer(each, constant)
            for node, verdict in placer.placements():
                if verdict.strength not in unheard:
                    found[f"{name}:{node.address}"] = verdict
            if placer.disputed:
                against = [vote for vote in self.verdicts[name].votes if vote.keys == self.verdicts[name].keys]
                self.conflicts.append((name, evidence_of([*against[:3], *placer.disputed])))
        return found

    def _placer(self, facts: Facts, constant: Mapping[str, frozenset[Place]]) -> NodePlacer:
        verdict, shared = self.verdicts[facts.deployment.id], constant.get(facts.deployment.root, frozenset())
        return NodePlacer(facts, verdict, self.reader, self.identities, self.config, shared)

    def _unheard(self, constant: Mapping[str, frozenset[Place]]) -> set[int]:
        """What places no node under `--assume`: a mere name says less than who runs us, and tags of one tier in files
        that show no environment otherwise tell nothing apart: examples are full of them."""
        if not self.assume:
            return set()
        told = any(each.keys and each.strength <= STRENGTH["path"] for each in self.verdicts.values())
        tags = {keys for each in self.facts for keys in self._placer(each, constant).tag_keys}
        tiers = {self.names.tier_of_all(keys) for keys in tags}
        return {STRENGTH["name"]} if told or len(tiers) > 1 else {STRENGTH["name"], STRENGTH["tag"]}

    def _assumed(self, verdict: Verdict) -> Verdict:
        """`--assume`: for what nothing was said about but defaults and names. The tag of a resource places that one."""
        told = (verdict.keys or verdict.candidates) and verdict.strength <= STRENGTH["path"]
        if not self.assume or told or verdict.hub:
            return verdict
        found = self.names.of_given(self.assume)
        if found is None:
            return verdict
        self.names.met(*found, STRENGTH["input"])
        signal = Signal(kind="declared", value=self.assume, span=Span("", 0), says=f"--assume {self.assume}")
        vote = Vote(STRENGTH["declared"], frozenset([found[0]]), signal)
        return Verdict(keys=vote.keys, firm=True, strength=vote.strength, votes=(vote,))

    def _shown(self, verdict: Verdict) -> Placement:
        return verdict.placement(self.names)


def _principal_boundaries(facts: Facts) -> list[BoundaryUse]:
    """Where a deployment mainly acts: its only boundary of a provider, or that of the configuration without alias."""
    by_provider: dict[str, dict[str, BoundaryUse]] = {}
    for use in facts.boundaries:
        if use.boundary:
            family = use.boundary.partition(":")[0]
            by_provider.setdefault(family, {}).setdefault(use.boundary, use)
    found: list[BoundaryUse] = []
    for uses in by_provider.values():
        plain = [use for use in uses.values() if "." not in use.provider]
        chosen = list(uses.values()) if len(uses) == 1 else plain
        found += chosen if len(chosen) == 1 else []
    return found


def _acts_in(use: BoundaryUse) -> Signal:
    return Signal(
        kind="boundary", value=use.boundary, span=use.span, says=f"provider {use.provider} acts in {use.boundary}"
    )


def _is_alone(facts: Facts) -> bool:
    """Whether a directory has only this deployment: no input chooses between several."""
    return not facts.deployment.name


def _is_outside(facts: Facts) -> bool:
    """Whether a source holds nothing but credentials written into it, which whoever can read it has, or what agents are
    permitted, whatever they work on."""
    return bool(facts.nodes) and all(node.mode in ("token", "agent") for node in facts.nodes)


def _outside(facts: Facts) -> Placement:
    signals = sorted({signal for node in facts.nodes for signal in node.signals})
    return Placement(tier="outside", firm=True, evidence=tuple(signals))
