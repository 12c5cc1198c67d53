"""Calls with known arguments; every answer was confirmed by `terraform console` (1.11.4)."""

from typing import Any

import pytest
from support import run

STRINGS: list[tuple[str, list[Any], Any]] = [
    ("split", ["/", "a//b/"], ["a", "", "b", ""]),
    ("join", ["-", ["x"], ["y", "z"]], "x-y-z"),
    ("title", ["hello-world again"], "Hello-World Again"),
    ("trim", ["--a-b--", "-"], "a-b"),
    ("chomp", ["a\n\r\n\n"], "a"),
    ("indent", [2, "a\n\nb"], "a\n  \n  b"),
    ("substr", ["abc", -2, 2], "bc"),
    ("substr", ["abc", -5, 2], "ab"),
    ("substr", ["abc", 1, -1], "bc"),
    ("upper", ["stra\u00dfe"], "STRA\u00dfE"),
    ("strrev", ["x\U0001f468\u200d\U0001f469y"], "y\U0001f468\u200d\U0001f469x"),
    ("length", ["e\u0301"], 1),
    ("length", [5], "ERROR"),
    ("sort", [["b", "a", "B"]], ["B", "a", "b"]),
    ("replace", ["a/b/c", "/", "-"], "a-b-c"),
    ("replace", ["prod-eu", r"/(\w+)-(\w+)/", "$2.$1"], "eu.prod"),
    ("replace", ["hello", "/l/", "$1x"], "heo"),
    ("regex", ["^(?P<env>[a-z]+)-(?P<n>[0-9]+)$", "prod-12"], {"env": "prod", "n": "12"}),
    ("regex", ["(a)|(b)", "b"], [None, "b"]),
    ("regex", ["a", "b"], "ERROR"),
    ("regex", ["(?=a)", "a"], "ERROR"),
    ("regexall", ["[a-z]+", "ab1cd"], ["ab", "cd"]),
    ("format", ["%-6s|%06.2f|%x", "ab", 3.14159, 255], "ab    |003.14|ff"),
    ("format", ["%v %g %e", 1234567, 0.1, 12345.678], "1.234567e+06 0.1 1.234568e+04"),
    ("format", ["%.1f %.3f", 2.25, 2.0005], "2.2 2.001"),
    ("format", ["%[2]s %[1]s", "a", "b"], "b a"),
    ("format", ["%q %v", 'a"<', [1, "a", None]], '"a\\"\\u003c" [1,"a",null]'),
    ("format", ["%s", "a", "b"], "ERROR"),
    ("format", ["%d", 1.5], "ERROR"),
    ("formatlist", ["%s=%d", ["a", "b"], [1, 2]], ["a=1", "b=2"]),
    ("formatlist", ["%s-%s", ["a", "b"], ["x"]], "ERROR"),
    ("formatlist", ["%v", [None]], ["null"]),
]

NUMBERS: list[tuple[str, list[Any], Any]] = [
    ("parseint", ["-7f", 16], -127),
    ("parseint", ["zZ", 62], 2231),
    ("parseint", ["1_0", 10], "ERROR"),
    ("log", [16, 2], 4),
    ("pow", [2, 10], 1024),
    ("ceil", [-0.5], 0),
    ("floor", [-1.2], -2),
    ("signum", [-0.5], "ERROR"),
    ("max", ["1", 2], 2),
    ("sum", [[1, 2.5, "3"]], 6.5),
    ("sum", [[]], "ERROR"),
    ("range", [10, 0, -4], [10, 6, 2]),
    ("range", [0, 5, -1], "ERROR"),
    ("range", [1025], "ERROR"),
    ("tostring", [1e-7], "0.0000001"),
    ("tonumber", ["0x10"], "ERROR"),
]

COLLECTIONS: list[tuple[str, list[Any], Any]] = [
    ("element", [["a", "b"], 3], "b"),
    ("element", [["a", "b"], -2], "a"),
    ("element", [["a", "b"], -1], "ERROR"),
    ("element", [[], 0], "ERROR"),
    ("slice", [["a", "b", "c", "d"], 1, 3], ["b", "c"]),
    ("chunklist", [["a", "b", "c"], 2], [["a", "b"], ["c"]]),
    ("coalesce", ["", None, "z"], "z"),
    ("coalesce", [1, "a"], "1"),
    ("compact", [["a", "", None]], ["a"]),
    ("concat", [[1], ["a"]], [1, "a"]),
    ("contains", [[1, "1"], "1"], True),
    ("contains", [["1"], 1], False),
    ("distinct", [[1, "1", 2]], ["1", "2"]),
    ("flatten", [[[1, [2]], 3, []]], [1, 2, 3]),
    ("index", [["a", "b"], "b"], 1),
    ("index", [[1], "1"], "ERROR"),
    ("matchkeys", [["i-1", "i-2"], ["dev", "prod"], ["prod"]], ["i-2"]),
    ("one", [[]], None),
    ("one", [["a", "b"]], "ERROR"),
    ("reverse", [{"b", "a"}], ["b", "a"]),
    ("alltrue", [[True, "true"]], True),
    ("alltrue", [[None]], False),
    ("anytrue", [[None, True]], True),
    ("merge", [{"a": 1, "b": {"c": 2}}, {"b": {"d": 3}}], {"a": 1, "b": {"d": 3}}),
    ("merge", [None, None], {}),
    ("merge", [[1]], "ERROR"),
    ("lookup", [{"env": "dev"}, "region", "eu-west-1"], "eu-west-1"),
    ("lookup", [{"env": "dev"}, "region"], "ERROR"),
    ("keys", [{"b": 1, "a": 2}], ["a", "b"]),
    ("zipmap", [["x", "y"], [True, None]], {"x": True, "y": None}),
    ("transpose", [{"dev": ["a", "b"], "prod": ["b"]}], {"a": ["dev"], "b": ["dev", "prod"]}),
    ("setproduct", [["dev", "prod"], ["a"]], [["dev", "a"], ["prod", "a"]]),
    ("setunion", [[1], ["a"]], ["1", "a"]),
    ("setsubtract", [["a", "b"], ["b"]], ["a"]),
    ("setintersection", [["a", "b"], ["b", "c"]], ["b"]),
    ("tolist", [[1, True]], "ERROR"),
    ("toset", [[2, 10, 2]], [2, 10]),
    ("tomap", [{"a": 1, "b": [1]}], "ERROR"),
]

ENCODING: list[tuple[str, list[Any], Any]] = [
    ("jsonencode", [{"b": 1.5, "a": ["<x>"]}], '{"a":["\\u003cx\\u003e"],"b":1.5}'),
    ("jsondecode", ['{"a":1,"a":[2]}'], {"a": [2]}),
    ("jsondecode", ["[1,]"], "ERROR"),
    ("yamlencode", [{"name": "x", "ports": [80, 443]}], '"name": "x"\n"ports":\n- 80\n- 443\n'),
    ("yamlencode", [[["a\nb"], {"k": "a\nb\n"}]], '- - |-\n    a\n    b\n- "k": |\n    a\n    b\n'),
    ("yamldecode", ["env: prod\nreplicas: 3\nenabled: no\n"], {"enabled": False, "env": "prod", "replicas": 3}),
    ("yamldecode", ["[012, 0x1F, 0o12, 1_000, 1:30, 2012-10-17]"],
     [12, 31, 10, "1_000", "1:30", "2012-10-17T00:00:00Z"]),
    ("yamldecode", ["a: &x {b: 1}\nc:\n  <<: *x\n  d: 2"], {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ("yamldecode", ["--- a\n--- b"], "ERROR"),
    ("csvdecode", ['name,env\napi,prod\n"web, 2",dev\n'],
     [{"env": "prod", "name": "api"}, {"env": "dev", "name": "web, 2"}]),
    ("csvdecode", ['a,b\nx"y,2'], "ERROR"),
    ("urlencode", ["a=b&c d/\u00e9"], "a%3Db%26c+d%2F%C3%A9"),
    ("base64encode", ["hi"], "aGk="),
    ("base64decode", ["aGk"], "ERROR"),
    ("textencodebase64", ["Hi", "UTF-16LE"], "SABpAA=="),
    ("sha1", ["envfence"], "1ecbab56bd02693bc75b9b3ac35cddbe478ffc33"),
    ("md5", ["envfence"], "75dd1f6979b398e22dd86d3ccb46ced0"),
    ("base64sha256", ["envfence"], "IfQUUWAuvohozX81YyQzyaAEGq1q+cgeXySJfX+gEUA="),
    ("uuidv5", ["dns", "envfence.example"], "71ec347d-9e99-535d-9c53-e632d123659c"),
    ("formatdate", ["DD MMM YYYY hh:mm ZZZ", "2024-02-29T09:07:05+01:00"], "29 Feb 2024 09:07 +0100"),
    ("formatdate", ["YYYY", "2020-02-30T04:05:06Z"], "ERROR"),
    ("timeadd", ["2024-02-28T23:30:00Z", "48h30m"], "2024-03-02T00:00:00Z"),
    ("timecmp", ["2020-02-03T04:05:06Z", "2020-02-03T05:05:06+01:00"], 0),
    ("cidrsubnets", ["192.168.0.0/24", 2, 3, 3], ["192.168.0.0/26", "192.168.0.64/27", "192.168.0.96/27"]),
    ("cidrhost", ["fd00:fd12:3456:7890:00a2::/72", 34], "fd00:fd12:3456:7890::22"),
    ("cidrhost", ["10.0.0.0/8", -1], "10.255.255.255"),
    ("cidrhost", ["10.0.0.0/30", 4], "ERROR"),
    ("cidrsubnet", ["10.1.2.3/8", 4, 15], "10.240.0.0/12"),
    ("cidrnetmask", ["10.0.0.0/12"], "255.240.0.0"),
    ("basename", ["/a/b/"], "b"),
    ("dirname", ["a//b/../c"], "a"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "expected"), STRINGS + NUMBERS + COLLECTIONS + ENCODING)
def test_answers_as_terraform(name: str, args: list[Any], expected: Any) -> None:
    assert run(name, *args) == expected


def test_a_core_prefix_changes_nothing() -> None:
    assert run("core::upper", "a") == "A"


@pytest.mark.parametrize("args", [[], ["a", "b"], [None]])
def test_refuses_wrong_arguments(args: list[Any]) -> None:
    assert run("upper", *args) == "ERROR"


def test_refuses_unknown_names() -> None:
    assert run("shout", "a") == "ERROR"


def test_functions_of_providers_are_unknown() -> None:
    assert run("provider::terraform::encode_expr", "a") == "?"
