"""Where the thing behind an unknown belongs, by the names that the unknown came through.

In: what is unknown (`data.aws_ssm_parameter.prod-topic.value`, `var.roles["production"]`), the environments of the
repository. Out: a placement, never firm. Must not know nodes and edges.

A key of a map, output or look-up that is an environment of the repository says whose the entry is. Else the names of
variables, outputs, secrets and look-ups are weak evidence, where exactly one environment is in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import msgspec

from envfence.model import Environments, Placement
from envfence.words import canonical_name

NOWHERE = Placement()
_KEY = re.compile(r"""\[['"]([^"'\]]+)['"]\]""")
#: What comes from elsewhere: its names are those of the thing itself. A resource of the same deployment is its own.
_GIVEN = re.compile(r"^(?:module\.[^.]+\.)*(?:var|data\.[A-Za-z0-9_]+)\.(.+)$")
#: Attributes of look-ups that only say which part of the thing is meant.
_PARTS = re.compile(r"\.(?:value|values|outputs|secret_string|secret_binary|arn|id|name|data|result)(?=$|[.\[])")


def place_unknown(
    what: str, own: Collection[str], environments: Environments, place: Callable[[str], Placement]
) -> Placement:
    """The placement of what is behind an unknown, as one deployment sees it that is in the environments `own`.

    Nowhere, when its names say nothing, two things at once, or only what `own` says too."""
    keyed = _of_keys(what, environments)
    if keyed:
        return NOWHERE if len(keyed) > 1 or keyed & set(own) else _at(next(iter(keyed)), environments)
    given = _GIVEN.match(what)
    if given is None or not own:
        return NOWHERE
    found = place(_PARTS.sub("", given[1]).replace(".", " "))
    if len(found.environments) != 1 or found.environments[0] in own or found.environments[0] not in environments.tiers:
        return NOWHERE
    return msgspec.structs.replace(found, firm=False)


def _of_keys(what: str, environments: Environments) -> set[str]:
    """The environments of the repository that are keys in a reference."""
    names = {canonical_name(name): name for name in environments.tiers}
    found = (names.get(canonical_name(key)) for key in _KEY.findall(what))
    return {name for name in found if name is not None}


def _at(name: str, environments: Environments) -> Placement:
    return Placement(environments=(name,), tier=environments.tiers[name])
