"""The one account that deployments of an environment act in when they do not say it themselves.

In: the identity map. Out: accounts by environment. Must not know edges.
"""

from __future__ import annotations

from envfence.model import Environments


def only_accounts(environments: Environments) -> dict[str, tuple[str, bool]]:
    """The one AWS account of each environment that has exactly one, as far as the map knows, and whether it is firm.

    Beside one that is firm others do not count: a partner's id stands in the var files of each environment as well.
    """
    found: dict[str, list[tuple[str, bool]]] = {}
    for boundary, placement in environments.identities.items():
        form, _, account = boundary.partition(":")
        if form == "aws" and len(placement.environments) == 1:
            found.setdefault(placement.environments[0], []).append((account, placement.firm))
    known = {name: [each for each in accounts if each[1]] or accounts for name, accounts in found.items()}
    return {name: accounts[0] for name, accounts in known.items() if len(accounts) == 1}
