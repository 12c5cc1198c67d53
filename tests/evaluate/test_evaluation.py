"""Deployments evaluated from small configurations: what Terraform would plan, and what stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.evaluate import ComputeRequest, Evaluated, Given, Loader, Options, Resource, evaluate
from envfence.evaluate.rendering import to_json
from envfence.model import Deployment
from envfence.tree import DictTree
from envfence.values import Mapping, Sequence, Span, Unknown, Value


def run(main: str, files: dict[str, str] | None = None, **inputs: str) -> Evaluated:
    tree = DictTree({"main.tf": main, **(files or {})})
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    given = tuple(Given(name=name, text=text) for name, text in inputs.items())
    return evaluate(Loader(tree), deployment, Options(variables=given))


def output(expression: str, more: str = "") -> Value:
    return run(f'{more}\noutput "o" {{\n value = {expression}\n}}').outputs["o"].value


def by_address(evaluated: Evaluated) -> dict[str, Resource]:
    return {resource.address: resource for resource in evaluated.resources}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("-7 % 3", "-1"),
        ("1/3*3 == 1", "true"),
        ('true ? [1] : ["a"]', '["1"]'),
        ('true ? {a = 1, b = "x"} : {}', '{"a": "1", "b": "x"}'),
        ('{for i, v in ["a", "b", "a"]: v => i...}', '{"a": [0, 2], "b": [1]}'),
        ("[{a = 1}, {a = 2}][*].a", "[1, 2]"),
        ("null[*]", "[]"),
        ('"%{for x in ["a", "b"]}${x};%{endfor}"', '"a;b;"'),
        ('try({a = 1}.b, "d")', '"d"'),
        ("can({a = 1}.b)", "false"),
        ("false && (1/0 == 1)", "false"),
        ('"${1.50}"', "1.5"),
        ('"a${1.50}"', '"a1.5"'),
    ],
)
def test_known_expressions(expression: str, expected: str) -> None:
    assert to_json(output(expression)) == expected


UNKNOWN = 'variable "u" {}\nvariable "v" {}'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true || var.u", True),
        ("false && var.u", False),
        ('"foo-${var.u}" == "bar"', False),
        ('"${var.u}-foo" != "bar"', True),
        ('var.u == "a" ? "x" : "x"', "x"),
        ('length([var.u, "b"])', 2),
        ('{a = "same", b = "same"}[var.u]', "same"),
        ('startswith("foo-${var.u}", "foo-")', True),
    ],
)
def test_decided_in_spite_of_unknowns(expression: str, expected: Value) -> None:
    assert output(expression, UNKNOWN) == expected


@pytest.mark.parametrize("expression", ["var.u == var.u", "var.u == null", "var.u + 1", "[for x in var.u: x]"])
def test_undecided_is_unknown(expression: str) -> None:
    assert isinstance(output(expression, UNKNOWN), Unknown)


def test_equal_unknown_expressions_are_equal_unknowns() -> None:
    value = output("[upper(var.u), upper(var.u), upper(var.v), timestamp(), timestamp()]", UNKNOWN)
    assert isinstance(value, Sequence)
    first, second, other, now, later = (item.symbol if isinstance(item, Unknown) else item for item in value.items)
    assert first == second
    assert len({first, other, now, later}) == 4


def test_unset_variable_is_a_named_hole() -> None:
    evaluated = run('variable "env" { type = string }\nresource "aws_s3_bucket" "b" { bucket = "logs-${var.env}" }')
    text = evaluated.resources[0].values.items["bucket"]
    assert isinstance(text, str)
    assert text.startswith("logs-")
    assert evaluated.symbols.symbol(text[-1]).what == "var.env"
    assert [problem.reason for problem in evaluated.unset] == ['No value for required variable "env"']


def test_precedence_of_inputs() -> None:
    main = "".join(f'variable "{name}" {{ default = "default" }}\n' for name in "abcde")
    main += 'output "o" { value = [var.a, var.b, var.c, var.d, var.e] }'
    files = {
        "terraform.tfvars": 'b = "file"\nc = "file"\nd = "file"\ne = "file"',
        "terraform.tfvars.json": '{"c": "json", "d": "json", "e": "json"}',
        "x.auto.tfvars": 'd = "auto"\ne = "auto"',
        "other.tfvars": 'a = "not read"',
    }
    assert to_json(run(main, files, e="line").outputs["o"].value) == '["default", "file", "json", "auto", "line"]'


def test_instances_and_modules() -> None:
    evaluated = run(
        """
        module "m" {
          source   = "./m"
          for_each = { a = 1, b = 2 }
          size     = each.value
        }
        resource "x_y" "off" { count = 0 }
        resource "x_y" "all" { count = length(module.m) }
        output "o" { value = module.m["b"].double }
        """,
        {
            "m/main.tf": 'variable "size" {}\nresource "x_y" "r" { size = var.size }\n'
            'output "double" { value = var.size * 2 }'
        },
    )
    assert list(by_address(evaluated)) == ['module.m["a"].x_y.r', 'module.m["b"].x_y.r', "x_y.all[0]", "x_y.all[1]"]
    assert evaluated.outputs["o"].value == 4
    assert not evaluated.errors


def test_unknown_number_of_instances() -> None:
    evaluated = run(
        """
        variable "on" { type = bool }
        variable "keys" {}
        resource "x_y" "one" { count = var.on ? 1 : 0 }
        resource "x_y" "many" { for_each = var.keys }
        output "o" { value = x_y.one[0].arn }
        """
    )
    assert [(r.address, r.exists) for r in evaluated.resources] == [("x_y.many[?]", "maybe"), ("x_y.one[0]", "maybe")]
    arn = evaluated.outputs["o"].value
    assert isinstance(arn, Unknown)
    assert evaluated.symbols.symbol(arn.symbol).what == "x_y.one[0].arn"


def test_dynamic_blocks_equal_literal_ones() -> None:
    dynamic = run('resource "x_y" "r" {\n dynamic "s" {\n for_each = ["a", "b"]\n content { v = s.value }\n }\n}')
    literal = run('resource "x_y" "r" {\n s { v = "a" }\n s { v = "b" }\n}')
    assert dynamic.resources[0].values == literal.resources[0].values


def test_computed_attributes_and_identity() -> None:
    tree = DictTree({"main.tf": 'resource "x_y" "r" { name = "n" }\noutput "o" { value = x_y.r.arn }'})
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    options = Options(
        computed={"x_y": lambda request: {"arn": f"arn:{request.account}:{request.values.items['name']}"}}
    )
    evaluated = evaluate(Loader(tree), deployment, options)
    text = evaluated.outputs["o"].value
    assert isinstance(text, str)
    assert text.endswith(":n")
    assert evaluated.symbols.symbol(text[4]).what == "account(x)"


def test_missing_module_keeps_its_arguments() -> None:
    evaluated = run(
        'module "m" {\n source = "example.org/a/b/c"\n version = "1.2.3"\n name = upper("x")\n}\n'
        'output "o" { value = module.m.id }'
    )
    (call,) = evaluated.unread_calls
    assert (call.source, call.version, call.values) == ("example.org/a/b/c", "1.2.3", Mapping({"name": "X"}))
    assert isinstance(evaluated.outputs["o"].value, Unknown)


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ('locals {\n a = local.b\n b = local.a\n}\noutput "o" { value = local.a }', "Cycle"),
        ('variable "v" {}\nvariable "v" {}', "Duplicate variable"),
        (
            'variable "s" {\n default = ["a"]\n sensitive = true\n}\nresource "x_y" "r" { for_each = toset(var.s) }',
            "for_each",
        ),
    ],
)
def test_what_terraform_refuses_is_reported(main: str, reason: str) -> None:
    assert any(reason in problem.reason for problem in run(main).errors)


def test_growth_ends_in_unknown() -> None:
    doubling = "locals {\n s0 = [1]\n" + "".join(f" s{n + 1} = [local.s{n}, local.s{n}]\n" for n in range(30)) + "}"
    evaluated = run(
        doubling + '\noutput "o" { value = jsonencode(local.s30) }\nresource "x_y" "r" { count = 1000000000 }'
    )
    assert evaluated.resources[0].address == "x_y.r[?]"


def test_origin_follows_modules_conditionals_and_var_files() -> None:
    files = {
        "root/main.tf": 'variable "db" {}\nmodule "m" {\n source = "../m"\n protect = true ? var.db.protect : false\n}',
        "root/prod.tfvars": "db = {\n  size    = 1\n  protect = false\n}",
        "m/main.tf": 'variable "protect" {}\nresource "x_y" "r" {\n protect = var.protect\n}',
    }
    span = Span("root", 1)
    deployment = Deployment(id="root", root="root", config_dir="root", var_files=("root/prod.tfvars",), span=span)
    (resource,) = evaluate(Loader(DictTree(files)), deployment).resources
    places = [str(evidence.span) for evidence in resource.origin("protect")]
    assert places == ["m/main.tf:3", "root/main.tf:4", "root/prod.tfvars:1", "root/prod.tfvars:3"]
    assert str(resource.span_of("protect")) == "m/main.tf:3"


def test_origin_of_a_leaf_is_the_list_element() -> None:
    main = 'locals {\n  more = [\n    "s3:*",\n  ]\n}\nresource "x_y" "r" {\n '
    main += 'policy = jsonencode({ Action = concat(["s3:Get"], local.more) })\n}'
    (resource,) = run(main).resources
    assert str(resource.origin_of_leaf("policy", "s3:*")[-1].span) == "main.tf:3"


DOCUMENT = """locals {
  more = ["role-b"]
}
data "x_document" "this" {
  statement {
    who = [
      "role-a",
    ]
  }
  dynamic "statement" {
    for_each = local.more
    content {
      who = [statement.value]
    }
  }
}
output "document" {
  value = data.x_document.this
}
"""


def test_origin_of_a_leaf_is_found_in_what_a_data_source_makes_a_text_of() -> None:
    main = 'module "d" {\n source = "./d"\n}\nresource "x_y" "r" {\n policy = module.d.document.json\n}'
    files = {"main.tf": main, "d/main.tf": DOCUMENT}

    def text(request: ComputeRequest) -> dict[str, Value]:
        statements = request.values.items["statement"]
        assert isinstance(statements, Sequence)
        return {"json": " and ".join(str(item.items["who"].items[0]) for item in statements.items)}

    deployment = Deployment(id=".", root="", config_dir="", span=Span(".", 1))
    options = Options(computed={"x_document": text})
    resources = evaluate(Loader(DictTree(files)), deployment, options).resources
    (resource,) = [each for each in resources if each.type == "x_y"]
    assert resource.values.items["policy"] == "role-a and role-b"
    assert str(resource.origin_of_leaf("policy", "role-a")[-1].span) == "d/main.tf:7"
    assert str(resource.origin_of_leaf("policy", "role-b")[-1].span) == "d/main.tf:2"


@given(st.booleans(), st.text("ab-", max_size=4), st.text("ab-", max_size=4))
def test_holes_are_sound(flag: bool, content: str, other: str) -> None:
    """Whatever a hole holds, what was decided without knowing it holds too."""
    expression = f'"a${{var.u}}-b" == "{other}" ? "same" : "different"'
    undecided = output(expression, 'variable "u" { type = string }')
    concrete = run(f'variable "u" {{}}\noutput "o" {{ value = {expression} }}', u=content).outputs["o"].value
    assert isinstance(undecided, Unknown) or undecided == concrete
