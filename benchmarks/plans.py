"""CPU seconds for `envfence plan` on made-up plans of 50,000 resources.

python benchmarks/plans.py [NUMBER]
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

from envfence.planning import check_plans
from envfence.settings import Settings
from envfence.sources.plans import read_plans
from envfence.tree import DictTree

TYPES = (
    "aws_db_instance",
    "aws_s3_bucket",
    "aws_iam_role_policy",
    "aws_security_group_rule",
    "aws_route53_record",
    "aws_sqs_queue",
    "aws_lambda_function",
    "aws_iam_role",
    "aws_cloudwatch_metric_alarm",
    "aws_dynamodb_table",
)
SECONDS = 10.0


def values(number: int, type_: str) -> dict[str, Any]:
    """Attributes of one resource, about 1.5 KB."""
    found: dict[str, Any] = {f"attribute_{at}": f"value {at} of {number}" for at in range(25)}
    found |= {
        "id": f"thing-{number}",
        "arn": f"arn:aws:service:eu-west-1:111111111111:thing-{number}",
        "name": f"thing-{number}",
        "identifier": f"thing-{number}",
        "bucket": f"thing-{number}",
        "deletion_protection": True,
        "tags": {"Name": f"thing-{number}"},
    }
    if type_ == "aws_iam_role_policy":
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::thing-{number - 1}/*"}
        found["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        found["role"] = f"thing-{number}"
    return found


def plan(size: int, changed: int, actions: list[str]) -> bytes:
    """A plan of `size` resources, every `changed`-th with `actions`."""
    rows = []
    for number in range(size):
        type_ = TYPES[number % len(TYPES)]
        now = values(number, type_)
        mine = actions if number % changed == 0 else ["no-op"]
        change = {
            "actions": mine,
            "before": None if mine == ["create"] else now,
            "after": None if mine == ["delete"] else {**now, "attribute_1": "new"} if mine == ["update"] else now,
        }
        rows.append(
            {
                "address": f'module.part{number % 50}.{type_}.this["{number}"]',
                "module_address": f"module.part{number % 50}",
                "mode": "managed",
                "type": type_,
                "name": "this",
                "index": str(number),
                "change": change,
            }
        )
    document = {
        "format_version": "1.2",
        "variables": {"environment": {"value": "production"}},
        "resource_changes": rows,
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {}},
    }
    return json.dumps(document, separators=(",", ":")).encode()


def opening(size: int) -> bytes:
    """A plan that changes little, and lets one role do everything."""
    document = json.loads(plan(size, 1000, ["update"]))
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    for row in document["resource_changes"]:
        if row["type"] == "aws_iam_role_policy":
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            row["change"] |= {"actions": ["update"], "after": {**row["change"]["after"], "policy": policy}}
            break
    return json.dumps(document, separators=(",", ":")).encode()


def main() -> int:
    """Prints one line for each plan."""
    gc.disable()  # as the command does
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    mixes = ((1000, "update"), (1000, "delete"), (1000, "create"), (20, "update"), (1, "create"), (1, "delete"))
    plans = [(f"{size // changed} to {action}", plan(size, changed, [action])) for changed, action in mixes]
    slow = 0
    for name, data in (*plans, ("a policy is opened", opening(size))):
        start = time.process_time()
        found = check_plans(read_plans("plan.json", data), DictTree({}), Settings())
        seconds = time.process_time() - start
        slow += seconds > SECONDS
        print(f"{size} resources, {name}: {seconds:.1f} s, {len(found.report.findings)} findings")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
