"""Policies that are none, or not quite: a problem at the policy's own line, never a crash, never silence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envfence.evaluate import Loader, Options, evaluate
from envfence.model import Deployment, Facts, Span
from envfence.providers.aws.operators import is_operator
from envfence.providers.aws.statements import read_policy
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract
from envfence.tree import DictTree

GOOD = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def facts(source: str) -> Facts:
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    loader = Loader(DictTree({"main.tf": source}))
    found = evaluate(loader, deployment, Options(computed=computed_functions()))
    return extract(found, catalogue(), lambda text: "digest")


def policy(*statements: object, **more: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


@pytest.mark.parametrize(
    ("text", "reason", "statements"),
    [
        ("not json", "not JSON", 0),
        ("[]", "not a JSON object", 0),
        ('"*"', "not a JSON object", 0),
        ("{}", "no Statement", 0),
        ('{"Statement": "Allow"}', "not a JSON object", 0),
        ('{"Statement": [1, 2]}', "statement 2", 0),
        (policy({**GOOD, "Effect": "allow"}), "not Allow or Deny", 0),
        (policy({**GOOD, "Action": {"a": 1}}), "an object where a string belongs", 0),
        (policy({**GOOD, "Action": [["s3:*"]]}), "a list inside a list", 0),
        (policy({**GOOD, "Principal": 3}), "Principal is neither", 0),
        (policy({**GOOD, "Condition": "x"}), "Condition is not an object", 0),
        (policy({**GOOD, "Condition": {"StringEquals": "x"}}), "StringEquals is not an object", 0),
        (policy({**GOOD, "Condition": {"StringIs": {"a": "b"}}}), "no condition operator 'StringIs'", 1),
        (policy({**GOOD, "NotAction": "s3:*"}), "both Action and NotAction", 1),
        (policy({"Effect": "Allow", "Resource": "*"}), "names no Action", 1),
        (policy(GOOD, Version="2011-10-17"), "'2011-10-17' does not exist", 1),
        (policy(GOOD, Version=2012), "Version is not a string", 1),
        ('{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}', "occurs twice", 1),
        ("[" * 100_000, "nested too deeply", 0),
        ('{"Statement": ' + "[" * 50 + "]" * 50 + "}", "nested too deeply", 0),
        (policy(*[GOOD] * 2_500), "more than 2000 statements", 2_000),
        ('{"a": "' + "x" * 2_000_000 + '"}', "larger than any", 0),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_read(text: str, reason: str, statements: int) -> None:
    found = read_policy(text)
    assert any(reason in mistake for mistake in found.mistakes), found.mistakes
    assert len(found.statements) == statements


@pytest.mark.parametrize("text", [policy(GOOD), policy(*[GOOD] * 1_000), json.dumps({"Statement": GOOD})])
def test_what_is_right_is_not_complained_about(text: str) -> None:
    assert not read_policy(text).mistakes


def test_the_problem_is_at_the_line_of_the_policy() -> None:
    found = facts('resource "aws_iam_policy" "p" {\n  name   = "p"\n\n  policy = "{}"\n}\n')
    assert [(each.span.line, each.reason) for each in found.problems] == [(4, "the policy has no Statement")]


def test_a_source_of_a_document_that_is_no_policy_is_a_problem_at_its_line() -> None:
    found = facts(
        'data "aws_iam_policy_document" "d" {\n  source_policy_documents = [\n    "{",\n  ]\n'
        '  statement {\n    actions   = ["s3:*"]\n    resources = ["*"]\n  }\n}\n'
    )
    assert [each.span.line for each in found.problems] in ([2], [3])
    assert "not JSON" in found.problems[0].reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["Allow", "*"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Version", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader_and_none_is_passed_over(data: object) -> None:
    found = read_policy(json.dumps(data))
    listed = data.get("Statement") if isinstance(data, dict) else None
    if listed is None or not (isinstance(listed, list) and len(found.statements) == len(listed)):
        assert found.mistakes or (isinstance(listed, dict) and found.statements)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_policy(text)
    assert found.mistakes or found.statements or json.loads(text) == {"Statement": []}


def test_every_operator_that_we_decide_is_known() -> None:
    from envfence.access.aws.conditions import operators

    assert all(is_operator(name) and is_operator(f"ForAnyValue:{name}") for name in operators())
    assert not is_operator("NullIfExists")
