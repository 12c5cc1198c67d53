"""Peers side by side on the same directory: CPU seconds of whole processes, as ratios in one run.

    python benchmarks/run.py DIRECTORY [--checkov PATH] [--runs N]

Prints one line a measurement. Without Checkov installed, its rows are missing and said to be.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "fixtures" / "acme"


def cpu_seconds(command: list[str]) -> float:
    """User and system seconds of a command and its children; raises if it cannot run at all."""
    before = os.times()
    # Findings make a linter exit with 1: that is no failure here.
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if result.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {result.returncode}: {result.stderr.decode()[-400:]}")
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def best(command: list[str], runs: int) -> float:
    """The smallest of several runs: load only ever adds."""
    return min(cpu_seconds(command) for _ in range(runs))


def main() -> int:
    """Measures start-up, the whole job, and the ratio to Checkov where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", default=str(EXAMPLE), help="what to check (default: fixtures/acme)")
    parser.add_argument("--checkov", default=shutil.which("checkov"), help="the checkov program")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()

    bare = best([sys.executable, "-c", "pass"], given.runs)
    start = best([sys.executable, "-m", "envfence", "--help"], given.runs)
    cold = best([sys.executable, "-m", "envfence", "check", given.directory, "--no-cache"], given.runs)
    print(f"python -c pass            {bare:7.3f} s CPU")
    print(f"envfence --help           {start:7.3f} s CPU   {start / bare:5.1f} x bare python")
    print(f"envfence check (cold)     {cold:7.3f} s CPU")
    if not given.checkov:
        print("checkov                   not installed: no ratio")
        return 0
    options = ["--framework", "terraform", "--quiet", "--compact", "--skip-download", "-o", "json"]
    peer = best([given.checkov, "-d", given.directory, *options], 1)
    print(f"checkov                   {peer:7.3f} s CPU")
    print(f"envfence / checkov        {cold / peer:7.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
