"""The tree-sitter grammar of HCL: the only file that loads the library.

Goes out: a parser and the numbers of the node kinds. Loaded on first use, since a cached run needs neither.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Tree

_MAX_ERRORS = 100


class Grammar:
    """The language, one parser, and the kind numbers that the builder asks for by name."""

    def __init__(self) -> None:
        import tree_sitter
        import tree_sitter_hcl

        self.language: Language = tree_sitter.Language(tree_sitter_hcl.language())
        self._parser = tree_sitter.Parser(self.language)

    def kind(self, name: str, named: bool = True) -> int:
        """The number of a node kind; raises `KeyError` when the grammar has none of this name."""
        number = self.language.id_for_node_kind(name, named)
        if number is None:
            raise KeyError(name)
        return number

    def parse(self, data: bytes) -> Tree:
        """The syntax tree; text that does not fit stands in ERROR nodes.

        The escapes `$${` and `%%{` are masked first, at the same length: the library misreads runs of more signs.
        """
        if b"$${" in data or b"%%{" in data:
            data = data.replace(b"$${", b"___").replace(b"%%{", b"___")
        return self._parser.parse(data)

    def errors(self, tree: Tree) -> list[tuple[int, int, str]]:
        """Where the text does not fit: byte ranges, and what is missing there ("" for text that is one too many)."""
        found: list[tuple[int, int, str]] = []
        stack = [tree.root_node]
        while stack and len(found) < _MAX_ERRORS:
            node = stack.pop()
            if node.is_error or node.is_missing:
                found.append((node.start_byte, node.end_byte, node.type if node.is_missing else ""))
            elif node.has_error:
                stack.extend(reversed(node.children))
        return found


@cache
def grammar() -> Grammar:
    """The grammar, loaded once per process."""
    return Grammar()
