"""Everything one principal can do to one resource."""

from __future__ import annotations

import time

from aws_policies import ACCOUNT, ONE, ROLE, SYMBOLS, TWO, deny, grant

from envfence.access import Capabilities, Capability, Engine, PrincipalView, ResourceView
from envfence.access.tables import action, escalations, managed_policy
from envfence.model import Grant
from envfence.values import Symbol, hole_char

BUCKET = ResourceView(("arn:aws:s3:::prod-data",), "aws_s3_bucket", ONE)
DATABASE = ResourceView((f"arn:aws:rds:eu-west-1:{ONE}:db:orders",), "aws_db_instance", ONE)


def found(resource: ResourceView, *grants: Grant, who: PrincipalView = ROLE) -> dict[str, Capability]:
    answers = Capabilities(Engine(SYMBOLS)).of(who, grants, resource)
    return {each.name: each for each in answers}


def test_an_administrator_can_do_everything() -> None:
    attached = grant((), document="arn:aws:iam::aws:policy/AdministratorAccess")
    assert {name: each.verdict for name, each in found(BUCKET, attached).items()} == dict.fromkeys(
        ("administer", "destroy", "weaken", "write", "read"), "yes"
    )


def test_what_is_read_only_reads() -> None:
    assert set(found(BUCKET, grant(("s3:Get*", "s3:List*"), "*"))) == {"read"}


def test_a_part_of_a_bucket_is_enough() -> None:
    can = found(BUCKET, grant("s3:DeleteObject", "arn:aws:s3:::prod-data/logs/*"))
    assert can["destroy"].verdict == "yes"
    assert can["destroy"].action == "s3:DeleteObject"


def test_a_deny_of_that_part_takes_it_away() -> None:
    part = "arn:aws:s3:::prod-data/logs/*"
    assert not found(BUCKET, grant("s3:DeleteObject", part), deny("s3:*", part))
    assert "destroy" in found(BUCKET, grant("s3:DeleteObject", "arn:aws:s3:::prod-data/*"), deny("s3:*", part))


def test_another_bucket_is_not_this_one() -> None:
    assert not found(BUCKET, grant("s3:*", ("arn:aws:s3:::staging-data", "arn:aws:s3:::staging-data/*")))


def test_an_unknown_account_leaves_it_open_and_says_so() -> None:
    resource = ResourceView((f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:orders",), "aws_db_instance", ACCOUNT)
    can = found(resource, grant("rds:*", "*"))
    assert can["destroy"].verdict == "maybe"
    assert can["destroy"].unknowns == (f"whether {ONE} and ${{account(aws)}} are one account",)


def test_the_resource_policy_lets_another_account_in() -> None:
    view = ResourceView(BUCKET.arns, BUCKET.type, TWO, (grant("s3:*", "*", policy="resource", aws=ROLE.arn),))
    assert found(view, grant("s3:*", "*"))["destroy"].verdict == "yes"
    assert not found(view)


def test_a_policy_that_could_not_be_read_gives_nothing() -> None:
    assert not found(DATABASE, grant((), unknown="module not found"))


def test_the_queue_that_is_referred_to_is_the_only_one_meant() -> None:
    symbols = (Symbol("aws_sqs_queue.jobs.arn", "a"),)
    engine = Capabilities(Engine(symbols))
    other = ResourceView((f"arn:aws:sqs:eu-west-1:{ONE}:prod-jobs",), "aws_sqs_queue", ONE)
    assert not engine.of(ROLE, (grant("sqs:*", hole_char(0)),), other)


def test_tables() -> None:
    delete = action("S3:deleteobject")
    assert delete is not None
    assert (delete.capability, "object" in delete.about) == ("destroy", True)
    assert action("s3:NoSuchAction") is None
    assert managed_policy("arn:aws:iam::aws:policy/AdministratorAccess") == (
        "2012-10-17",
        [{"Action": "*", "Effect": "Allow", "Resource": "*"}],
    )
    assert managed_policy("arn:aws:iam::aws:policy/NoSuchPolicy") is None
    assert len(escalations()) > 50


def test_many_pairs_take_little_time() -> None:
    """A tenth of a tenth of the target (1,000 by 1,000 in 8 s), with room for a slow machine."""
    engine = Capabilities(Engine(SYMBOLS))
    principals = [(PrincipalView(f"{ROLE.arn}-{number}"), _policies(number)) for number in range(100)]
    tables = [
        ResourceView((f"arn:aws:dynamodb:eu-west-1:{ONE}:table/prod-{number}",), "aws_dynamodb_table", ONE)
        for number in range(100)
    ]
    start = time.process_time()
    count = sum(bool(engine.of(who, grants, table)) for who, grants in principals for table in tables)
    assert count > 0
    assert time.process_time() - start < 2


def _policies(number: int) -> tuple[Grant, ...]:
    return (
        grant(("dynamodb:*", "s3:Get*"), f"arn:aws:dynamodb:*:*:table/*-{number % 10}*"),
        grant("sqs:*", "*"),
        deny("dynamodb:DeleteTable", "arn:aws:dynamodb:*:*:table/prod-5*"),
    )
