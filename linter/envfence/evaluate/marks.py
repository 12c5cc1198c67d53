"""Which names of a module stand for sensitive values.

Comes in: a module instance and a reference. Goes out: whether its value is marked. Must not know: expressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.evaluate.sensitivity import is_sensitive

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance


def is_sensitive_name(owner: ModuleInstance, path: tuple[str, ...], depth: int, itself: bool) -> bool:
    """Whether what `path` (`var`, `password`) names in the module `owner` is sensitive, or a part of it is."""
    head, name, *rest = path
    module = owner.module
    if head == "local" and name in module.locals:
        return is_sensitive(module.locals[name].expr, owner, depth=depth, itself=itself)
    if head == "var" and name in module.variables:
        if module.variables[name].sensitive:
            return True
        given = owner.call_decl.block.body.attributes.get(name) if owner.call_decl else None
        return bool(given and owner.parent and is_sensitive(given.expr, owner.parent, depth=depth, itself=itself))
    if head == "module" and name in module.calls and rest:
        target = owner.deployment.module_of(owner, module.calls[name])
        output = target.outputs.get(rest[0]) if target else None
        return output is not None and output.sensitive
    decl = module.resources.get(f"{head}.{name}")
    written = decl.block.body.attributes.get(rest[0]) if decl is not None and rest else None
    return written is not None and is_sensitive(written.expr, owner, depth=depth, itself=itself)
