"""`envfence baseline`: what is there today is known tomorrow, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from envfence.cli import program

BUCKET = """\
resource "aws_s3_bucket" "orders" {
  bucket        = "acme-production-orders"
  force_destroy = true
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("production", "staging"):
        root = tmp_path / "environments" / name
        root.mkdir(parents=True)
        (root / "main.tf").write_text(BUCKET.replace("production", name))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(program, list(arguments), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return int(result.return_value), result.output


def findings(repository: Path, *options: str) -> dict[str, str]:
    _, output = run("check", str(repository), "-f", "json", *options)
    return {finding["rule"]: finding["status"] for finding in json.loads(output)["findings"]}


def test_what_is_there_today_is_known_and_does_not_fail(repository: Path) -> None:
    assert run("check", str(repository))[0] == 1
    run("baseline", str(repository))
    code, output = run("check", str(repository))
    assert code == 0
    assert "nothing new crosses" in output
    assert findings(repository)["production-store-with-destroy-flag"] == "known"
    assert findings(repository, "--no-baseline")["production-store-with-destroy-flag"] == "new"


def test_what_comes_later_is_new(repository: Path) -> None:
    run("baseline", str(repository))
    (repository / "environments/production/second.tf").write_text(BUCKET.replace("orders", "invoices"))
    code, output = run("check", str(repository))
    assert code == 1
    assert "aws_s3_bucket.invoices" in output
    assert "aws_s3_bucket.orders" not in output


def test_moving_and_reformatting_what_is_known_keeps_it_known(repository: Path) -> None:
    run("baseline", str(repository))
    (repository / "environments/production/main.tf").unlink()
    (repository / "environments/production/other.tf").write_text("# moved\n\n" + BUCKET.replace("  = ", " = "))
    assert run("check", str(repository))[0] == 0


def test_prune_drops_what_is_gone_and_adds_nothing(repository: Path) -> None:
    run("baseline", str(repository))
    (repository / "environments/production/main.tf").write_text(BUCKET.replace("orders", "invoices"))
    _, output = run("baseline", str(repository), "--prune")
    assert " 0 added" in output
    document = json.loads((repository / ".envfence-baseline.json").read_text())
    assert "orders" not in json.dumps(document)
    assert run("check", str(repository))[0] == 1


def test_the_file_is_where_the_configuration_says(repository: Path) -> None:
    (repository / "envfence.yaml").write_text("version: 1\nbaseline: known/findings.json\n")
    run("baseline", str(repository))
    assert (repository / "known/findings.json").exists()
    assert run("check", str(repository))[0] == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "envfence/baseline/9", "findings": []}', '{"findings": 1}'])
def test_a_broken_file_is_an_error_with_its_name(repository: Path, text: str) -> None:
    (repository / ".envfence-baseline.json").write_text(text)
    with pytest.raises(Exception, match=r"envfence-baseline\.json"):
        run("check", str(repository))


def test_a_file_that_is_named_and_absent_is_an_error(repository: Path) -> None:
    (repository / "envfence.yaml").write_text("version: 1\nbaseline: gone.json\n")
    with pytest.raises(Exception, match=r"gone\.json"):
        run("check", str(repository))


def test_it_is_never_written_outside_of_the_repository(repository: Path) -> None:
    (repository / "envfence.yaml").write_text("version: 1\nbaseline: ../elsewhere.json\n")
    with pytest.raises(Exception, match="outside"):
        run("baseline", str(repository))
    assert not (repository.parent / "elsewhere.json").exists()
