"""envfence: a linter that reports every way in which one environment can touch another."""

__version__ = "0.1.0"
