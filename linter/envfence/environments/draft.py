"""`envfence init`: an envfence.yaml from what was found, with the evidence as comments.

Comes in: verdicts and the deployments behind them. Goes out: the text of a file that a person checks and commits. Must
not know: the command line, where the file will be written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from envfence.model import Deployment, Environments, Placement, Signal
from envfence.words import NONPRODUCTION, PRODUCTION, SHARED, hub_word, tier_of, word_of_value

_MAX_EVIDENCE = 3
_MAX_UNASSIGNED = 20
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_RESERVED = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_HEADER = """\
# Written by `envfence init`. Check each environment against its evidence, then delete the comments.
# What stands here wins over everything envfence finds by itself; what you delete is found again by itself.
version: 1
"""


def draft(environments: Environments, deployments: Sequence[Deployment]) -> str:
    """The text of a configuration that says what was found: environments with tiers, accounts and evidence.

    What rests on strong evidence needs no declaration, so paths are listed only where the verdict is weak; deployments
    without an environment are listed as comments, ready to be filled in.
    """
    lines = [_HEADER, *_environments(environments, deployments), *_unassigned(environments, deployments)]
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"


def _environments(environments: Environments, deployments: Sequence[Deployment]) -> list[str]:
    if not _used(environments):
        return [
            "# No environment was found. Declare them here:",
            "# environments:",
            "#   production: {paths: [live/prod]}",
        ]
    lines = ["environments:"]
    used = _used(environments)
    for name, tier in environments.tiers.items():
        if name in used:
            lines += _environment(name, tier, environments, deployments)
    return lines


def _used(environments: Environments) -> set[str]:
    """The environments that something is in; others were only met in names that decided nothing."""
    everything = (environments.deployments, environments.nodes, environments.identities)
    return {name for group in everything for each in group.values() for name in (*each.environments, *each.candidates)}


def _environment(name: str, tier: str, environments: Environments, deployments: Sequence[Deployment]) -> list[str]:
    mine = [each for each in deployments if environments.deployments.get(each.id, Placement()).environments == (name,)]
    lines = [f"  {_quoted(name)}:", f"    # {len(mine)} deployment{'' if len(mine) == 1 else 's'}"]
    lines += [f"    # {_evidence(signal)}" for signal in _strongest(environments, mine)]
    if tier in (PRODUCTION, NONPRODUCTION, SHARED):
        note = "" if tier_of(name) == tier and _says_so(name) else "  # please check: the name does not say it"
        lines.append(f"    tier: {tier}{note}")
    mine_only = {key: each for key, each in environments.identities.items() if each.environments == (name,)}
    accounts = sorted(key for key, each in mine_only.items() if each.firm)
    if accounts:
        lines.append("    accounts:")
        lines += [f"      - {_account(key)}{_from(mine_only[key].evidence)}" for key in accounts]
    for key in sorted(mine_only.keys() - set(accounts)):
        lines.append(f"    # perhaps the account {_account(key)}, by one place alone{_from(mine_only[key].evidence)}")
    weak = sorted({each.config_dir or "." for each in mine if not environments.deployments[each.id].firm})
    firm = {each.config_dir or "." for each in mine} - set(weak)
    others = {each.config_dir or "." for each in deployments} - {each.config_dir or "." for each in mine}
    paths = [path for path in weak if path not in firm and path not in others and not _holds_other(path, others)]
    if paths:
        lines.append("    paths:  # from names alone: please check")
        lines += [f"      - {_quoted(path)}" for path in paths]
    return lines


def _unassigned(environments: Environments, deployments: Sequence[Deployment]) -> list[str]:
    without = [
        each
        for each in deployments
        if not environments.deployments.get(each.id, Placement()).environments
        and environments.deployments.get(each.id, Placement()).tier != SHARED
    ]
    if not without:
        return []
    lines = ["", f"# Without an environment ({len(without)}); add their paths or workspaces to one of the above:"]
    for each in sorted(without, key=lambda deployment: deployment.id)[:_MAX_UNASSIGNED]:
        candidates = environments.deployments.get(each.id, Placement()).candidates
        lines.append(f"#   {_comment(each.id)}" + (f"  (one of {', '.join(candidates)})" if candidates else ""))
    if len(without) > _MAX_UNASSIGNED:
        lines.append(f"#   … and {len(without) - _MAX_UNASSIGNED} more: envfence envs")
    return lines


def _strongest(environments: Environments, deployments: Iterable[Deployment]) -> list[Signal]:
    """The best signal of each deployment, the same text once, few of them."""
    found: dict[str, Signal] = {}
    for each in deployments:
        for signal in environments.deployments[each.id].evidence[:1]:
            found.setdefault(_evidence(signal), signal)
    return [found[text] for text in sorted(found)][:_MAX_EVIDENCE]


def _evidence(signal: Signal) -> str:
    return f"{signal.span}: {_comment(signal.says or signal.value)}"


def _from(signals: Sequence[Signal]) -> str:
    return f"  # {signals[0].span}" if signals else ""


def _account(key: str) -> str:
    provider, _colon, rest = key.partition(":")
    return json.dumps(rest if provider in ("aws", "google", "azurerm") else key)


def _holds_other(path: str, others: Iterable[str]) -> bool:
    """A declared directory stands for all below it: not one that holds another environment's."""
    return path == "." or any(other.startswith(f"{path}/") for other in others)


def _says_so(name: str) -> bool:
    """Whether the vocabulary knows the name; all others are nonproduction only until somebody says otherwise."""
    return word_of_value(name) is not None or hub_word(name) is not None


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED else json.dumps(text)


def _comment(text: str) -> str:
    """A text of the repository on one line of a comment: it must not be able to end it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:120]
