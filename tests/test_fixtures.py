"""Every example repository through the command line: what the user sees is in `expected.txt`, reviewed like code.

`pytest tests/test_fixtures.py --accept` rewrites it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CASES = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
CLEAN = [name for name in CASES if name.endswith("-fixed")]
BROKEN = [name.removesuffix("-fixed") for name in CLEAN]


def run(name: str, *options: str) -> tuple[int, str]:
    result = subprocess.run(
        [sys.executable, "-m", "envfence", "check", str(FIXTURES / name), "--exclude", "expected.txt", *options],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", "SOURCE_DATE_EPOCH": "1767225600", "COLUMNS": "100"},
        check=False,
    )
    assert result.stderr == ""
    return result.returncode, re.sub(r"  \d+\.\ds$", "  0.0s", result.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize("name", CASES)
def test_the_output_is_the_reviewed_one(name: str, request: pytest.FixtureRequest) -> None:
    expected = FIXTURES / name / "expected.txt"
    _, output = run(name, "--audit")
    if request.config.getoption("--accept"):
        expected.write_text(output, encoding="utf-8")
    assert output == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BROKEN)
def test_the_broken_company_fails(name: str) -> None:
    code, output = run(name)
    assert code == 1
    assert "envfence explain" in output


@pytest.mark.parametrize("name", CLEAN)
def test_the_fixed_company_is_clean(name: str) -> None:
    code, output = run(name, "--fail-on", "low")
    assert code == 0
    assert "nothing crosses" in output


@pytest.mark.parametrize("name", CASES)
def test_the_same_tree_gives_the_same_bytes_with_any_hash_seed(name: str) -> None:
    outputs = set()
    for seed in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-m", "envfence", "check", str(FIXTURES / name), "--format", "json"],
            capture_output=True,
            env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "1767225600"},
            check=False,
        )
        outputs.add(result.stdout)
    assert len(outputs) == 1
