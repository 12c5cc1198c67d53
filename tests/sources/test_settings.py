"""Files of settings, from source to finding: which value is a secret, where it belongs, what it points at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.model import Facts, Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.sources import discover
from envfence.sources.formats import source_facts
from envfence.sources.settings.lines import read_settings
from envfence.sources.settings.places import own_words
from envfence.sources.settings.targets import targets_of
from envfence.sources.settings.values import Setting, secret_value
from envfence.tree import DictTree
from envfence.values import Span

KEY = "q8Zt5Lw2Vb9Kx1Ns"
HOST = "shop-1.c9akciq32.eu-west-1.rds.amazonaws.com"


def facts(files: dict[str, str]) -> tuple[Facts, ...]:
    tree = DictTree(files)
    found, _ = source_facts(tree, discover(tree)[0], lambda text: f"digest of {text}")
    return found


def findings(files: dict[str, str], rule: str = "") -> list[Finding]:
    return [each for each in check(DictTree(files), Settings()).findings if not rule or each.rule == rule]


def causes(files: dict[str, str], rule: str) -> set[tuple[str, int, str]]:
    return {(each.cause.span.path, each.cause.span.line, each.certainty) for each in findings(files, rule)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", KEY),
        ("spring.datasource.password", "tR4!kk9-Zq"),
        ("ANYTHING", "glpat-A8dk30dkslKSI30dlsK8"),
        ("DATABASE_URL", "postgres://shop:h7Gk29sLmQz4@db.acme.io/shop"),
        ("JWT_SECRET", "0f8a3b6d9c2e4f71a5b8"),
    ],
)
def test_a_value_that_somebody_made_up_is_a_secret(name: str, value: str) -> None:
    assert secret_value(Setting(name, Span("a", 1), value)) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "postgres"),
        ("DB_PASSWORD", "password123"),
        ("DB_PASSWORD", "changeme-please-1234"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "{{ .Values.password }}"),
        ("DB_PASSWORD", "ENC[AES256_GCM,data:q8Zt5Lw2Vb9Kx1Ns,iv:x,tag:y,type:str]"),
        ("DB_PASSWORD", "op://vault/shop/password-q8Zt5Lw2"),
        ("DB_PASSWORD", "I_am_not_a_secret_1"),
        ("JWT_SECRET", "mysupersecretkeythatis128bitslong"),
        ("JWT_SECRET", "thisIsOnlyForLocalDevelopment01"),
        ("DB_PASSWORD_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:310000000001:secret:db-Ab1Cd2"),
        ("TOKEN_URL", "https://login.acme.io/oauth/token"),
        ("API_KEY_ID", KEY),
        ("MAIL_TOKEN", "someone@acme.io"),
        ("GREETING", KEY),
        ("DATABASE_URL", "postgres://postgres:postgres@db:5432/shop"),
        ("DATABASE_URL", f"postgres://shop:{KEY}@localhost:5432/shop"),
        ("STRIPE_KEY", "pk_live_A8dk30dkslKSI30dlsK8dkeo"),
        ("FIXTURE_PASSWORD", KEY),
        ("NEXT_PUBLIC_MAPS_API_KEY", KEY),
        ("KEY_ROTATION_TRIGGER", KEY),
    ],
)
def test_placeholders_references_and_plain_words_are_no_secrets(name: str, value: str) -> None:
    assert secret_value(Setting(name, Span("a", 1), value)) == ""


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_name_and_value_is_judged(name: str, value: str) -> None:
    found = secret_value(Setting(name, Span("a", 1), value))
    assert found in ("", value.strip())
    assert all("@" not in target.sought for target in targets_of(name, f"postgres://{value}"))


@given(st.text(max_size=500))
def test_any_text_is_read_as_lines(text: str) -> None:
    for setting in read_settings("a", text):
        assert setting.value


def test_a_setting_shows_its_value_to_nobody() -> None:
    assert KEY not in repr(Setting("DB_PASSWORD", Span("a", 1), KEY))


def test_lines_with_quotes_comments_and_export() -> None:
    text = "# X=1\nexport A='b c' # d\nB=\"e#f\"\nC=g #h\nD=\nnot a line\nE = i\n"
    found = {setting.name: (setting.value, setting.span.line) for setting in read_settings("a", text)}
    assert found == {"A": ("b c", 2), "B": ("e#f", 3), "C": ("g", 4), "E": ("i", 7)}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".env", ""),
        (".env.production", "production"),
        ("prod.env", "prod"),
        ("docker-compose.staging.yml", "staging"),
        ("compose.yaml", ""),
        ("values-prod.yaml", "prod"),
        ("values.yaml", ""),
        ("prod.values.yaml", "prod"),
        ("prod.sopsw.yaml", "prod"),
        ("shop-prod.yaml", "shop-prod"),
    ],
)
def test_what_is_left_of_a_name_without_its_format(name: str, words: str) -> None:
    assert own_words(name) == words


@pytest.mark.parametrize(
    ("name", "value", "sought"),
    [
        ("DATABASE_URL", f"postgres://u@{HOST}:5432/shop", f"database:{HOST}/shop"),
        ("DATABASE_URL", f"postgresql+psycopg2://u@{HOST}/shop?sslmode=require", f"database:{HOST}/shop"),
        ("SPRING_DATASOURCE_URL", f"jdbc:postgresql://{HOST}:5433/shop", f"database:{HOST}:5433/shop"),
        ("DB_HOST", HOST, f"database:{HOST}"),
        ("DB_HOST", "db.prod.acme.internal", "database:db.prod.acme.internal"),
        ("UPLOADS", "s3://acme-uploads/x", "arn:aws:s3:::acme-uploads"),
        ("UPLOAD_BUCKET", "acme-uploads", "arn:aws:s3:::acme-uploads"),
        ("GCS_BUCKET_NAME", "acme-uploads", "google_storage_bucket:acme-uploads"),
        ("QUEUE", "https://sqs.eu-west-1.amazonaws.com/310000000001/jobs", "arn:aws:sqs:eu-west-1:310000000001:jobs"),
        ("GOOGLE_CLOUD_PROJECT", "acme-shop-prod", "google:acme-shop-prod"),
        ("AWS_ACCOUNT_ID", "310000000001", "aws:310000000001"),
        ("STORE", "https://acmeshop.blob.core.windows.net/x", "azurerm_storage_account:acmeshop"),
    ],
)
def test_what_a_setting_points_at(name: str, value: str, sought: str) -> None:
    assert [target.sought for target in targets_of(name, value)] == [sought]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://u@localhost:5432/shop"),
        ("DATABASE_URL", "postgres://u@db/shop"),
        ("DATABASE_URL", "postgres://u@10.0.0.5/shop"),
        ("DB_HOST", "postgres.default.svc.cluster.local"),
        ("DB_HOST", "orders.db:8529"),
        ("DATABASE_URL", "postgres://u@orders.stores/shop"),
        ("DB_HOST", "db.example.com"),
        ("WEBSITE", "https://www.acme.io/prod"),
        ("IMAGE", "310000000001.dkr.ecr.eu-west-1.amazonaws.com/shop:1"),
        ("ARTIFACT_BUCKET", "acme-artifacts-prod"),
        ("ASSETS_URL", "s3://acme-assets"),
        ("TEST_BUCKET", "acme-uploads-staging"),
        ("LOG_ACCOUNT_ID", "310000000001"),
    ],
)
def test_what_leads_to_no_certain_thing_of_an_environment(name: str, value: str) -> None:
    assert list(targets_of(name, value)) == []


def test_one_secret_in_the_files_of_two_environments() -> None:
    files = {
        ".env.staging": f"API_TOKEN={KEY}\n",
        "deploy/values-production.yaml": f"api:\n  token: {KEY}\n",
    }
    assert causes(files, "secret-value-shared") == {(".env.staging", 1, "proved")}


def test_a_secret_of_a_manifest_is_compared_behind_its_base64() -> None:
    manifest = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: api\n  namespace: shop-prod\n"
        "data:\n  password: cThadDVMdzJWYjlLeDFOcw==\n"
    )
    files = {
        "k8s/secret.yaml": manifest,
        "staging/docker-compose.yml": f"services:\n  api:\n    environment:\n      PASSWORD: {KEY}\n",
    }
    (found,) = findings(files, "secret-value-shared")
    assert found.target.address == "Secret/shop-prod/api"
    assert found.source is not None
    assert found.source.address == "services.api"


def test_the_environment_that_a_file_says_wins_over_its_name() -> None:
    (found,) = facts({".env.production": f"DEPLOY_ENV=staging\nAPI_TOKEN={KEY}\n"})
    assert [signal.words for signal in found.deployment.signals] == [("staging",)]


def test_the_mode_of_a_framework_says_nothing() -> None:
    (found,) = facts({"app.env": f"NODE_ENV=production\nAPI_TOKEN={KEY}\n"})
    assert found.deployment.signals == ()


def test_examples_are_not_read_and_what_only_tests_use_is_no_leak() -> None:
    assert facts({".env.example": f"API_TOKEN={KEY}\n", "docs/.env": f"API_TOKEN={KEY}\n"}) == ()
    (found,) = facts({".env.test": f"API_TOKEN={KEY}\n"})
    assert [secret.literal for secret in found.secrets] == [False]


def test_the_services_of_a_compose_file_take_files_of_variables() -> None:
    files = {
        "production/docker-compose.yml": (
            "services:\n  api:\n    env_file: [app.env]\n    secrets: [db]\nsecrets:\n  db: {external: true}\n"
        ),
        "production/app.env": f"API_TOKEN={KEY}\n",
    }
    compose = next(each for each in facts(files) if each.deployment.id == "production/docker-compose.yml")
    assert [(secret.node, secret.span.path) for secret in compose.secrets] == [("services.api", "production/app.env")]
    assert [(each.kind, each.sought) for each in compose.references] == [("reads-secret", "docker_secret:db")]


def test_development_that_works_on_the_database_of_production() -> None:
    files = {
        ".env.development": f"DATABASE_URL=postgres://app:x@{HOST}/shop\n",
        "k8s/production/api.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop-production}\nspec:\n"
            "  template:\n    spec:\n      containers:\n      - name: api\n        env:\n"
            f"        - {{name: DATABASE_URL, value: 'postgres://app@{HOST}:5432/shop'}}\n"
        ),
    }
    assert causes(files, "database-shared-with-production") == {(".env.development", 1, "proved")}


def test_a_database_of_ones_own_is_no_finding() -> None:
    files = {
        ".env.development": f"DATABASE_URL=postgres://app:x@{HOST}/shop_development\n",
        ".env.production": f"DATABASE_URL=postgres://app:x@{HOST}/shop\n",
    }
    assert findings(files, "database-shared-with-production") == []


def test_staging_that_names_the_project_of_production() -> None:
    files = {
        "production/main.tf": (
            'provider "google" {\n  project = "acme-71b2"\n}\n'
            'resource "google_storage_bucket" "x" {\n  name = "acme-data-1"\n}\n'
        ),
        "staging/.env": "GOOGLE_CLOUD_PROJECT=acme-71b2\nDATA_BUCKET=gs://acme-data-1\n",
        "staging/main.tf": 'provider "google" {\n  project = "acme-90c1"\n}\n',
    }
    lines = {line for _, line, _ in causes(files, "nonproduction-points-at-production")}
    assert lines == {1, 2}


def test_a_program_of_staging_that_is_given_the_bucket_of_production() -> None:
    files = {
        "production/main.tf": 'resource "aws_s3_bucket" "x" {\n  bucket = "acme-data-1"\n}\n',
        "staging/main.tf": (
            'resource "aws_lambda_function" "x" {\n  function_name = "x"\n  environment {\n    variables = {\n'
            '      DATA_BUCKET = var.bucket\n    }\n  }\n}\nvariable "bucket" {}\n'
        ),
        "staging/terraform.tfvars": 'bucket = "acme-data-1"\n',
    }
    (found,) = findings(files, "nonproduction-points-at-production")
    assert found.cause.span.path == "staging/main.tf"
    places = {each.span.path for hop in found.path for each in hop.evidence}
    assert "staging/terraform.tfvars" in places
    files["staging/terraform.tfvars"] = 'bucket = "acme-data-2"\n'
    assert findings(files, "nonproduction-points-at-production") == []


def test_a_default_that_two_environments_use() -> None:
    root = f'variable "partner_token" {{\n  default = "{KEY}"\n}}\n'
    files = {"production/main.tf": root, "staging/main.tf": root}
    assert causes(files, "secret-value-shared") == {("staging/main.tf", 2, "proved")}


def test_one_generated_password_for_two_environments() -> None:
    root = """
resource "random_password" "db" {
  length = 32
}
resource "aws_db_instance" "all" {
  for_each   = toset(["staging", "production"])
  identifier = "shop-${each.key}"
  password   = random_password.db.result
}
"""
    assert causes({"main.tf": root}, "secret-value-shared") == {("main.tf", 8, "proved")}
    own = root.replace("length = 32", 'length = 32\n  for_each = toset(["staging", "production"])')
    own = own.replace("db.result", "db[each.key].result")
    assert findings({"main.tf": own}, "secret-value-shared") == []


def test_pipelines_and_agents_with_a_secret_written_out() -> None:
    files = {
        ".gitlab-ci.yml": f"apply:\n  environment: production\n  variables: {{API_TOKEN: {KEY}}}\n  script: [make]\n",
        ".github/workflows/a.yml": f"on: push\njobs:\n  a:\n    env:\n      API_TOKEN: {KEY}\n    steps: []\n",
        ".mcp.json": f'{{"mcpServers": {{"x": {{"env": {{"API_TOKEN": "{KEY}"}}}}}}}}',
    }
    places = {(path, line) for path, line, _ in causes(files, "literal-secret-in-source")}
    assert places == {(".gitlab-ci.yml", 3), (".github/workflows/a.yml", 5), (".mcp.json", 1)}


def test_what_a_script_computes_is_no_secret() -> None:
    script = (
        'token=$(get_token a1b2)\nPASSWORD_PATTERN="^[a-z0-9]{8}$"\nsecret=base64.b64encode(f"{user}:x9").decode()\n'
    )
    assert facts({"deploy.sh": script}) == ()
    (found,) = facts({"deploy.sh": f"export API_TOKEN='{KEY}'\n"})
    assert [secret.name for secret in found.secrets] == ["API_TOKEN"]
