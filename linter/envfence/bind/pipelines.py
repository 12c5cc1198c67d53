"""Scripts in pipelines: GitHub workflows, GitLab CI, Makefiles, shell scripts.

Comes in: the survey. Goes out: each script with the process variables and the directory it starts with, once for each
combination of a literal matrix. Must not know: what the scripts do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from envfence.bind.paths import basename, parent
from envfence.bind.survey import Survey
from envfence.paths import join
from envfence.words import tokens

_MAX_COMBINATIONS = 60
_MAX_BYTES = 400_000
_EXPRESSION = re.compile(r"\$\{\{\s*(\w+)\.([\w.-]+)\s*\}\}")
_ANCHOR = re.compile(r"(^|[\s\[{,])([&*])([A-Za-z0-9_.-]+)(?=[\s\]},]|$)", re.MULTILINE)
_SELECTS = re.compile(r"\bworkspace\s+(?:select|new)\b|\binit\b")
#: Words in the path of a YAML file that is a pipeline of some other kind.
_PIPELINE = frozenset(("ci", "pipeline", "pipelines", "concourse", "buildspec", "azure", "cloudbuild", "circleci"))
_MAX_NODES = 20_000
_MENTIONS = re.compile(rb"terraform|tofu|TF_VAR_|TF_WORKSPACE")


@dataclass(frozen=True, slots=True)
class Script:
    """A script in a file. `environment` is the pipeline's own word for where it deploys, if it says one;
    `whole` is set when the script is the file itself, so that its lines are the file's."""

    path: str
    line: int
    text: str
    known: tuple[tuple[str, str], ...]
    directory: str
    environment: str = ""
    whole: bool = False


def scripts(survey: Survey) -> Iterator[Script]:
    """All scripts of the repository that may run Terraform."""
    for path in survey.paths():
        name = basename(path)
        if name in ("Makefile", "makefile", "GNUmakefile") or name.endswith((".mk", ".sh", ".bash")):
            data = _data(survey, path)
            if data:
                yield Script(path, 1, data.decode("utf-8", "replace"), (), parent(path), whole=True)
        elif path.startswith(".github/workflows/") and name.endswith((".yml", ".yaml")):
            yield from _workflow(survey, path)
        elif name == ".gitlab-ci.yml":
            yield from _gitlab(survey, path)
        elif name.endswith((".yml", ".yaml")) and _PIPELINE & set(tokens(path)):
            yield from _settings(survey, path)


def _data(survey: Survey, path: str) -> bytes:
    data = survey.data(path) or b""
    return data if len(data) <= _MAX_BYTES and _MENTIONS.search(data) else b""


def _yaml(data: bytes) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for text in (data, None):
        try:
            return yaml.load(_distinct_anchors(data) if text is None else text, Loader=loader)  # noqa: S506 - both loaders are safe ones
        except yaml.composer.ComposerError:
            continue  # an anchor that is defined again, which YAML allows and this parser does not
        except (yaml.YAMLError, ValueError, RecursionError):
            return None
    return None


def _distinct_anchors(data: bytes) -> str:
    """The text with a name of its own for every anchor; an alias means the last one before it."""
    seen: dict[str, int] = {}

    def renamed(match: re.Match[str]) -> str:
        lead, sign, name = match.groups()
        if sign == "&":
            seen[name] = seen.get(name, 0) + 1
        return f"{lead}{sign}{name}-{seen[name]}" if name in seen else match[0]

    return _ANCHOR.sub(renamed, data.decode("utf-8", "replace"))


def _texts(value: Any) -> dict[str, str]:
    """The entries of a mapping that are plain values, as text."""
    if not isinstance(value, dict):
        return {}
    return {
        str(key): str(item).lower() if isinstance(item, bool) else str(item)
        for key, item in value.items()
        if isinstance(item, str | int | float) or item is None
    }


def _workflow(survey: Survey, path: str) -> Iterator[Script]:
    data = _data(survey, path)
    document = _yaml(data) if data else None
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), dict):
        return
    lines = data.decode("utf-8", "replace").splitlines()
    shared = _texts(document.get("env"))
    start = _directory(document.get("defaults"))
    for job in document["jobs"].values():
        if not isinstance(job, dict) or not isinstance(job.get("steps"), list):
            continue
        for matrix in _combinations(job):
            values = {f"matrix.{name}": text for name, text in matrix.items()}
            env = _filled({**shared, **_texts(job.get("env"))}, values)
            where = _directory(job.get("defaults")) or start
            environment = job.get("environment")
            named = environment.get("name") if isinstance(environment, dict) else environment
            word = _fill(named, {**values, **_prefixed(env)}) if isinstance(named, str) else ""
            yield from _steps(path, lines, job["steps"], env, values, where, "" if "$" in word else word)


def _steps(
    path: str, lines: list[str], steps: list[Any], env: dict[str, str], values: dict[str, str], start: str, word: str
) -> Iterator[Script]:
    """The steps of a job; a workspace or backend chosen in one step holds for the later ones in the same directory."""
    earlier: dict[str, str] = {}
    for step in steps:
        if not isinstance(step, dict) or not isinstance(step.get("run"), str):
            continue
        own = _filled({**env, **_texts(step.get("env"))}, values)
        given = {**values, **_prefixed(own)}
        directory = join("", _fill(str(step.get("working-directory") or start or ""), given))
        if directory is not None and "$" not in directory:
            text = earlier.get(directory, "") + _fill(step["run"], given) + "\n"
            earlier[directory] = "".join(f"{line}\n" for line in text.splitlines() if _SELECTS.search(line))
            yield Script(path, _line_of(lines, step["run"]), text, tuple(sorted(own.items())), directory, word)


def _combinations(job: dict[Any, Any]) -> list[dict[str, str]]:
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    if not isinstance(matrix, dict):
        return [{}]
    lists = {
        str(name): items
        for name, items in matrix.items()
        if isinstance(items, list) and name not in ("include", "exclude")
    }
    names = sorted(lists)
    found: list[dict[str, str]] = []
    for chosen in itertools.islice(itertools.product(*(lists[name] for name in names)), _MAX_COMBINATIONS):
        entry: dict[str, str] = {}
        for name, item in zip(names, chosen, strict=True):
            entry.update({f"{name}.{key}": text for key, text in _texts(item).items()})
            if isinstance(item, str | int | float):
                entry[name] = str(item)
        found.append(entry)
    include = matrix.get("include")
    extra = [_texts(item) for item in include] if isinstance(include, list) else []
    return ([entry for entry in found if entry] + extra)[:_MAX_COMBINATIONS] or [{}]


def _directory(defaults: Any) -> str:
    run = defaults.get("run") if isinstance(defaults, dict) else None
    text = run.get("working-directory") if isinstance(run, dict) else None
    return text if isinstance(text, str) else ""


def _prefixed(env: dict[str, str]) -> dict[str, str]:
    return {f"env.{name}": text for name, text in env.items()}


def _fill(text: str, values: dict[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: values.get(f"{match[1]}.{match[2]}", match[0]), text)


def _filled(env: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    return {name: _fill(text, {**values, **_prefixed(env)}) for name, text in env.items()}


def _line_of(lines: list[str], run: str) -> int:
    """The line on which a step's script begins (the parser of YAML does not keep it)."""
    first = next((line.strip() for line in run.splitlines() if line.strip()), "")
    return next((number for number, line in enumerate(lines, 1) if first and first in line), 1)


def _gitlab(survey: Survey, path: str) -> Iterator[Script]:
    data = _data(survey, path)
    document = _yaml(data) if data else None
    if not isinstance(document, dict):
        return
    lines = data.decode("utf-8", "replace").splitlines()
    shared = _texts(document.get("variables"))
    for job in document.values():
        if not isinstance(job, dict) or not isinstance(job.get("script"), list):
            continue
        known = {**shared, **_texts(job.get("variables"))}
        before = job.get("before_script")
        texts = [
            line for line in [*(before if isinstance(before, list) else []), *job["script"]] if isinstance(line, str)
        ]
        environment = job.get("environment")
        named = environment.get("name") if isinstance(environment, dict) else environment
        word = named if isinstance(named, str) and "$" not in named else ""
        first = texts[0] if texts else ""
        yield Script(path, _line_of(lines, first), "\n".join(texts), tuple(sorted(known.items())), parent(path), word)


def _settings(survey: Survey, path: str) -> Iterator[Script]:
    """Other pipelines, as far as this goes: a mapping that gives `TF_VAR_…` and names the directory of a root module.

    It is read as the script `terraform apply` in that directory.
    """
    data = _data(survey, path)
    pending: list[Any] = [_yaml(data)] if data else []
    lines = data.decode("utf-8", "replace").splitlines()
    count = 0
    while pending and count < _MAX_NODES:
        node = pending.pop()
        count += 1
        if isinstance(node, list):
            pending.extend(reversed(node))
        elif isinstance(node, dict):
            pending.extend(reversed(list(node.values())))
            texts = {
                # A value in double parentheses is filled in by the pipeline: given, but not known.
                name: text if "((" not in text else "$"
                for name, text in _texts(node).items()
                if "((" not in text or name.startswith("TF_VAR_")
            }
            given = [name for name in texts if name.startswith(("TF_VAR_", "TF_WORKSPACE"))]
            for text in sorted(set(texts.values())) if given else ():
                directory = _directory_in(survey, text)
                if directory is not None:
                    line = _telling_line(lines, node)
                    yield Script(path, line, "terraform apply", tuple(sorted(texts.items())), directory)


def _telling_line(lines: list[str], node: dict[Any, Any]) -> int:
    """The line of a mapping: that of a variable that is written once in the file, of another such entry, or of the
    first entry found."""
    plain = [line.strip() for line in lines]
    texts = [f"{name}: {item}" for name, item in node.items() if isinstance(item, str)]
    texts.sort(key=lambda text: not text.startswith(("TF_VAR_", "TF_WORKSPACE")))
    found = [text for text in texts if text in plain]
    best = next((text for text in found if plain.count(text) == 1), found[0] if found else "")
    return plain.index(best) + 1 if best else 1


def _directory_in(survey: Survey, text: str) -> str | None:
    """The root module that a text names, perhaps with the name of a checkout in front."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    for start in range(min(len(parts), 3)):
        directory = "/".join(parts[start:])
        if directory and directory in survey.terraform_directories:
            return directory
    return None
