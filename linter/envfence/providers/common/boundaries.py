"""Where a provider configuration acts: account, region, project, subscription, as far as the source says.

In: one provider configuration. Out: a `Place`: the context for identifier templates, the boundary and the assumed
role, holed. Must not know resources.

What is not known is one hole per configuration and deployment: the symbol `account(aws.alias)`, so that two resources
of one configuration are known to be in the same account though nobody can tell in which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from envfence.providers.common.values import one, text, texts
from envfence.values import Mapping, Symbol, Symbols

#: Region prefixes of the partitions that are not the public one.
_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso", "aws-iso"))


@dataclass(frozen=True, slots=True)
class Place:
    """What a provider configuration says about where it acts. Holed strings; `boundary` is empty where there is no
    notion of one.
    """

    boundary: str = ""
    assumed_role: str = ""
    context: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Configuration:
    key: str
    values: Mapping
    symbols: Symbols
    scope: str

    def attribute(self, path: str) -> str | None:
        return text(one(self.values, path))

    def hole(self, what: str) -> str:
        return self.symbols.intern(Symbol(what=f"{what}({self.key})", scope=self.scope))

    def known_or_hole(self, path: str, what: str) -> str:
        return self.attribute(path) or self.hole(what)


def place_of(key: str, values: Mapping, symbols: Symbols, scope: str) -> Place:
    """Where the configuration `key` (`aws`, `aws.replica`, `module.a:aws`) acts."""
    provider = key.rpartition(":")[2].partition(".")[0].removesuffix("-beta")
    reader = _READERS.get(provider)
    return reader(_Configuration(key, values, symbols, scope)) if reader else Place()


def boundary_of(type_: str, values: Mapping, place: Place) -> str:
    """The boundary of one resource: that of its configuration, unless its own attributes name another."""
    provider = type_.partition("_")[0]
    if provider == "google":
        project = text(one(values, "project_id" if type_ == "google_project" else "project"))
        return f"google:{project}" if project else place.boundary
    if provider == "kubernetes" and place.boundary:
        namespace = text(one(values, "metadata.namespace"))
        return f"{place.boundary}/{namespace}" if namespace else place.boundary
    return place.boundary


def account_of_arn(arn: str) -> str:
    """The account part of an ARN, holed; empty when it has none or is no ARN."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" else ""


def partition_of(region: str) -> str:
    """The AWS partition of a region; the public one for an unknown region."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def _aws(configuration: _Configuration) -> Place:
    region = configuration.known_or_hole("region", "region")
    roles = [configuration.attribute(f"{block}.role_arn") for block in _ASSUMING]
    role = next((arn for arn in roles if arn), "")
    allowed = texts(one(configuration.values, "allowed_account_ids"))
    account = allowed[0] if len(allowed) == 1 else account_of_arn(role) or configuration.hole("account")
    context = {"partition": partition_of(region), "region": region, "account": account}
    return Place(f"aws:{account}", role, context)


_ASSUMING = ("assume_role", "assume_role_with_web_identity")


def _google(configuration: _Configuration) -> Place:
    project = configuration.known_or_hole("project", "project")
    region = configuration.known_or_hole("region", "region")
    context = {
        "project": project,
        "region": region,
        "location": region,
        "zone": configuration.known_or_hole("zone", "zone"),
    }
    return Place(f"google:{project}", configuration.attribute("impersonate_service_account") or "", context)


def _azurerm(configuration: _Configuration) -> Place:
    subscription = configuration.known_or_hole("subscription_id", "subscription")
    return Place(f"azurerm:{subscription}", "", {"subscription": subscription})


def _kubernetes(configuration: _Configuration) -> Place:
    cluster = next((found for path in ("host", "config_context") if (found := configuration.attribute(path))), None)
    return Place(f"kubernetes:{cluster or configuration.hole('cluster')}")


_READERS: dict[str, Callable[[_Configuration], Place]] = {
    "aws": _aws,
    "google": _google,
    "azurerm": _azurerm,
    "kubernetes": _kubernetes,
}
