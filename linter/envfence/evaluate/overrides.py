"""Override files: `override.tf` and `*_override.tf` change blocks that other files declare.

Comes in: base blocks and override blocks. Goes out: merged blocks. Must not know: values, files.
"""

from __future__ import annotations

from envfence.hcl import ast

#: Blocks whose arguments are merged one by one instead of being replaced as a whole.
_MERGED_INSIDE = frozenset({"lifecycle", "required_providers"})


def is_override(name: str) -> bool:
    """Whether a file name marks an override file."""
    stem = name.removesuffix(".json").rpartition(".")[0]
    return stem == "override" or stem.endswith("_override")


def apply(base: list[ast.Block], overrides: list[ast.Block]) -> list[ast.Block]:
    """The blocks of `base` with `overrides` merged in; an override of what is not declared is left out."""
    result = list(base)
    for override in overrides:
        if override.type == "locals":
            result = _override_locals(result, override)
            continue
        for at, block in enumerate(result):
            if block.type == override.type and block.labels == override.labels and _same_alias(block, override):
                result[at] = _merge(block, override)
                break
        else:
            if override.type == "terraform":
                result.append(override)
    return result


def _same_alias(block: ast.Block, override: ast.Block) -> bool:
    if block.type != "provider":
        return True
    return _alias(block) == _alias(override)


def _alias(block: ast.Block) -> object:
    attribute = block.body.attributes.get("alias")
    return attribute.expr.value if attribute and isinstance(attribute.expr, ast.Literal) else None


def _override_locals(blocks: list[ast.Block], override: ast.Block) -> list[ast.Block]:
    result = []
    for block in blocks:
        names = override.body.attributes.keys() & block.body.attributes.keys() if block.type == "locals" else set()
        if names:
            replaced = {name: override.body.attributes[name] for name in names}
            block = _with_body(block, {**block.body.attributes, **replaced}, block.body.blocks)
        result.append(block)
    return result


def _merge(base: ast.Block, override: ast.Block) -> ast.Block:
    kinds = {block.type for block in override.body.blocks}
    kept: list[ast.Block] = []
    merged: set[str] = set()
    for block in base.body.blocks:
        other = next((o for o in override.body.blocks if o.type == block.type), None)
        if block.type in _MERGED_INSIDE and other is not None:
            kept.append(_merge(block, other))
            merged.add(block.type)
        elif block.type not in kinds:
            kept.append(block)
    kept.extend(block for block in override.body.blocks if block.type not in merged)
    return _with_body(base, {**base.body.attributes, **override.body.attributes}, tuple(kept))


def _with_body(block: ast.Block, attributes: dict[str, ast.Attribute], blocks: tuple[ast.Block, ...]) -> ast.Block:
    old = block.body
    body = ast.Body(old.file, old.start, old.end, attributes, blocks, old.duplicates, old.json)
    return ast.Block(block.file, block.start, block.end, block.type, block.labels, body, block.header_end)
