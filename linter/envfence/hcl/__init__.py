"""Text to AST. The only folder that knows a parser library."""

from envfence.hcl.parse import Parsed, parse, parse_expression, parse_template

__all__ = ["Parsed", "parse", "parse_expression", "parse_template"]
