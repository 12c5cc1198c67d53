"""Hostile input through the command line: each ends soon, in little memory, and says what it could not read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc, which only Linux has"
)

#: One more than is promised on a quiet machine: load inflates CPU time.
_SECONDS = 3
_KIBIBYTES = 200 * 1024
_BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "plain"\n}\n'
_MANY = 20_000


#: Runs the program under a limit of CPU time, then tells the most memory it held. The kernel's own figure would be
#: that of
#: the test process, from which this one was forked.
_PROGRAM = f"""
import re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({_SECONDS}, {_SECONDS}))
sys.argv[0] = "envfence"
from envfence.cli import main
try:
    main()
finally:
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
    print("peak", peak[1], file=sys.stderr)
"""


def _check(directory: Path) -> tuple[int, list[str]]:
    """Runs `envfence check`; gives the exit code and the reasons of what is unknown."""
    command = [sys.executable, "-c", _PROGRAM, "check", str(directory), "-f", "json", "--no-config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    errors, _, peak = done.stderr.rpartition("peak ")
    assert done.returncode in (0, 1, 3), done.stderr
    assert int(peak) < _KIBIBYTES
    if done.returncode == 3:
        return 3, [errors]
    return done.returncode, [unknown["reason"] for unknown in json.loads(done.stdout)["unknowns"]]


def _doubling(form: str, steps: int, start: str) -> str:
    lines = [f"  a{at + 1} = {form.replace('@', f'local.a{at}')}" for at in range(steps)]
    return "\n".join(["locals {", f"  a0 = {start}", *lines, "}", f'output "o" {{\n  value = local.a{steps}\n}}\n'])


_TEXTS: dict[str, tuple[str, str]] = {
    "brackets": ("locals {\n  a = " + "[" * _MANY + "]" * _MANY + "\n}\n", "nested more than"),
    "parentheses": ("locals {\n  a = " + "(" * _MANY + "1" + ")" * _MANY + "\n}\n", "nested more than"),
    "calls": ("locals {\n  a = " + "upper(" * _MANY + '"x"' + ")" * _MANY + "\n}\n", "nested more than"),
    "blocks": ('resource "a" "b" {\n' + "x {\n" * _MANY + "}\n" * _MANY + "}\n", "nested more than"),
    "a long sum": ("locals {\n  a = " + "+".join(["x"] * _MANY) + "\n}\n", "nested more than"),
    "a long traversal": ("locals {\n  a = local" + ".b" * _MANY + "\n}\n", "traversal of more than"),
    "conditionals": ('output "o" {\n  value = ' + "true ? 1 : " * 5_000 + "2\n}\n", "too deep"),
    "templates in templates": ('output "o" {\n  value = "' + '${"' * 500 + "x" + '"}' * 500 + '"\n}\n', "nested"),
    "a large object": (
        "locals {\n  a = {\n" + "".join(f"    k{at} = {at}\n" for at in range(50_000)) + "  }\n}\n",
        "over the limit",
    ),
    "an unclosed comment": (_BUCKET + "/* " + "a b\n" * 250_000, "over the limit"),
    "a shorter unclosed comment": (_BUCKET + "/* " + "a b\n" * 100_000, "Unterminated comment"),
    "a long heredoc": ("locals {\n  a = <<EOT\n" + "line\n" * 200_000 + "EOT\n}\n", "over the limit"),
    "a long string": ('locals {\n  a = "' + "x" * 2_000_000 + '"\n}\n', "over the limit"),
    "doubling strings": (_doubling('"${@}${@}"', 40, '"lol"'), "longer than 1 MB"),
    "doubling lists": (_doubling("[@, @]", 60, '["lol"]'), "too large"),
    "a large count": ('resource "aws_s3_bucket" "b" {\n  count = 1000000\n}\n', "count is over"),
    "a long list": ("locals {\n  a = [" + "1," * 240_000 + "]\n}\n", "items of one kind"),
    "many interpolations": ('locals {\n  a = "' + "${a}" * 60_000 + '"\n}\n', "interpolations"),
    "searches in large lists": (
        "locals {\n  l = flatten([for i in range(4) : range(1000)])\n}\n"
        'output "o" {\n  value = [for i in local.l : contains(local.l, "x")]\n}\n',
        "too many evaluation steps",
    ),
    "texts of large lists": (
        "locals {\n  r = [for i in range(1000) : { a = i }]\n}\n"
        'output "o" {\n  value = [for i in local.r : jsonencode(local.r)]\n}\n',
        "too many evaluation steps",
    ),
    "nested loops": (
        'locals {\n  r = range(1000)\n}\noutput "o" {\n'
        "  value = [for i in local.r : [for j in local.r : [for k in local.r : i + j + k]]]\n}\n",
        "too many evaluation steps",
    ),
    "dynamic blocks": (
        'resource "aws_security_group" "b" {\n  dynamic "ingress" {\n    for_each = range(1000)\n    content {\n'
        '      dynamic "x" {\n        for_each = range(1000)\n        content {\n          y = 1\n        }\n      }\n'
        "    }\n  }\n}\n",
        "too many evaluation steps",
    ),
}


@pytest.mark.parametrize("name", _TEXTS)
def test_a_hostile_file_is_said_to_be_so(name: str, tmp_path: Path) -> None:
    text, reason = _TEXTS[name]
    directory = tmp_path / "code"
    directory.mkdir()
    (directory / "main.tf").write_text(text)
    _, reasons = _check(directory)
    assert any(reason in each for each in reasons), reasons


def _modules_in_modules(directory: Path) -> None:
    for depth in range(8):
        place = directory / (f"l{depth}" if depth else "")
        place.mkdir(exist_ok=True)
        up = "../" if depth else "./"
        calls = [f'module "m{at}" {{\n  source = "{up}l{depth + 1}"\n}}\n' for at in range(10)]
        (place / "main.tf").write_text("".join(calls) + _BUCKET)
    (directory / "l8").mkdir()
    (directory / "l8" / "main.tf").write_text(_BUCKET)


def _modules_in_a_circle(directory: Path) -> None:
    (directory / "main.tf").write_text('module "a" {\n  source = "./"\n}\nmodule "b" {\n  source = "./b"\n}\n')
    for own, other in (("b", "c"), ("c", "b")):
        (directory / own).mkdir()
        (directory / own / "main.tf").write_text(f'module "{other}" {{\n  source = "../{other}"\n}}\n' + _BUCKET)


def _products(directory: Path) -> None:
    text = "locals {\n  r = range(1000)\n}\n" + _BUCKET
    text += 'output "o" {\n  value = setproduct(local.r, local.r, local.r, local.r)\n}\n'
    (directory / "main.tf").write_text(text)


def _doubling_holes(directory: Path) -> None:
    text = 'variable "v" {}\n' + _doubling('"${upper(@)}${lower(@)}"', 40, "var.v")
    (directory / "main.tf").write_text(text + _BUCKET)


def _templates_in_a_circle(directory: Path) -> None:
    (directory / "main.tf").write_text('output "o" {\n  value = templatefile("a.tpl", { x = 1 })\n}\n' + _BUCKET)
    (directory / "a.tpl").write_text('${templatefile("a.tpl", { x = 1 })}')


def _links(directory: Path) -> None:
    (directory / "main.tf").write_text(_BUCKET)
    for name, target in (("a", "b"), ("b", "a"), ("self", "."), ("up", ".."), ("x.tf", "/dev/zero"), ("y.tf", "y.tf")):
        (directory / name).symlink_to(target)


def _no_regular_files(directory: Path) -> None:
    (directory / "main.tf").write_text(_BUCKET + 'output "o" {\n  value = file("x.tf")\n}\n')
    os.mkfifo(directory / "x.tf")
    os.mkfifo(directory / "terraform.tfvars")
    (directory / "y.tf").mkdir()


def _encrypted(directory: Path) -> None:
    (directory / "main.tf").write_bytes(b"\0GITCRYPT\0" + bytes(range(256)))
    (directory / "other.tf").write_text(_BUCKET)


def _unreadable(directory: Path) -> None:
    (directory / "main.tf").write_text(_BUCKET)
    (directory / "other.tf").write_text(_BUCKET)
    (directory / "other.tf").chmod(0)


_TREES: dict[str, Callable[[Path], None]] = {
    each.__name__.strip("_").replace("_", " "): each
    for each in (
        _modules_in_modules,
        _modules_in_a_circle,
        _products,
        _doubling_holes,
        _templates_in_a_circle,
        _links,
        _no_regular_files,
        _encrypted,
        _unreadable,
    )
}


@pytest.mark.parametrize("name", _TREES)
def test_a_hostile_tree_comes_to_an_end(name: str, tmp_path: Path) -> None:
    directory = tmp_path / "code"
    directory.mkdir()
    _TREES[name](directory)
    code, _ = _check(directory)
    assert code == 0


def test_modules_that_grow_without_end_are_said_to() -> None:
    from envfence.evaluate import Loader, evaluate
    from envfence.model import Deployment
    from envfence.tree import DictTree
    from envfence.values import Span

    files = {f"l{at}/main.tf": "".join(_call(name, at + 1) for name in "abcdefghij") for at in range(8)}
    files["main.tf"] = 'module "m" {\n  source = "./l0"\n}\n'
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    found = evaluate(Loader(DictTree(files)), deployment)
    assert any("resources and modules" in problem.reason for problem in found.problems)


def _call(name: str, level: int) -> str:
    return f'module "{name}" {{\n  source = "../l{level}"\n}}\n'
