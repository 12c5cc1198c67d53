"""The command line as a user meets it: exit codes, messages, defaults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ACME = ROOT / "fixtures" / "acme"


def envfence(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envfence", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def test_check_is_the_default_command() -> None:
    named = envfence("check", str(ACME), "-f", "concise")
    assert named.returncode == 1
    assert envfence(str(ACME), "-f", "concise").stdout == named.stdout
    assert envfence("-f", "concise", cwd=ACME).stdout == named.stdout


def test_fail_on_decides_the_exit_code_only() -> None:
    result = envfence("check", str(ACME), "--fail-on", "never")
    assert result.returncode == 0
    assert "envfence explain" in result.stdout


def test_further_reports_are_written(tmp_path: Path) -> None:
    sarif = tmp_path / "out.sarif"
    envfence("check", str(ACME), "-q", "-o", f"sarif={sarif}")
    assert json.loads(sarif.read_text())["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("check", "no/such/place"), 2, "does not exist"),
        (("check", str(ACME), "-o", "paper=x"), 2, "FORMAT=FILE"),
        (("check", "--no-such-option"), 2, "No such option"),
        (("explain", "nonproduction-can-destroy-productio"), 2, "did you mean nonproduction-can-destroy-production"),
        (("why", "aws_s3_bucket.nothing", str(ACME)), 2, "nothing is called"),
        (("why", "aws_s3_bucket.orders", str(ACME)), 2, "could be 2 things"),
    ],
)
def test_mistakes_say_what_is_wrong(arguments: tuple[str, ...], code: int, message: str) -> None:
    result = envfence(*arguments)
    assert result.returncode == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_an_empty_directory_is_nothing_to_check(tmp_path: Path) -> None:
    result = envfence("check", str(tmp_path))
    assert result.returncode == 3
    assert "nothing to check" in result.stderr


def test_explain_shows_why_and_both_examples() -> None:
    text = envfence("explain", "nonproduction-can-destroy-production").stdout
    for part in ("Why", "Fix", "Bad", "Good"):
        assert part in text


def test_rules_lists_at_least_fifteen() -> None:
    rules = json.loads(envfence("rules", "-f", "json").stdout)
    assert len(rules) >= 15
    assert {rule["severity"] for rule in rules} <= {"critical", "high", "medium", "low"}


def test_envs_shows_what_decided() -> None:
    document = json.loads(envfence("envs", str(ACME), "-f", "json").stdout)
    assert document["schema"] == "envfence/environments/1"
    found = {d["root_module"]: d["environments"] for d in document["deployments"]}
    assert found == {"environments/production": ["production"], "environments/staging": ["staging"]}
    assert all(d["evidence"] for d in document["deployments"])


def test_why_shows_environment_and_edges() -> None:
    text = envfence("why", "environments/production:module.orders.aws_s3_bucket.orders", str(ACME)).stdout
    assert "production" in text
    assert "is touched by" in text


def test_broken_input_is_reported_and_the_rest_analysed(tmp_path: Path) -> None:
    for path in ("environments/staging", "environments/production"):
        target = tmp_path / path
        target.mkdir(parents=True)
        for source in (ACME / path).glob("*.tf"):
            (target / source.name).write_text(source.read_text())
    (tmp_path / "modules/orders").mkdir(parents=True)
    (tmp_path / "modules/orders/main.tf").write_text((ACME / "modules/orders/main.tf").read_text())
    (tmp_path / "environments/staging/broken.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = \n')
    (tmp_path / "environments/staging/secret.tf").write_bytes(b"\x00GITCRYPT\x00\x01\x02")
    (tmp_path / "environments/staging/folder.tf").mkdir()
    result = envfence("check", str(tmp_path), "-f", "json")
    assert result.returncode == 1
    unknowns = {unknown["file"]: unknown["reason"] for unknown in json.loads(result.stdout)["unknowns"]}
    assert "environments/staging/broken.tf" in unknowns
    assert "git-crypt" in unknowns["environments/staging/secret.tf"]
    assert envfence("check", str(tmp_path), "--strict", "--fail-on", "never").returncode == 4


def test_a_wrong_configuration_lists_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("locals {}\n")
    (tmp_path / "envfence.yaml").write_text(
        "version: 1\nfancy: yes\nrules:\n  no-such-rule: off\nallow:\n  - {from: staging, to: production}\n"
    )
    result = envfence("check", str(tmp_path))
    assert result.returncode == 2
    assert "envfence.yaml:2" in result.stderr
    assert "envfence.yaml:6" in result.stderr


def test_a_module_cycle_is_named(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(f'module "{other}" {{\n  source = "../{other}"\n}}\n')
    (tmp_path / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n\nmodule "a" {\n  source = "./a"\n}\n')
    result = envfence("check", str(tmp_path), "-f", "json")
    assert result.returncode == 0
    (unknown,) = json.loads(result.stdout)["unknowns"]
    assert unknown["reason"] == "the module ../a is part of itself: a module cycle"
    assert (unknown["file"], unknown["line"]) == ("b/main.tf", 1)
