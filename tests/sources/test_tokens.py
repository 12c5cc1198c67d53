"""Tokens in text files: what is one, what only looks like one, and how much it opens."""

from __future__ import annotations

import pytest

from envfence.sources.tokens import find_tokens

UUID = "7d0f3a52-61c4-4b8e-9a07-5e2c1f9b83d6"


def test_a_uuid_with_name_and_endpoint_is_a_railway_token_of_the_whole_account() -> None:
    text = f'RAILWAY_API_TOKEN="{UUID}"\ncurl https://backboard.railway.app/graphql/v2\n'
    (token,) = find_tokens("deploy.sh", text)
    assert (token.name, token.platform, token.scope) == ("RAILWAY_API_TOKEN", "railway", "account")
    assert (token.span.line, token.span.column) == (1, 20)


def test_a_project_token_is_narrow() -> None:
    text = f'curl https://backboard.railway.com/graphql/v2 -H "Project-Access-Token: {UUID}"\n'
    (token,) = find_tokens("deploy.sh", text)
    assert token.scope == "environment"


@pytest.mark.parametrize(
    "text",
    [
        f"volume={UUID}\n",
        f"curl https://backboard.railway.app/graphql/v2\nproject={UUID}\n",
        'RAILWAY_API_TOKEN="<your token>"\ncurl https://backboard.railway.app/graphql/v2\n',
        'RAILWAY_API_TOKEN="00000000-0000-4000-8000-000000000000"\ncurl https://backboard.railway.app/\n',
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
    ],
)
def test_what_only_looks_like_a_token(text: str) -> None:
    assert find_tokens("a.sh", text) == ()


def test_a_format_of_its_own_needs_no_witness() -> None:
    (token,) = find_tokens(".env", "TOKEN=dop_v1_" + "0123456789abcdef" * 4 + "\n")
    assert (token.platform, token.name) == ("digitalocean", "TOKEN")


def test_a_token_does_not_show_its_value() -> None:
    (token,) = find_tokens(".env", "TOKEN=dop_v1_" + "0123456789abcdef" * 4 + "\n")
    assert "0123456789abcdef" not in repr(token)
