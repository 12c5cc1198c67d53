"""Source texts whose positions are not those of the bytes that were parsed.

Must not know: parsers.
"""

from __future__ import annotations

from envfence.hcl.ast import SourceText
from envfence.values import Span


class WrappedText(SourceText):
    """A fragment parsed with something put in front: `lines` whole lines, or `columns` characters of the first line."""

    __slots__ = ("_columns", "_lines")

    def __init__(self, path: str, data: bytes, lines: int = 0, columns: int = 0) -> None:
        super().__init__(path, data)
        self._lines = lines
        self._columns = columns

    def line(self, offset: int) -> int:
        """The line in the fragment."""
        return max(super().line(offset) - self._lines, 1)

    def column(self, offset: int) -> int:
        """The column in the fragment."""
        line = super().line(offset)
        start = self._line_starts()[line - 1]
        column = len(self.data[start:offset].decode("utf-8", "replace")) + 1
        return max(column - self._columns, 1) if line == 1 else column

    def span(self, start: int, end: int) -> Span:
        """The place in the fragment."""
        return Span(self.path, self.line(start), self.column(start), self.line(end), self.column(end))


class PinnedText(SourceText):
    """Text that stands in no file as it is (the value of a JSON string): every place in it is `place`."""

    __slots__ = ("_place",)

    def __init__(self, path: str, data: bytes, place: Span) -> None:
        super().__init__(path, data)
        self._place = place

    def line(self, offset: int) -> int:
        """The line of the whole."""
        return self._place.line

    def column(self, offset: int) -> int:
        """The column of the whole."""
        return self._place.column

    def span(self, start: int, end: int) -> Span:
        """The place of the whole."""
        return self._place
