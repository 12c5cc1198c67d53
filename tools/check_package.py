"""Builds the wheel, installs it into a fresh environment elsewhere, and runs the main job there.

Proves that the package holds everything it needs: the rules, the catalogue, the tables. Exits 1 on the first failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Builds, installs, runs; prints one line a step."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        wheel = _build(place)
        _check_contents(wheel)
        python = _install(wheel, place)
        _run(python, place)
    print("package: ok")
    return 0


def _build(place: Path) -> Path:
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", str(place), str(ROOT)], check=True)
    (wheel,) = place.glob("*.whl")
    return wheel


def _check_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {f"envfence/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*.yaml")}
    missing = data - names
    if missing:
        raise SystemExit(f"package: the wheel lacks {sorted(missing)[:5]}")
    print(f"package: {wheel.name}, {wheel.stat().st_size // 1024} KiB, {len(data)} rule and catalogue files")


def _install(wheel: Path, place: Path) -> Path:
    target = place / "venv"
    venv.create(target, with_pip=True)
    python = target / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)], check=True)
    return python


def _run(python: Path, place: Path) -> None:
    command = [python, "-m", "envfence", "check", str(ROOT / "fixtures" / "acme"), "--format", "json"]
    result = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if result.returncode != 1:
        raise SystemExit(f"package: expected exit code 1, got {result.returncode}: {result.stderr}")
    findings = json.loads(result.stdout)["findings"]
    if not findings:
        raise SystemExit("package: the installed program finds nothing in fixtures/acme")
    print(f"package: the installed program makes {len(findings)} findings in fixtures/acme")


if __name__ == "__main__":
    sys.exit(main())
