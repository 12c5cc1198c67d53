"""Roots that nothing says more about: one deployment each.

Comes in: the roots that no other finder has. Goes out: one candidate without a name. Must not know: anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envfence.bind.atmos import CONFIG_FILES, component_area
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.paths import is_below, join
from envfence.values import Span

RANK = 100


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate for each root without any, with the place of its first file."""
    found: list[Candidate] = []
    unused = _component_areas(context, earlier)
    for root in context.roots.roots:
        if not earlier.get(root) and not _is_copied(context, root) and not any(is_below(root, a) for a in unused):
            files = context.survey.module(root).files
            found.append(Candidate(root=root, span=Span(files[0] if files else root or ".", 1)))
    return Found(tuple(found))


def _component_areas(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> list[str]:
    """The directories of Atmos components that stacks are made of: what no stack uses there is not deployed."""
    configs = [path for name in CONFIG_FILES for path in context.by_name.get(name, ())]
    areas = (component_area(context.survey, path) for path in configs)
    used = [root for root, candidates in earlier.items() if any(each.axis == "definer" for each in candidates)]
    return [area for area in areas if area and any(is_below(root, area) for root in used)]


def _is_copied(context: Context, root: str) -> bool:
    """Whether a directory only holds what Terragrunt copies beside modules: it declares nothing, and a configuration
    that units include lies in it."""
    module = context.survey.module(root)
    return not module.resources and not module.calls and context.survey.has_file(join(root, "terragrunt.hcl"))
