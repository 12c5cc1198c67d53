"""What starting up costs: heavy libraries stay out until something needs them, and no socket is ever opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("networkx", "hcl2", "jsonschema", "rich", "jinja2")
#: Stages, which a command loads when it runs.
STAGES = ("envfence.evaluate", "envfence.graph", "envfence.judge", "envfence.pipeline", "tree_sitter")

PROBE = """
import sys
sys.argv = ["envfence", *{arguments!r}]
import socket
def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")
socket.socket = refuse
from envfence.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
loaded = [name for name in {heavy!r} if name in sys.modules]
print("loaded:", loaded, "code:", code, file=sys.stderr)
"""


def run(*arguments: str, heavy: tuple[str, ...] = HEAVY) -> str:
    program = PROBE.format(arguments=arguments, heavy=heavy)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return result.stderr.splitlines()[-1]


def test_help_loads_nothing_heavy() -> None:
    assert run("--help", heavy=HEAVY + STAGES) == "loaded: [] code: 0"


def test_check_loads_nothing_heavy_and_opens_no_socket(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n')
    assert run("check", str(tmp_path)) == "loaded: [] code: 0"
