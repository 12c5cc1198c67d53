"""Terragrunt configuration, read statically.

Comes in: the survey and a unit's directory. Goes out: what the unit passes to its module, where that module and the
state are, which units it depends on. Nothing is run; what only a run can tell (commands, accounts, outputs) is
unknown."""

from envfence.bind.terragrunt.reader import Reader, TerragruntConfig

__all__ = ["Reader", "TerragruntConfig"]
