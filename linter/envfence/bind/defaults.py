"""What a root module itself says about its environment: automatic var files, constants, defaults of variables.

Comes in: the survey and a candidate. Goes out: signals. Must not know: other deployments.
"""

from __future__ import annotations

from envfence.bind.candidate import Candidate
from envfence.bind.paths import is_automatic, is_var_file, join
from envfence.bind.signals import assignment_signals, own_statements_first, value_signal
from envfence.bind.survey import Survey
from envfence.evaluate import Module
from envfence.hcl.ast import Literal
from envfence.model import Signal
from envfence.words import environment_of_token, hub_word, tokens, word_of_value

_FLAGS = frozenset([("is", "production"), ("is", "prod")])
_ENDS = frozenset({"env", "environment"})
#: Inputs that come before all var files, as process variables do.
EARLY = frozenset({"environment", "terragrunt"})


def automatic_files(survey: Survey, root: str) -> tuple[str, ...]:
    """The var files that Terraform reads by itself in a root, in its order."""
    names = [name for name in survey.files.get(root, ()) if is_var_file(name) and is_automatic(name)]
    first = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    return tuple(join(root, name) for name in [*first, *sorted(set(names) - set(first))])


def default_signals(survey: Survey, candidate: Candidate, library: bool = False) -> tuple[Signal, ...]:
    """Signals of automatic var files, of constants (`locals { env = "staging" }`) and of defaults that nothing
    overrides. In a `library` whoever calls a module overrides them."""
    module = survey.module(candidate.root)
    found: list[Signal] = []
    early = {entry.name for entry in candidate.inputs if entry.origin in EARLY}
    given = {entry.name for entry in candidate.inputs} - early
    for path in candidate.var_files:
        given |= set(survey.assignments(path))
    for path in automatic_files(survey, candidate.root):
        assignments = survey.assignments(path)
        found += assignment_signals(survey, [a for name, a in assignments.items() if name not in given])
        given |= set(assignments)
    given |= early
    found += _constants(survey, candidate, module)
    for name, variable in sorted(module.variables.items()):
        if library or name in given or not isinstance(variable.default, Literal):
            continue
        signal = _of_default(name, variable.default)
        if signal is not None:
            found.append(signal)
    return tuple(found)


def _constants(survey: Survey, candidate: Candidate, module: Module) -> tuple[Signal, ...]:
    """The signals of constants. Those of several environments are the environments that the root module handles."""
    named: list[tuple[str, Signal]] = []
    for name, attribute in sorted(module.locals.items()):
        text = survey.text_of(attribute)
        word = word_of_value(text, survey.constants(name)) if text and _names_environment(name) else None
        if text and word is not None:
            says = f'local.{name} = "{text}"'
            # Where an input chooses between deployments, a constant cannot name the environment of each of them.
            kind = "default" if candidate.axis else "input"
            words = () if word_of_value(text) is not None else (word.canonical,)
            signal = Signal(kind=kind, value=text, span=attribute.span, says=says, words=words)
            named.append((name, signal))
    return own_statements_first(named, "default")


def _of_default(name: str, default: Literal) -> Signal | None:
    """What a default says: an environment's name, or whether this is production.

    `is_production = true` is a statement; false is what everybody starts with, so that it is only a hint.
    """
    says = f"default of var.{name}"
    if tokens(name) in _FLAGS:
        text = str(default.value).lower()
        if text not in ("true", "false"):
            return None
        kind, word = ("default", "production") if text == "true" else ("file", "nonproduction")
        return Signal(kind=kind, value=text, span=default.span, says=f"{says} = {text}", words=(word,))
    return value_signal("default", says, default.value, default.span) if isinstance(default.value, str) else None


def _names_environment(name: str) -> bool:
    """Whether a local of this name is a root's own statement of its environment: `env`, `app_environment`,
    `env_name`."""
    parts = tokens(name)
    if parts[-1:] == ("name",):
        parts = parts[:-1]
    if not parts or parts[-1] not in _ENDS or len(parts) > 2:
        return False
    # `dev_environment = "dev"` names one of the environments that the root module handles.
    return not any(environment_of_token(part) or hub_word(part) for part in parts[:-1])
