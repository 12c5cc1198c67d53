"""What functions keep of values that are partly unknown, and how they name what they cannot keep."""

from typing import Any

import pytest
from support import SYMBOLS, context, hole, plain, run, unknown, value

from envfence.evaluate.functions import call
from envfence.values import Symbol, Unknown

ENV = hole("var.env")
ACCOUNT = hole("account(aws)")


def derived(what: str) -> str:
    return SYMBOLS.intern(Symbol(what=what, scope="root"))


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("join", ["-", ["app", ENV]], f"app-{ENV}"),
        ("format", ["%s-%s", "app", ENV], f"app-{ENV}"),
        ("formatlist", ["%s-x", ["a", ENV]], ["a-x", f"{ENV}-x"]),
        ("upper", [f"app-{ENV}"], f"APP-{derived('upper(var.env)')}"),
        ("replace", [f"a-{ENV}", "-", "_"], "a_" + derived('replace(var.env, "-", "_")')),
        ("trimprefix", [f"app-{ENV}", "app-"], ENV),
        ("trimprefix", [f"app-{ENV}", "web-"], f"app-{ENV}"),
        ("trimsuffix", [f"{ENV}-db", "-db"], ENV),
        ("trimspace", [f" a{ENV}b "], f"a{ENV}b"),
        ("startswith", [f"app-{ENV}", "app"], True),
        ("startswith", [f"app-{ENV}", "web"], False),
        ("startswith", [ENV, "web"], "?"),
        ("endswith", [f"{ENV}-db", "-db"], True),
        ("strcontains", [f"a-{ENV}", "a-"], True),
        ("substr", [f"app-{ENV}", 0, 3], "app"),
        ("basename", [f"{ENV}/a.txt"], "a.txt"),
        ("length", [[ENV, "a"]], 2),
        ("length", [{"a": ENV}], 1),
        ("contains", [["a", ENV], "a"], True),
        ("contains", [[f"x{ENV}"], "a"], False),
        ("contains", [[ENV], "a"], "?"),
        ("concat", [[ENV], ["a"]], [ENV, "a"]),
        ("element", [["a", ENV], 1], ENV),
        ("flatten", [[[ENV], ["a"]]], [ENV, "a"]),
        ("merge", [{"a": ENV}, {"b": 1}], {"a": ENV, "b": 1}),
        ("lookup", [{"a": ENV}, "a", "x"], ENV),
        ("lookup", [{"prod": 1}, ENV, 0], "?"),
        ("lookup", [{"x-prod": 1}, f"y-{ENV}", 0], 0),
        ("keys", [{"a": ENV}], ["a"]),
        ("toset", [[f"{ACCOUNT}:a", f"{ACCOUNT}:b"]], [f"{ACCOUNT}:a", f"{ACCOUNT}:b"]),
        ("toset", [[ENV, "a"]], "?"),
        ("compact", [["a", f"x{ENV}"]], ["a", f"x{ENV}"]),
        ("compact", [["a", ENV]], "?"),
        ("coalesce", [f"x{ENV}", "b"], f"x{ENV}"),
        ("split", ["/", f"a/{ENV}"], "?"),
        ("sha256", [ENV], "?"),
        ("jsonencode", [{"a": f"x-{ENV}"}], f'{{"a":"x-{ENV}"}}'),
        ("jsondecode", [f'{{"Resource":"arn:aws:s3:::{ENV}/*"}}'], {"Resource": f"arn:aws:s3:::{ENV}/*"}),
        ("jsondecode", [f'{{"a":{ENV}}}'], "?"),
        ("yamldecode", [f'a: "x-{ENV}"'], {"a": f"x-{ENV}"}),
        ("yamldecode", [f"a: {ENV}"], "?"),
        ("yamlencode", [{"a": f"x-{ENV}"}], f'"a": "x-{ENV}"\n'),
        ("tostring", [f"a{ENV}"], f"a{ENV}"),
    ],
)  # fmt: skip
def test_keeps_what_is_known(name: str, args: list[Any], expected: Any) -> None:
    assert run(name, *args) == expected


def test_the_same_call_is_the_same_unknown() -> None:
    first, second = (call("sha256", [f"a-{ENV}"], context()) for _ in range(2))
    other = call("sha256", [f"b-{ENV}"], context())
    assert isinstance(first, Unknown)
    assert isinstance(other, Unknown)
    assert first == second
    assert first.symbol != other.symbol
    assert first.type == "string"
    assert SYMBOLS.symbol(first.symbol) == Symbol(what='sha256("a-${var.env}")', scope="root")


def test_texts_that_look_like_holes_are_told_apart() -> None:
    literal = call("sha256", [f"${{var.env}}{hole('var.other')}"], context())
    holed = call("sha256", [f"{ENV}{hole('var.other')}"], context())
    assert isinstance(literal, Unknown)
    assert isinstance(holed, Unknown)
    assert literal.symbol != holed.symbol


def test_scopes_tell_equal_names_apart() -> None:
    here, there = hole("var.x", "one"), hole("var.x", "two")
    first, second = call("md5", [here + there], context()), call("md5", [there + here], context())
    assert isinstance(first, Unknown)
    assert isinstance(second, Unknown)
    assert first.symbol != second.symbol


def test_a_result_without_a_deployment_belongs_to_none() -> None:
    made = call("md5", [hole("data.x.y", "")], context())
    assert isinstance(made, Unknown)
    assert SYMBOLS.symbol(made.symbol).scope == ""


def test_a_wholly_unknown_value_survives_json() -> None:
    given = unknown("aws_iam_role.a.arn")
    encoded = call("jsonencode", [value({"Principal": given, "n": [given]})], context())
    decoded = call("jsondecode", [encoded], context())
    assert plain(decoded) == {"Principal": "?", "n": ["?"]}
    assert isinstance(encoded, str)
    assert call("jsondecode", [call("jsonencode", [given], context())], context()) == Unknown(
        given.symbol, "a part of a JSON text is not known"
    )


def test_conversions_that_may_change_the_text_make_another_unknown() -> None:
    given = unknown("var.port", "string")
    made = call("tonumber", [given], context())
    assert isinstance(made, Unknown)
    assert made.type == "number"
    assert made.symbol != given.symbol
    assert call("tostring", [given], context()) == given


def test_names_travel_with_the_unknown() -> None:
    made = call("sha256", [unknown("var.env")], context())
    lists = call("length", [Unknown(ENV, "no value", names=("env",))], context())
    assert isinstance(made, Unknown)
    assert isinstance(lists, Unknown)
    assert lists.names == ("env",)
    assert lists.reason == "no value"


def test_private_use_characters_in_data_are_no_holes() -> None:
    assert run("jsondecode", '"\\udb80\\udc00"') == "?"
    assert run("base64decode", "87CAgA==") == "?"
