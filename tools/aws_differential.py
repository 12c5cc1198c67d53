"""Compares our decisions with @cloud-copilot/iam-simulate, a program of its own that runs beside this one.

    npm install @cloud-copilot/iam-simulate      (anywhere outside of this repository; AGPL-3.0, never shipped)
    NODE_PATH=that/node_modules python tools/aws_differential.py --seed 1 --worlds 1000

A world is a principal, a resource and their policies, at random, with unknown parts. Every world is asked as it is, and
then with the unknown parts filled in: each concrete answer must equal the simulator's, and must not contradict a sure
answer about the world with its unknowns. Prints the differences and the counts; exit code 1 when there is any.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from envfence.access import Engine, PrincipalView, Request
from envfence.model import Condition, Grant, Principal
from envfence.values import Span, Symbol, hole_char

RUNNER = """
const {runSimulation} = require('@cloud-copilot/iam-simulate');
let text = ''; process.stdin.on('data', d => text += d).on('end', async () => {
  const out = [];
  for (const c of JSON.parse(text)) {
    try { const r = await runSimulation(c, {simulationMode: 'Strict'});
      out.push(r.resultType === 'error' ? 'error:' + JSON.stringify(r.errors).slice(0, 300) : r.overallResult);
    } catch (e) { out.push('error:' + e.message); }
  }
  console.log(JSON.stringify(out));
});
"""
ACCOUNTS = ("111111111111", "222222222222")
WORDS = ("prod", "staging", "prod-eu", "dev")
ENV, NAME, ACCOUNT = hole_char(0), hole_char(1), hole_char(2)
SYMBOLS = (Symbol("var.env", "d"), Symbol("var.name", "d"), Symbol("account(aws)", "d"))
KINDS = ("s3", "dynamodb", "sqs", "kms", "assume")
ACTIONS = {
    "s3": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    "dynamodb": ("dynamodb:GetItem", "dynamodb:DeleteTable", "dynamodb:UpdateTable"),
    "sqs": ("sqs:SendMessage", "sqs:DeleteQueue", "sqs:PurgeQueue"),
    "kms": ("kms:Decrypt", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"),
    "assume": ("sts:AssumeRole",),
}
SERVICE = {"assume": "sts"}
Json = dict[str, Any]


@dataclass
class World:
    """One question with its policies, in JSON with holes."""

    kind: str
    action: str
    principal: str
    account: str
    resource: str
    owner: str
    policies: dict[str, list[Json]]
    context: dict[str, str]
    tags: dict[str, str]


def make(rng: random.Random) -> World:
    """A world."""
    kind = rng.choice(KINDS)
    caller, owner = maybe_hole(rng, rng.choice(ACCOUNTS), ACCOUNT), rng.choice(ACCOUNTS)
    principal = f"arn:aws:iam::{caller}:{rng.choice(('role', 'user'))}/{name(rng)}"
    resource = resource_arn(rng, kind, owner)
    context = {"aws:PrincipalTag/env": rng.choice(WORDS), "aws:SourceIp": rng.choice(("10.0.0.1", "192.0.2.9"))}
    if rng.random() < 0.2:
        del context["aws:PrincipalTag/env"]
    policies = {"identity": [statement(rng, kind, resource, None) for _ in range(rng.randint(0, 3))]}
    if rng.random() < 0.3:
        policies["boundary"] = [statement(rng, kind, resource, None) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.2:
        policies["scp"] = [statement(rng, kind, resource, None, broad=True) for _ in range(rng.randint(1, 2))]
    own = "trust" if kind == "assume" else "resource"
    if own == "trust" or kind == "kms" or rng.random() < 0.6:
        policies[own] = [statement(rng, kind, resource, principal) for _ in range(rng.randint(1, 2))]
    return World(
        kind,
        rng.choice(ACTIONS[kind]),
        principal,
        caller,
        resource,
        owner,
        policies,
        context,
        {"env": rng.choice(WORDS)},
    )


def maybe_hole(rng: random.Random, text: str, hole: str) -> str:
    """The text, or sometimes a hole instead."""
    return hole if rng.random() < 0.15 else text


def name(rng: random.Random) -> str:
    """A name such as prod-app, parts of it unknown."""
    return f"{maybe_hole(rng, rng.choice(WORDS), ENV)}-{maybe_hole(rng, rng.choice(('app', 'db')), NAME)}"


def resource_arn(rng: random.Random, kind: str, owner: str) -> str:
    """The ARN of the thing that is asked for."""
    return {
        "s3": f"arn:aws:s3:::{name(rng)}/key/{rng.choice('ab')}",
        "dynamodb": f"arn:aws:dynamodb:eu-west-1:{owner}:table/{name(rng)}",
        "sqs": f"arn:aws:sqs:eu-west-1:{owner}:{name(rng)}",
        "kms": f"arn:aws:kms:eu-west-1:{owner}:key/{name(rng)}",
        "assume": f"arn:aws:iam::{owner}:role/{name(rng)}",
    }[kind]


def statement(rng: random.Random, kind: str, resource: str, principal: str | None, broad: bool = False) -> Json:
    """A statement about the resource or something like it."""
    service = SERVICE.get(kind, kind)
    result: Json = {"Effect": "Deny" if rng.random() < 0.25 else "Allow"}
    actions = [rng.choice(("*", f"{service}:*", *ACTIONS[kind], f"{service}:D*")) for _ in range(rng.randint(1, 2))]
    if broad and rng.random() < 0.7:
        actions = ["*"]
    result["NotAction" if rng.random() < 0.1 and not principal else "Action"] = actions
    if kind == "assume" and principal is not None:
        result["Action"] = "sts:AssumeRole"
    else:
        key = "NotResource" if rng.random() < 0.1 else "Resource"
        result[key] = [pattern(rng, kind, resource) for _ in range(rng.randint(1, 2))]
    if principal is not None:
        result["Principal"] = principal_element(rng, principal)
    if rng.random() < 0.3:
        result["Condition"] = condition(rng)
    return result


def pattern(rng: random.Random, kind: str, resource: str) -> str:
    """The resource itself, or a pattern near it."""
    head, _, tail = resource.rpartition(":")
    separator = "/" if "/" in tail and kind != "s3" else ""
    folder = tail.partition("/")[0] + separator if separator else ""
    return rng.choice(
        (
            "*",
            resource,
            f"{head}:{folder}{name(rng)}" + ("/*" if kind == "s3" else ""),
            f"{head}:{folder}{maybe_hole(rng, rng.choice(WORDS), ENV)}-*",
            f"{head}:{folder}*-{maybe_hole(rng, 'db', NAME)}" + ("/*" if kind == "s3" else ""),
            # Without a folder before it the simulator takes the slash inside the variable for one of the ARN's own.
            f"{head}:{folder}" + ("${aws:PrincipalTag/env}-*" if folder else "*"),
            f"{head}:{folder}?rod*",
        )
    )


def principal_element(rng: random.Random, principal: str) -> Any:
    """Somebody: the caller, its account, another, everybody."""
    account = principal.split(":")[4]
    return rng.choice(
        (
            {"AWS": principal},
            {"AWS": f"arn:aws:iam::{account}:root"},
            {"AWS": account},
            {"AWS": "*"},
            "*",
            {"AWS": f"arn:aws:iam::{rng.choice(ACCOUNTS)}:role/{name(rng)}"},
            {"AWS": f"arn:aws:iam::{rng.choice(ACCOUNTS)}:root"},
            {"Service": "events.amazonaws.com"},
        )
    )


def condition(rng: random.Random) -> Json:
    """One or two conditions."""
    word = maybe_hole(rng, rng.choice(WORDS), ENV)
    options: tuple[tuple[str, str, Any], ...] = (
        ("StringEquals", "aws:ResourceTag/env", word),
        ("StringNotEquals", "aws:ResourceTag/env", word),
        ("StringLike", "aws:PrincipalTag/env", f"{word}*"),
        ("StringEqualsIfExists", "aws:PrincipalTag/env", [word, "dev"]),
        ("StringEquals", "aws:ResourceTag/env", "${aws:PrincipalTag/env}"),
        ("Null", "aws:PrincipalTag/env", rng.choice(("true", "false"))),
        ("ForAllValues:StringEquals", "aws:PrincipalTag/none", word),
        ("ForAnyValue:StringEquals", "aws:PrincipalTag/env", [word]),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*-app"),
        ("StringEquals", "aws:PrincipalAccount", maybe_hole(rng, rng.choice(ACCOUNTS), ACCOUNT)),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"),
        ("StringNotLike", "aws:PrincipalTag/env", "*d*"),
    )
    result: Json = {}
    for test, key, value in rng.sample(options, rng.randint(1, 2)):
        result.setdefault(test, {})[key] = value
    return result


def filled(value: Any, holes: dict[str, str]) -> Any:
    """JSON data with the holes filled in."""
    text = json.dumps(value, ensure_ascii=False)
    for hole, content in holes.items():
        text = text.replace(hole, content)
    return json.loads(text)


def fill_world(world: World, holes: dict[str, str]) -> World:
    """The world with its holes filled in."""
    return World(**{key: filled(value, holes) for key, value in vars(world).items()})


def as_list(value: Any) -> tuple[str, ...]:
    """A string or list as a tuple."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def principals(value: Any) -> tuple[Principal, ...]:
    """The Principal element."""
    if value is None:
        return ()
    items = {"*": "*"} if value == "*" else value
    return tuple(Principal(type=kind, value=text) for kind, texts in items.items() for text in as_list(texts))


def grants(world: World) -> list[Grant]:
    """All statements of the world."""
    return [
        Grant(
            language="aws",
            policy=kind,
            effect=one["Effect"],
            span=Span("x", 1),
            actions=as_list(one.get("Action")),
            not_actions=as_list(one.get("NotAction")),
            resources=as_list(one.get("Resource")),
            not_resources=as_list(one.get("NotResource")),
            principals=principals(one.get("Principal")),
            conditions=tuple(
                Condition(test=test, variable=key, values=as_list(values))
                for test, keys in one.get("Condition", {}).items()
                for key, values in keys.items()
            ),
        )
        for kind, statements in world.policies.items()
        for one in statements
    ]


def ours(world: World) -> str:
    """Our verdict."""
    kind = "user" if ":user/" in world.principal else "role"
    tag = world.context.get("aws:PrincipalTag/env")
    request = Request(
        principal=PrincipalView(world.principal, world.account, kind, tags={"env": tag} if tag else {}),
        action=world.action,
        resource=world.resource,
        resource_account=world.owner,
        context={key: (value,) for key, value in world.context.items()},
        context_complete=True,
        tags=world.tags,
    )
    return Engine(SYMBOLS).decide(request, grants(world)).verdict


def question(world: World) -> Json:
    """The world as the simulator wants it; it must have no holes."""
    document = {"Version": "2012-10-17"}
    user = ":user/" in world.principal
    context = dict(world.context) | {
        "aws:PrincipalArn": world.principal,
        "aws:PrincipalAccount": world.account,
        "aws:ResourceTag/env": world.tags["env"],
        "aws:PrincipalType": "User" if user else "AssumedRole",
    }
    result: Json = {
        "identityPolicies": policy("identity", world, document),
        "serviceControlPolicies": [{"orgIdentifier": "root", "policies": policy("scp", world, document)}]
        if "scp" in world.policies
        else [],
        "resourceControlPolicies": [],
        "request": {
            "action": world.action,
            "resource": {"resource": world.resource, "accountId": world.owner},
            "principal": world.principal,
            "contextVariables": context,
        },
    }
    if "boundary" in world.policies:
        result["permissionBoundaryPolicies"] = policy("boundary", world, document)
    own = world.policies.get("resource") or world.policies.get("trust")
    if own:
        result["resourcePolicy"] = document | {"Statement": own}
    return result


def policy(kind: str, world: World, document: Json) -> list[Json]:
    """The policies of one kind."""
    found = world.policies.get(kind)
    return [{"name": kind, "policy": document | {"Statement": found}}] if found else []


def main() -> int:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--fillings", type=int, default=5)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 - a fuzzer wants to be repeatable
    cases: list[tuple[str, World]] = []
    for _ in range(options.worlds):
        world = make(rng)
        verdict = ours(world)
        for _ in range(options.fillings):
            holes = {ENV: rng.choice(WORDS), NAME: rng.choice(("app", "db")), ACCOUNT: rng.choice(ACCOUNTS)}
            cases.append((verdict, fill_world(world, holes)))
    theirs = simulate([question(world) for _, world in cases])
    return compare(cases, theirs, options.show, options.fillings)


def simulate(questions: list[Json]) -> list[str]:
    """The simulator's verdicts."""
    done = subprocess.run(
        ["node", "-e", RUNNER], input=json.dumps(questions), capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


def compare(cases: list[tuple[str, World]], theirs: list[str], show: int, fillings: int) -> int:
    """Prints what differs; 1 when something does."""
    counts: Counter[str] = Counter()
    seen: dict[int, set[str]] = {}
    for index, ((general, world), answer) in enumerate(zip(cases, theirs, strict=True)):
        if answer.startswith("error"):
            counts["refused"] += 1
            if counts["refused"] <= 2:
                print("refused", answer)
            continue
        expected = "yes" if answer == "Allowed" else "no"
        concrete = ours(world)
        if general == "maybe":
            seen.setdefault(index // fillings, set()).add(expected)
        counts["compared"] += 1
        problem = "differs" if concrete != expected else "unsound" if general not in ("maybe", expected) else ""
        counts[problem or "same"] += 1
        if problem and counts[problem] <= show:
            print(problem, "ours", general, concrete, "theirs", answer, json.dumps(vars(world), ensure_ascii=False))
    flips = sum(1 for verdicts in seen.values() if len(verdicts) > 1)
    print(dict(counts), f"maybe: {len(seen)} worlds, {flips} with both verdicts")
    return 1 if counts["differs"] or counts["unsound"] else 0


if __name__ == "__main__":
    sys.exit(main())
