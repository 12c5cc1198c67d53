"""Lines, columns and colours of the text format; knows nothing of findings."""

from __future__ import annotations

import shutil
from unicodedata import east_asian_width

from envfence.report import Options

_RESET = "\x1b[0m"
_STYLES = {
    "critical": "\x1b[1;31m",
    "high": "\x1b[31m",
    "medium": "\x1b[33m",
    "low": "\x1b[36m",
    "production": "\x1b[1;31m",
    "nonproduction": "\x1b[1;32m",
    "shared": "\x1b[1;34m",
    "outside": "\x1b[1;35m",
    "unknown": "\x1b[1m",
    "dim": "\x1b[2m",
    "bold": "\x1b[1m",
}


class Canvas:
    """Collects lines. Escape and control characters of the input never reach the terminal."""

    def __init__(self, options: Options, label_width: int) -> None:
        self.options = options
        self._lines: list[str] = []
        self._label_width = label_width
        bar, down, pipe = ("┃", "▼", "│") if options.unicode else ("|", "v", "|")
        self._bar, self._down, self._pipe = bar, down, pipe
        self.arrow = "━▶" if options.unicode else "->"
        self.dot = "·" if options.unicode else "-"
        self.ellipsis = "…" if options.unicode else "..."

    def text(self) -> str:
        """All lines so far, each ended by a newline."""
        return "".join(f"{line.rstrip()}\n" for line in self._lines)

    def line(self, text: str = "") -> None:
        """One line as it is."""
        self._lines.append(text)

    def style(self, name: str, text: str) -> str:
        """`text` in a style, if colours are on."""
        return f"{_STYLES[name]}{text}{_RESET}" if self.options.color and text else text

    def dim(self, text: str) -> str:
        """`text` less prominent, if colours are on."""
        return self.style("dim", clean(text))

    def headline(self, severity: str, message: str, rule: str) -> None:
        """Severity, what happens, and the rule's name at the right edge or on a line of its own."""
        message = clean(message)
        used = len(severity) + 2 + width_of(message)
        styled = f"{self.style(severity, severity)}  {self.style('bold', message)}"
        gap = self.options.width - used - len(rule)
        if gap >= 2:
            self.line(f"{styled}{' ' * gap}{self.dim(rule)}")
        else:
            self.line(styled)
            self.line(" " * max(self.options.width - len(rule), 6) + self.dim(rule))

    def hop(self, number: int, label: str, tier: str, address: str, place: str) -> None:
        """One step: its number, its environment in its colour, its address, and where it is at the right edge."""
        head = f"{number:2d} " if number else "   "
        label_text = clean(label).ljust(self._label_width)
        self._right(f"{head}{self.style(tier, label_text)}  {clean(address)}", place)

    def source(self, line: int, snippet: str, *, in_path: bool) -> None:
        """A source line under its step, cut to the width."""
        bar = self._bar if in_path else " "
        head = f"   {bar} {line:>6} {self._pipe} "
        self.line(self.dim(head) + cut(clean(snippet.strip()), self.options.width - len(head), self.ellipsis))

    def verb_place(self, says: str, place: str) -> None:
        """A further place that makes the edge, with what it says."""
        self._right(f"   {self._bar} {self.dim(says)}", place)

    def verb(self, says: str) -> None:
        """The verb between two steps."""
        self.line(f"   {self._down} {self.style('bold', clean(says))}")

    def advice(self, word: str, text: str) -> None:
        """A line of advice under a finding: the word, then the text wrapped to the width."""
        import textwrap

        wrapped = textwrap.wrap(
            clean(text),
            max(self.options.width - 9, 40),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for index, part in enumerate(wrapped or [""]):
            self.line(f"   {(word if index == 0 else ''):<5} {part}")

    def _right(self, text: str, place: str) -> None:
        place = clean(place)
        gap = self.options.width - width_of(strip_style(text)) - width_of(place)
        if gap < 2:
            room = max(self.options.width - width_of(place) - 2, 40)
            text = text if width_of(strip_style(text)) <= room else cut(strip_style(text), room, self.ellipsis)
            gap = max(self.options.width - width_of(strip_style(text)) - width_of(place), 2)
        self.line(f"{text}{' ' * gap}{self.dim(place)}")


def clean(text: str) -> str:
    """`text` with tabs as blanks and without characters that a terminal would act on; holes are shown as `?`."""
    return "".join(
        " " if char == "\t" else char if char.isprintable() else "?" if ord(char) >= 0xE000 else "" for char in text
    )


def strip_style(text: str) -> str:
    """`text` without the styles that `Canvas.style` added."""
    for code in (*_STYLES.values(), _RESET):
        text = text.replace(code, "")
    return text


def width_of(text: str) -> int:
    """Columns of `text` on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, width: int, ellipsis: str) -> str:
    """`text` cut to `width` columns."""
    return text if width_of(text) <= width else text[: max(width - len(ellipsis), 1)] + ellipsis


def terminal_width() -> int:
    """The width to draw in: the terminal's, 100 where there is none, never under 60."""
    return max(min(shutil.get_terminal_size((100, 24)).columns, 160), 60)
