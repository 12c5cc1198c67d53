"""The text of one source, and where its lines are.

Must not know: the AST.
"""

from __future__ import annotations

from bisect import bisect_right

from envfence.values import Span


class SourceText:
    """One file's path and line table, shared by all of its nodes. Offsets are bytes, columns characters from 1."""

    __slots__ = ("_starts", "data", "path")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._starts: list[int] | None = None

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts, at = [0], self.data.find(b"\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.data.find(b"\n", at + 1)
            self._starts = starts
        return self._starts

    def line(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return bisect_right(self._line_starts(), offset)

    def column(self, offset: int) -> int:
        """The 1-based column, in characters, of a byte offset."""
        start = self._line_starts()[self.line(offset) - 1]
        return self._column(start, offset)

    def span(self, start: int, end: int) -> Span:
        """The span of the bytes from `start` up to `end`."""
        starts = self._starts or self._line_starts()
        line = bisect_right(starts, start)
        # Most expressions end on the line they start on.
        last = line if line == len(starts) or end < starts[line] else bisect_right(starts, end)
        return Span(self.path, line, self._column(starts[line - 1], start), last, self._column(starts[last - 1], end))

    def _column(self, start: int, offset: int) -> int:
        part = self.data[start:offset]
        return offset - start + 1 if part.isascii() else len(part.decode("utf-8", "replace")) + 1
