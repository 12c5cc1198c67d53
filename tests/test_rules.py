"""Every shipped rule: its file fits the schema, its bad example is found by it, its good example is not."""

from __future__ import annotations

import datetime

import jsonschema
import pytest
import yaml

from envfence.comparison import compare
from envfence.graph.automaton import compile_pattern
from envfence.judge.kinds import kind_names
from envfence.judge.rules import Rule, schema, shipped_files, shipped_rules
from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

RULES = shipped_rules()
TODAY = datetime.date(2026, 11, 22)


def findings(files: dict[str, str], before: dict[str, str], rule: Rule) -> list[Finding]:
    settings, tree = Settings(today=TODAY), DictTree(files)
    report = compare(DictTree(before), tree, settings) if before else check(tree, settings)
    return [finding for finding in report.findings if finding.rule == rule.name]


@pytest.mark.parametrize(("path", "text"), [(path, text) for _, path, text in shipped_files()])
def test_file_fits_the_schema(path: str, text: str) -> None:
    errors = [f"{list(error.path)}: {error.message}" for error in _validator().iter_errors(yaml.safe_load(text))]
    assert errors == [], path


def test_names_are_file_names_and_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert rule.path == f"rules/{rule.family}/{rule.name}.yaml"


def test_there_are_enough_rules_of_the_three_first_families() -> None:
    families = [rule.family for rule in RULES]
    assert len(RULES) >= 15
    assert {"access", "secrets", "guards"} <= set(families)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_parameters_mean_something(rule: Rule) -> None:
    names = {other.name for other in RULES}
    assert rule.kind in kind_names()
    assert set(rule.implied_by) <= names - {rule.name}
    if "via" in rule.parameters and rule.kind == "path":
        compile_pattern(rule.parameters["via"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_bad_example_is_found(rule: Rule) -> None:
    assert findings(rule.bad, rule.bad_before, rule), "the bad example has no finding of this rule"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_good_example_is_not(rule: Rule) -> None:
    assert [finding.message for finding in findings(rule.good, rule.good_before, rule)] == []


def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())
