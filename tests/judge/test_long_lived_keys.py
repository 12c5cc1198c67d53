"""Static keys of production: whom they open, where they go, and which of them nothing better could replace."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
RULE = "long-lived-access-key"
USER = 'resource "aws_iam_user" "export" {\n  name = "export"\n}\n'
KEY = USER + 'resource "aws_iam_access_key" "export" {\n  user = aws_iam_user.export.name\n}\n'
AZURE = 'resource "azuread_application_password" "main" {\n  application_id = "/applications/a"\n'


def findings(text: str, rule: str = RULE, files: Mapping[str, str] | None = None) -> list[Finding]:
    other = files or {"live/staging/main.tf": 'resource "a_b" "c" {}\n'}
    tree = DictTree({"live/production/main.tf": text, **other})
    return [each for each in check(tree, SETTINGS).findings if each.rule == rule]


def policy(*actions: str) -> str:
    listed = ", ".join(f'"{action}"' for action in actions)
    statement = f'{{ Effect = "Allow", Action = [{listed}], Resource = "*" }}'
    return f"""
resource "aws_iam_user_policy" "export" {{
  user   = aws_iam_user.export.name
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})
}}
"""


@pytest.mark.parametrize(
    ("copy", "place"),
    [
        (
            'resource "kubernetes_secret" "s" {\n  metadata {\n    name = "s"\n  }\n'
            "  data = {\n    secret = aws_iam_access_key.export.secret\n  }\n}\n",
            "kubernetes_secret.s",
        ),
        (
            'resource "aws_lambda_function" "f" {\n  function_name = "f"\n  role = "r"\n  environment {\n'
            "    variables = { KEY = aws_iam_access_key.export.secret }\n  }\n}\n",
            "aws_lambda_function.f",
        ),
        ('output "key" {\n  value = aws_iam_access_key.export.secret\n  sensitive = true\n}\n', "output.key"),
        ('module "app" {\n  source = "acme/app/aws"\n  key = aws_iam_access_key.export.secret\n}\n', "module.app"),
    ],
)
def test_the_message_says_whom_a_key_opens_and_where_a_copy_lies(copy: str, place: str) -> None:
    (finding,) = findings(KEY + copy)
    assert finding.certainty == "proved"
    assert f"opens aws_iam_user.export; a copy lies in {place}" in finding.message
    assert place in {each.address for hop in finding.path for each in hop.evidence}


def test_the_public_half_is_no_copy() -> None:
    (finding,) = findings(KEY + 'output "id" {\n  value = aws_iam_access_key.export.id\n}\n')
    assert "a copy" not in finding.message


@pytest.mark.parametrize(("actions", "count"), [(("ses:SendRawEmail",), 0), (("ses:SendEmail", "s3:GetObject"), 1)])
def test_a_user_who_may_only_send_mail_has_nothing_better(actions: tuple[str, ...], count: int) -> None:
    assert len(findings(KEY + policy(*actions))) == count


def test_a_password_for_mail_alone_is_no_key_of_a_cloud() -> None:
    copied = 'resource "aws_ssm_parameter" "p" {\n  name = "p"\n  type = "SecureString"\n  value = HALF\n}\n'
    assert findings(KEY + copied.replace("HALF", "aws_iam_access_key.export.ses_smtp_password_v4")) == []
    assert len(findings(KEY + copied.replace("HALF", "aws_iam_access_key.export.secret"))) == 1


ROTATED = """  rotate_when_changed = { at = time_rotating.main.id }
}
resource "time_rotating" "main" {
  rotation_days = DAYS
"""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (AZURE + "}\n", 1),
        (AZURE + '  end_date_relative = "720h"\n}\n', 0),
        (AZURE + '  end_date_relative = "17520h"\n}\n', 1),
        (AZURE + ROTATED.replace("DAYS", "30") + "}\n", 0),
        (AZURE + ROTATED.replace("DAYS", "3650") + "}\n", 1),
        (KEY.replace("user = aws", 'status = "Inactive"\n  user = aws'), 0),
    ],
)
def test_what_soon_ends_is_not_long_lived(text: str, count: int) -> None:
    assert len(findings(text)) == count


def test_the_text_of_a_module_is_one_cause_however_often_it_is_called() -> None:
    calls = "".join(f'module "{name}" {{\n  source = "../../modules/user"\n}}\n' for name in ("a", "b", "c"))
    (finding,) = findings(calls, files={"modules/user/main.tf": KEY})
    assert finding.cause.span.path == "modules/user/main.tf"
    assert finding.also_total == 2


ROBOT = """
module "robot" {
  source  = "terraform-aws-modules/iam/aws//modules/iam-user"
  version = "~> 4.2.0"
  create_iam_access_key = CREATED
}
resource "aws_ssm_parameter" "p" {
  name  = "p"
  type  = "SecureString"
  value = module.robot.iam_access_key_secret
}
"""


def test_the_key_of_a_published_module_and_what_gets_it() -> None:
    (finding,) = findings(ROBOT.replace("CREATED", "true"))
    assert "module.robot.aws_iam_access_key.this[0]" in finding.message
    assert "a copy lies in aws_ssm_parameter.p" in finding.message
    assert findings(ROBOT.replace("CREATED", "false")) == []


BREAKGLASS = """
provider "aws" {{
  allowed_account_ids = ["{account}"]
}}
resource "aws_iam_role" "admin" {{
  name = "admin"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ AWS = "arn:aws:iam::340000000004:{principal}" }}
    }}]
  }})
}}
"""


@pytest.mark.parametrize(
    ("principal", "rule"),
    [
        ("user/robot", "user-key-enters-several-environments"),
        ("role/robot", "identity-enters-several-environments"),
    ],
)
def test_a_user_elsewhere_that_production_and_staging_let_in(principal: str, rule: str) -> None:
    production, staging = (
        BREAKGLASS.format(account=account, principal=principal) for account in ("310000000001", "320000000002")
    )
    (finding,) = findings(production, rule, {"live/staging/main.tf": staging})
    assert finding.certainty == "proved"
    assert findings(production, rule) == []
