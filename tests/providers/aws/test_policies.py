"""From Terraform to grants: policy documents, attachments, trust, resource policies."""

from __future__ import annotations

import json

import pytest

from envfence.evaluate import Evaluated, Loader, Options, evaluate
from envfence.model import Deployment, Facts, Grant, Span
from envfence.providers.aws.members import members
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract
from envfence.tree import DictTree
from envfence.values import Value


def evaluated(source: str, **files: str) -> Evaluated:
    tree = DictTree({"main.tf": source, **{name.replace("__", "/") + ".tf": text for name, text in files.items()}})
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    return evaluate(Loader(tree), deployment, Options(computed=computed_functions()))


def facts(source: str, **files: str) -> Facts:
    return extract(evaluated(source, **files), catalogue(), lambda text: "digest")


def grants(source: str, policy: str, **files: str) -> tuple[Grant, ...]:
    return tuple(grant for grant in facts(source, **files).grants if grant.policy == policy)


def document(source: str, name: str = "this") -> dict[str, object]:
    outputs = evaluated(source + f'\noutput "json" {{ value = data.aws_iam_policy_document.{name}.json }}').outputs
    value: Value = outputs["json"].value
    assert isinstance(value, str)
    found: dict[str, object] = json.loads(value)
    return found


ROLE = """
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::111111111111:root" }
    }]
  })
}
"""


class TestDocument:
    def test_one_element_is_a_string_and_several_are_in_reverse_order(self) -> None:
        found = document(
            """
            data "aws_iam_policy_document" "this" {
              statement {
                sid       = "Read"
                actions   = ["s3:Get*", "s3:List*"]
                resources = ["arn:aws:s3:::b/&{aws:username}"]
              }
            }
            """
        )
        assert found == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Read",
                    "Effect": "Allow",
                    "Action": ["s3:List*", "s3:Get*"],
                    "Resource": "arn:aws:s3:::b/${aws:username}",
                }
            ],
        }

    def test_principals_and_conditions_of_one_kind_add_up(self) -> None:
        found = document(
            """
            data "aws_iam_policy_document" "this" {
              statement {
                effect  = "Deny"
                actions = ["s3:*"]
                principals {
                  type        = "AWS"
                  identifiers = ["a"]
                }
                principals {
                  type        = "AWS"
                  identifiers = ["b"]
                }
                condition {
                  test     = "StringEquals"
                  variable = "aws:x"
                  values   = ["1"]
                }
                condition {
                  test     = "StringEquals"
                  variable = "aws:x"
                  values   = ["2"]
                }
              }
            }
            """
        )
        assert found["Statement"] == [
            {
                "Effect": "Deny",
                "Action": "s3:*",
                "Principal": {"AWS": ["a", "b"]},
                "Condition": {"StringEquals": {"aws:x": ["1", "2"]}},
            }
        ]

    def test_only_a_star_of_type_star_is_everybody(self) -> None:
        template = """
            data "aws_iam_policy_document" "this" {{
              statement {{
                actions = ["s3:*"]
                principals {{
                  type        = "{kind}"
                  identifiers = ["*"]
                }}
              }}
            }}
        """
        for kind, principal in (("*", "*"), ("AWS", {"AWS": "*"})):
            assert document(template.format(kind=kind))["Statement"] == [
                {"Effect": "Allow", "Action": "s3:*", "Principal": principal}
            ]

    def test_sources_come_first_and_overrides_replace_in_place(self) -> None:
        found = document(
            """
            data "aws_iam_policy_document" "source" {
              statement {
                sid     = "A"
                actions = ["s3:Get*"]
              }
              statement {
                sid     = "B"
                actions = ["s3:Put*"]
              }
            }
            data "aws_iam_policy_document" "override" {
              statement {
                sid     = "A"
                actions = ["ec2:*"]
              }
            }
            data "aws_iam_policy_document" "this" {
              source_policy_documents   = [data.aws_iam_policy_document.source.json]
              override_policy_documents = [data.aws_iam_policy_document.override.json]
              statement {
                actions = ["sqs:*"]
              }
            }
            """
        )
        statements = found["Statement"]
        assert isinstance(statements, list)
        assert [statement["Action"] for statement in statements] == ["ec2:*", "s3:Put*", "sqs:*"]


class TestIdentities:
    def test_inline_policy(self) -> None:
        (grant,) = grants(
            ROLE
            + """
            resource "aws_iam_role_policy" "app" {
              role   = aws_iam_role.app.id
              policy = jsonencode({ Statement = { Effect = "Allow", Action = "s3:*", Resource = "*" } })
            }
            """,
            "identity",
        )
        assert (grant.attached_to, grant.actions, grant.resources) == ("aws_iam_role:app", ("s3:*",), ("*",))
        assert not grant.unknown

    def test_attached_policy_with_the_document_it_comes_from(self) -> None:
        (grant,) = grants(
            ROLE
            + """
            data "aws_iam_policy_document" "wide" {
              statement {
                actions   = ["s3:*"]
                resources = ["*"]
              }
            }
            resource "aws_iam_policy" "wide" {
              name   = "wide"
              policy = data.aws_iam_policy_document.wide.json
            }
            resource "aws_iam_role_policy_attachment" "app" {
              role       = aws_iam_role.app.name
              policy_arn = aws_iam_policy.wide.arn
            }
            """,
            "identity",
        )
        assert grant.attached_to == "aws_iam_role:app"
        assert [each.address for each in grant.evidence] == [
            "data.aws_iam_policy_document.wide",
            "aws_iam_policy.wide",
            "aws_iam_role_policy_attachment.app",
        ]

    def test_a_policy_that_aws_maintains_stays_a_name(self) -> None:
        (grant,) = grants(
            ROLE
            + """
            resource "aws_iam_role_policy_attachment" "app" {
              role       = aws_iam_role.app.name
              policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
            }
            """,
            "identity",
        )
        assert grant.document == "arn:aws:iam::aws:policy/AdministratorAccess"

    def test_trust(self) -> None:
        (grant,) = grants(ROLE, "trust")
        assert grant.holder == "aws_iam_role.app"
        assert [each.value for each in grant.principals] == ["arn:aws:iam::111111111111:root"]

    def test_the_account_of_the_caller_is_the_account_of_the_role(self) -> None:
        outputs = evaluated(
            ROLE
            + """
            data "aws_caller_identity" "here" {}
            output "role" { value = aws_iam_role.app.arn }
            output "made" { value = "arn:aws:iam::${data.aws_caller_identity.here.account_id}:role/app" }
            """
        ).outputs
        assert outputs["role"].value == outputs["made"].value

    def test_boundary(self) -> None:
        (grant,) = grants(
            """
            resource "aws_iam_user" "ann" {
              name                 = "ann"
              permissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
            }
            """,
            "boundary",
        )
        assert (grant.holder, grant.document) == ("aws_iam_user.ann", "arn:aws:iam::aws:policy/ReadOnlyAccess")


class TestResourcePolicies:
    def test_bucket_policy(self) -> None:
        (grant,) = grants(
            """
            resource "aws_s3_bucket" "data" {
              bucket = "prod-data"
            }
            resource "aws_s3_bucket_policy" "data" {
              bucket = aws_s3_bucket.data.id
              policy = jsonencode({
                Version   = "2012-10-17"
                Statement = [{
                  Effect    = "Allow"
                  Action    = "s3:GetObject"
                  Principal = { AWS = ["111111111111"] }
                  Resource  = "${aws_s3_bucket.data.arn}/*"
                }]
              })
            }
            """,
            "resource",
        )
        assert (grant.attached_to, grant.resources) == ("aws_s3_bucket:prod-data", ("arn:aws:s3:::prod-data/*",))

    def test_lambda_permission(self) -> None:
        (grant,) = grants(
            """
            resource "aws_lambda_permission" "events" {
              function_name = "worker"
              action        = "lambda:InvokeFunction"
              principal     = "events.amazonaws.com"
              source_arn    = "arn:aws:events:eu-west-1:111111111111:rule/x"
            }
            """,
            "resource",
        )
        assert [(each.type, each.value) for each in grant.principals] == [("Service", "events.amazonaws.com")]
        assert grant.conditions[0].variable == "AWS:SourceArn"

    @pytest.mark.parametrize(
        "text", ["not json", "[1", '\\"text\\"', '{\\"Statement\\": [{\\"Effect\\": \\"Maybe\\"}]}']
    )
    def test_what_is_no_policy_is_a_problem_at_its_own_line(self, text: str) -> None:
        found = facts(f'resource "aws_sqs_queue_policy" "q" {{\n  queue_url = "q"\n  policy    = "{text}"\n}}\n')
        assert not found.grants
        assert [(problem.span.path, problem.span.line) for problem in found.problems] == [("main.tf", 3)]

    def test_an_unknown_policy_is_a_placeholder(self) -> None:
        (grant,) = grants(
            """
            variable "policy" {}
            resource "aws_sqs_queue_policy" "q" {
              queue_url = "q"
              policy    = var.policy
            }
            """,
            "resource",
        )
        assert grant.unknown


class TestWorkloads:
    def test_a_function_runs_as_its_role(self) -> None:
        found = facts(
            ROLE + 'resource "aws_lambda_function" "f" {\n  function_name = "f"\n  role = aws_iam_role.app.arn\n}\n'
        )
        assert [(edge.kind, edge.source, edge.target) for edge in found.edges if edge.kind == "runs-as"] == [
            ("runs-as", "aws_lambda_function.f", "aws_iam_role.app")
        ]

    def test_an_instance_runs_as_its_profile_and_that_as_its_role(self) -> None:
        found = facts(
            ROLE
            + """
            resource "aws_iam_instance_profile" "p" {
              name = "p"
              role = aws_iam_role.app.name
            }
            resource "aws_instance" "i" {
              iam_instance_profile = aws_iam_instance_profile.p.name
            }
            """
        )
        assert [(edge.source, edge.target) for edge in found.edges if edge.kind == "runs-as"] == [
            ("aws_iam_instance_profile.p", "aws_iam_role.app"),
            ("aws_instance.i", "aws_iam_instance_profile.p"),
        ]


class TestUnreadModules:
    """The arguments of modules that are not in the repository."""

    def test_a_policy_in_an_argument_is_a_grant_of_the_module(self) -> None:
        source = """
        module "store" {
          source        = "acme/store/aws"
          bucket_policy = [jsonencode({
            Version   = "2012-10-17"
            Statement = [{
              Sid       = "Load"
              Effect    = "Allow"
              Action    = "s3:PutObject"
              Resource  = "*"
              Principal = { AWS = "arn:aws:iam::320000000002:role/loader" }
            }]
          })]
        }
        resource "aws_sns_topic" "x" {}
        """
        (grant,) = grants(source, "resource")
        assert (grant.holder, grant.actions) == ("module.store", ("s3:PutObject",))
        assert [principal.value for principal in grant.principals] == ["arn:aws:iam::320000000002:role/loader"]
        assert grant.element_spans["arn:aws:iam::320000000002:role/loader"].line == 11

    @pytest.mark.parametrize(
        ("argument", "policy"),
        [("trusted_role_arns", "trust"), ("allowed_principals", "resource"), ("principals_pull_access", None)],
    )
    def test_principals_count_under_a_name_that_says_what_for(self, argument: str, policy: str | None) -> None:
        source = f"""
        module "thing" {{
          source     = "acme/thing/aws"
          {argument} = ["arn:aws:iam::320000000002:root"]
        }}
        resource "aws_sns_topic" "x" {{}}
        """
        found = [grant.policy for grant in facts(source).grants]
        assert found == ([policy] if policy else [])


class TestPartlyKnownLists:
    """Lists that are unknown as a whole, of which some elements are not."""

    @pytest.mark.parametrize(
        ("what", "known"),
        [
            ('sort(distinct([account(aws), "310000000001", "320000000002"]):list)', ("310000000001", "320000000002")),
            ('concat(["a"], var.more)', ("a",)),
            ('concat([upper("x")], ["y"])', ("y",)),
            ('lookup(var.map, ["a"])', ()),
            ('var.on ? ["a"] : ["b"]', ()),
            ('slice(["a", "b"], var.from, 2)', ()),
            ('sort([var.map["a"], "b"])', ("b",)),
        ],
    )
    def test_elements_that_are_surely_in(self, what: str, known: tuple[str, ...]) -> None:
        assert members(what) == known


def test_an_old_template_is_filled_in() -> None:
    source = """
    data "template_file" "policy" {
      template = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "$${role}" }]
      })
      vars     = { role = "arn:aws:iam::310000000001:role/deploy" }
    }
    resource "aws_iam_user_policy" "x" {
      user   = "x"
      policy = data.template_file.policy.rendered
    }
    """
    (grant,) = grants(source, "identity")
    assert grant.resources == ("arn:aws:iam::310000000001:role/deploy",)


def test_elements_of_a_here_document_have_their_own_lines() -> None:
    source = """resource "aws_kms_key" "k" {
  policy = <<EOF
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Use",
      "Effect": "Allow",
      "Action": "kms:Decrypt",
      "Resource": "*",
      "Principal": {"AWS": "arn:aws:iam::${var.accounts["staging"]}:root"}
    }
  ]
}
EOF
}
variable "accounts" { type = map(string) }
"""
    (grant,) = grants(source, "resource")
    assert grant.span.line == 7
    assert {span.line for text, span in grant.element_spans.items() if text.startswith("arn:")} == {11}
