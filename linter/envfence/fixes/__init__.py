"""Edits that mend findings: text in, text out; nothing here writes a file."""
