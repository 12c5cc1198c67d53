"""The token of the Railway provider: one that manages projects is the account's or the workspace's, never one
environment's.

In: the provider configuration. Out: an identity node with the token as secret when it is written in the source. Must
not know services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Node
from envfence.providers.common.values import one

if TYPE_CHECKING:
    from envfence.providers.builder import FactsBuilder

ADDRESS = "provider.railway.token"


def finish(builder: FactsBuilder) -> None:
    """The node of the token, when a provider block gives it a value."""
    for configuration in builder.evaluated.providers:
        value = one(configuration.values, "token")
        if configuration.key.partition(".")[0] != "railway" or not isinstance(value, str):
            continue
        address = ADDRESS if configuration.key == "railway" else f"{ADDRESS}.{configuration.key.partition('.')[2]}"
        builder.add_node(
            Node(
                address=address,
                kind="secret",
                type="railway_token",
                span=configuration.span,
                names=(f"railway_token:{configuration.key}",),
                provider="railway",
                mode="token",
            )
        )
        builder.add_secret(address, "token", value, configuration.span)
