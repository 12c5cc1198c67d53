"""Functions that read the scanned tree, and only that."""

import pytest
from support import context, hole, plain, run, value

from envfence.evaluate.functions import FunctionContext, call
from envfence.values import Value

FILES: dict[str, str | bytes] = {
    "root/main.tf": "",
    "root/policy.json": '{"a": 1}',
    "root/conf/a.yaml": "a",
    "root/conf/deep/b.yaml": "b",
    "root/conf/deep/b.txt": "b",
    "root/conf/.hidden.yaml": "c",
    "root/binary": b"\xff\xfe",
    "common/x.txt": "common",
}
WITHIN = context(FILES, base="root")


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("file", "policy.json", '{"a": 1}'),
        ("file", "./conf/../policy.json", '{"a": 1}'),
        ("file", "../common/x.txt", "common"),
        ("file", "../../etc/passwd", "?"),
        ("file", "/etc/passwd", "?"),
        ("file", "~/.ssh/id_rsa", "?"),
        ("file", "absent", "ERROR"),
        ("file", "binary", "ERROR"),
        ("file", f"{hole()}.json", "?"),
        ("filebase64", "binary", "//4="),
        ("filemd5", "policy.json", "b68aa9dfc2e6b24fe5ea62fbfe5ddb49"),
        ("fileexists", "policy.json", True),
        ("fileexists", "absent", False),
        ("fileexists", "conf", "ERROR"),
        ("abspath", "policy.json", "?"),
        ("pathexpand", "~/x", "?"),
        ("pathexpand", "x", "x"),
    ],
)
def test_reads_inside_of_the_tree(name: str, path: str, expected: object) -> None:
    if name == "filemd5":
        expected = run("md5", '{"a": 1}')
    assert run(name, path, within=WITHIN) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.json", ["policy.json"]),
        ("conf/*", ["conf/.hidden.yaml", "conf/a.yaml"]),
        ("**/*.yaml", ["conf/.hidden.yaml", "conf/a.yaml", "conf/deep/b.yaml"]),
        ("conf/**/b.{txt,yaml}", ["conf/deep/b.txt", "conf/deep/b.yaml"]),
        ("conf/[a-c].ya?l", ["conf/a.yaml"]),
        ("conf", []),
        ("nothing/*", []),
        ("../common/*", "?"),
        ("conf/{a", "ERROR"),
    ],
)
def test_lists_files_by_pattern(pattern: str, expected: object) -> None:
    assert run("fileset", ".", pattern, within=WITHIN) == expected


def test_templates_are_rendered_by_the_evaluator() -> None:
    def render(path: str, text: bytes, variables: Value) -> Value:
        return f"{path}|{text.decode()}|{plain(variables)['a']}"

    within = FunctionContext(symbols=WITHIN.symbols, files=WITHIN.files, base="root", render_template=render)
    assert call("templatefile", ["conf/a.yaml", value({"a": "x"})], within) == "root/conf/a.yaml|a|x"
    assert run("templatefile", "conf/a.yaml", ["no map"], within=within) == "ERROR"


def test_without_files_nothing_is_known() -> None:
    assert run("file", "policy.json") == "?"
