"""Makes questions at random: a caller, a resource, an action and all their policies as JSON, with unknown parts.

Comes in: a random generator. Goes out: worlds. Policies take every form that AWS accepts: single strings and lists,
any letter case of actions, wildcards, all operators, keys with several values or none.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from envfence.values import Symbol, hole_char

Json = dict[str, Any]
ACCOUNTS = ("111111111111", "222222222222")
WORDS = ("prod", "staging", "prod-eu", "dev", "Prod")
NAMES = ("app", "db", "app-db")
REGION = "eu-west-1"
ENV, NAME, ACCOUNT, WHOLE, TAG = (hole_char(index) for index in range(5))
SYMBOLS = (
    Symbol("var.env", "d"),
    Symbol("var.name", "d"),
    Symbol("account(aws)", "d"),
    Symbol("var.pattern", "d"),
    Symbol("var.tag", "d"),
)
#: Kind of resource: service, form of its ARN (S: name, A: account), actions.
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "object": ("s3", "arn:aws:s3:::S/key/a", ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")),
    "bucket": ("s3", "arn:aws:s3:::S", ("s3:ListBucket", "s3:DeleteBucket", "s3:PutBucketPolicy")),
    "table": ("dynamodb", "arn:aws:dynamodb:R:A:table/S", ("dynamodb:GetItem", "dynamodb:DeleteTable")),
    "backup": ("dynamodb", "arn:aws:dynamodb:R:A:table/S/backup/0123", ("dynamodb:DeleteBackup",)),
    "queue": ("sqs", "arn:aws:sqs:R:A:S", ("sqs:SendMessage", "sqs:DeleteQueue", "sqs:CreateQueue")),
    "key": ("kms", "arn:aws:kms:R:A:key/S", ("kms:Decrypt", "kms:ScheduleKeyDeletion", "kms:CreateGrant")),
    "alias": ("kms", "arn:aws:kms:R:A:alias/S", ("kms:DeleteAlias",)),
    "trust": ("sts", "arn:aws:iam::A:role/S", ("sts:AssumeRole",)),
    "secret": ("secretsmanager", "arn:aws:secretsmanager:R:A:secret:S", ("secretsmanager:GetSecretValue",)),
    "database": ("rds", "arn:aws:rds:R:A:db:S", ("rds:DeleteDBInstance", "rds:ModifyDBInstance")),
    "instance": ("ec2", "arn:aws:ec2:R:A:instance/S", ("ec2:TerminateInstances",)),
    "role": ("iam", "arn:aws:iam::A:role/S", ("iam:DeleteRole", "iam:PassRole")),
    "function": ("lambda", "arn:aws:lambda:R:A:function:S", ("lambda:UpdateFunctionCode",)),
    "nothing": ("ec2", "*", ("ec2:DescribeInstances",)),
}
#: Which kinds have a policy of their own, and how often it is there.
OWN_POLICY = {
    "object": 0.6,
    "bucket": 0.6,
    "table": 0.5,
    "queue": 0.7,
    "key": 1.0,
    "trust": 1.0,
    "secret": 0.6,
    "function": 0.4,
}
RCP_KINDS = ("object", "bucket", "table", "queue", "key", "secret", "trust")


@dataclass
class World:
    """One question with its policies, in JSON with holes. `levels` are those of organization policies."""

    kind: str
    action: str
    principal: str
    session: str
    who: str
    account: str
    resource: str
    owner: str
    identity: list[Any] = field(default_factory=list)
    boundary: list[Any] = field(default_factory=list)
    session_policy: list[Any] = field(default_factory=list)
    scp: list[list[Any]] = field(default_factory=list)
    rcp: list[list[Any]] = field(default_factory=list)
    own: list[Any] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    abac: bool = False
    #: Grants of a key, each as the statement of a policy that says the same.
    given: list[Any] = field(default_factory=list)
    #: Keys of the context that a world with unknowns does not know.
    hidden: list[str] = field(default_factory=list)
    #: Kinds of policies of which such a world knows only that there are some; and those that it does not see at all.
    unread: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


class Maker:
    """Makes worlds from one random generator. `holes` is how often a part is unknown."""

    def __init__(self, rng: random.Random, holes: float) -> None:
        self.rng = rng
        self.holes = holes

    def world(self) -> World:
        """A world."""
        rng = self.rng
        kind = rng.choice(tuple(KINDS))
        service, form, actions = KINDS[kind]
        account = self.hole(rng.choice(ACCOUNTS), ACCOUNT)
        owner = account if rng.random() < 0.6 else rng.choice(ACCOUNTS)
        resource = form.replace("R", REGION, 1).replace(":A:", f":{owner}:") if form != "*" else form
        resource = resource[:-1] + self.name() if resource.endswith("S") else resource.replace("S/", self.name() + "/")
        who = rng.choice(("role", "role", "session", "session", "user", "user", "service", "public", "federated"))
        principal, session = self.caller(who, account)
        world = World(kind, rng.choice(actions), principal, session, who, account, resource, owner)
        world.action = self.case(world.action)
        world.tags = {} if rng.random() < 0.2 else {"env": rng.choice(WORDS)}
        world.abac = rng.random() < 0.5
        self.context(world)
        self.policies(world, service)
        if self.holes and rng.random() < 0.15:
            there = [each for each in UNREAD if getattr(world, each)]
            world.unread = rng.sample(there, min(1, len(there)))
        elif self.holes and rng.random() < 0.1:
            world.missing = rng.sample(("identity", "own"), 1)
        return world

    def again(self, world: World) -> None:
        """Other policies in the place of those that a world with unknowns has not read or does not see. One that gives
        something is taken to refuse nothing where it has not been read."""
        service = KINDS[world.kind][0]
        for name in (*world.unread, *world.missing):
            if name in ("scp", "rcp"):
                levels = [[self.document(world, service, broad=0.7, deny=name == "rcp")] for _ in getattr(world, name)]
                setattr(world, name, levels)
            elif name == "own" and world.kind in OWN_POLICY:
                world.own = [self.document(world, service, own=True)]
            elif name != "own":
                setattr(world, name, [self.document(world, service, broad=0.4) for _ in getattr(world, name) or (1,)])
            if name in ("own", "identity"):
                for document in getattr(world, name):
                    _only_allow(document)

    def caller(self, who: str, account: str) -> tuple[str, str]:
        """Who asks: ARN, and the name of the session."""
        path = self.rng.choice(("", "", "team/")) if who != "session" else ""
        name = self.name()
        return {
            "role": (f"arn:aws:iam::{account}:role/{path}{name}", ""),
            "session": (f"arn:aws:iam::{account}:role/{name}", self.rng.choice(("s1", "s2"))),
            "user": (f"arn:aws:iam::{account}:user/{path}{name}", ""),
            "federated": (f"arn:aws:sts::{account}:federated-user/{name}", ""),
            "service": (self.rng.choice(("events.amazonaws.com", "lambda.amazonaws.com")), ""),
            "public": ("*", ""),
        }[who]

    def policies(self, world: World, service: str) -> None:
        """All policies of a world."""
        rng = self.rng
        people = world.who in ("role", "session", "user", "federated")
        if people:
            world.identity = [self.document(world, service) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
            if rng.random() < 0.2 and world.who != "federated":
                world.boundary = [self.document(world, service, broad=0.4)]
            if rng.random() < 0.25 and world.who in ("session", "federated"):
                world.session_policy = [self.document(world, service, broad=0.5)]
        if rng.random() < (0.25 if people else 0.08 if world.who == "service" else 0.0):
            world.scp = [
                [self.document(world, service, broad=0.7) for _ in range(rng.choice((1, 1, 2)))]
                for _ in range(rng.choice((1, 2, 3)))
            ]
        if rng.random() < 0.15 and world.kind in RCP_KINDS:
            world.rcp = [[self.document(world, service, deny=True)] for _ in range(rng.choice((1, 2)))]
        if rng.random() < OWN_POLICY.get(world.kind, 0.0):
            world.own = [self.document(world, service, own=True)]
        if world.kind == "key" and world.own and people and rng.random() < 0.3:
            world.given = [self.given(world) for _ in range(rng.choice((1, 2)))]

    def given(self, world: World) -> Json:
        """A grant of a key: to the caller or to somebody else, for some operations."""
        rng = self.rng
        other = f"arn:aws:iam::{rng.choice(ACCOUNTS)}:role/{self.name()}"
        return {
            "Effect": "Allow",
            "Action": rng.sample(("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:GenerateDataKey"), 2),
            "Resource": "*",
            "Principal": {"AWS": rng.choice((world.principal, world.principal, other))},
        }

    def document(self, world: World, service: str, broad: float = 0.1, own: bool = False, deny: bool = False) -> Json:
        """One policy; a single statement may stand without a list."""
        rng = self.rng
        statements = [self.statement(world, service, broad, own, deny) for _ in range(rng.choice((1, 1, 2, 3)))]
        result: Json = {"Statement": statements[0] if len(statements) == 1 and rng.random() < 0.3 else statements}
        if deny or rng.random() < 0.93:
            result["Version"] = "2012-10-17" if deny or rng.random() < 0.95 else "2008-10-17"
        return result

    def statement(self, world: World, service: str, broad: float, own: bool, deny: bool) -> Json:
        """One statement about the resource or something like it."""
        rng = self.rng
        result: Json = {"Effect": "Deny" if deny or rng.random() < 0.25 else "Allow"}
        if rng.random() < 0.2:
            result["Sid"] = "S1"
        trust = own and world.kind == "trust"
        wide = rng.random() < broad
        result["NotAction" if rng.random() < 0.1 and not (wide or trust or deny) else "Action"] = (
            "*" if wide else self.actions(world, service, only=trust or deny)
        )
        if not trust:
            key = "NotResource" if rng.random() < 0.1 and not (wide or own) else "Resource"
            result[key] = "*" if wide else self.some(lambda: self.pattern(world))
        if deny:
            result["Principal"] = "*"
        elif own:
            negated = rng.random() < (0.15 if result["Effect"] == "Deny" else 0.05)
            result["NotPrincipal" if negated else "Principal"] = self.principal(world)
        if rng.random() < (0.15 if wide else 0.4):
            result["Condition"] = self.conditions(world)
        return result

    def actions(self, world: World, service: str, only: bool) -> Any:
        """Action patterns."""
        rng = self.rng
        listed = KINDS[world.kind][2]
        name = world.action.partition(":")[2]
        options = [world.action, world.action, f"{service}:*", f"{service}:{name[:3]}*", f"{service}:?{name[1:]}"]
        options += [*listed, f"{service}:*{name[-4:]}", f"{service}:Get*"] + ([] if only else ["*", "iam:*"])
        return self.some(lambda: self.case(rng.choice(options)))

    def pattern(self, world: World) -> str:
        """The resource itself, or a pattern near it."""
        rng, resource = self.rng, world.resource
        if resource == "*" or rng.random() < 0.15:
            return rng.choice(("*", "*", "arn:aws:*")) if resource != "*" else "*"
        parts = resource.split(":", 5)
        head, tail = parts[:5], parts[5]
        before, after = self.around(tail)
        name = tail[len(before) : len(tail) - len(after)]
        env = self.hole(rng.choice(WORDS), ENV)
        new = rng.choice(
            (
                name,
                name,
                self.name(),
                f"{env}-*",
                f"*-{self.hole(rng.choice(NAMES), NAME)}",
                "?" * 4 + "-*",
                "${aws:PrincipalTag/env}-*" if before else "*",
                "${aws:PrincipalTag/none, 'prod'}-app" if before else name,
                f"{env}-${{*}}" if before else "*",
                "${aws:username}" if before else "*",
            )
        )
        if rng.random() < 0.3:
            head[3] = rng.choice(("*", head[3], "us-*")) if head[3] else head[3]
            head[4] = rng.choice(("*", self.hole(rng.choice(ACCOUNTS), ACCOUNT), "?" * 12)) if head[4] else head[4]
        if self.holes and rng.random() < 0.03:
            return WHOLE
        return ":".join((*head, before + new + rng.choice((after, after, "*" if after else after))))

    def around(self, tail: str) -> tuple[str, str]:
        """What stands before and behind the name in the last segment of an ARN."""
        for prefix in ("table/", "key/", "alias/", "role/", "secret:", "db:", "instance/", "function:"):
            if tail.startswith(prefix):
                rest = tail[len(prefix) :]
                return prefix, rest[rest.index("/") :] if "/backup/" in rest else ""
        return "", tail[tail.index("/") :] if "/" in tail else ""

    def principal(self, world: World) -> Any:
        """The Principal element: the caller, its account, another, everybody."""
        rng = self.rng
        other = rng.choice(ACCOUNTS)
        me = f"arn:aws:iam::{world.account}:root" if world.who in ("service", "public") else world.principal
        session = f"arn:aws:sts::{world.account}:assumed-role/{world.principal.rpartition('/')[2]}/"
        options: list[tuple[str, str]] = [
            ("AWS", me),
            ("AWS", me),
            ("AWS", f"arn:aws:iam::{world.account}:root"),
            ("AWS", world.account),
            ("AWS", "*"),
            ("*", "*"),
            ("AWS", f"arn:aws:iam::{other}:role/{self.name()}"),
            ("AWS", f"arn:aws:iam::{other}:user/{self.name()}"),
            ("AWS", f"arn:aws:iam::{other}:root"),
            ("AWS", "AIDAEXAMPLEEXAMPLE123"),
            ("Service", "events.amazonaws.com"),
            ("Service", "lambda.amazonaws.com"),
            ("Federated", f"arn:aws:iam::{other}:oidc-provider/token.actions.githubusercontent.com"),
        ]
        if world.who == "session":
            options += [("AWS", session + "s1"), ("AWS", session + "s2")] * 2
        chosen = rng.sample(options, rng.choice((1, 1, 1, 2)))
        if any(kind == "*" for kind, _ in chosen):
            return "*"
        result: Json = {}
        for kind, value in chosen:
            result.setdefault(kind, []).append(value)
        return {
            kind: values[0] if len(values) == 1 and rng.random() < 0.6 else values for kind, values in result.items()
        }

    def context(self, world: World) -> None:
        """What the request carries."""
        rng = self.rng
        options: dict[str, Any] = {
            "aws:SourceIp": rng.choice(("10.0.0.1", "192.0.2.9", "2001:db8::1")),
            "aws:CurrentTime": rng.choice(("2026-01-15T00:00:00Z", "2026-06-01T12:00:00Z")),
            "aws:EpochTime": rng.choice(("1767225600", "1780000000")),
            "aws:MultiFactorAuthPresent": rng.choice(("true", "false")),
            "aws:MultiFactorAuthAge": rng.choice(("10", "3600", "100")),
            "aws:SecureTransport": rng.choice(("true", "false")),
            "aws:SourceVpce": rng.choice(("vpce-1", "vpce-2")),
            "aws:PrincipalOrgID": rng.choice(("o-aaaa", "o-bbbb")),
            "aws:SourceArn": rng.choice(("arn:aws:sns:eu-west-1:111111111111:prod-t", "arn:aws:s3:::prod-app")),
            "aws:SourceAccount": rng.choice(ACCOUNTS),
            "aws:RequestTag/env": rng.choice(WORDS),
            "aws:TagKeys": rng.sample(("env", "team", "Env"), rng.choice((1, 2))),
            "aws:CalledVia": rng.sample(("athena.amazonaws.com", "cloudformation.amazonaws.com"), rng.choice((1, 2))),
            "aws:PrincipalOrgPaths": rng.sample(("o-aaaa/r-1/ou-1/", "o-aaaa/r-1/ou-2/"), rng.choice((1, 2))),
            "s3:prefix": rng.choice(("home/", "prod/x")),
            "s3:max-keys": rng.choice(("5", "100")),
            "s3:x-amz-acl": rng.choice(("private", "public-read")),
            "kms:ViaService": rng.choice(("s3.eu-west-1.amazonaws.com", "rds.eu-west-1.amazonaws.com")),
            "kms:GrantIsForAWSResource": rng.choice(("true", "false")),
            "sts:ExternalId": rng.choice(("x1", "x2")),
            "sts:RoleSessionName": rng.choice(("s1", "s2")),
            "iam:PassedToService": rng.choice(("ec2.amazonaws.com", "lambda.amazonaws.com")),
            "dynamodb:LeadingKeys": rng.sample(("k1", "k2", "prod"), rng.choice((1, 2))),
        }
        world.context = {key: value for key, value in options.items() if rng.random() < 0.5}
        if world.who in ("role", "session", "user") and rng.random() < 0.8:
            world.context["aws:PrincipalTag/env"] = rng.choice(WORDS)
        if self.holes and rng.random() < 0.5:
            possible = [key for key in options if key.startswith("aws:") and key not in _CHOSEN]
            world.hidden = rng.sample(possible, 4)

    def conditions(self, world: World) -> Json:
        """One to three conditions."""
        result: Json = {}
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            test, key, values = self.condition(world)
            result.setdefault(test, {})[key] = values
        return result

    def condition(self, world: World) -> tuple[str, str, Any]:
        """An operator, a key and values that sometimes match."""
        rng = self.rng
        roll = rng.random()
        word = self.hole(rng.choice(WORDS), rng.choice((ENV, TAG)))
        if roll < 0.5:
            key = rng.choice(
                (
                    "aws:ResourceTag/env",
                    "aws:ResourceTag/env",
                    "aws:PrincipalTag/env",
                    "aws:PrincipalTag/none",
                    "aws:RequestTag/env",
                    "AWS:principaltag/env",
                )
            )
            values = self.some(
                lambda: rng.choice((word, rng.choice(WORDS), f"{word}*", "${aws:PrincipalTag/env}", "p???", "PROD"))
            )
            return self.operator(_TEXT), key, values
        if roll < 0.6:
            return (
                "Null",
                rng.choice((*world.context, "aws:ResourceTag/env", "aws:TagKeys")),
                rng.choice(("true", "false", True, False, ["true"])),
            )
        return self.special(world)

    def special(self, world: World) -> tuple[str, str, Any]:
        """A condition whose values fit its key."""
        rng = self.rng
        kind = rng.choice(("many", "ip", "date", "epoch", "number", "bool", "arn", "plain", "many"))
        if kind == "many":
            return self.of_lists()
        if kind in ("arn", "plain"):
            return self.of_arns() if kind == "arn" else self.of_texts()
        tests, keys, values = {
            "ip": (
                ("IpAddress", "NotIpAddress"),
                ("aws:SourceIp",),
                (
                    *("10.0.0.0/8", "192.0.2.9/32", "192.0.2.0/24", "2001:db8::/32", "10.0.0.0/7"),
                    *("0.0.0.0/0", "::/0", "10.0.0.1", "2001:db8:0::1"),
                ),
            ),
            "date": (
                _DATES,
                ("aws:CurrentTime", "aws:CurrentTime", "aws:EpochTime"),
                ("2026-03-01T00:00:00Z", "2026-01-15T00:00:00Z", "2026-03-01", "1767225600"),
            ),
            "epoch": (_NUMBERS, ("aws:EpochTime",), ("1767225600", "1770000000", 1790000000)),
            "number": (
                _NUMBERS,
                ("aws:MultiFactorAuthAge", "s3:max-keys"),
                ("10", "100", "3600", 10, "5.0", "1e1", "0x10"),
            ),
            "bool": (
                ("Bool",),
                ("aws:MultiFactorAuthPresent", "aws:SecureTransport", "kms:GrantIsForAWSResource"),
                ("true", "false", True, False, "True"),
            ),
        }[kind]
        options: tuple[Any, ...] = values
        return self.operator(tests), rng.choice(keys), self.some(lambda: rng.choice(options))

    def of_lists(self) -> tuple[str, str, Any]:
        """A condition on a key that holds a list."""
        rng = self.rng
        key, options = rng.choice(_MANY)
        test = f"{rng.choice(('ForAllValues:', 'ForAnyValue:', ''))}{rng.choice(_TEXT)}{rng.choice(('', 'IfExists'))}"
        return test, key, self.some(lambda: rng.choice(options))

    def of_arns(self) -> tuple[str, str, Any]:
        """A condition on a key that holds an ARN."""
        rng, account = self.rng, self.hole(self.rng.choice(ACCOUNTS), ACCOUNT)
        options = (
            "arn:aws:iam::*:role/*-app",
            f"arn:aws:iam::{account}:role/{self.name()}",
            "arn:aws:iam::*:user/*",
            "arn:aws:sns:*:*:prod-*",
            "arn:aws:s3:::prod*",
            "arn:aws:iam::*:role/prod-*",
        )
        key = rng.choice(("aws:PrincipalArn", "aws:SourceArn", "aws:PrincipalArn"))
        return self.operator((*_ARNS, "StringLike", "StringEquals")), key, self.some(lambda: rng.choice(options))

    def of_texts(self) -> tuple[str, str, Any]:
        """A condition on a key that holds a text."""
        rng = self.rng
        key, options = rng.choice(_PLAIN)
        if key == "aws:PrincipalAccount":
            return self.operator(_TEXT), key, self.some(lambda: self.hole(rng.choice(ACCOUNTS), ACCOUNT))
        return self.operator(_TEXT), key, self.some(lambda: rng.choice(options))

    def operator(self, names: tuple[str, ...]) -> str:
        """An operator, sometimes with IfExists or a quantifier."""
        rng = self.rng
        prefix = rng.choice(("", "", "", "", "", "ForAllValues:", "ForAnyValue:"))
        return prefix + rng.choice(names) + rng.choice(("", "", "", "IfExists"))

    def name(self) -> str:
        """A name such as prod-app, parts of it unknown."""
        return f"{self.hole(self.rng.choice(WORDS), ENV)}-{self.hole(self.rng.choice(NAMES), NAME)}"

    def hole(self, text: str, hole: str) -> str:
        """The text, or sometimes a hole instead."""
        return hole if self.holes and self.rng.random() < self.holes else text

    def some(self, make: Any) -> Any:
        """One value, alone or in a list, or several."""
        values = [make() for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]
        return values[0] if len(values) == 1 and self.rng.random() < 0.5 else values

    def case(self, text: str) -> str:
        """The text as it is, or in another letter case."""
        return self.rng.choice((text, text, text, text, text.lower(), text.upper()))


_CHOSEN = ("aws:RequestTag/env", "aws:TagKeys", "aws:SecureTransport")
_TEXT = (
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "StringEquals",
    "StringLike",
)
_NUMBERS = tuple(
    f"Numeric{name}"
    for name in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
)
_DATES = tuple(name.replace("Numeric", "Date") for name in _NUMBERS)
_ARNS = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
_MANY = (
    ("aws:TagKeys", ("env", "team", "e*", "Env")),
    ("aws:CalledVia", ("athena.amazonaws.com", "cloudformation.amazonaws.com", "*")),
    ("aws:PrincipalOrgPaths", ("o-aaaa/*", "o-aaaa/r-1/ou-1/", "o-bbbb/*")),
    ("dynamodb:LeadingKeys", ("k1", "k2", "p*")),
)
_PLAIN = (
    ("aws:SourceVpce", ("vpce-1", "vpce-*")),
    ("aws:PrincipalOrgID", ("o-aaaa", "o-bbbb")),
    ("aws:SourceAccount", ACCOUNTS),
    ("aws:PrincipalAccount", ACCOUNTS),
    ("aws:ResourceAccount", ACCOUNTS),
    ("aws:PrincipalType", ("AssumedRole", "User", "A*")),
    ("aws:RequestedRegion", (REGION, "us-*")),
    ("s3:prefix", ("home/", "prod/*")),
    ("s3:x-amz-acl", ("private", "public-*")),
    ("kms:ViaService", ("s3.*.amazonaws.com", "rds.eu-west-1.amazonaws.com")),
    ("sts:ExternalId", ("x1", "x*")),
    ("sts:RoleSessionName", ("s1", "${aws:username}")),
    ("iam:PassedToService", ("ec2.amazonaws.com", "l*")),
    ("aws:username", ("prod-app", "*-db")),
    ("aws:userid", ("AIDAEXAMPLEEXAMPLE123",)),
)


#: What may not have been read: the policies of a world by the name of their field.
UNREAD = ("identity", "boundary", "session_policy", "scp", "rcp", "own")


def _only_allow(document: Json) -> None:
    """Makes a document refuse nothing."""
    statements = document["Statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        each["Effect"] = "Allow"


def filled(world: World, holes: dict[str, str]) -> World:
    """The world with its holes filled in."""
    text = json.dumps(vars(world), ensure_ascii=False)
    for hole, content in holes.items():
        text = text.replace(hole, json.dumps(content, ensure_ascii=False)[1:-1])
    return World(**json.loads(text))


def filling(rng: random.Random, world: World) -> dict[str, str]:
    """Contents for the holes: words, and often what occurs in the world."""
    parts = world.resource.split(":", 5)
    name = (parts[-1].rpartition("/")[2] if "key/a" not in parts[-1] else parts[-1]).partition("/")[0]
    inside = [piece for piece in (name.partition("-")[0], name.partition("-")[2]) if piece and piece.isascii()]
    return {
        ENV: rng.choice((*WORDS, *inside, "other", "")),
        NAME: rng.choice((*NAMES, *inside, "x")),
        ACCOUNT: rng.choice((*ACCOUNTS, "333333333333")),
        WHOLE: rng.choice(("*", world.resource if world.resource.isascii() else "*", "arn:aws:s3:::other")),
        TAG: rng.choice((*WORDS, *world.tags.values(), "zzz")),
    }
