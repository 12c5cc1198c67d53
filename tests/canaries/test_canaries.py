"""No secret leaves the program: canaries in every input format, searched for in everything that is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from leaks import leaks
from planted import AGENT, ARGUMENT, BROKEN, HISTORY, LITERAL, PLAN_AFTER, canary, files, plan

from envfence.cli import program
from envfence.graph.symbols import readable
from envfence.report import formats
from envfence.sources import discover
from envfence.sources.files import Files
from envfence.sources.formats import formats as input_formats
from envfence.tree import DirectoryTree
from envfence.values import Symbol, Symbols

#: Every command, with the arguments that make it speak of secrets. `check` and `plan` have tests of their own.
COMMANDS = (
    ("envs", "--all"),
    ("envs", "-f", "json"),
    ("why", "production@production:aws_db_instance.literal"),
    ("why", "production@production:aws_db_instance.literal", "-f", "json"),
    ("why", "staging:aws_iam_role.ci"),
    ("why", "production/terraform.tfstate"),
    ("why", "docker-compose.staging.yml:services.api"),
    ("why", "deploy.sh:GITHUB_TOKEN"),
    ("why", "nothing.of.this.name"),
    ("why", "variables"),
    ("init",),
    ("rules",),
    ("explain", "secret-value-shared"),
    ("explain", "no-such-rule"),
    ("fix",),
    ("prove", "--from", "staging", "--to", "production"),
    ("prove", "--from", "staging", "--to", "production", "-f", "json"),
    ("reach", "env:staging"),
    ("reach", "staging:aws_iam_role.ci", "-f", "json"),
    ("path", "env:staging", "env:production"),
    ("path", "staging:aws_iam_role.ci", "production@production:aws_db_instance.literal", "-f", "json"),
    ("baseline",),
    ("resources", "production"),
    ("resources", "production", "-f", "json"),
    ("resources", "components/shop", "--var", f"db_password={AGENT}", "-f", "json"),
    ("resources", "broken"),
)
#: What is refused, and says why.
REFUSED = {"nothing.of.this.name", "variables", "no-such-rule"}
#: What somebody asks who wants to see a secret.
EXPRESSIONS = """\
var.database_password
local.smtp_password
upper(var.database_password)
substr(var.api_token, 0, 12)
reverse(split("", var.api_token))
{ a = var.api_token, b = [{ (var.signing_key) = 1 }] }
aws_db_instance.literal
aws_db_instance.literal.password
aws_ssm_parameter.loaded.value
base64encode("x:${local.smtp_password}")
file("boot.sh.tftpl")
tonumber(var.database_password)
local.missing
local.broken
var.checked_secret
jsonencode({ key = var.signing_key })
sha256(var.signing_key)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("canaries")
    plant(root)
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a cache, a log and a trace would be written."""
    return tmp_path_factory.mktemp("home")


def plant(root: Path) -> None:
    for path, text in files().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def run(*arguments: str, cwd: Path, home: Path, given: str = "", code: str = "") -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "envfence"]
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), str(home))
    return subprocess.run(
        [sys.executable, *start, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        input=given,
        env={**places, "PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", "COLUMNS": "400"},
        check=False,
    )


def asked(place: Path) -> list[str]:
    """Options for a report in every format, in files of a directory."""
    return [f"--output={form}={place / form}" for form in formats()]


def written(place: Path) -> list[Path]:
    return [place / form for form in formats()]


def assert_clean(result: subprocess.CompletedProcess[str], *files_written: Path) -> None:
    """Nothing on standard output, on standard error or in the files that were written, and no trace."""
    assert leaks(result.stdout) == []
    assert leaks(result.stderr) == []
    assert "Traceback" not in result.stderr
    for path in files_written:
        assert leaks(path.read_text(encoding="utf-8")) == [], path


def test_no_report_holds_a_secret(repository: Path, home: Path, tmp_path: Path) -> None:
    result = run("check", "--audit", *asked(tmp_path), cwd=repository, home=home)
    assert result.returncode == 1, result.stderr
    assert_clean(result, *written(tmp_path))


def test_the_reports_speak_of_the_secrets(repository: Path, home: Path) -> None:
    """Otherwise the test above proves nothing."""
    report = json.loads(run("check", "-f", "json", cwd=repository, home=home).stdout)
    rules = {finding["rule"] for finding in report["findings"]}
    assert {"literal-secret-in-source", "secret-value-shared", "state-committed"} <= rules
    assert {"account-wide-platform-token", "agent-given-platform-credential"} <= rules
    causes = {finding["cause"]["file"] for finding in report["findings"] if finding["rule"] == "secret-value-shared"}
    also = {".env.staging", "docker-compose.staging.yml", "chart/values-staging.yaml", "settings/staging.yaml"}
    assert also | {"base/api.yaml", "overlays/staging/kustomization.yaml"} <= causes
    evidence = {
        place["file"] for finding in report["findings"] for hop in finding["path"] for place in hop["evidence"]
    } | {finding["cause"]["file"] for finding in report["findings"]}
    assert {"Makefile", ".envrc", ".circleci/config.yml", ".mcp.json", ".github/workflows/deploy.yml"} <= evidence
    assert {"unit/terragrunt.hcl", "staging/terraform.tfvars", "staging/more.auto.tfvars.json"} <= evidence
    assert {"azure-pipelines.yml", "ci/pipeline.yml", ".drone.yml", "buildspec.yml", ".gitlab-ci.yml"} <= evidence
    assert {"units/shop/terragrunt.hcl", "stacks/production.yaml", "staging/more.tf.json"} <= evidence
    assert report["unknowns"]


def test_every_command_is_asked() -> None:
    here = {arguments[0] for arguments in COMMANDS}
    assert here | {"check", "plan", "console"} == set(program.list_commands(click.Context(program)))


def test_every_input_format_is_planted(repository: Path) -> None:
    tree = DirectoryTree(str(repository))
    sources, _ = discover(tree)
    for make in input_formats():
        assert any(True for _ in make(Files(tree, sources), lambda text: "")), make.__module__


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_shows_a_secret(repository: Path, home: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, cwd=repository, home=home)
    assert (result.returncode == 2) == bool(REFUSED & set(arguments)), result.stderr
    # Part of a name: nothing says that it is a secret, and `resources` shows names.
    allowed = ARGUMENT if arguments[0] == "resources" else ""
    for text in (result.stdout, result.stderr):
        assert leaks(text.replace(allowed, "").replace(allowed.upper(), "")) == []
    assert "Traceback" not in result.stderr


def test_a_console_answers_no_secret(repository: Path, home: Path) -> None:
    result = run("console", "production", cwd=repository, home=home, given=EXPRESSIONS)
    assert result.stdout.count("\n") == EXPRESSIONS.count("\n")
    assert_clean(result)


def test_no_report_about_a_plan_holds_a_secret(repository: Path, home: Path, tmp_path: Path) -> None:
    place = tmp_path / "plan.json"
    place.write_text(plan(), encoding="utf-8")
    result = run("plan", str(place), "--audit", *asked(tmp_path), cwd=repository, home=home)
    assert result.returncode == 1, result.stderr
    assert_clean(result, *written(tmp_path))


@pytest.mark.parametrize("text", [f'{{"resource_changes": "{PLAN_AFTER}"', f'{{"a": "{PLAN_AFTER}"}}', PLAN_AFTER])
def test_nor_does_the_refusal_of_one(repository: Path, home: Path, tmp_path: Path, text: str) -> None:
    place = tmp_path / "plan.json"
    place.write_text(text, encoding="utf-8")
    assert_clean(run("plan", str(place), cwd=repository, home=home))


def test_what_changed_is_told_without_secrets(home: Path, tmp_path: Path) -> None:
    """Also of what is no longer there."""
    plant(tmp_path)
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@acme.org"}
    settings |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@acme.org", "PATH": os.environ["PATH"]}
    main = tmp_path / "production" / "main.tf"
    later = main.read_text(encoding="utf-8")
    main.write_text(
        later.replace(LITERAL, HISTORY) + 'resource "aws_db_instance" "gone" {\n'
        f'  identifier          = "gone"\n  deletion_protection = true\n  password = "{HISTORY}"\n}}\n'
    )
    for arguments in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "before")):
        subprocess.run(["git", *arguments], cwd=tmp_path, env=settings, check=True)
    main.write_text(later, encoding="utf-8")
    reports = tmp_path / "reports"
    reports.mkdir()
    result = run("check", "--since", "HEAD", "--audit", *asked(reports), cwd=tmp_path, home=home)
    assert "aws_db_instance.gone" in result.stdout
    assert_clean(result, *written(reports))


def test_errors_in_the_configuration_show_no_secret(repository: Path, home: Path) -> None:
    bad = repository / "bad.yaml"
    bad.write_text(f"version: 1\nenvironments: {LITERAL}\napi_token: {AGENT}\n", encoding="utf-8")
    try:
        for command in ("check", "envs"):
            result = run(command, "--config", "bad.yaml", cwd=repository, home=home)
            assert result.returncode == 2
            assert_clean(result)
    finally:
        bad.unlink()


def test_a_crash_shows_no_secret(repository: Path, home: Path) -> None:
    """The error quotes a value, and every frame holds some: neither the screen nor the trace may."""
    code = (
        "import envfence.pipeline, envfence.cli\n"
        f"def crash(linked, *rest, secret={LITERAL!r}, **more):\n    raise ValueError(secret, linked)\n"
        "envfence.pipeline.judge = crash\nenvfence.cli.main()\n"
    )
    result = run("check", cwd=repository, home=home, code=code)
    assert result.returncode == 70
    traces = list(home.rglob("*.trace"))
    assert traces
    assert_clean(result, *traces)


def test_nothing_else_is_written(repository: Path, home: Path) -> None:
    """No cache, no log: whatever there is after all these runs holds no secret."""
    planted = files()
    new = [
        path for path in repository.rglob("*") if path.is_file() and str(path.relative_to(repository)) not in planted
    ]
    for path in (*new, *(path for path in home.rglob("*") if path.is_file())):
        assert leaks(path.read_bytes().decode("latin-1")) == [], path


def test_a_change_of_a_secret_changes_no_fingerprint(repository: Path, home: Path, tmp_path: Path) -> None:
    """A fingerprint made from a value would let anybody check a guess."""
    for path, text in files().items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(LITERAL, canary(77)), encoding="utf-8")
    prints = []
    for root in (repository, tmp_path):
        report = json.loads(run("check", "-f", "json", cwd=root, home=home).stdout)
        prints.append(sorted(finding["fingerprint"] for finding in report["findings"]))
    assert prints[0] == prints[1]


def test_the_name_of_an_unknown_holds_no_argument_that_could_be_a_secret() -> None:
    symbols = Symbols()
    hole = symbols.intern(Symbol(what=f'replace(var.accounts["staging"], "x", "{ARGUMENT}")', scope="production"))
    assert readable(f"role/{hole}", symbols) == 'role/${replace(var.accounts["staging"], "x", "***")}'


@pytest.mark.parametrize("written", [BROKEN[5:13], BROKEN[::-1], BROKEN.lower(), BROKEN.encode().hex()])
def test_the_search_finds_a_piece_however_it_is_written(written: str) -> None:
    assert leaks(f"x{written}y")
