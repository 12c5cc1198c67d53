"""Compares our decisions with @cloud-copilot/iam-simulate, a program of its own that runs beside this one.

    npm install @cloud-copilot/iam-simulate      (anywhere outside of this repository; AGPL-3.0, never shipped)
    NODE_PATH=that/node_modules python tools/aws_differential.py --seed 1 2 3 --worlds 10000

A world is a caller, a resource and all their policies, at random, with unknown parts. Every world is decided as it is,
and then with the unknown parts filled in: each concrete answer must equal the simulator's, and must not contradict a
sure answer about the world with its unknowns. For an answer "maybe" 200 fillings are drawn: in most cases both verdicts
must occur. Prints the differences and the counts; exit code 1 when there is a difference that
`aws_differences.md` does not explain.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aws_simulator import Json, Simulator
from aws_worlds import SYMBOLS, Maker, World, filled, filling
from envfence.access import Capabilities, Engine, PrincipalView, Request, ResourceView
from envfence.access.probes import probes_of
from envfence.access.tables import action as find_action
from envfence.access.tables import service
from envfence.model import Grant, Principal
from envfence.providers.aws.statements import read_policy
from envfence.values import Span

HERE = Span("policy.json", 1)
DRAWS = 200
TESTS = Path(__file__).resolve().parent.parent / "tests" / "access"
_RANK = {"no": 0, "maybe": 1, "yes": 2}
_TYPES = {"role": "AssumedRole", "session": "AssumedRole", "user": "User", "federated": "FederatedUser"}


def grants(world: World, partly: bool = False) -> list[Grant]:
    """All statements of the world, read as the linter reads them; `partly` without those that are not to be known."""
    own = "trust" if world.kind == "trust" else "resource"
    found = _grants("grant", [{"Statement": world.given}]) if world.given else []
    for kind, name in (("identity", "identity"), ("boundary", "boundary"), ("session", "session_policy"), (own, "own")):
        if partly and name in world.unread:
            found.append(_unread(kind, "Allow"))
        elif not (partly and name in world.missing):
            found += _grants(kind, getattr(world, name))
    for kind, levels in (("scp", world.scp), ("rcp", world.rcp)):
        for number, documents in enumerate(levels):
            if partly and kind in world.unread:
                found += _unread_level(kind, f"level-{number}")
            else:
                found += _grants(kind, documents, f"level-{number}")
    return found


def _unread(kind: str, effect: str, level: str = "") -> Grant:
    return Grant(language="aws", policy=kind, effect=effect, span=HERE, attached_to=level, unknown="not read")


def _unread_level(kind: str, level: str) -> list[Grant]:
    """An organization's policy that has not been read may refuse anything, and need not allow it."""
    return [_unread(kind, "Deny", level), _unread(kind, "Allow", level)] if kind == "scp" else [_unread(kind, "Deny")]


def _grants(kind: str, documents: list[Any], level: str = "") -> list[Grant]:
    result = []
    for document in documents:
        policy = read_policy(json.dumps(document, ensure_ascii=False))
        if policy.mistakes:
            raise ValueError(f"{policy.mistakes} in {document}")
        result += [
            Grant(
                language="aws",
                policy=kind,
                effect=each.effect,
                span=HERE,
                attached_to=level,
                version=policy.version,
                actions=each.actions,
                not_actions=each.not_actions,
                resources=each.resources,
                not_resources=each.not_resources,
                principals=tuple(Principal(type=form, value=value) for form, value in each.principals),
                not_principals=tuple(Principal(type=form, value=value) for form, value in each.not_principals),
                conditions=each.conditions,
            )
            for each in policy.statements
        ]
    return result


def request(world: World, partly: bool = False) -> Request:
    """The question as our engine takes it; `partly` leaves the hidden keys unknown."""
    kind = {"session": "role", "federated": "user"}.get(world.who, world.who)
    people = world.who not in ("service", "public")
    tag = world.context.get("aws:PrincipalTag/env")
    context = {
        key: tuple(value) if isinstance(value, list) else (value,)
        for key, value in world.context.items()
        if not (partly and key in world.hidden)
    }
    return Request(
        principal=PrincipalView(
            world.principal,
            world.account if people else "",
            kind,
            tags={"env": tag} if tag else {},
            session=world.session,
            identity_known=not (partly and "identity" in world.missing),
        ),
        action=world.action,
        resource=world.resource,
        resource_account=world.owner,
        context=context,
        context_complete=True,
        context_unknown=frozenset(world.hidden) if partly else frozenset(),
        tags=world.tags,
        abac=world.abac,
        policy_known=not (partly and "own" in world.missing),
    )


def ours(world: World, partly: bool = False) -> str:
    """Our verdict."""
    return Engine(SYMBOLS).decide(request(world, partly), grants(world, partly)).verdict


def question(world: World) -> Json:
    """The world as the simulator wants it; it must have no holes."""
    principal: Any = world.principal
    if world.who == "session":
        principal = f"arn:aws:sts::{world.account}:assumed-role/{world.principal.rpartition('/')[2]}/{world.session}"
    elif world.who == "public":
        principal = {"type": "Anonymous"}
    result: Json = {
        "identityPolicies": _named(world.identity),
        "serviceControlPolicies": _levels(world.scp),
        "resourceControlPolicies": _levels(world.rcp),
        "request": {
            "action": world.action,
            "resource": {"resource": world.resource, "accountId": world.owner},
            "principal": principal,
            "contextVariables": _context(world),
        },
        "additionalSettings": {"s3": {"bucketAbacEnabled": world.abac}},
    }
    if world.boundary:
        result["permissionBoundaryPolicies"] = _named(world.boundary)
    if world.session_policy:
        result["sessionPolicy"] = world.session_policy[0]
    if world.own:
        result["resourcePolicy"] = _with(world.own[0], world.given)
    return result


def _with(document: Json, more: list[Json]) -> Json:
    listed = document["Statement"]
    return document | {"Statement": [*(listed if isinstance(listed, list) else [listed]), *more]}


def _context(world: World) -> Json:
    """The keys that a request carries, those included that both ends settle."""
    result = dict(world.context) | {"aws:ResourceAccount": world.owner}
    if world.tags:
        result["aws:ResourceTag/env"] = world.tags["env"]
    region = world.resource.split(":")[3] if world.resource.count(":") >= 5 else ""
    if region:
        result["aws:RequestedRegion"] = region
    if world.who in _TYPES:
        result |= {"aws:PrincipalAccount": world.account, "aws:PrincipalType": _TYPES[world.who]}
        result["aws:PrincipalArn"] = world.principal
    if world.who == "public":
        result["aws:PrincipalType"] = "Anonymous"
    if world.who == "user":
        result["aws:username"] = world.principal.rpartition("/")[2]
    return {key: value for key, value in result.items() if _is_supported(world.action, key)}


def _is_supported(action: str, key: str) -> bool:
    """Whether a request for the action carries the key. The simulator takes keys about tags for granted wherever they
    are supplied; AWS has them only where its own tables list them."""
    if not key.startswith(("aws:ResourceTag/", "aws:RequestTag/", "aws:TagKeys")):
        return True
    row, found = find_action(action), service(action.partition(":")[0].lower())
    if row is None or found is None:
        return True
    stem = key.lower().partition("/")[0] + ("/" if "/" in key else "")
    return stem in row.keys.union(*(found.type_keys.get(kind, frozenset()) for kind in row.types))


def _named(documents: list[Any]) -> list[Json]:
    return [{"name": f"policy-{number}", "policy": document} for number, document in enumerate(documents)]


def _levels(levels: list[list[Any]]) -> list[Json]:
    return [{"orgIdentifier": f"level-{n}", "policies": _named(documents)} for n, documents in enumerate(levels)]


@dataclass
class Tally:
    """What a run has seen so far."""

    show: int
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def compare(self, general: str, world: World, answer: str) -> None:
        """One concrete answer."""
        if answer.startswith("error"):
            self.counts["refused"] += 1
            self.refusals[answer[:110]] += 1
            return
        expected = "yes" if answer == "Allowed" else "no"
        concrete = ours(world)
        self.counts["compared"] += 1
        self.counts["decided" if general != "maybe" else "open"] += 1
        problem = ""
        if general not in ("maybe", expected):
            problem = "unsound"
        elif concrete != expected:
            problem = "open although known" if concrete == "maybe" else "differs"
        if not problem:
            return
        problem = explained(world) or problem
        self.counts[problem] += 1
        if self.counts[problem] <= self.show and not problem.startswith("explained"):
            print(problem, "| ours", general, concrete, "| theirs", answer)
            print(json.dumps({key: value for key, value in vars(world).items() if value}, ensure_ascii=False))


def explained(world: World) -> str:
    """The number of the explanation in `aws_differences.md`, where the world is of a kind that one speaks of."""
    if world.session_policy and world.own:
        return "explained: 1 (session)"
    documents = (*world.identity, *world.boundary, *world.session_policy, *world.own)
    listed = [*documents, *(each for levels in (world.scp, world.rcp) for level in levels for each in level)]
    if any(each.get("Version") != "2012-10-17" and "${" in json.dumps(each) for each in listed):
        return "explained: 2 (variables in the old language)"
    found = _of_conditions(world, json.dumps(listed))
    if found:
        return found
    if world.who == "federated" and any(":user/" in json.dumps(each) for each in world.own):
        return "explained: 12 (federated user)"
    if any(_is_short(text) for level in world.rcp for each in level for text in _resources(each)):
        return "explained: 3 (short ARN in a resource control policy)"
    return ""


def _of_conditions(world: World, text: str) -> str:
    """What a condition or the kind of caller explains."""
    other = ("10.0.0.", "192.0.2.") if ":" in str(world.context.get("aws:SourceIp")) else ("2001:",)
    if "IpAddress" in text and ("/0" in text or any(each in text for each in other)):
        return "explained: 5 (address ranges)"
    if "Date" in text and ("aws:EpochTime" in text or "1767225600" in text):
        return "explained: 6 (dates as numbers)"
    if "Numeric" in text and ("1e1" in text or "0x10" in text):
        return "explained: 7 (numbers)"
    if world.who == "service" and world.scp:
        return "explained: 10 (who is outside of organization policies)"
    return ""


def _resources(document: Json) -> list[str]:
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    found = [each.get("Resource", each.get("NotResource", [])) for each in listed]
    return [text for each in found for text in ([each] if isinstance(each, str) else each)]


def _is_short(text: str) -> bool:
    return text != "*" and text.count(":") < 5


def draw(world: World, rng: random.Random) -> World:
    """The world with values for what is unknown: holes, and keys of the context that were hidden."""
    concrete = filled(world, filling(rng, world))
    others = Maker(rng, 0.0)
    for key in world.hidden:
        concrete.context.pop(key, None)
    spare = replace(concrete, context={})
    others.context(spare)
    for key in world.hidden:
        if key in spare.context:
            concrete.context[key] = spare.context[key]
    others.again(concrete)
    return concrete


def run(seed: int, options: argparse.Namespace, simulator: Simulator, tally: Tally) -> None:
    """All worlds of one seed."""
    rng = random.Random(seed)  # noqa: S311 - a fuzzer wants to be repeatable
    maker = Maker(rng, options.holes)
    cases: list[tuple[str, World]] = []
    for _ in range(options.worlds):
        world = maker.world()
        partly = bool(world.hidden or world.unread or world.missing)
        general = ours(world, partly)
        cases += [(general, draw(world, rng)) for _ in range(options.fillings)]
        if general == "maybe":
            drawn = (draw(world, rng) for _ in range(DRAWS))
            verdicts = set()
            for each in drawn:
                verdicts.add(ours(each))
                if {"yes", "no"} <= verdicts:
                    break
            tally.counts["maybe worlds"] += 1
            tally.counts["maybe worlds with both verdicts"] += {"yes", "no"} <= verdicts
            if options.stuck and not {"yes", "no"} <= verdicts:
                print("stuck", verdicts, json.dumps({k: v for k, v in vars(world).items() if v}, ensure_ascii=False))
    for (general, world), answer in zip(cases, simulator.ask(question(world) for _, world in cases), strict=True):
        tally.compare(general, world, answer)


def compare_doors(seed: int, options: argparse.Namespace) -> Counter[str]:
    """The bulk door against single questions, for callers that have policies of their own; no simulator takes part."""
    rng = random.Random(seed)  # noqa: S311 - a fuzzer wants to be repeatable
    maker = Maker(rng, options.holes)
    counts: Counter[str] = Counter()
    for _ in range(options.worlds):
        world = maker.world()
        if world.who in ("service", "public") or world.resource == "*" or world.missing:
            continue
        statements = [each for each in grants(world, True) if not (each.unknown and each.policy == "identity")]
        beside = ("resource", "trust", "grant", "rcp")
        own = tuple(each for each in statements if each.policy in beside)
        rest = tuple(each for each in statements if each.policy not in beside)
        whole = request(world)
        view = ResourceView(
            (world.resource,), "", world.owner, own, tags=world.tags, tags_complete=True, abac=world.abac
        )
        engine = Engine(SYMBOLS)
        found = {each.name: each for each in Capabilities(engine).of(whole.principal, rest, view)}
        for probe in probes_of(view):
            for action in probe.actions:
                name = f"{probe.service}:{action.name}"
                asked = replace(whole, action=name, resource=probe.arn, context={}, context_complete=False)
                single = engine.decide(asked, statements).verdict
                bulk = found.get(action.capability)
                counts["asked"] += 1
                same = bulk.verdict if bulk is not None else "no"
                wrong = _RANK[single] > _RANK[same] or (bulk is not None and bulk.action == name and single != same)
                if wrong:
                    counts["wrong"] += 1
                    if counts["wrong"] <= options.show:
                        print(f"{name}: bulk {same}, single {single}")
                        print(json.dumps({key: value for key, value in vars(world).items() if value}))
    return counts


def ask_cases(simulator: Simulator) -> int:
    """The table of cases of the tests, asked of the simulator; 1 when one differs that does not say so."""
    sys.path.insert(0, str(TESTS))
    reader = importlib.import_module("aws_cases")
    table = reader.cases()
    answers = simulator.ask(_of_case(case, reader.PEOPLE) for case in table)
    wrong = 0
    for case, answer in zip(table, answers, strict=True):
        theirs = "error" if answer.startswith("error") else "yes" if answer == "Allowed" else "no"
        same = theirs == case.expected
        if same == bool(case.unlike):
            wrong += 1
            print(f"rule {case.rule}, {case.says}: ours {case.expected}, theirs {answer[:200]}")
    print(f"{len(table)} cases, {sum(bool(case.unlike) for case in table)} known to differ, {wrong} unexplained")
    return 1 if wrong else 0


def _of_case(case: Any, people: dict[str, str]) -> Json:
    """A case as the simulator wants it."""
    found: dict[str, list[Any]] = {"scp": [], "rcp": []}
    for kind, level, document in case.policies:
        name = "own" if kind in ("trust", "resource") else kind
        found.setdefault(name, []).append([document] if level else document)
    who = {"app": "role", "ann": "user", "anybody": "public"}.get(case.who, "session")
    principal = people["app"] if who == "session" else people[case.who]
    world = World(
        kind="",
        action=case.action,
        principal=principal,
        session=people[case.who].rpartition("/")[2] if who == "session" else "",
        who=who,
        account="111111111111",
        resource=case.resource,
        owner=case.owner,
        identity=found.get("identity", []),
        boundary=found.get("boundary", []),
        session_policy=found.get("session", []),
        scp=found["scp"],
        rcp=found["rcp"],
        own=found.get("own", []),
        context=case.context,
        tags=case.tags,
        abac=case.abac,
    )
    return question(world)


def main() -> int:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--worlds", type=int, default=1000, help="for each seed")
    parser.add_argument("--fillings", type=int, default=4, help="concrete requests for each world")
    parser.add_argument("--holes", type=float, default=0.12, help="how often a part is unknown")
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--stuck", action="store_true", help="print the open worlds that 200 fillings do not split")
    parser.add_argument("--cases", action="store_true", help="ask about the table of cases in tests/access instead")
    parser.add_argument("--doors", action="store_true", help="compare the bulk door with single questions instead")
    options = parser.parse_args()
    if options.doors:
        counts = sum((compare_doors(seed, options) for seed in options.seed), Counter[str]())
        print(json.dumps(dict(sorted(counts.items())), indent=1))
        return 1 if counts["wrong"] else 0
    if options.cases:
        with Simulator() as simulator:
            return ask_cases(simulator)
    tally = Tally(options.show)
    with Simulator() as simulator:
        for seed in options.seed:
            run(seed, options, simulator, tally)
    for reason, count in tally.refusals.most_common(8):
        print(f"refused {count}: {reason}")
    print(json.dumps(dict(sorted(tally.counts.items())), indent=1))
    return 1 if any(tally.counts[name] for name in ("unsound", "differs", "open although known")) else 0


if __name__ == "__main__":
    sys.exit(main())
