"""Azure Pipelines: stages, jobs and steps, templates of the same repository, parameters, Terraform tasks.

Comes in: the survey and a pipeline. Goes out: scripts. Must not know: what the scripts do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from envfence.bind.ci.yamltext import data_of, document_of, line_of, listed, mapping, text_of, texts
from envfence.bind.paths import parent
from envfence.bind.script import Script
from envfence.bind.survey import Survey
from envfence.paths import join
from envfence.sources.workflows.commands import VERBS
from envfence.words import tokens, word_of_value

_PARAMETER = re.compile(
    r"\$\{\{\s*(?:parameters|variables)\.([\w.]+)\s*\}\}|\$\{\{\s*(\w+(?:\.\w+)?)\s*\}\}|\$\((\w[\w.]*)\)"
)
_EACH = re.compile(r"\$\{\{\s*each\s+(\w+)\s+in\s+parameters\.(\w+)\s*\}\}")
_TASK = re.compile(r"Terraform\w*@\d", re.IGNORECASE)
_PARTS = ("stages", "jobs", "steps", "deployments", "strategy", "runOnce", "rolling", "canary", "deploy", "preDeploy")
#: Words in the name of a parameter that says where a root module is.
_PLACES = frozenset({"component", "directory", "dir", "folder", "module", "path", "root", "stack"})
_OPTIONS = re.compile(r"(^|\s)-{1,2}var(-file)?[= ]")
_MAX_DEPTH = 30
_MAX_STEPS = 500
#: Where an agent puts the repository: what comes before a path in it.
_HOME = re.compile(r"^\$\((?:System\.DefaultWorkingDirectory|Build\.SourcesDirectory|Pipeline\.Workspace)\)/?|^\./")


def azure_scripts(survey: Survey, path: str) -> Iterator[Script]:
    """The scripts of one pipeline: once for each environment that a parameter may have."""
    document = document_of(survey, path)
    for chosen in _choices(document.get("parameters")):
        reader = _Reader(survey)
        yield from reader.walk(document, path, {**_defaults(document.get("parameters")), **chosen}, "", 0)


def is_pipeline(document: dict[Any, Any]) -> bool:
    """Whether a YAML document has the shape of an Azure pipeline."""
    if not any(isinstance(document.get(part), list) for part in ("stages", "jobs", "steps")):
        return False
    if isinstance(document.get("resources"), list):
        return False  # Concourse: resources are a list there, and jobs have plans
    return any(name in document for name in ("trigger", "pr", "pool", "resources", "parameters", "variables", "stages"))


def _choices(parameters: Any) -> list[dict[str, Any]]:
    for item in listed(parameters):
        values = [str(value) for value in listed(mapping(item).get("values"))]
        chosen = [value for value in values if word_of_value(value, values) is not None]
        if chosen and isinstance(item.get("name"), str):
            return [{item["name"]: value} for value in chosen]
    return [{}]


def _defaults(parameters: Any) -> dict[str, Any]:
    """The defaults of parameters that are lists or objects: they are the pipeline's own tables. A plain default is
    only what holds when nobody chooses."""
    if isinstance(parameters, dict):
        return {str(name): value for name, value in parameters.items()}
    found = {}
    for item in listed(parameters):
        default = mapping(item).get("default")
        if isinstance(default, list | dict):
            found[str(item.get("name"))] = default
    return found


class _Reader:
    """Reads one pipeline with its templates."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.count = 0

    def walk(self, node: Any, path: str, known: dict[str, Any], environment: str, depth: int) -> Iterator[Script]:
        """The scripts in a part of a pipeline, in order."""
        if depth > _MAX_DEPTH or self.count > _MAX_STEPS:
            return
        if isinstance(node, list):
            for item in node:
                yield from self._item(item, path, known, environment, depth + 1)
        elif isinstance(node, dict):
            inner = {**known, **_variables(node.get("variables"), known)}
            for part in _PARTS:
                if part in node:
                    yield from self.walk(node[part], path, inner, _environment(node, inner) or environment, depth + 1)

    def _item(self, item: Any, path: str, known: dict[str, Any], environment: str, depth: int) -> Iterator[Script]:
        if not isinstance(item, dict):
            return
        for key, value in item.items():
            each = _EACH.fullmatch(str(key).strip())
            if each is not None:
                for choice in listed(known.get(each[2])):
                    yield from self.walk(value, path, {**known, **_bound(each[1], choice)}, environment, depth)
            elif str(key).strip().startswith("${{"):
                yield from self.walk(value, path, known, environment, depth)  # a condition: it may hold
        if isinstance(item.get("template"), str):
            yield from self._template(item, path, known, environment, depth)
            return
        script = self._step(item, path, known, environment)
        if script is not None:
            self.count += 1
            yield script
        yield from self.walk(item, path, known, _environment(item, known) or environment, depth)

    def _template(
        self, item: dict[Any, Any], path: str, known: dict[str, Any], environment: str, depth: int
    ) -> Iterator[Script]:
        name = item["template"]
        target = join("", name.lstrip("/")) if name.startswith("/") else join(parent(path), name)
        if "@" in name:
            script = self._elsewhere(item, path, known, environment)
            self.count += script is not None
            yield from (script,) if script is not None else ()
            return
        if target is None or not self.survey.has_file(target):
            return
        document = document_of(self.survey, target)
        given = {str(key): _deep(value, known, 0) for key, value in mapping(item.get("parameters")).items()}
        inner = {**_declared(document.get("parameters")), **given}
        yield from self.walk(document, target, inner, environment, depth)

    def _elsewhere(self, item: dict[Any, Any], path: str, known: dict[str, Any], environment: str) -> Script | None:
        """What a template of another repository runs, where it is given a root module and the options of a plan."""
        given = {name: _fill(text, known) for name, text in texts(item.get("parameters")).items()}
        options = dict.fromkeys(" ".join(text.split()) for text in given.values() if _OPTIONS.search(text))
        named = [text for name, text in given.items() if _PLACES & set(tokens(name))]
        found = {directory for text in named for directory in self._roots(text)}
        if not options or len(found) != 1:
            return None
        directory = found.pop()
        up = "../" * (directory.count("/") + 1)
        files = [f"-var-file={up}{name}" for name in map(_below, given.values()) if self.survey.has_file(name)]
        line = line_of(data_of(self.survey, path).decode("utf-8", "replace").splitlines(), item["template"])
        word = environment or _environment(given, known)
        return Script(path, line, " ".join(["terraform plan", *files, *options]), (), directory, word)

    def _roots(self, text: str) -> list[str]:
        """The directories of Terraform that a text names, wholly or by their ends."""
        end = "/" + text.strip("/")
        return [each for each in self.survey.terraform_directories if text and ("/" + each).endswith(end)]

    def _step(self, item: dict[Any, Any], path: str, known: dict[str, Any], environment: str) -> Script | None:
        inputs = mapping(item.get("inputs"))
        text = next(
            (item[name] for name in ("script", "bash", "pwsh", "powershell") if isinstance(item.get(name), str)), ""
        )
        directory = str(item.get("workingDirectory") or inputs.get("workingDirectory") or "")
        if isinstance(item.get("task"), str):
            text = str(inputs.get("script") or inputs.get("inlineScript") or "")
            if _TASK.match(item["task"]) and str(inputs.get("command")) in VERBS:
                text = f"terraform {inputs['command']} {inputs.get('commandOptions') or ''}"
        place = join("", _HOME.sub("", _fill(directory, known)))
        if not text or place is None or "$" in place:
            return None
        env = {name: _fill(value, known) for name, value in texts(item.get("env")).items()}
        variables = {name: value for name, value in known.items() if isinstance(value, str) and name.isidentifier()}
        lines = data_of(self.survey, path).decode("utf-8", "replace").splitlines()
        line = line_of(lines, text if not inputs else str(item.get("displayName") or item.get("task")))
        return Script(path, line, _fill(text, known), tuple(sorted({**variables, **env}.items())), place, environment)


def _below(text: str) -> str:
    """The path of a var file inside the repository; empty for any other text."""
    return re.sub(r"^(\$\([\w.]+\)/)+", "", text.strip()) if text.strip().endswith(".tfvars") else ""


def _declared(parameters: Any) -> dict[str, Any]:
    """All defaults of a template's parameters: its caller leaves them as they are."""
    if isinstance(parameters, dict):
        return {str(name): value for name, value in parameters.items()}
    items = [mapping(item) for item in listed(parameters)]
    return {str(item.get("name")): item["default"] for item in items if "default" in item}


def _variables(node: Any, known: dict[str, Any]) -> dict[str, str]:
    if isinstance(node, dict):
        return {name: _fill(text, known) for name, text in texts(node).items() if not name.startswith("${{")}
    found: dict[str, str] = {}
    for item in listed(node):
        name, text = mapping(item).get("name"), text_of(mapping(item).get("value"))
        if isinstance(name, str) and text:
            found[name] = _fill(text, known)
    return found


def _environment(node: dict[Any, Any], known: dict[str, Any]) -> str:
    named = node.get("environment")
    text = named.get("name") if isinstance(named, dict) else named
    word = _fill(text, known) if isinstance(text, str) else ""
    return "" if "$" in word else word


def _bound(name: str, choice: Any) -> dict[str, Any]:
    text = text_of(choice)
    return {name: text} if text is not None else {f"{name}.{key}": value for key, value in texts(choice).items()}


def _deep(value: Any, known: dict[str, Any], depth: int) -> Any:
    if isinstance(value, str):
        whole = re.fullmatch(r"\$\{\{\s*parameters\.(\w+)\s*\}\}", value.strip())
        return known[whole[1]] if whole and whole[1] in known else _fill(value, known)
    if isinstance(value, list) and depth < _MAX_DEPTH:
        return [_deep(item, known, depth + 1) for item in value]
    return value


def _fill(text: str, known: dict[str, Any]) -> str:
    def replaced(match: re.Match[str]) -> str:
        value = text_of(known.get(match[1] or match[2] or match[3], {}))
        return match[0] if value is None else value

    return _PARAMETER.sub(replaced, text)
