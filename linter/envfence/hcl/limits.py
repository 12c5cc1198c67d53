"""Limits of the parser. Whatever goes past one is named in a problem and becomes unknown, never a wrong value."""

from __future__ import annotations

MAX_BYTES = 512 * 1024
"""A source over this size is not parsed: the largest of 24,587 real files has 90 KB."""

MAX_SECOND_BYTES = 32 * 1024
"""A file over this size never goes to the second parser, which needs about 15 seconds per MB on hostile input."""

MAX_SIGNS = 100_000
"""Commas, and opening brackets of each kind, in a file: each is a node or more of a tree that would fill the memory."""

MAX_SEQUENCES = 50_000
"""Interpolations and directives in a file."""

MAX_OPEN_SEQUENCES = 5000
"""Interpolations and directives left open in a file: on more of them error recovery takes too long."""

MAX_BLANKS = 500
"""Blanks and line breaks in a row, beside a heredoc or for the second parser: both take quadratic time on them."""

MAX_SECONDS = 1.0
"""CPU time for one file of the first parser: real files take a hundredth of it."""

MAX_DEPTH = 100
"""Nesting of blocks and expressions: well above real code, well below Python's own stack."""

MAX_DIGITS = 4000
"""Digits of a number, written or implied by its exponent."""

MAX_PROBLEMS = 20
"""Problems reported per file; damage beyond that is one more line of the same kind."""
