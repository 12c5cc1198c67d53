"""The tree-sitter grammar of HCL: the only file that loads the library.

Goes out: a parser and the numbers of the node kinds. Loaded on first use, since a cached run needs neither.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from envfence.hcl.limits import MAX_SECONDS

if TYPE_CHECKING:
    from tree_sitter import Language, Tree

_MAX_ERRORS = 100
_SMALL = 16 * 1024
_CHUNK = 64 * 1024


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

    def parse(self, data: bytes) -> Tree | None:
        """The syntax tree; text that does not fit stands in ERROR nodes.

        None for hostile text on which the library's error recovery would take seconds: a limit in time, since nothing
        it counts grows with its work. It is a hundred times what the slowest real file takes.

        The escapes `$${` and `%%{` are masked first, at the same length: the library misreads runs of more signs.
        """
        if b"$${" in data or b"%%{" in data:
            data = data.replace(b"$${", b"___").replace(b"%%{", b"___")
        if len(data) < _SMALL:
            return self._parser.parse(data)
        stop = time.process_time() + MAX_SECONDS
        try:
            return self._parser.parse(
                lambda offset, _: data[offset : offset + _CHUNK],
                progress_callback=lambda _offset, _error: time.process_time() > stop,
            )
        except ValueError:
            self._parser.reset()
            return None

    def accepts(self, data: bytes) -> bool:
        """Whether a text has no syntax error."""
        tree = self.parse(data)
        return tree is not None and not tree.root_node.has_error

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
