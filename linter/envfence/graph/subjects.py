"""Whom the subject of a web identity token means: a workflow's environment or branch, a workspace, a service account.

In: the issuer of a trust policy and the patterns its conditions allow. Out: `Subject` records. Must not know the graph.

GitHub writes `repo:OWNER/NAME:environment:E`, `…:ref:refs/heads/B`, `…:pull_request`; repositories made or renamed
since July 2026 put ids into it (`repo:OWNER@1/NAME@2:…`). GitLab writes
`project_path:GROUP/NAME:ref_type:branch:ref:B`, Terraform Cloud `organization:O:project:P:workspace:W:run_phase:…`,
a cluster `system:serviceaccount:NAMESPACE:NAME`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from envfence.values import has_holes

GITHUB, GITLAB, WORKSPACE, CLUSTER = "github", "gitlab", "terraform-cloud", "cluster"
#: What a subject means: one environment by name, one branch or workspace by name, any run of a project, anybody at all.
ENVIRONMENT, NAMED, ANY_RUN, ANYBODY, NOTHING = "environment", "named", "any run", "anybody", ""

_GITHUB = re.compile(r"repo:(?P<owner>[^/:]*)/(?P<name>[^:]*):(?P<claim>.*)", re.DOTALL)
_GITLAB = re.compile(r"project_path:(?P<project>[^:]*):ref_type:(?P<type>[^:]*):ref:(?P<ref>.*)", re.DOTALL)
_WORKSPACE = re.compile(
    r"organization:(?P<owner>[^:]*)(?::project:(?P<project>[^:]*))?:workspace:(?P<name>[^:]*)(?::.*)?"
)
_ACCOUNT = re.compile(r"system:serviceaccount:(?P<namespace>[^:]*):(?P<name>.*)", re.DOTALL)
_NUMBER = re.compile(r"@[0-9]+$")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom one pattern admits: `meaning` is one of the above, `name` the environment, branch, workspace or namespace,
    `who` the whole in words."""

    meaning: str
    name: str
    who: str


def platform_of(provider: str) -> str:
    """The platform that issues the tokens of an identity provider, by its ARN or URL; empty for any other."""
    text = provider.partition("oidc-provider/")[2] or provider.removeprefix("https://")
    host = text.partition("/")[0]
    if host == "token.actions.githubusercontent.com":
        return GITHUB
    if host == "app.terraform.io":
        return WORKSPACE
    if host.startswith("oidc.eks."):
        return CLUSTER
    return GITLAB if "gitlab" in host else ""


def subject_of(platform: str, pattern: str) -> Subject:
    """Whom a pattern of subjects admits; meaning NOTHING where it cannot be told, or is one run of no environment."""
    readers = {GITHUB: _github, GITLAB: _gitlab, WORKSPACE: _workspace, CLUSTER: _account}
    return readers[platform](pattern) if platform in readers else Subject(NOTHING, "", pattern)


def _github(pattern: str) -> Subject:
    if pattern in ("*", "repo:*"):
        return Subject(ANYBODY, "", "any workflow of any repository on GitHub")
    match = _GITHUB.fullmatch(pattern)
    if match is not None and match["owner"] == "*":
        return Subject(ANYBODY, "", f"any workflow of a repository on GitHub called {match['name']}")
    if match is not None:
        repository = f"{_NUMBER.sub('', match['owner'])}/{_NUMBER.sub('', match['name'])}"
        return _claim(match["claim"], repository, pattern)
    owner = pattern.removeprefix("repo:")
    if pattern.startswith("repo:") and owner.endswith("*") and "/" not in owner:
        return Subject(ANYBODY, "", f"repositories of every owner whose name begins with {owner[:-1]}")
    return Subject(NOTHING, "", pattern)


def _claim(claim: str, repository: str, pattern: str) -> Subject:
    """What a subject of GitHub says behind the repository."""
    if claim == "environment:*":  # a job makes an environment by naming one, on any branch
        return Subject(ANY_RUN, "", f"a job of any environment of {repository}")
    if claim.startswith("environment:"):
        return _named(ENVIRONMENT, claim.removeprefix("environment:"), f"the environment {{}} of {repository}")
    if claim in ("*", "ref:*", "ref:refs/*", "ref:refs/heads/*", "pull_request"):
        what = "any pull request" if claim == "pull_request" else "any branch"
        return Subject(ANY_RUN, "", f"{what} of {repository}")
    if claim.startswith("ref:refs/heads/"):
        return _named(NAMED, claim.removeprefix("ref:refs/heads/"), f"the branch {{}} of {repository}")
    return Subject(NOTHING, "", pattern)


def _gitlab(pattern: str) -> Subject:
    if pattern in ("*", "project_path:*"):
        return Subject(ANYBODY, "", "any pipeline of any project on GitLab")
    match = _GITLAB.fullmatch(pattern)
    if match is None:
        head = re.fullmatch(r"project_path:([^:*]+(?:\*)?):\*", pattern)
        return Subject(ANY_RUN, "", f"any branch of {head[1]}") if head else Subject(NOTHING, "", pattern)
    if match["ref"] == "*":
        return Subject(ANY_RUN, "", f"any {match['type'].replace('*', 'branch')} of {match['project']}")
    return _named(NAMED, match["ref"], f"the {match['type']} {{}} of {match['project']}")


def _workspace(pattern: str) -> Subject:
    match = _WORKSPACE.fullmatch(pattern)
    if match is None:
        return Subject(NOTHING, "", pattern)
    if match["owner"] == "*":
        return Subject(ANYBODY, "", "any workspace of any organisation on Terraform Cloud")
    if match["name"] == "*" and match["project"] in (None, "*"):
        return Subject(ANY_RUN, "", f"any workspace of the organisation {match['owner']}")
    return _named(NAMED, match["name"], f"the workspace {{}} of {match['owner']}")


def _account(pattern: str) -> Subject:
    match = _ACCOUNT.fullmatch(pattern)
    if match is None:
        return Subject(NOTHING, "", pattern)
    return _named(NAMED, match["namespace"], f"the service account {match['name']} in namespace {{}}")


def _named(meaning: str, name: str, who: str) -> Subject:
    """A subject of one name; one with a wildcard or hole in it means nothing that could be placed."""
    if not name or "*" in name or "?" in name or has_holes(name) or has_holes(who):
        return Subject(NOTHING, "", who.format(name))
    return Subject(meaning, name, who.format(name))
