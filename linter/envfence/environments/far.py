"""Far ends: where something belongs that is named but declared nowhere (a principal, an ARN, a host).

Comes in: its text, the identity map, the environments of the repository. Goes out: a placement, never firm by name
alone. Must not know: the graph. A known id silences name tokens; two environments in one name, a vendor's name and
examples from documentation say nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from envfence.environments.identities import EXAMPLE_IDS, bare
from envfence.model import Placement
from envfence.values import hole_index
from envfence.words import NONPRODUCTION, SHARED, UNKNOWN, canonical_name, hub_word, tokens, words_in_name

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})")
_PROJECT = re.compile(r"(?:projects/|@)([a-z][a-z0-9-]{4,28}[a-z0-9])(?:/|\.iam\.gserviceaccount\.com|$)")
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([^:]*):(.*)", re.DOTALL)
_EXAMPLE_WORDS = frozenset(
    ["example", "examples", "sample", "dummy", "fake", "mock", "changeme", "placeholder", "foo", "bar"]
)
#: Whoever runs these names the hosts below them; what a vendor calls staging is not ours.
_VENDORS = """
    datadoghq.com datadoghq.eu sentry.io pagerduty.com newrelic.com github.com gitlab.com githubusercontent.com
    okta.com auth0.com slack.com stripe.com twilio.com sendgrid.net fastly.com fastly.net cloudflare.com hashicorp.com
    terraform.io docker.io docker.com quay.io ghcr.io npmjs.org pypi.org letsencrypt.org launchdarkly.com
"""
_VENDOR_NAMES = tuple(_VENDORS.split())
#: Hosts of the clouds: the labels before these are the customer's own words.
_CLOUDS = ("amazonaws.com", "amazonaws.com.cn", "googleapis.com", "windows.net", "azure.com", "cloudapp.net", "run.app")
_HOST = re.compile(r"(?:[a-z]+://)?(?:[^@/\s]*@)?([a-z0-9_*-]+(?:\.[a-z0-9_*-]+)+)", re.IGNORECASE)


def solid(text: str) -> str:
    """A text whose holes are filled with letters, so that a word that touches a hole is no whole word."""
    return text if text.isascii() else "".join("zzz" if hole_index(char) is not None else char for char in text)


def boundary_in(text: str, identities: Mapping[str, Placement]) -> tuple[str, bool]:
    """The boundary that a text names, and whether it names nothing else. Only known projects are seen as such."""
    if text in identities:
        return text, True
    arn = _ARN.search(text)
    if arn is not None:
        account = arn[1]
        return (f"aws:{account}", arn[2] == "root") if _ACCOUNT.fullmatch(account) else ("", False)
    subscription = _SUBSCRIPTION.search(text)
    if subscription is not None:
        return f"azurerm:{subscription[1].lower()}", text.endswith(subscription[0])
    for match in _PROJECT.finditer(text):
        if f"google:{match[1]}" in identities:
            return f"google:{match[1]}", text.endswith(match[0]) and "@" not in text
    account_ids = set(_ACCOUNT.findall(text))
    if len(account_ids) == 1:
        account = account_ids.pop()
        return f"aws:{account}", bare(text) == account
    return "", False


def place_external(
    text: str,
    identities: Mapping[str, Placement],
    tiers: Mapping[str, str],
    spellings: Mapping[str, str] = MappingProxyType({}),
) -> Placement:
    """Where the thing that `text` names belongs: an ARN, principal, host, path or `FORM:TEXT`; it may have holes.

    By the identity map it is firm; in an account of several environments it is one of them (`candidates`), the account
    itself all of them. By whole tokens of its own name it is never firm; `spellings` are further words that the user
    declared for environments. Otherwise an unknown placement.
    """
    boundary, alone = boundary_in(text, identities)
    known = identities.get(boundary) if boundary else None
    if known is not None:
        if alone or len(known.environments) <= 1:
            return known
        tiers_of = {tiers.get(name, UNKNOWN) for name in known.environments}
        tier = tiers_of.pop() if len(tiers_of) == 1 else UNKNOWN
        return Placement(candidates=known.environments, tier=tier, evidence=known.evidence)
    if boundary.partition(":")[2] in EXAMPLE_IDS:
        return Placement()
    placed = _by_name(solid(own_name(text)), tuple(tiers), tuple(spellings.items()))
    tier = tiers.get(placed.environments[0], placed.tier) if placed.environments else placed.tier
    return placed if tier == placed.tier else Placement(environments=placed.environments, tier=tier)


def own_name(text: str) -> str:
    """The part of a far end's text that its owner chose: an ARN's resource, a host without the cloud's domain.

    Empty where a vendor named it.
    """
    arn = _ARN.search(text)
    if arn is not None:
        return "" if arn[1] == "aws" else arn[2]
    form, colon, rest = text.partition(":")
    if colon and not rest.startswith("//") and re.fullmatch(r"[a-z][a-z0-9_]*", form):
        text = rest
    host = _HOST.match(text)
    if host is not None:
        name = host[1].lower()
        if any(name == vendor or name.endswith("." + vendor) for vendor in _VENDOR_NAMES):
            return ""
        for cloud in _CLOUDS:
            if name.endswith("." + cloud):
                return name[: -len(cloud) - 1] + " " + text[host.end() :]
    return text


@functools.lru_cache(maxsize=16384)
def _by_name(text: str, names: tuple[str, ...], spellings: tuple[tuple[str, str], ...] = ()) -> Placement:
    if not text or _EXAMPLE_WORDS & set(tokens(text)):
        return Placement()
    shown = _shown(names)
    found = {word.canonical: word.tier for word in words_in_name(text, frozenset(shown))}
    ordered = tokens(text)
    parts = set(ordered)
    for spelling, name in spellings:
        phrase = tokens(spelling)
        if phrase and any(ordered[at : at + len(phrase)] == phrase for at in range(len(ordered) - len(phrase) + 1)):
            found.setdefault(canonical_name(name), "")
    for canonical, name in shown.items():
        if canonical == name.lower() and canonical in parts:
            found.setdefault(canonical, "")
    if hub_word(text) and set(found) <= {"production"}:
        return Placement(tier=SHARED)
    if len(found) != 1:
        return Placement()
    ((canonical, tier),) = found.items()
    return Placement(environments=(shown.get(canonical, canonical),), tier=tier or NONPRODUCTION)


@functools.lru_cache(maxsize=64)
def _shown(names: tuple[str, ...]) -> dict[str, str]:
    return {canonical_name(name): name for name in names}
