"""Hostile calls cost little and give unknown values."""

import time
from typing import Any

import pytest
from support import context, plain, run

from envfence.evaluate.functions import call
from envfence.values import Sequence, Value


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("replace", ["a" * 1_000, "a", "b" * 10_000]),
        ("replace", ["a" * 1_000, "/a/", "b" * 10_000]),
        ("format", ["%999999999s", "a"]),
        ("format", ["%90000s" * 20, *["a"] * 20]),
        ("indent", [1_000_000, "a\n" * 1_000]),
        ("join", ["x" * 100_000, ["a"] * 1_000]),
        ("setproduct", [[1] * 200, [1] * 200]),
        ("pow", [10, 1_000]),
        ("tonumber", ["1e99999"]),
        ("jsondecode", ["[" * 5_000 + "]" * 5_000]),
        ("yamldecode", ["[" * 2_000 + "]" * 2_000]),
        ("fileset", [".", "{a,b}" * 30]),
    ],
)
def test_is_unknown_beyond_the_limits(name: str, args: list[Any]) -> None:
    started = time.process_time()
    assert run(name, *args, within=context({})) == "?"
    assert time.process_time() - started < 2


def test_shared_structure_is_not_written_out() -> None:
    item: Value = "x"
    for _ in range(40):
        item = Sequence((item, item))
    for name in ("jsonencode", "yamlencode", "flatten", "sha256", "length"):
        args: list[Value] = [item]
        if name == "sha256":
            args = [call("jsonencode", [item], context())]
        assert plain(call(name, args, context())) in ("?", 2)


def test_aliases_of_yaml_are_counted() -> None:
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    made = call("yamldecode", ["\n".join(levels)], context())
    assert plain(call("jsonencode", [made], context())) == "?"


def test_regular_expressions_do_not_backtrack() -> None:
    started = time.process_time()
    assert run("regexall", "(a+)+$", "a" * 50_000 + "b") == []
    assert time.process_time() - started < 2
