"""What programs and root modules are configured with: secrets written out in it, and databases, buckets and projects
that it names.

In: the resources of a deployment that run programs, the values of its variables. Out: secrets by digest only, and
points-at references, in the builder. Must not know environments, other deployments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.evaluate.instance import ModuleInstance
from envfence.hcl import ast
from envfence.model import Evidence, Node, Reference
from envfence.providers.aws.policyjson import PolicyError, loads
from envfence.providers.common.handed import handed_on
from envfence.providers.common.secrets import add_secret_value
from envfence.providers.common.values import Absent, at, text
from envfence.secretness import is_secret_key
from envfence.sources.settings.targets import Target, targets_of
from envfence.sources.settings.values import Setting, is_reference, secret_value, without_login
from envfence.values import Mapping, Sequence, Span, Value, as_blocks, has_holes
from envfence.words import tokens
from envfence.yamls import load_yaml

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: Where the settings of a program stand: a map, or blocks with name and value.
_PLACES = {
    "aws_apprunner_service": (
        "source_configuration.image_repository.image_configuration.runtime_environment_variables",
    ),
    "aws_codebuild_project": ("environment.environment_variable",),
    "aws_elastic_beanstalk_environment": ("setting",),
    "aws_lambda_function": ("environment.variables",),
    "azurerm_function_app": ("app_settings", "connection_string"),
    "azurerm_linux_function_app": ("app_settings", "connection_string"),
    "azurerm_linux_web_app": ("app_settings", "connection_string"),
    "azurerm_windows_function_app": ("app_settings", "connection_string"),
    "azurerm_windows_web_app": ("app_settings", "connection_string"),
    "cloudfoundry_app": ("environment",),
    "google_cloud_run_service": ("template.spec.containers.env",),
    "google_cloud_run_v2_job": ("template.template.containers.env",),
    "google_cloud_run_v2_service": ("template.containers.env",),
    "google_cloudfunctions2_function": ("service_config.environment_variables",),
    "google_cloudfunctions_function": ("environment_variables",),
    "helm_release": ("set", "set_sensitive", "values"),
    "heroku_app": ("config_vars", "sensitive_config_vars"),
    "heroku_config": ("vars", "sensitive_vars"),
    "kubernetes_config_map": ("data",),
    "kubernetes_config_map_v1": ("data",),
    "kubernetes_deployment": ("spec.template.spec.container.env",),
    "kubernetes_deployment_v1": ("spec.template.spec.container.env",),
}
_TASK, _DEFINITIONS = "aws_ecs_task_definition", "container_definitions"
_INPUTS = "variables"
_HANDED_ON = "handed-on"
#: Identifiers of stores, among what variables name.
_STORES = (
    "database:",
    "arn:aws:s3:::",
    "arn:aws:dynamodb:",
    "arn:aws:rds:",
    "google_storage_bucket:",
    "azurerm_storage_account:",
)
#: Words of stores that all environments of a company use.
_COMMON = frozenset(
    ("state", "states", "tfstate", "terraform", "backend", "code", "lambda", "source", "shared", "common")
)
_MOST = 500
_LARGEST_TEXT = 200_000
_DEEPEST = 4


def add_settings(builder: FactsBuilder) -> None:
    """The settings of all programs of a deployment, and those of its root module."""
    for resource in builder.resources:
        if resource.mode == "managed" and (resource.type in _PLACES or resource.type == _TASK):
            _program(resource, builder)
    _inputs(builder)


def _program(resource: Resource, builder: FactsBuilder) -> None:
    shown: set[Target] = set()
    for path, name, value in list(_settings(resource))[:_MOST]:
        span = resource.span_of(path) or resource.span
        if not isinstance(value, str) or has_holes(value):
            if is_secret_key(name):
                add_secret_value(resource, path, value, builder, name)
            continue
        if secret_value(Setting(name, span, value)):
            written = tuple(each for each in resource.origin_of_leaf(path, value) if each.span.path)
            builder.add_secret(resource.address, name, value, span, written=written)
        for target in _targets(name, value):
            if target not in shown:
                shown.add(target)
                says = f"{name} names {target.shown}"
                written = tuple(each for each in resource.origin_of_leaf(path, value) if each.span.path)
                evidence = (Evidence(span=span, says=says, address=resource.address), *written[1:])
                builder.add_reference(_pointing(resource.address, target, evidence))


def _settings(resource: Resource) -> Iterator[tuple[str, str, Value]]:
    """(attribute, name, value) of every setting of a program."""
    if resource.type == _TASK:
        yield from (
            (_DEFINITIONS, name, value) for name, value in _of_containers(resource.values.items.get(_DEFINITIONS))
        )
        return
    for path in _PLACES[resource.type]:
        for found in at(resource.values, path):
            if isinstance(found, Absent):
                continue
            for name, value in _pairs(found):
                yield path, name, value


def _pairs(found: Value) -> Iterator[tuple[str, Value]]:
    """The settings of a map, or of blocks that have a name and a value."""
    if isinstance(found, Sequence):
        for item in as_blocks(found):
            if isinstance(item, Mapping):
                yield from _pairs(item)
        yield from (pair for item in found.items if isinstance(item, str) for pair in _of_document(item))
    elif isinstance(found, Mapping):
        name = text(found.items.get("name"))
        if name is not None and "value" in found.items:
            yield name, found.items["value"]
        else:
            yield from found.items.items()


def _of_document(content: str) -> Iterator[tuple[str, Value]]:
    """The texts in a document of YAML, such as the values of a chart, by their dotted keys."""
    from yaml import YAMLError

    try:
        pending = [("", load_yaml(content), _DEEPEST)] if len(content) <= _LARGEST_TEXT else []
    except (YAMLError, RecursionError):
        return
    for name, found, depth in pending:
        if isinstance(found, str) and name:
            yield name, found
        elif isinstance(found, dict) and depth:
            pending.extend((f"{name}.{key}".lstrip("."), item, depth - 1) for key, item in found.items())


def _of_containers(value: Value) -> Iterator[tuple[str, Value]]:
    try:
        data = loads(value) if isinstance(value, str) else None
    except PolicyError:
        return
    for container in data if isinstance(data, list) else []:
        listed = container.get("environment") if isinstance(container, dict) else None
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(item.get("value"), str):
                yield str(item["name"]), str(item["value"])


def _targets(name: str, value: str) -> Iterator[Target]:
    plain = without_login(value)
    if not is_reference(plain):
        yield from targets_of(name, plain)


def _pointing(node: str, target: Target, evidence: tuple[Evidence, ...]) -> Reference:
    return Reference(kind="points-at", node=node, sought=target.sought, evidence=evidence, says="is pointed at")


def _inputs(builder: FactsBuilder) -> None:
    """Secrets and stores in the variables and locals of the root module, as far as no resource was given them."""
    instance = builder.evaluated.scope.module
    if not isinstance(instance, ModuleInstance):
        return
    pointing: list[Reference] = []
    for setting, is_given in _written(instance):
        if secret_value(setting) and not builder.knows_secret(setting.value):
            builder.add_secret(_INPUTS, setting.name, setting.value, setting.span)
        # A default or a local may be there for one environment only, and serve nobody else.
        for target in _targets(setting.name, setting.value) if is_given else ():
            if _is_meant(builder, instance, setting, target) and not builder.seeks("points-at", target.sought):
                says = f"{setting.name} names {target.shown}"
                evidence = (Evidence(span=setting.span, says=says, address=_INPUTS),)
                pointing.append(_pointing(_INPUTS, target, evidence))
    if pointing:
        span = builder.evaluated.deployment.span
        builder.add_node(Node(address=_INPUTS, kind="other", type="settings", span=span, mode="settings"))
        for reference in pointing:
            builder.add_reference(reference)


def _is_meant(builder: FactsBuilder, instance: ModuleInstance, setting: Setting, target: Target) -> bool:
    """Whether a variable surely names a store that its environment should have for itself."""
    if not _is_read(instance, setting.name) or not _is_kept_apart(setting.name, target):
        return False
    if not _is_name(setting.value):
        return True
    if _HANDED_ON not in builder.memo:
        builder.memo[_HANDED_ON] = handed_on(builder.evaluated)
    return setting.value in builder.memo[_HANDED_ON]


def _is_read(instance: ModuleInstance, name: str) -> bool:
    """Whether the module looks at what it is given: Terragrunt gives every unit all inputs of the files it includes."""
    variable = name.partition(".")[0]
    return instance.settings[variable].origin != "terragrunt" or instance.module.reads(variable)


def _is_name(text: str) -> bool:
    """Whether a text means a store only as the name of one, and may be a part of a longer name."""
    return ":" not in text and "." not in text


def _is_kept_apart(name: str, target: Target) -> bool:
    """Whether a variable names a store that every environment should have for itself: not where states or programs
    lie."""
    return target.sought.startswith(_STORES) and not _COMMON & {*tokens(name), *tokens(target.shown)}


def _written(instance: ModuleInstance) -> Iterator[tuple[Setting, bool]]:
    """The texts that are written out as the value of a variable, in a var file or as its default, or of a local; and
    whether this very deployment is given it."""
    for name, decl in instance.module.variables.items():
        given = instance.settings.get(name)
        if given is not None:
            yield from ((each, True) for each in _texts(name, given.value, given.span, _DEEPEST))
        elif decl.default is not None:
            yield from ((each, False) for each in _literals(name, decl.default, _DEEPEST))
    for name, attribute in instance.module.locals.items():
        yield from ((each, False) for each in _literals(name, attribute.expr, _DEEPEST))


def _literals(name: str, expr: ast.Expr, depth: int) -> Iterator[Setting]:
    """The texts in an expression that is written out: a text, or a map or list of them."""
    if isinstance(expr, ast.Literal):
        if isinstance(expr.value, str):
            yield Setting(name, expr.span, expr.value)
    elif isinstance(expr, ast.ObjectExpr) and depth:
        for key, item in expr.items[:_MOST]:
            if isinstance(key, ast.Literal):
                yield from _literals(f"{name}.{key.value}", item, depth - 1)
    elif isinstance(expr, ast.TupleExpr) and depth:
        for item in expr.items[:_MOST]:
            if isinstance(item, ast.ObjectExpr):
                yield from _literals(name, item, depth - 1)


def _texts(name: str, value: Value, span: Span, depth: int) -> Iterator[Setting]:
    if isinstance(value, str) and not has_holes(value):
        yield Setting(name, span, value)
    elif isinstance(value, Mapping) and depth:
        for key, item in value.items.items():
            yield from _texts(f"{name}.{key}", item, span, depth - 1)
    elif isinstance(value, Sequence) and depth:
        for item in value.items[:_MOST]:
            if isinstance(item, Mapping):
                yield from _texts(name, item, span, depth - 1)
