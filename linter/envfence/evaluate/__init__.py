"""Evaluates Terraform configurations statically, once per deployment.

Comes in: a tree (through a `Loader`), a `Deployment`, `Options`. Goes out: `Evaluated`: resources with values, outputs,
provider configurations, problems. Must not know: environments, what any resource means, rules.
"""

from __future__ import annotations

from envfence.evaluate import calling, loops  # noqa: F401 - importing them registers their handlers
from envfence.evaluate.declarations import CallDecl, Module, OutputDecl, ResourceDecl, VariableDecl
from envfence.evaluate.deployment import deep_recursion, open_scope
from envfence.evaluate.deployment import evaluate_deployment as evaluate
from envfence.evaluate.expressions import evaluate as evaluate_expression
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.loader import Loader
from envfence.evaluate.resource import Resource
from envfence.evaluate.results import (
    ComputedFn,
    ComputeRequest,
    Evaluated,
    Given,
    Options,
    OutputValue,
    ProviderConfig,
    StateReader,
    StateRequest,
    UnreadCall,
)
from envfence.evaluate.scope import Scope

__all__ = [
    "CallDecl", "ComputeRequest", "ComputedFn", "Evaluated", "EvaluationError", "Given", "LimitError", "Loader",
    "Module",
    "Options", "OutputDecl", "OutputValue", "ProviderConfig", "Resource", "ResourceDecl", "Scope", "StateReader",
    "StateRequest", "UnreadCall", "VariableDecl", "deep_recursion", "evaluate", "evaluate_expression", "open_scope",
]  # fmt: skip
