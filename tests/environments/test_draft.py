"""`envfence init`: what it writes can be read again and says what was found."""

from __future__ import annotations

from envfence.config import parse_config
from envfence.environments import assign
from envfence.environments.draft import draft
from envfence.model import BoundaryUse, Deployment, Facts, Signal
from envfence.values import Span


def _facts(root: str, *signals: tuple[str, str], account: str = "") -> Facts:
    span = Span(f"{root}/main.tf", 7)
    return Facts(
        deployment=Deployment(
            id=root,
            root=root,
            config_dir=root,
            span=span,
            signals=tuple(Signal(kind=kind, value=value, span=span, says=f"{kind} {value}") for kind, value in signals),
        ),
        boundaries=(BoundaryUse(provider="aws", boundary=account, span=span),) if account else (),
    )


FACTS = (
    _facts("a", ("input", "prd"), account="aws:012345678902"),
    _facts("b", ("default", "dev\n  evil: true")),
    _facts("x/app-dev", ("path", "app-dev")),
    _facts("x/app-prd", ("path", "app-prd")),
    _facts("nothing"),
)


def _draft() -> str:
    return draft(assign(FACTS, parse_config("version: 1")), [each.deployment for each in FACTS])


def test_the_draft_is_a_valid_configuration_of_what_was_found() -> None:
    config = parse_config(_draft())
    assert [(each.name, each.tier) for each in config.environments] == [("prd", "production"), ("dev", "nonproduction")]
    assert config.environments[0].accounts == ("012345678902",)
    assert config.environments[0].paths == ("x/app-prd",)


def test_the_draft_shows_evidence_and_what_is_unassigned() -> None:
    text = _draft()
    assert "# a/main.tf:7: input prd" in text
    assert "#   nothing" in text


def test_a_draft_read_again_keeps_every_verdict() -> None:
    before = assign(FACTS, parse_config("version: 1"))
    after = assign(FACTS, parse_config(_draft()))
    assert {k: p.environments for k, p in after.deployments.items()} == {
        k: p.environments for k, p in before.deployments.items()
    }


def test_without_anything_found_there_is_a_template() -> None:
    text = draft(assign((), parse_config("version: 1")), ())
    assert parse_config(text).environments == ()
