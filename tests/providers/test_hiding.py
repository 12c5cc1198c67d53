"""What `resources` and `console` show of values."""

from __future__ import annotations

import base64

import pytest

from envfence.providers.hiding import Hiding
from envfence.values import Mapping, Sequence, Symbols, Unknown, Value, has_holes

VALUE = "kR7Lq4wZx91Q2x"
HIDING = Hiding([VALUE], Symbols())


def plain(value: Value) -> object:
    """A value with `?` where something is hidden."""
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, str):
        return "".join("?" if has_holes(char) else char for char in value)
    if isinstance(value, Sequence):
        return [plain(item) for item in value.items]
    return {key: plain(item) for key, item in value.items.items()} if isinstance(value, Mapping) else value


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("identifier", "orders", "orders"),
        ("identifier", f"a-{VALUE}-b", "a-?-b"),
        ("password", "hunter2", "?"),
        ("password", "changeme", "changeme"),
        ("secret_arn", "arn:aws:iam::111111111111:role/ci", "arn:aws:iam::111111111111:role/ci"),
        ("value", "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8", "?"),
        ("value", base64.b64encode(f"app:{VALUE}".encode()).decode(), "?"),
        ("url", "https://app:anything@acme.io", "https://app:?@acme.io"),
        (
            "user_data",
            "set -e\nexport DB_PASSWORD='anything'\nNAME=web\n",
            "set -e\nexport DB_PASSWORD='?'\nNAME=web\n",
        ),
        ("values", "auth:\n  password: anything\n  name: web\n", "auth:\n  password: ?\n  name: web\n"),
        ("definitions", '[{"name": "API_KEY", "value": "anything"}]', '[{"name": "API_KEY", "value": "?"}]'),
        ("count", 3, 3),
    ],
)
def test_texts(name: str, value: Value, shown: object) -> None:
    assert plain(HIDING.shown(value, name)) == shown


def test_objects() -> None:
    value = Mapping(
        {
            "passwords": Mapping({"orders": "anything", "user_name": "app"}),
            "env": Sequence((Mapping({"name": "API_KEY", "value": "anything"}), Mapping({"name": "A", "value": "b"}))),
        }
    )
    assert plain(HIDING.shown(value)) == {
        "passwords": {"orders": "?", "user_name": "app"},
        "env": [{"name": "API_KEY", "value": "?"}, {"name": "A", "value": "b"}],
    }


@pytest.mark.parametrize(
    ("expression", "value", "shown"),
    [
        ("upper(var.password)", "ANYTHING", "?"),
        ('split("", local.passwords.orders)', Sequence(("a", "b")), ["?", "?"]),
        ("length(var.password)", 8, 8),
        ("var.secret_name", "orders", "orders"),
        ("data.aws_secretsmanager_secret.x.name", "orders", "orders"),
        ("{ secrets = var.names }", Mapping({"a": "orders"}), {"a": "orders"}),
        ("{ (var.x) = 1 }", Mapping({VALUE: "a"}), "?"),
    ],
)
def test_answers(expression: str, value: Value, shown: object) -> None:
    assert plain(HIDING.answer(value, expression)) == shown


def test_messages() -> None:
    assert HIDING.message(f"no such key: {VALUE}x") == "no such key: ***x"
