"""Deployments that a root module of the repository itself defines: Terraform Cloud workspaces, and any module call or
resource that names a directory of the repository, also of a module that is not there.

Comes in: root modules that seem to define others. Goes out: one candidate per definition, with its workspace, var
files and variables. Must not know: what the other finders guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.definition import Definition, candidate_of, directory_named, repository_of, workspace_name
from envfence.bind.probe import bare_deployment
from envfence.bind.survey import Survey
from envfence.evaluate import Evaluated, Options, evaluate
from envfence.model import Problem
from envfence.values import Span, Unknown, Value

RANK = 10

#: Arguments that hardly mean anything but the directory of a root module, or the files passed to it.
_TELLING = frozenset(
    [
        "working_directory",
        "project_root",
        "root_directory",
        "root_dir",
        "terraform_directory",
        "terraform_dir",
        "tfvars_files",
        "var_files",
        "tfvars_file",
        "var_file",
    ]
)
_DEFINING_TYPES = frozenset({"tfe_workspace", "spacelift_stack", "scalr_workspace", "env0_template"})
_OWNERS = ("workspace_id", "stack_id")
#: Resources that declare one variable of a workspace each.
_VARIABLE_TYPES = frozenset({"tfe_variable", "scalr_variable", "spacelift_environment_variable"})


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per definition that names a root of this repository."""
    definitions: list[Definition] = []
    problems: list[Problem] = []
    for directory in _definers(context):
        survey = context.survey
        deployment = bare_deployment(directory)
        evaluated = evaluate(survey.loader, deployment, Options())
        definitions += _definitions(evaluated, directory)
    own = _own_repository(context, definitions)
    found: list[Candidate] = []
    for definition in definitions:
        target = _target(context, definition, own)
        if target is None:
            continue
        name = workspace_name(definition)
        if name is None:
            reason = f"the name of the workspace that {definition.address} defines for {target} is not known"
            hides = "a deployment of that directory"
            problems.append(Problem(stage="bind", reason=reason, span=definition.span, hides=hides))
            continue
        found.append(candidate_of(context, definition, target, name))
    return Found(tuple(found), tuple(problems))


def _definers(context: Context) -> Iterator[str]:
    """Roots whose files, or those of a module they call, look like definitions."""
    survey = context.survey
    hinted = {directory for directory in survey.terraform_directories if _hints(survey, directory)}
    for root in context.roots.roots:
        if any(directory in hinted for directory in _reachable(survey, root)):
            yield root


def _hints(survey: Survey, directory: str) -> bool:
    module = survey.module(directory)
    if any(declared.type in _DEFINING_TYPES for declared in module.resources.values()):
        return True
    return any(_TELLING & set(call.block.body.attributes) for call in module.calls.values())


def _reachable(survey: Survey, root: str) -> Iterator[str]:
    pending, seen = [root], {root}
    while pending and len(seen) < 1000:
        directory = pending.pop()
        yield directory
        module = survey.module(directory)
        for call in module.calls.values():
            target = survey.loader.directory_of_call(module, call)
            if target is not None and target not in seen:
                seen.add(target)
                pending.append(target)


def _definitions(evaluated: Evaluated, definer: str) -> Iterator[Definition]:
    variables: dict[str, list[tuple[Mapping[str, Value], Span]]] = {}
    anywhere: list[tuple[Mapping[str, Value], Span]] = []
    for resource in evaluated.resources:
        if resource.type in _VARIABLE_TYPES and resource.mode == "managed":
            items = resource.values.items
            owner = next((found for name in _OWNERS if (found := _owner(evaluated, items.get(name)))), "")
            value = items.get("value") if resource.exists == "yes" and owner else None
            # One that may be there, or belongs to a set of variables, gives something that is not known.
            (variables.setdefault(owner, []) if owner else anywhere).append(({**items, "value": value}, resource.span))
    for resource in evaluated.resources:
        if resource.mode == "managed" and resource.exists == "yes" and resource.type not in _VARIABLE_TYPES:
            own = variables.get(resource.address, [])
            names = {str(values.get("key") or values.get("name")) for values, _ in own}
            others = (each for each in anywhere if str(each[0].get("key") or each[0].get("name")) not in names)
            given = (*own, *(others if resource.type in _DEFINING_TYPES else ()))
            yield Definition(definer, resource.address, resource.values, resource.span, given, resource.span_of)
    for call in evaluated.unread_calls:
        yield Definition(definer, call.address, call.values, call.span, (), lambda path: None)


def _owner(evaluated: Evaluated, value: Value) -> str:
    """The address of the workspace whose id a variable names."""
    symbol = value.symbol if isinstance(value, Unknown) else value
    if not isinstance(symbol, str) or len(symbol) != 1:
        return ""
    try:
        what = evaluated.symbols.symbol(symbol).what
    except KeyError:
        return ""
    return what.removesuffix(".id") if what.endswith(".id") else ""


def _own_repository(context: Context, definitions: Sequence[Definition]) -> str:
    """What definitions call this repository: the name that most of those give which name a directory that is there."""
    names = Counter(
        repository
        for definition in definitions
        if (repository := repository_of(definition)) and directory_named(context, definition) is not None
    )
    return min(names, key=lambda name: (-names[name], name)) if names else ""


def _target(context: Context, definition: Definition, own: str) -> str | None:
    repository = repository_of(definition)
    if repository and own and repository != own:
        return None
    target = directory_named(context, definition)
    return None if target is None or (target == definition.definer and not repository) else target
