"""What a deployment's inputs must satisfy, and the blocks that only tell Terraform what to do."""

from __future__ import annotations

from envfence.evaluate import Evaluated, Given, Loader, Options, evaluate
from envfence.evaluate.rendering import to_json
from envfence.model import Deployment
from envfence.providers.catalogue import catalogue
from envfence.providers.extract import extract
from envfence.tree import DictTree
from envfence.values import Sequence, Span, Unknown

ENVIRONMENT = """
variable "environment" {
  type = string
  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "It is ${var.environment}."
  }
}
"""


def run(files: dict[str, str], workspace_open: bool = False, **inputs: str) -> Evaluated:
    deployment = Deployment(id="d", root="", config_dir="", workspace_open=workspace_open, span=Span("main.tf", 1))
    given = tuple(Given(name=name, text=text) for name, text in inputs.items())
    return evaluate(Loader(DictTree(files)), deployment, Options(variables=given))


def reasons(evaluated: Evaluated) -> list[str]:
    return [error.reason for error in evaluated.errors]


def test_an_input_that_violates_a_validation_is_an_error_at_the_condition() -> None:
    evaluated = run({"main.tf": ENVIRONMENT}, environment="prodction")
    assert reasons(evaluated) == ['Invalid value for variable "environment": a validation rule does not hold']
    assert evaluated.errors[0].span.line == 5


def test_a_valid_or_unknown_input_violates_nothing() -> None:
    assert reasons(run({"main.tf": ENVIRONMENT}, environment="staging")) == []
    assert reasons(run({"main.tf": ENVIRONMENT})) == []


def test_arguments_of_modules_are_checked_unless_the_module_may_not_exist() -> None:
    call = 'variable "on" {}\nmodule "m" {\n  source = "./m"\n  environment = "test"\n%s}'
    certain = run({"main.tf": call % "", "m/main.tf": ENVIRONMENT})
    perhaps = run({"main.tf": call % "  count = var.on ? 1 : 0\n", "m/main.tf": ENVIRONMENT})
    assert reasons(certain) == ['Invalid value for variable "environment": a validation rule does not hold']
    assert reasons(perhaps) == []


def test_a_default_and_a_json_validation_are_checked() -> None:
    text = """{"variable": {"n": {"default": 5, "validation":
        [{"condition": "${var.n < 3}", "error_message": "Too many."}]}}}"""
    assert reasons(run({"main.tf.json": text})) == ['Invalid value for variable "n": Too many.']


def test_a_rule_that_cannot_be_evaluated_is_an_error() -> None:
    text = 'variable "n" {\n  default = 1\n  validation {\n    condition = nowhere(var.n)\n  }\n}'
    assert reasons(run({"main.tf": text}))[0].startswith('Invalid validation of variable "n"')


def test_blocks_about_the_state_and_checks_are_accepted() -> None:
    text = """
moved {
  from = terraform_data.old
  to   = terraform_data.new
}
removed {
  from = terraform_data.gone
  lifecycle {
    destroy = false
  }
}
import {
  to = terraform_data.new
  id = "x"
}
check "health" {
  data "http" "site" {
    url = "https://example.com"
  }
  assert {
    condition     = data.http.site.status_code == 200
    error_message = "Down."
  }
}
resource "terraform_data" "new" {
  input = "x"
}
"""
    evaluated = run({"main.tf": text})
    assert reasons(evaluated) == []
    assert "terraform_data.new" in [resource.address for resource in evaluated.resources]


def test_an_open_workspace_is_one_unknown_in_all_modules() -> None:
    files = {
        "main.tf": """
module "m" {
  source = "./m"
}
output "same" {
  value = ["db-${terraform.workspace}", "db-${module.m.name}"]
}
output "counted" {
  value = terraform.workspace == "production" ? 1 : 0
}
""",
        "m/main.tf": 'output "name" {\n  value = terraform.workspace\n}',
    }
    closed, opened = run(files), run(files, workspace_open=True)
    assert to_json(closed.outputs["same"].value) == '["db-default", "db-default"]'
    values = opened.outputs["same"].value
    assert isinstance(values, Sequence)
    first, second = values.items
    assert first == second != "db-default"
    assert isinstance(opened.outputs["counted"].value, Unknown)


def test_what_terraform_would_refuse_is_a_gap_of_the_facts() -> None:
    evaluated = run({"main.tf": 'output "o" {\n  value = {a = 1}.b\n}'})
    facts = extract(evaluated, catalogue(), lambda text: text)
    assert isinstance(evaluated.outputs["o"].value, Unknown)
    assert [(each.span.line, bool(each.hides)) for each in facts.problems] == [(2, True)]


def test_a_module_that_is_not_there_is_one_gap_however_often_it_is_called() -> None:
    text = 'module "m" {\n  for_each = toset(["a", "b"])\n  source = "acme/m/aws"\n  name = "db-${each.key}"\n}'
    evaluated = run({"main.tf": text})
    assert [each.hides for each in evaluated.problems] == ["the resources of module.m"]
    assert [to_json(call.values) for call in evaluated.unread_calls] == ['{"name": "db-a"}', '{"name": "db-b"}']


def test_a_part_that_a_provider_adds_to_an_object_is_unknown_and_no_error() -> None:
    text = 'resource "x_y" "z" {\n  place = {a = 1}\n}\noutput "o" {\n  value = [x_y.z.place.a, x_y.z.place.id]\n}'
    evaluated = run({"main.tf": text})
    value = evaluated.outputs["o"].value
    assert isinstance(value, Sequence)
    known, computed = value.items
    assert known == 1
    assert isinstance(computed, Unknown)
    assert evaluated.symbols.symbol(computed.symbol).what == "x_y.z.place.id"
    assert reasons(evaluated) == []
