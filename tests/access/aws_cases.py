"""Reads the table of cases `aws_rules.yaml`: one case as policies in JSON, and as a question to our engine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from envfence.access import PrincipalView, Request
from envfence.model import Grant, Principal
from envfence.providers.aws.statements import read_policy
from envfence.values import Span

ONE, TWO = "111111111111", "222222222222"
PEOPLE = {
    "app": f"arn:aws:iam::{ONE}:role/app",
    "ann": f"arn:aws:iam::{ONE}:user/ann",
    "session": f"arn:aws:sts::{ONE}:assumed-role/app/s1",
    "other-session": f"arn:aws:sts::{ONE}:assumed-role/app/s2",
    "anybody": "*",
}
THINGS = {
    "QUEUE": f"arn:aws:sqs:eu-west-1:{ONE}:jobs",
    "FAR": f"arn:aws:sqs:eu-west-1:{TWO}:jobs",
    "TABLE": f"arn:aws:dynamodb:eu-west-1:{ONE}:table/prod-orders",
    "KEY": f"arn:aws:kms:eu-west-1:{ONE}:key/1234",
    "ROLE": f"arn:aws:iam::{ONE}:role/admin",
}


@dataclass
class Case:
    """One row. `policies` are (kind, level, document)."""

    rule: int
    says: str
    expected: str
    who: str
    action: str
    resource: str
    policies: list[tuple[str, str, dict[str, Any]]]
    context: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    abac: bool = False
    unlike: str = ""

    @property
    def owner(self) -> str:
        """The account of the resource."""
        parts = self.resource.split(":", 5)
        return parts[4] if len(parts) > 5 and parts[4].isdigit() else ONE

    def request(self) -> Request:
        """The question."""
        kind = {"ann": "user", "anybody": "public"}.get(self.who, "role")
        tags = {key.partition("/")[2]: value for key, value in self.context.items() if "PrincipalTag/" in key}
        context = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in self.context.items()}
        return Request(
            principal=PrincipalView(PEOPLE[self.who], kind=kind, tags=tags),
            action=self.action,
            resource=self.resource,
            resource_account=self.owner,
            context=context,
            context_complete=True,
            tags=self.tags,
            abac=self.abac,
        )

    def grants(self) -> list[Grant]:
        """The statements, read as the linter reads them."""
        return [grant for kind, level, document in self.policies for grant in _grants(kind, level, document)]


def cases() -> list[Case]:
    """The table."""
    return [_case(row) for row in yaml.safe_load((Path(__file__).parent / "aws_rules.yaml").read_text())]


def _case(row: dict[str, Any]) -> Case:
    own = "trust" if row["do"].startswith("sts:") else "resource"
    policies: list[tuple[str, str, dict[str, Any]]] = [
        (kind, "", _document([_statement(each) for each in row[kind]]))
        for kind in ("identity", "boundary", "session")
        if kind in row
    ]
    if "own" in row:
        policies.append((own, "", _document([_owned(each) for each in row["own"]])))
    for kind in ("scp", "rcp"):
        for number, level in enumerate(row.get(kind, ())):
            statements = [_statement(each) | ({"Principal": "*"} if kind == "rcp" else {}) for each in level]
            policies.append((kind, f"level-{number}", _document(statements)))
    expected = {True: "yes", False: "no"}.get(row["is"], row["is"])
    more = {key: row[key] for key in ("context", "tags", "abac", "unlike") if key in row}
    resource = _named(row["to"])
    return Case(row["rule"], row["says"], expected, row.get("who", "app"), row["do"], resource, policies, **more)


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(row: list[Any]) -> dict[str, Any]:
    effect, action, resource, condition = (*row, None, None)[:4]
    result: dict[str, Any] = {"Effect": effect}
    for name, value in (("Action", action), ("Resource", resource)):
        if isinstance(value, dict):
            result[f"Not{name}"] = _named(value["Not"])
        elif value is not None:
            result[name] = _named(value)
    if condition is not None:
        result["Condition"] = json.loads(_named(json.dumps(condition)))
    return result


def _owned(row: list[Any]) -> dict[str, Any]:
    who, *rest = row
    negated = isinstance(who, dict) and "Not" in who
    found = who["Not"] if negated else who
    if isinstance(found, dict):
        found = {kind: PEOPLE.get(value, _named(value)) for kind, value in found.items()}
    return _statement(rest) | {"NotPrincipal" if negated else "Principal": found}


def _named(text: str) -> str:
    for name, arn in THINGS.items():
        if text == name or text.startswith(f"{name}/"):
            text = text.replace(name, arn, 1)
    return text.replace("ONE", ONE).replace("TWO", TWO)


def _grants(kind: str, level: str, document: dict[str, Any]) -> list[Grant]:
    policy = read_policy(json.dumps(document))
    assert not policy.mistakes
    return [
        Grant(
            language="aws",
            policy=kind,
            effect=each.effect,
            span=Span("policy.json", 1),
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
