"""A job of any pipeline, as rules see it: what it runs, what it is given, what starts it, where it says it runs.

In: what the reader of a product found out. Out: nodes and references of facts. Must not know products.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from envfence.model import Deployment, Evidence, Fact, Facts, Node, Reference, Signal
from envfence.sources.workflows.commands import CHANGES, Run
from envfence.sources.workflows.vocabulary import credential_of, is_kept_secret
from envfence.values import Span, Symbol, Symbols
from envfence.words import NONPRODUCTION, PRODUCTION, tokens, word_of_value, words_in_name

#: The mode of a node that is a job: it is placed by what it says, never by the words in its address.
MODE = "job"
#: Where the far ends of all pipelines of one repository live: their secrets are the same ones.
BOUNDARY = "pipelines:repository"
_READERS = frozenset(("plan", "planner", "read", "readonly", "reader", "viewer", "view", "ro", "audit", "drift"))


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A secret that a job is given. `scope` is the environment that the platform keeps it for, empty for all; `key` the
    variable or input it is given as; `sure` is False where that depends on something open; `holder` is what keeps it,
    where the same name elsewhere may be another secret: a pipeline, a group of variables; `passed` is where what calls
    this pipeline hands it on."""

    name: str
    span: Span
    key: str = ""
    scope: str = ""
    sure: bool = True
    holder: str = ""
    passed: Span | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """An identity that a job acts as: a holed identifier, and the secret or variable that holds it, if one does."""

    sought: str
    span: Span
    says: str


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which a job surely starts, and what it then does: a job that plans for a pull request and applies
    after the merge is one job with two of these. `changes` is where it changes something, `surely_changes` the same
    without steps that depend on something open, `credential` where it is surely given one."""

    trigger: str
    unreviewed: bool
    changes: Span | None = None
    surely_changes: Span | None = None
    credential: Span | None = None


@dataclass(slots=True)
class Job:
    """One job in one environment. `environment` is the platform's own, at which approvals wait; `triggers` maps what
    starts it to whether it then surely runs; `unreviewed` is set when it surely runs on what nobody has reviewed (a
    pull request, or a push to any branch); `branches` are those of which a push surely starts it. `starts` is empty
    where a job does the same however it starts."""

    address: str
    type: str
    span: Span
    hint: str = ""
    environment: str = ""
    gate: str = "none"
    signals: list[Signal] = field(default_factory=list)
    triggers: dict[str, bool] = field(default_factory=dict)
    unreviewed: bool = False
    branches: set[str] = field(default_factory=set)
    runs: list[tuple[Run, Span]] = field(default_factory=list)
    secrets: list[SecretUse] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    def tidy(self) -> None:
        """Leaves out what was seen in several runs."""
        self.signals = list(dict.fromkeys(self.signals))
        self.runs = list(dict.fromkeys(self.runs))
        self.secrets = list(dict.fromkeys(self.secrets))
        self.roles = list(dict.fromkeys(self.roles))
        self.starts = list(dict.fromkeys(self.starts))

    @property
    def matters(self) -> bool:
        """Whether anything here could concern an environment."""
        credentials = any(credential_of(use.name, use.key) for use in self.secrets)
        return bool(self.runs or self.roles or self.signals or credentials)


def job_facts(path: str, jobs: Iterable[Job], symbols: Symbols, span: Span, name: str = "") -> Facts:
    """The facts of one pipeline file: it is a deployment, and each of its jobs a node. `name` tells this reading of the
    file from another one."""
    listed = sorted(jobs, key=lambda job: job.address)
    deployment = Deployment(
        id=f"{path}@{name}" if name else path, root=path, config_dir=path.rpartition("/")[0], name=name, span=span
    )
    return Facts(
        deployment=deployment,
        nodes=tuple(_node(job) for job in listed),
        references=tuple(reference for job in listed for reference in _references(job)),
        symbols=symbols.table(),
    )


def change_in(runs: Iterable[tuple[Run, Span]]) -> Span | None:
    """The first place at which something is changed."""
    return next((span for run, span in runs if run.verb in CHANGES), None)


def credential_in(secrets: Iterable[SecretUse], roles: Iterable[Role]) -> Span | None:
    """The first place at which a credential is given that can do more than read."""
    role = next((role.span for role in roles if not _only_reads(role.sought)), None)
    return role or next((use.span for use in secrets if _is_credential(use)), None)


def _is_credential(use: SecretUse) -> bool:
    """Whether a secret opens a platform that is known; or something of production, as its name says."""
    if credential_of(use.name, use.key) is not None:
        return True
    words = [word for word in words_in_name(use.name.replace("_", "-")) if word.sure]
    return bool(words) and all(word.tier == PRODUCTION for word in words) and is_kept_secret(use.name)


def hole(symbols: Symbols, what: str, scope: str) -> str:
    """The character that stands for a value that only a pipeline knows."""
    return symbols.intern(Symbol(what=what, scope=scope))


def _node(job: Job) -> Node:
    return Node(
        address=job.address,
        kind="pipeline",
        type=job.type,
        span=job.span,
        names=(f"{job.type}:{job.hint}",) if job.hint else (),
        boundary=BOUNDARY,
        signals=tuple(dict.fromkeys(job.signals)),
        facts=dict(_facts(job)),
        mode=MODE,
    )


def _facts(job: Job) -> Iterator[tuple[str, Fact]]:
    verbs = {run.verb for run, _ in job.runs}
    yield "gate", Fact(value=job.gate)
    if job.environment:
        yield "environment", Fact(value=job.environment)
    if job.triggers:
        yield "triggers", Fact(value=sorted(job.triggers))
    for trigger, sure in sorted(job.triggers.items()):
        yield f"on.{trigger}", Fact(value="always" if sure else "sometimes")
    if job.unreviewed:
        yield "unreviewed", Fact(value=True)
    yield from _starts(job)
    lower = [name for name in sorted(job.branches) if _is_lower(name)]
    if lower and len(lower) == len(job.branches):
        yield "lower-branch", Fact(value=lower[0], span=job.span, reason=f"a push to {', '.join(lower)} starts it")
    for verb in sorted(verbs):
        yield f"runs.{verb}", Fact(value=True, span=next(span for run, span in job.runs if run.verb == verb))
    if CHANGES & verbs:
        yield "changes", Fact(value=True, span=change_in(job.runs))
    elif "plan" in verbs:
        yield "only-plans", Fact(value=True)
    for run, span in job.runs:
        if run.destroys is not None and not run.destroys.asks:
            yield "destroys", Fact(value=run.destroys.what, span=span, reason=f"{run.destroys.what}, without asking")
            break
    if job.runs:
        yield "runs", Fact(value=[_run(run, span) for run, span in job.runs])
    yield from _credentials(job)


def _starts(job: Job) -> Iterator[tuple[str, Fact]]:
    """What is done or given for each way to start that rules ask about."""
    change = change_in(job.runs)
    trigger = "push" if job.triggers.get("push") else ""
    same = Start(trigger, job.unreviewed, change, change, credential_in(job.secrets, job.roles))
    for start in reversed(job.starts or [same]):  # the first place stays
        if start.unreviewed and start.surely_changes is not None:
            yield "unreviewed.changes", Fact(value=True, span=start.surely_changes)
        if start.unreviewed and start.credential is not None:
            yield "unreviewed.credential", Fact(value=True, span=start.credential)
        if start.trigger == "push" and start.changes is not None:
            yield "push.changes", Fact(value=True, span=start.changes)


def _is_lower(branch: str) -> bool:
    """Whether a branch bears the name of an environment below production."""
    word = word_of_value(branch) if branch else None
    return word is not None and word.tier == NONPRODUCTION and len(tokens(branch)) == 1


def _credentials(job: Job) -> Iterator[tuple[str, Fact]]:
    if job.secrets:
        yield "secrets", Fact(value=[_secret(use) for use in job.secrets])
    given = [(use, credential_of(use.name, use.key)) for use in job.secrets]
    # Whoever deploys to Cloud Foundry has the key of the state's bucket from its broker: there is no role to take
    # instead. What Terraform is given as a variable is for a provider, and opens an account.
    brokered = any(credential is not None and credential.platform == "cloudfoundry" for _, credential in given)
    for use, credential in reversed(given):  # the first place stays
        if credential is not None:
            yield f"given.{credential.kind}", Fact(value=True, span=use.span)
            is_brokered = brokered and credential.platform == "aws" and not use.key.startswith("TF_VAR_")
            if credential.static and not is_brokered:
                yield "given.static-key", Fact(value=True, span=use.span)
    for role in job.roles[:1]:
        yield "given.role", Fact(value=True, span=role.span)
    place = credential_in(job.secrets, job.roles)
    if place is not None:
        yield "given.credential", Fact(value=True, span=place)


def _only_reads(identifier: str) -> bool:
    """Whether the name of an identity says that it can only read."""
    parts = tokens(identifier.rpartition("/")[2])
    pairs = {one + other for one, other in itertools.pairwise(parts)}
    return bool(_READERS & ({*parts} | pairs))


def _run(run: Run, span: Span) -> dict[str, object]:
    return {
        "tool": run.tool,
        "verb": run.verb,
        "directory": run.directory,
        "var_files": list(run.var_files),
        "workspace": run.workspace,
        "open": run.open_file or run.open_workspace,
        "auto": run.auto,
        "every": run.every,
        "path": span.path,
        "line": span.line,
    }


def _secret(use: SecretUse) -> dict[str, object]:
    return {
        "name": use.name,
        "key": use.key,
        "scope": use.scope,
        "sure": use.sure,
        "holder": use.holder,
        "path": use.span.path,
        "line": use.span.line,
        "passed": [use.passed.path, use.passed.line] if use.passed is not None else None,
    }


def _references(job: Job) -> Iterator[Reference]:
    for role in dict.fromkeys(job.roles):
        evidence = (Evidence(span=role.span, says=role.says, address=job.address),)
        yield Reference(kind="runs-as", node=job.address, sought=role.sought, evidence=evidence, says="runs as")
