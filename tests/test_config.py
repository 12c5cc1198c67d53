"""envfence.yaml: what it may say, and every mistake at once with its line."""

from __future__ import annotations

import contextlib
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envfence.config import Config, load_config, parse_config
from envfence.errors import ConfigError
from envfence.tree import DictTree

FULL = """\
version: 1
environments:
  prod:
    tier: production
    paths: ["live/prod/**"]
    accounts: ["012345678902", 111122223333, my-project]
    workspaces: ["*-production"]
    tags: {Environment: [prod, production], stage: p}
    words: [p01]
  staging:
fences:
  - {from: staging, to: prod, severity: critical, reason: the incident of May}
  - {from: nonproduction, to: [staging], severity: off}
allow:
  - rule: [shared-*]
    from: staging
    to: prod
    to_address: "*:aws_s3_bucket.assets"
    until: 2027-01-31
    reason: OPS-812
expect:
  - none: {from: [staging, outside], to: prod, can: destroy}
    name: staging-cannot-destroy
    severity: critical
rules:
  shared-secret: low
  missing-guard: {severity: off}
  paths: [.envfence/rules]
var_files:
  staging: ["vars/stg*.tfvars"]
exclude: ["examples/**"]
baseline: .envfence-baseline.json
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    return [f"{each.line}: {each.message}" + (f" | {each.hint}" if each.hint else "") for each in caught.value.mistakes]


def test_every_key_ends_up_in_the_record() -> None:
    config = parse_config(FULL)
    prod, staging = config.environments
    assert prod.accounts == ("012345678902", "111122223333", "my-project")
    assert prod.tags == (("Environment", ("prod", "production")), ("stage", ("p",)))
    assert prod.span.line == 3
    assert staging.var_files == ("vars/stg*.tfvars",)
    assert [fence.severity for fence in config.fences] == ["critical", "off"]
    assert config.allow[0].until == "2027-01-31"
    assert config.allow[0].rules == ("shared-*",)
    assert config.expect[0].can == ("destroy",)
    assert config.severities == {"shared-secret": "low", "missing-guard": "off"}
    assert config.rule_paths == (".envfence/rules",)
    assert config.baseline == ".envfence-baseline.json"


def test_no_file_gives_the_defaults_and_so_does_disabled() -> None:
    assert load_config(DictTree({"main.tf": ""})) == Config()
    assert load_config(DictTree({"envfence.yaml": "nonsense: ["}), disabled=True) == Config()


@pytest.mark.parametrize("name", ["envfence.yaml", ".envfence.yaml", ".github/envfence.yaml"])
def test_each_place_is_found(name: str) -> None:
    assert load_config(DictTree({name: "version: 1\n"})).path == name


def test_two_files_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="2 configuration files"):
        load_config(DictTree({"envfence.yaml": "version: 1", ".envfence.yaml": "version: 1"}))


def test_a_named_file_that_is_absent_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="other"):
        load_config(DictTree({}), "other.yaml")


def test_all_mistakes_are_reported_at_once_with_their_lines() -> None:
    text = """\
version: 2
environment: {}
environments:
  prod: {teir: production, paths: live}
  prod: {}
fences:
  - {from: stagng, to: prod, severity: loud}
  - {to: prod, severity: low}
allow:
  - {from: dev, to: prod, until: 2027-02-30, reason: ""}
expect:
  - none: {from: dev, to: prod, can: [destroi]}
rules:
  some-rule: warning
"""
    assert mistakes(text) == [
        "1: `version` cannot be '2' | one of: 1",
        "2: unknown key 'environment' | did you mean 'environments'?",
        "4: `environments.prod.paths` must be a list, not 'live'",
        "4: unknown key 'teir' in `environments.prod` | did you mean 'tier'?",
        "5: 'prod' is given twice, first in line 4",
        "7: 'stagng' is neither a declared environment nor a tier | did you mean 'staging'?",
        "7: `fences[0].severity` cannot be 'loud' | one of: critical, high, low, medium, off, rule",
        "8: `fences[1]` needs `from`",
        "10: '2027-02-30' is not a date | write it as YYYY-MM-DD",
        "10: `allow[0].reason` must not be empty",
        "12: `expect[0].none.can[0]` cannot be 'destroi' | did you mean 'destroy'?",
        "14: `rules.some-rule` cannot be 'warning' | one of: critical, high, low, medium, off",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: the file is empty"),
        ("- a\n", "1: the file must be a mapping, not a list"),
        ("version: 1\nexclude: [a\n", "not valid YAML"),
        ("version: 1\nexclude: &a [x]\n", "2: anchors"),
        ("a: &a [1]\nb: [*a, *a]\n", "1: anchors"),
        ("version: !!python/object:os.system 1\n", "1: anchors (&name) and tags"),
        ("version: 1\n---\nversion: 1\n", "2: a second document"),
        ("version: 1\nexclude: " + "[" * 5000, "2: nested deeper"),
        ("version: 1\n" + "x" * 600_000, "1: the file is larger"),
        ("version: 1\nexclude: [" + "a, " * 60_000 + "]", "2: the file holds more than"),
        ("version: 1\nallow:\n  - {reason: x, until: 2027-01-01}\n", "3: `allow[0]` needs at least one of"),
        ("version: 1\nenvironments: {a: {words: [x]}, b: {words: [x]}}\n", "'x' is claimed by 'a' and by 'b'"),
        ("version: 1\nvar_files: {prod: [a], live: 3}\n", "2: `var_files.live` must be a list"),
    ],
)
def test_single_mistakes(text: str, expected: str) -> None:
    assert any(expected in each for each in mistakes(text)), mistakes(text)


def test_words_of_yaml_1_1_stay_words() -> None:
    config = parse_config("version: 1\nenvironments: {no: {words: [on]}}\nrules: {a-b: off}\n")
    assert config.environments[0].name == "no"
    assert config.severities == {"a-b": "off"}


def test_rule_names_are_checked_by_who_knows_them() -> None:
    config = parse_config(
        "version: 1\nrules:\n  shared-secre: low\nallow:\n  - {rule: x-*, reason: r, until: 2027-01-01}\n"
    )
    found = config.rule_mistakes(["shared-secret", "missing-guard"])
    assert [(each.line, each.message) for each in found] == [
        (3, "there is no rule 'shared-secre'"),
        (5, "no rule is called 'x-*'"),
    ]
    assert found[0].hint == "did you mean 'shared-secret'?"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="version: 1\n-[]{}&*!'\"#,aenvfcs|>%@\t", max_size=60))
def test_any_text_is_a_config_or_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert parse_config(text).path == "envfence.yaml"


def test_every_example_of_the_guide_is_valid() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
    declared = "environments: {prod: {tier: production}, staging: {}, dev: {}, demo: {}}\n"
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", page, re.MULTILINE)]
    assert len(blocks) == 9
    for block in blocks:
        own = "" if "version:" in block else "version: 1\n"
        parse_config(own + ("" if "environments:" in block else declared) + block)
