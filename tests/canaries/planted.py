"""A repository with a canary in every input format and everywhere a value can stand."""

from __future__ import annotations

import base64
import json


def canary(number: int) -> str:
    """A value that looks like nothing else; no two share eight characters in a row.

    Every other one is not random in one go, so that what masks random texts wherever they stand does not save it.
    """
    break_ = "~" if number % 2 else ""
    return f"Zq{number:02d}w{number * 7919:06d}{break_}Kx{number * 104729:08d}{break_}vLmT"


LITERAL, DEFAULT, TFVARS, TFVARS_JSON, TF_JSON, HEREDOC, DOTENV, SHELL, AGENT, WORKFLOW = (
    canary(number) for number in range(1, 11)
)
BROKEN, ARGUMENT, WRONG_TYPE, URL, TERRAGRUNT, BACKEND, OUTPUT, VALIDATED, LOCAL, TAGGED = (
    canary(number) for number in range(11, 21)
)
STEP, ACTION, GITLAB, CONCOURSE, AZURE, SERVER = (canary(number) for number in range(21, 27))
COMPOSE, ENV_FILE, MANIFEST, ENCODED, GENERATED, PATCHED, VALUES, CONFIG, LISTED = (
    canary(number) for number in range(27, 36)
)
CIRCLE, TASK, FUNCTION, UNUSED, DSN, HEADER, ENTRY = (canary(number) for number in range(36, 43))
STATE, PLAN_BEFORE, PLAN_AFTER, PLAN_VARIABLE, JENKINS, MAKEFILE, TOML, FLUX, STACK, ATMOS, ATMOS_MAP = (
    canary(number) for number in range(43, 54)
)
TEMPLATE, PROVIDER, PROVISIONER, ELEMENT, CODEX, WEBHOOK, KUBE, HELM_SET, BACKUP, ENVRC, OVERRIDE = (
    canary(number) for number in range(54, 65)
)
COMMENT, HISTORY, FILE_READ, SWITCH, PRODUCT = (canary(number) for number in range(65, 70))
CANARIES = {name: value for name, value in vars().items() if isinstance(value, str) and value.startswith("Zq")}
UUID = "3f2b8c1d-7e4a-4b9c-8d1e-5a6f7b8c9d0e"
GITHUB = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"

MAIN = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["%(account)s"]
}

terraform {
  backend "s3" {
    bucket     = "acme-state"
    key        = "%(name)s.tfstate"
    access_key = "%(BACKEND)s"
  }
}

variable "database_password" {
  default = "%(DEFAULT)s"
}

variable "api_token" {}
variable "signing_key" {}
variable "count_of_things" {
  type    = number
  default = "%(WRONG_TYPE)s"
}
variable "unknown" {}
variable "checked_secret" {
  default = "%(VALIDATED)s"
  validation {
    condition     = length(var.checked_secret) < 3
    error_message = "The secret ${var.checked_secret} is too long."
  }
}

locals {
  smtp_password = "%(LOCAL)s"
  broken        = tonumber("%(WRONG_TYPE)s")
  missing       = { "%(LOCAL)s" = 1 }["${local.smtp_password}x"]
}

resource "aws_db_instance" "literal" {
  identifier = "orders"
  password   = "%(LITERAL)s"
}

resource "aws_db_instance" "default" {
  identifier = "users"
  password   = var.database_password
}

resource "aws_db_instance" "vars" {
  identifier = "events"
  password   = var.api_token
}

resource "aws_db_instance" "signing" {
  identifier = "sessions"
  password   = var.signing_key
  tags       = { Token = "%(TAGGED)s" }
}

resource "aws_secretsmanager_secret" "document" {
  name = "document"
}

resource "aws_secretsmanager_secret_version" "document" {
  secret_id     = aws_secretsmanager_secret.document.id
  secret_string = <<-EOT
    {"password": "%(HEREDOC)s",
     "database_url": "postgres://app:%(URL)s@db.internal/app"}
  EOT
}

resource "aws_secretsmanager_secret_version" "local" {
  secret_id     = "smtp"
  secret_string = local.smtp_password
}

resource "aws_iam_role" "ci" {
  name = "ci"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${replace(var.unknown, "x", "%(ARGUMENT)s")}:role/ci" }
    }]
  })
}

resource "aws_iam_role_policy" "ci" {
  role = aws_iam_role.ci.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = ["*", "arn:aws:s3:::${upper("${var.unknown}%(ARGUMENT)s")}"]
    }]
  })
}

variable "unused_token" {
  default = "%(UNUSED)s"
}

resource "aws_lambda_function" "api" {
  function_name = "api"
  environment {
    variables = {
      API_KEY      = "%(FUNCTION)s"
      DATABASE_URL = "postgres://app:%(DSN)s@shop-1.c9akciq32.eu-west-1.rds.amazonaws.com/shop"
      DB_URL       = "postgres://app:p@%(DSN)s.acme.io@shop-2.c9akciq32.eu-west-1.rds.amazonaws.com/shop"
    }
  }
}

resource "aws_ecs_task_definition" "api" {
  family                = "api"
  container_definitions = jsonencode([{ name = "api", environment = [{ name = "API_KEY", value = "%(TASK)s" }] }])
}

resource "helm_release" "shop" {
  name   = "shop"
  values = [yamlencode({ auth = { password = "%(HELM_SET)s" } })]
  set_sensitive {
    name  = "token"
    value = "%(HELM_SET)s"
  }
}

resource "kubernetes_secret" "shop" {
  metadata {
    name      = "shop"
    namespace = "shop-%(name)s"
  }
  data = { password = "%(KUBE)s" }
}

resource "aws_instance" "web" {
  ami       = "ami-1"
  user_data = templatefile("${path.module}/boot.sh.tftpl", { password = "%(TEMPLATE)s" })
  connection {
    password = "%(PROVISIONER)s"
  }
  provisioner "remote-exec" {
    inline = ["echo %(PROVISIONER)s | passwd --stdin"]
  }
}

resource "aws_ssm_parameter" "loaded" {
  name  = "/loaded"
  type  = "SecureString"
  value = file("${path.module}/key.txt")
}

resource "aws_ssm_parameter" "encoded" {
  name  = "/encoded"
  type  = "SecureString"
  value = base64encode("app:%(ELEMENT)s")
}

resource "aws_sns_topic_subscription" "hook" {
  topic_arn = "arn:aws:sns:eu-west-1:%(account)s:alerts"
  protocol  = "https"
  endpoint  = "https://app:%(WEBHOOK)s@hooks.acme.io/in?token=%(WEBHOOK)s"
}

# password: %(COMMENT)s envfence: ignore[literal-secret-in-source] -- %(COMMENT)s is no secret
resource "aws_security_group" "open" {
  count = "%(SWITCH)s" == "x" ? 1 : 0
  name  = "sg"
}

provider "datadog" {
  api_key = "%(PROVIDER)s"
}

output "password" {
  value = "%(OUTPUT)s"
}
"""


def files() -> dict[str, str]:
    """The repository: production and staging hold the same secrets, so that rules speak of them."""
    found: dict[str, str] = {}
    for name, account in (("production", "310000000001"), ("staging", "320000000002")):
        found[f"{name}/main.tf"] = MAIN % {**CANARIES, "account": account, "name": name}
        found[f"{name}/terraform.tfvars"] = f'api_token = "{TFVARS}"\n'
        found[f"{name}/more.auto.tfvars.json"] = json.dumps({"signing_key": TFVARS_JSON})
        found[f"{name}/more.tf.json"] = json.dumps(
            {"resource": {"aws_db_instance": {"json": {"identifier": "json", "password": TF_JSON}}}}
        )
        found[f"{name}/boot.sh.tftpl"] = f"#!/bin/sh\nPASSWORD='${{password}}'\nTOKEN={TEMPLATE}\n"
        found[f"{name}/key.txt"] = FILE_READ
        found[f"{name}/override.tf"] = (
            f'resource "aws_db_instance" "literal" {{\n  tags = {{ Password = "{OVERRIDE}" }}\n}}\n'
        )
        found[f"{name}/terraform.tfstate"] = state(STATE)
        found[f"{name}/terraform.tfstate.backup"] = state(BACKUP)
        found[f"{name}/.env"] = f"DATABASE_PASSWORD={DOTENV}\nRAILWAY_API_TOKEN={UUID}\n"
    found["broken/main.tf"] = f'resource "aws_db_instance" "x" {{\n  password = "{BROKEN}\n  name = = "{BROKEN}"\n'
    found["broken/main.tf.json"] = '{"resource": {"aws_db_instance": {"x": {"password": "' + BROKEN + '"'
    found["broken/terraform.tfvars"] = f'password = "{BROKEN}" "\n'
    found["unit/terragrunt.hcl"] = (
        f'inputs = {{ db_password = "{TERRAGRUNT}" }}\nterraform {{ source = "../modules/store" }}\n'
    )
    found["deploy.sh"] = (
        f"export API_TOKEN='{SHELL}'\nRAILWAY_API_TOKEN={UUID}\n"
        'curl https://backboard.railway.app/graphql/v2 -H "Authorization: Bearer $RAILWAY_API_TOKEN"\n'
        f"export GITHUB_TOKEN={GITHUB}\n"
    )
    found[".mcp.json"] = json.dumps(
        {
            "mcpServers": {
                "railway": {
                    "env": {"RAILWAY_API_TOKEN": UUID, "API_KEY": AGENT},
                    "url": "https://backboard.railway.app",
                }
            }
        }
    )
    found[".github/workflows/deploy.yml"] = (
        f"on: push\njobs:\n  apply:\n    runs-on: ubuntu-latest\n    env:\n      DB_PASSWORD: {WORKFLOW}\n"
        f"      GITHUB_TOKEN: {GITHUB}\n    steps:\n      - run: terraform apply -var db_password={WORKFLOW}\n"
        f"      - uses: ./.github/actions/deploy\n        with: {{api_token: {STEP}}}\n"
        f"        env: {{AWS_SECRET_ACCESS_KEY: {STEP}, TF_WORKSPACE: production}}\n"
        f"      - uses: aws-actions/configure-aws-credentials@v4\n        with: {{role-to-assume: 'arn:{STEP}'}}\n"
    )
    found.update(pipelines())
    found.update(settings())
    found.update(stacks())
    return found


def state(value: str) -> str:
    """A state with a secret in a resource, in an output and in a key."""
    return json.dumps(
        {
            "version": 4,
            "resources": [
                {
                    "mode": "managed",
                    "type": "aws_db_instance",
                    "name": "orders",
                    "instances": [
                        {"index_key": value, "attributes": {"password": value, "identifier": "orders"}},
                        {"attributes": {"user_data": f"PASSWORD={value}"}},
                    ],
                }
            ],
            "outputs": {"token": {"value": value, "type": "string", "sensitive": True}},
        }
    )


def plan() -> str:
    """A plan that deletes production's database and changes its password."""

    def change(name: str, actions: list[str], after: object) -> dict[str, object]:
        before = {"identifier": "orders", "password": PLAN_BEFORE, "tags": {"Environment": "production"}}
        body = {"actions": actions, "before": before, "after": after, "after_unknown": {}}
        body |= {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
        what = {"address": f"aws_db_instance.{name}", "mode": "managed", "type": "aws_db_instance", "name": name}
        return what | {"change": body}

    changed = {"identifier": "orders", "password": PLAN_AFTER, "skip_final_snapshot": True}
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "variables": {"environment": {"value": "production"}, "db_password": {"value": PLAN_VARIABLE}},
            "resource_changes": [change("gone", ["delete"], None), change("changed", ["update"], changed)],
            "output_changes": {"token": {"actions": ["update"], "before": PLAN_BEFORE, "after": PLAN_AFTER}},
            "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {}},
        }
    )


def stacks() -> dict[str, str]:
    """Stacks of Terragrunt and Atmos."""
    return {
        "live/production/terragrunt.stack.hcl": (
            f'unit "shop" {{\n  source = "../../units/shop"\n  path = "shop"\n'
            f'  values = {{ db_password = "{STACK}" }}\n}}\n'
        ),
        "units/shop/terragrunt.hcl": (
            'terraform { source = "${get_repo_root()}/modules/store" }\n'
            f'inputs = {{ db_password = values.db_password, signing_key = "{STACK}" }}\n'
        ),
        "modules/store/main.tf": (
            'variable "db_password" {}\nvariable "signing_key" { default = "" }\n'
            'resource "aws_db_instance" "unit" {\n  identifier = "unit"\n  password = var.db_password\n}\n'
            'resource "aws_ssm_parameter" "key" {\n  name = "k"\n  type = "SecureString"\n'
            "  value = var.signing_key\n}\n"
        ),
        "atmos.yaml": "base_path: .\ncomponents: {terraform: {base_path: components}}\n"
        "stacks: {base_path: stacks, included_paths: ['**/*'], name_pattern: '{stage}'}\n",
        "components/shop/main.tf": (
            'variable "stage" {}\nvariable "db_password" {}\nvariable "settings" {}\n'
            'resource "aws_db_instance" "atmos" {\n  identifier = "shop-${var.stage}"\n'
            "  password = var.db_password\n}\n"
            'resource "aws_db_instance" "map" {\n  identifier = "map"\n  password = var.settings.password\n}\n'
        ),
        **{
            f"stacks/{name}.yaml": f"vars: {{stage: {name}}}\ncomponents:\n  terraform:\n    shop:\n      vars:\n"
            f"        db_password: {ATMOS}\n        settings: {{password: {ATMOS_MAP}}}\n"
            for name in ("production", "staging")
        },
    }


def pipelines() -> dict[str, str]:
    """Files of other pipelines and agents, each with a canary where a credential is expected."""
    return {
        ".github/actions/deploy/action.yml": (
            f"inputs: {{api_token: {{default: {ACTION}}}}}\nruns:\n  using: composite\n  steps:\n"
            f"    - run: DB_PASSWORD={ACTION} terraform -chdir=production apply -var api_key={ACTION}\n"
            "      shell: bash\n"
        ),
        ".gitlab-ci.yml": (
            f"variables: {{AWS_SECRET_ACCESS_KEY: {GITLAB}}}\napply:\n  environment: production\n"
            f"  script: [export API_TOKEN={GITLAB}, terraform apply -var password={GITLAB}]\n"
        ),
        "ci/pipeline.yml": (
            "jobs:\n- name: apply\n  plan:\n  - task: apply\n    params:\n      TERRAFORM_ACTION: apply\n"
            f"      AWS_SECRET_ACCESS_KEY: {CONCOURSE}\n      TF_VAR_environment: production\n"
        ),
        "Jenkinsfile": (
            "pipeline { stages { stage('Deploy production') { steps {\n"
            f"  sh 'export API_TOKEN={JENKINS}; terraform apply -var db_password={JENKINS} -auto-approve'\n"
            f"  withCredentials([string(credentialsId: 'api-{JENKINS}', variable: 'X')]) {{ sh 'make' }}\n"
            "} } } }\n"
        ),
        "Makefile": (
            f"API_TOKEN = {MAKEFILE}\ndestroy:\n\tDB_PASSWORD={MAKEFILE} terraform -chdir=production destroy "
            f"-auto-approve -var api_key={MAKEFILE}\n"
        ),
        ".codex/config.toml": f'[mcp_servers.x]\ncommand = "x"\nenv = {{ RAILWAY_API_TOKEN = "{CODEX}" }}\n',
        "CLAUDE.md": f"Use `RAILWAY_API_TOKEN={UUID}` with password {CODEX}.\n",
        "bitbucket-pipelines.yml": (
            "pipelines:\n  default:\n  - step:\n      deployment: production\n"
            f"      script: [export API_TOKEN={PRODUCT}, terraform -chdir=production apply -var key={PRODUCT}]\n"
        ),
        ".drone.yml": (
            "kind: pipeline\nsteps:\n- name: deploy production\n"
            f"  environment: {{API_TOKEN: {PRODUCT}}}\n  commands: [terraform -chdir=production apply]\n"
        ),
        "buildspec.yml": f"version: 0.2\nenv: {{variables: {{API_TOKEN: {PRODUCT}}}}}\nphases: {{}}\n",
        "package.json": json.dumps({"scripts": {"destroy": f"TOKEN={PRODUCT} terraform destroy -auto-approve"}}),
        "Taskfile.yml": (
            f"tasks: {{wipe: {{env: {{API_TOKEN: {PRODUCT}}}, cmds: [terraform destroy -auto-approve]}}}}\n"
        ),
        "justfile": f"wipe:\n    API_TOKEN={PRODUCT} terraform destroy -auto-approve\n",
        "wipe.sh": f"#!/bin/sh\nterraform -chdir=production destroy -auto-approve -var api_key={PRODUCT}\n",
        "azure-pipelines.yml": (
            f"variables: {{key: {AZURE}}}\njobs:\n- deployment: apply\n  environment: production\n  steps:\n"
            f"  - script: terraform apply -var api_key={AZURE}\n    env: {{ARM_CLIENT_SECRET: {AZURE}}}\n"
        ),
        ".cursor/mcp.json": json.dumps({"mcpServers": {"railway": {"env": {"RAILWAY_API_TOKEN": SERVER}}}}),
        ".claude/settings.json": json.dumps(
            {"permissions": {"allow": [f"Bash(terraform apply -var db_password={SERVER}:*)"]}}
        ),
        "broken/ci/pipeline.yml": f'jobs:\n- name: x\n  plan: "{CONCOURSE}\n: {{{{ {CONCOURSE} }}}}\n',
    }


def settings() -> dict[str, str]:
    """Files of settings of all formats, each with secrets that two environments share."""
    found: dict[str, str] = {
        "base/api.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n"
            f"      containers:\n      - name: api\n        env: [{{name: API_KEY, value: {MANIFEST}}}]\n---\n"
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
            f"data: {{password: {base64.b64encode(ENCODED.encode()).decode()}}}\n"
        ),
        "base/kustomization.yaml": "resources: [api.yaml]\n",
        "argo/apps.yaml": (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop-production}\n"
            "spec: {source: {path: overlays/production, "
            f"helm: {{parameters: [{{name: token, value: {ENTRY}}}]}}}}}}\n"
        ),
        ".circleci/config.yml": f"jobs:\n  apply:\n    environment: {{API_TOKEN: {CIRCLE}}}\n"
        f"    steps: [{{run: export X={CIRCLE}; terraform -chdir=production apply -var db_password={CIRCLE}}}]\n"
        "workflows: {deploy: {jobs: [apply]}}\n",
        ".vscode/mcp.json": json.dumps({"servers": {"x": {"headers": {"Api-Token": HEADER}}}}),
        "broken/docker-compose.yml": f'services:\n  x: {{environment: {{PASSWORD: "{COMPOSE}\n: {COMPOSE}}}\n',
        "broken/secret.yaml": f"kind: Secret\napiVersion: v1\nstringData:\n  password: '{MANIFEST}\n {MANIFEST}: [\n",
        "broken/values-prod.yaml": f"password: {VALUES}\n\ttoken: {{{VALUES}\n",
        "broken/.env": f'PASSWORD="{DOTENV}\nTOKEN = = {DOTENV}\n',
        "railway.toml": f'[deploy]\nstartCommand = "API_TOKEN={TOML} npm start"\n[environments.production.variables]\n'
        f'API_TOKEN = "{TOML}"\n',
        "broken/railway.toml": f'token = "{TOML}\n',
        "broken/terraform.tfstate": f'{{"version": 4, "resources": [{{"password": "{STATE}", }}',
        "broken/.mcp.json": f'{{"mcpServers": {{"token": "{AGENT}", }}',
        "broken/.github/workflows/x.yml": f"on: push\njobs: {{x: {{env: {{TOKEN: {WORKFLOW}]]\n",
        ".envrc": f"export AWS_SECRET_ACCESS_KEY={ENVRC}\n",
        "apps.yaml": (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop-production}\n"
            "spec: {path: ./overlays/production, "
            f"postBuild: {{substitute: {{environment: production, token: {FLUX}}}}}}}\n"
        ),
        "railway.json": json.dumps(
            {"deploy": {"startCommand": f"API_TOKEN={LISTED} npx prisma migrate reset --force"}}
        ),
    }
    for name in ("production", "staging"):
        found[f"overlays/{name}/kustomization.yaml"] = (
            f"resources: [../../base]\nnamespace: shop-{name}\nsecretGenerator:\n- name: mail\n"
            f"  literals: [SMTP_PASSWORD={GENERATED}]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n"
            f"    metadata: {{name: db}}\n    stringData: {{token: {PATCHED}}}\n"
        )
        found[f"docker-compose.{name}.yml"] = (
            f"services:\n  api:\n    env_file: .env.{name}\n    environment: [API_KEY={COMPOSE}]\n"
        )
        found[f".env.{name}"] = f"API_TOKEN={ENV_FILE}\nDATABASE_URL=postgres://a:{DSN}@db.{name}.acme.io/shop\n"
        found[f"chart/values-{name}.yaml"] = (
            f"auth: {{password: {VALUES}}}\nenv: [{{name: API_KEY, value: {LISTED}}}]\n"
        )
        found[f"settings/{name}.yaml"] = (
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop-{name}}}\n"
            f"data: {{API_KEY: {CONFIG}}}\n"
        )
    return found
