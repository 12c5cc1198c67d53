"""Input made to hurt: every case ends within a few CPU seconds, without an exception."""

from __future__ import annotations

import time

import pytest

from envfence.hcl import parse, parse_expression, parse_template

N = 20_000
CASES = {
    "open lists": "a = " + "[" * N,
    "lists": "a = " + "[" * N + "]" * N,
    "parentheses": "a = " + "(" * N + "1" + ")" * N,
    "objects": "a = " + "{a=" * N + "1" + "}" * N,
    "calls": "a = " + "f(" * N + ")" * N,
    "sum": "a = " + "+".join(["x"] * N),
    "sum, second parser": "b = 1e3\na = " + "+".join(["x"] * 2000),
    "attributes": "a = x" + ".b" * N,
    "indexes": "a = x" + "[0]" * N,
    "splats": "a = x" + "[*].b" * N,
    "signs": "a = " + "!" * N + "x",
    "conditions": "a = " + "x ? y : " * N + "z",
    "keys": "a = {\n" + "".join(f"k{i} = {i}\n" for i in range(30_000)) + "}",
    "blocks": "a {\n" * N + "}\n" * N,
    "open blocks": "a { " * N,
    "labels": "a " + '"x" ' * 100_000 + "{}",
    "comment": "/*" + "x" * 500_000,
    "heredoc": "a = <<E\n" + "line\n" * 90_000 + "E\n",
    "open heredoc": "a = <<E\n" + "line ${x}\n" * 30_000,
    "string": 'a = "' + "x" * 500_000 + '"',
    "open string": 'a = "' + "x" * 500_000,
    "interpolations": 'a = "' + '${"' * N + "x" + '"}' * N + '"',
    "open interpolations": "${" * 200_000,
    "directives": 'a = "' + "%{if x}" * N + "%{endif}" * N + '"',
    "quotes": '"' * 500_000,
    "tabs": "\t" * 500_000,
    "blanks before an error": " " * 50_000 + "= =",
    "blank heredoc": "a = 1e3\nb = <<E" + "\n" * 60_000,
    "brackets": "}{][)(" * 80_000,
    "errors": "a = = 1\n" * 7000,
    "digits": "a = " + "1" * 500_000,
    "exponent": "a = 1e999999999",
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("way", ["a.tf", "a.tf.json", "expression", "template"])
def test_ends_soon(name: str, way: str) -> None:
    text = CASES[name]
    before = time.process_time()
    if way == "expression":
        parse_expression(text.removeprefix("a = "))
    elif way == "template":
        parse_template("a.tpl", text.encode())
    else:
        _ = parse(way, text.encode()).comments
    assert time.process_time() - before < 4  # a loaded machine; alone, each takes less than 2


def test_time_is_linear_in_flat_input() -> None:
    def seconds(count: int) -> float:
        data = "".join(f'k{i} = ["{i}", x.y]\n' for i in range(count)).encode()
        before = time.process_time()
        parse("a.tf", data)
        return time.process_time() - before

    seconds(100)
    assert seconds(16_000) < 12 * seconds(4000) + 0.1
