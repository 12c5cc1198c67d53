"""GitLab's pipelines: jobs with `extends`, local includes, `parallel: matrix`.

Comes in: the survey and the paths of pipelines. Goes out: scripts. Must not know: what the scripts do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from envfence.bind.ci.yamltext import data_of, document_of, joined, line_of, listed, mapping, merged, texts
from envfence.bind.paths import parent
from envfence.bind.script import Script
from envfence.bind.survey import Survey
from envfence.paths import join
from envfence.sources.workflows.shell import expand

_MAX_FILES = 40
_MAX_DEPTH = 8
_MAX_COMBINATIONS = 40
#: Keys of a pipeline that are no jobs.
_NO_JOBS = frozenset(["default", "include", "stages", "variables", "workflow", "image", "cache", "services", "spec"])


def gitlab_scripts(survey: Survey, path: str) -> Iterator[Script]:
    """The scripts of one pipeline, with the local files that it includes."""
    documents = list(_documents(survey, path))
    jobs: dict[Any, Any] = {}
    homes: dict[str, str] = {}
    shared: dict[str, str] = {}
    for file, document in reversed(documents):
        shared.update(texts(document.get("variables")))
        for name, job in document.items():
            jobs[name] = merged(mapping(jobs.get(name)), job) if isinstance(job, dict) else job
            homes[str(name)] = file
    default = mapping(jobs.get("default"))
    lines: dict[str, list[str]] = {}
    for name, job in jobs.items():
        if not isinstance(job, dict) or name in _NO_JOBS or str(name).startswith("."):
            continue
        whole = _extended(jobs, job, 0)
        file = homes[str(name)]
        if file not in lines:
            lines[file] = data_of(survey, file).decode("utf-8", "replace").splitlines()
        yield from _job(whole, default, shared, file, lines[file], parent(path), str(name))


def _job(
    job: dict[Any, Any],
    default: dict[Any, Any],
    shared: dict[str, str],
    path: str,
    lines: list[str],
    directory: str,
    name: str,
) -> Iterator[Script]:
    before = job.get("before_script", default.get("before_script"))
    text = joined([*_listed(before), *_listed(job.get("script"))])
    if not text:
        return
    environment = job.get("environment")
    named = environment.get("name") if isinstance(environment, dict) else environment
    # The name of the job tells its place better than a script that many share.
    line = next((number for number, row in enumerate(lines, 1) if row.startswith(f"{name}:")), 0)
    for combination in _combinations(job.get("parallel")):
        known = {**shared, **texts(job.get("variables")), **combination}
        known = {key: expand(value, known) for key, value in known.items()}
        word = expand(named, known) if isinstance(named, str) else ""
        yield Script(
            path,
            line or line_of(lines, text),
            text,
            tuple(sorted(known.items())),
            directory,
            "" if "$" in word else word,
            job=name,
        )


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else listed(value)


def _documents(survey: Survey, path: str) -> Iterator[tuple[str, dict[Any, Any]]]:
    """A pipeline, then what it includes from this repository."""
    pending, seen = [path], {path}
    while pending and len(seen) < _MAX_FILES:
        file = pending.pop(0)
        document = document_of(survey, file)
        yield file, document
        for item in _listed(document.get("include")) or [document.get("include")]:
            local = item.get("local") if isinstance(item, dict) else item
            target = join("", local.lstrip("/")) if isinstance(local, str) and "://" not in local else None
            if target is not None and target not in seen and survey.has_file(target):
                seen.add(target)
                pending.append(target)


def _extended(jobs: dict[Any, Any], job: dict[Any, Any], depth: int) -> dict[Any, Any]:
    """A job with the templates that it extends, the last one winning."""
    result: dict[Any, Any] = {}
    for name in _listed(job.get("extends")) if depth < _MAX_DEPTH else ():
        result = merged(result, _extended(jobs, mapping(jobs.get(name)), depth + 1))
    return merged(result, {key: value for key, value in job.items() if key != "extends"})


def _combinations(parallel: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for item in listed(mapping(parallel).get("matrix")):
        lists = {str(name): [str(v) for v in _listed(values)] for name, values in mapping(item).items()}
        names = sorted(lists)
        product = itertools.product(*(lists[name] for name in names))
        found += [dict(zip(names, chosen, strict=True)) for chosen in itertools.islice(product, _MAX_COMBINATIONS)]
    return found[:_MAX_COMBINATIONS] or [{}]
