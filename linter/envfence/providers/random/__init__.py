"""Generated passwords and strings: the catalogue says all of it."""
