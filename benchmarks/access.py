"""Decides 1,000 policies against 1,000 resources: CPU seconds and memory, and the same for a tenth of each beside it.

    python benchmarks/access.py [--size N] [--seed N]

About ten destructive, writing and reading actions for each resource and capability are asked at once; names and
accounts are unknown in part. Prints one line a measurement.
"""

from __future__ import annotations

import argparse
import random
import resource
import time

from envfence.access import Capabilities, Engine, PrincipalView, ResourceView
from envfence.model import Condition, Grant
from envfence.values import Span, Symbol, hole_char

FORMS = {
    "s3": "arn:aws:s3:::{name}",
    "dynamodb": "arn:aws:dynamodb:eu-west-1:{account}:table/{name}",
    "rds": "arn:aws:rds:eu-west-1:{account}:db:{name}",
    "sqs": "arn:aws:sqs:eu-west-1:{account}:{name}",
    "sns": "arn:aws:sns:eu-west-1:{account}:{name}",
    "kms": "arn:aws:kms:eu-west-1:{account}:key/{name}",
    "secretsmanager": "arn:aws:secretsmanager:eu-west-1:{account}:secret:{name}",
    "ssm": "arn:aws:ssm:eu-west-1:{account}:parameter/{name}",
    "lambda": "arn:aws:lambda:eu-west-1:{account}:function:{name}",
    "ecr": "arn:aws:ecr:eu-west-1:{account}:repository/{name}",
}
TYPES = {"s3": "aws_s3_bucket", "kms": "aws_kms_key"}
SYMBOLS = tuple(
    [Symbol(f"var.name{number}", "d") for number in range(50)]
    + [Symbol("account(aws)", f"d{number}") for number in range(10)]
)
NAMES, ACCOUNTS = [hole_char(index) for index in range(50)], [hole_char(index) for index in range(50, 60)]
SERVICES = tuple(FORMS)
PRODUCTION = Condition(test="StringEquals", variable="aws:ResourceTag/env", values=("staging",))


class Maker:
    """Makes policies and resources from one random generator."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a benchmark wants to be repeatable

    def account(self) -> str:
        """An account, mostly unknown."""
        return self.rng.choice(["111111111111", "222222222222", *ACCOUNTS])

    def arn(self, service: str, pattern: bool) -> str:
        """An ARN, or a pattern of one."""
        rng = self.rng
        if pattern and rng.random() < 0.1:
            return "*"
        account = "*" if pattern and rng.random() < 0.5 else self.account()
        first = rng.choice(["prod", "staging", "dev", *NAMES[:10]])
        name = f"{first}-{rng.choice(['app', 'data', 'orders', 'logs', rng.choice(NAMES[10:])])}"
        name += "*" if pattern and rng.random() < 0.5 else ""
        end = "/*" if pattern and service == "s3" and rng.random() < 0.5 else ""
        return FORMS[service].format(account=account, name=name) + end

    def statement(self) -> Grant:
        """A statement about one or two services."""
        rng = self.rng
        services = rng.sample(SERVICES, rng.randint(1, 2))
        return Grant(
            language="aws",
            policy="identity",
            effect=rng.choice(["Allow"] * 5 + ["Deny"]),
            span=Span("a", 1),
            actions=tuple(f"{each}:{rng.choice(('*', 'Delete*', 'Get*', 'Put*'))}" for each in services),
            resources=tuple(self.arn(each, True) for each in services for _ in range(rng.randint(1, 3))),
            conditions=(PRODUCTION,) if rng.random() < 0.1 else (),
        )

    def identity(self, number: int) -> tuple[PrincipalView, tuple[Grant, ...]]:
        """A role with its policy."""
        role = PrincipalView(f"arn:aws:iam::{self.account()}:role/r{number}")
        return role, tuple(self.statement() for _ in range(self.rng.randint(1, 4)))

    def resource(self) -> ResourceView:
        """Something to be asked for."""
        service = self.rng.choice(SERVICES)
        return ResourceView(
            (self.arn(service, False),), TYPES.get(service, "other"), account=self.account(), tags={"env": "prod"}
        )


def measure(size: int, seed: int) -> tuple[float, dict[str, int]]:
    """CPU seconds of size by size decisions, and how many of each verdict."""
    maker = Maker(seed)
    identities = [maker.identity(number) for number in range(size)]
    resources = [maker.resource() for _ in range(size)]
    start = time.process_time()
    engine = Capabilities(Engine(SYMBOLS))
    verdicts = {"yes": 0, "maybe": 0, "no": 0}
    for role, grants in identities:
        for each in resources:
            found = engine.of(role, grants, each)
            sure = found and any(one.verdict == "yes" for one in found)
            verdicts["yes" if sure else "maybe" if found else "no"] += 1
    return time.process_time() - start, verdicts


def main() -> None:
    """Measures a tenth first, then all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for size in (given.size // 10, given.size):
        seconds, verdicts = measure(size, given.seed)
        pairs = size * size
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        each = seconds / pairs * 1e6
        print(f"{pairs:9,} pairs {seconds:7.2f} s CPU {each:6.2f} us a pair {memory:4} MiB  {verdicts}")


if __name__ == "__main__":
    main()
