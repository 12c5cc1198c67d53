"""Far ends: known ids first, then whole tokens of their own names."""

from __future__ import annotations

import pytest

from envfence.environments import place_external
from envfence.model import Placement
from envfence.values import hole_char

TIERS = {"production": "production", "staging": "nonproduction", "alpaca": "nonproduction"}
IDENTITIES = {
    "aws:111122223333": Placement(environments=("production",), tier="production", firm=True),
    "aws:444455556666": Placement(environments=("production", "staging"), tier="production", firm=True),
    "aws:777788889999": Placement(tier="shared", firm=True),
    "google:my-project": Placement(environments=("staging",), tier="nonproduction", firm=True),
}
HOLE = hole_char(3)


@pytest.mark.parametrize(
    ("text", "environments", "candidates", "tier", "firm"),
    [
        ("arn:aws:iam::111122223333:role/staging-deploy", ("production",), (), "production", True),
        ("111122223333", ("production",), (), "production", True),
        ("arn:aws:iam::444455556666:root", ("production", "staging"), (), "production", True),
        ("arn:aws:iam::444455556666:role/x", (), ("production", "staging"), "unknown", False),
        ("arn:aws:iam::777788889999:role/production", (), (), "shared", True),
        ("deployer@my-project.iam.gserviceaccount.com", ("staging",), (), "nonproduction", True),
        ("arn:aws:iam::999900001111:role/prod-deploy", ("production",), (), "production", False),
        (f"arn:aws:iam::{HOLE}:role/stg-deploy", ("staging",), (), "nonproduction", False),
        (f"arn:aws:s3:::prod{HOLE}", (), (), "unknown", False),
        ("aws_s3_bucket:x-alpaca-y", ("alpaca",), (), "nonproduction", False),
        ("arn:aws:s3:::staging-to-production", (), (), "unknown", False),
        ("arn:aws:iam::aws:policy/production", (), (), "unknown", False),
        ("https://api.staging.datadoghq.com/v1", (), (), "unknown", False),
        ("https://production-assets.s3.amazonaws.com/x", ("production",), (), "production", False),
        ("arn:aws:iam::123456789012:role/prod", (), (), "unknown", False),
        ("example-prod-bucket", (), (), "unknown", False),
        ("core-shared-services-production", (), (), "shared", False),
        ("product-bucket", (), (), "unknown", False),
        ("", (), (), "unknown", False),
    ],
)
def test_far_ends(text: str, environments: tuple[str, ...], candidates: tuple[str, ...], tier: str, firm: bool) -> None:
    found = place_external(text, IDENTITIES, TIERS)
    assert (found.environments, found.candidates, found.tier, found.firm) == (environments, candidates, tier, firm)


def test_a_far_end_is_named_by_the_words_that_the_user_declared() -> None:
    spellings = {"wifi": "production", "lab room": "staging"}
    assert place_external("arn:aws:s3:::corp-wifi-logs", {}, TIERS, spellings).environments == ("production",)
    assert place_external("arn:aws:s3:::corp-lab-room", {}, TIERS, spellings).environments == ("staging",)
    assert place_external("arn:aws:s3:::corp-lab", {}, TIERS, spellings).environments == ()
