"""The frozen data of every arrow between stages. See the stage named at each section.

No type here points into an AST, a tree or a graph: all of it can be encoded with msgspec, compared and cached.
Paths are relative to the scanned root, with forward slashes. Strings named "holed" may contain holes (see `values`);
`Facts.symbols` says what each of them is.
"""

from __future__ import annotations

from typing import Any

import msgspec

from envfence.values import Span, Symbol


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all records: immutable, by keyword only, compact when encoded."""


# ---------------------------------------------------------------- discover, parse


class Source(Record, frozen=True, kw_only=True, order=True):
    """One input file. `kind` is the name of the module in `sources/` that reads it."""

    path: str
    kind: str


class Problem(Record, frozen=True, kw_only=True, order=True):
    """Something that could not be read or decided; counted in the report, never silent.

    `stage` is "discover", "parse", "bind", "evaluate", "extract", "link" or "judge"; `hides` says what we cannot see
    because of it.
    """

    stage: str
    reason: str
    span: Span
    deployment: str = ""
    hides: str = ""


class Comment(Record, frozen=True, kw_only=True):
    """A comment with its text (without the comment signs); suppressions are read from it."""

    text: str
    span: Span


# ---------------------------------------------------------------- evidence


class Evidence(Record, frozen=True, kw_only=True, order=True):
    """A place and what it says there; `address` is the resource, variable or statement that stands at it."""

    span: Span
    says: str
    address: str = ""


class Signal(Record, frozen=True, kw_only=True, order=True):
    """A hint at an environment: never a verdict.

    `kind` is one of SIGNAL_KINDS; `value` the text that was met (`acme-staging`); `words` the environment words that
    it
    was tokenised to, if the signal's maker already knows them (an axis value), else empty and *assign* tokenises.
    """

    kind: str
    value: str
    span: Span
    says: str = ""
    words: tuple[str, ...] = ()


#: From strong to weak. The first five carry `proved`.
SIGNAL_KINDS = ("declared", "input", "boundary", "tag", "instance", "path", "default", "state", "name", "file")


# ---------------------------------------------------------------- bind


class Input(Record, frozen=True, kw_only=True):
    """A value given to a variable of a root module other than by a var file.

    `json` is the value as JSON text, None when it is given but not known (a pipeline secret).
    `origin` is "environment", "terragrunt", "cli", "workspace" or "assumed" (an axis value that we inferred).
    `holed` is the JSON text of a value that is known in part, with `json` None; hole i in it is `symbols[i]`. A symbol
    of an output of another unit is the expression that reads it, `dependency["DIRECTORY"].outputs.NAME`.
    """

    name: str
    json: str | None
    origin: str
    span: Span
    holed: str = ""
    symbols: tuple[Symbol, ...] = ()


class Backend(Record, frozen=True, kw_only=True):
    """Where a deployment keeps its state; holed strings. `key` identifies the state inside the backend:
    bucket/key, organisation/workspace, path. Empty where partial configuration hides it. `places` are where settings
    are written, for those that are."""

    type: str
    settings: dict[str, str]
    key: str = ""
    span: Span
    places: dict[str, Span] = {}

    def place(self, *settings: str) -> Span:
        """Where the first of these settings is written that is; else where the backend is."""
        return next((self.places[name] for name in settings if name in self.places), self.span)


class GeneratedFile(Record, frozen=True, kw_only=True):
    """A file that a tool writes beside a root module before it runs (Terragrunt's `generate`): its `name` and text.

    `span` is where the repository says so; `replaces` is set when a file of that name gives way to it.
    """

    name: str
    text: str
    span: Span
    replaces: bool = True


class Deployment(Record, frozen=True, kw_only=True):
    """One root module with one set of inputs.

    `id` is `ROOT` or `ROOT@NAME`. `var_files` are paths in Terraform's order of precedence (later wins); they come
    after terraform.tfvars and *.auto.tfvars, which every deployment reads. `workspace` is "default" unless something
    says so; `workspace_open` is set when the repository shows that the root is applied in workspaces and not in which
    one this deployment is: then `terraform.workspace` is unknown. `inferred` is set when no file shows the
    combination and we made it from an axis. `config_dir` differs from `root` only for Terragrunt units, whose module
    lives elsewhere. `generated` are files that belong to the root module though they are not in the tree.
    """

    id: str
    root: str
    config_dir: str
    name: str = ""
    workspace: str = "default"
    workspace_open: bool = False
    var_files: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    signals: tuple[Signal, ...] = ()
    backend: Backend | None = None
    inferred: bool = False
    generated: tuple[GeneratedFile, ...] = ()
    span: Span


# ---------------------------------------------------------------- extract: facts


class CallSite(Record, frozen=True, kw_only=True):
    """A module call on the way from the root module to a resource: where it stands and which instance it is."""

    address: str
    span: Span


class Fact(Record, frozen=True, kw_only=True):
    """One value that rules judge, by dotted attribute path.

    `value` is JSON-like; `state` is "known", "absent" (the attribute is not set: the provider's default holds) or
    "unknown".
    `span` is the attribute in the resource, `origin` where the deciding value was written (var file, local, default).
    """

    value: Any = None
    state: str = "known"
    span: Span | None = None
    origin: Span | None = None
    reason: str = ""


class Node(Record, frozen=True, kw_only=True):
    """A resource, data source or other object as one deployment has it.

    `address` has no deployment in front. `kind` is one of NODE_KINDS. `names` are the identifiers it answers to, holed:
    ARN, name, self link, each as `FORM:TEXT` (`arn:…` as it is, `s3:bucket-name`, `role:NAME`).
    `boundary` is holed too: `aws:123456789012`, `google:my-project`, empty where it is not known at all.
    `exists` is "yes" or "maybe" (unknown count or for_each). `facts` by dotted path.
    `instance_words` are the keys and module labels on the way down to it, as they are written (signals are made from
    them).
    """

    address: str
    kind: str
    type: str
    span: Span
    names: tuple[str, ...] = ()
    boundary: str = ""
    signals: tuple[Signal, ...] = ()
    facts: dict[str, Fact] = {}
    exists: str = "yes"
    calls: tuple[CallSite, ...] = ()
    mode: str = "managed"
    provider: str = ""


NODE_KINDS = (
    "store",
    "backup",
    "secret",
    "key",
    "identity",
    "compute",
    "network",
    "boundary",
    "state",
    "pipeline",
    "approval",
    "alarm",
    "deployment",
    "external",
    "other",
)


class Reference(Record, frozen=True, kw_only=True):
    """An edge whose other end is not (surely) in this deployment: *link* looks `sought` up in all facts.

    `kind` is an edge kind; `node` the address at this end; `sought` an identifier pattern, holed, in the form of
    `Node.names`; `outward` is False where the edge points from the sought thing to `node`.
    """

    kind: str
    node: str
    sought: str
    evidence: tuple[Evidence, ...]
    outward: bool = True
    capability: str = ""
    says: str = ""


class LocalEdge(Record, frozen=True, kw_only=True):
    """An edge between two nodes of one deployment, addresses without the deployment."""

    kind: str
    source: str
    target: str
    evidence: tuple[Evidence, ...]
    certainty: str = "proved"
    capability: str = ""
    says: str = ""


class Principal(Record, frozen=True, kw_only=True, order=True):
    """Whom a statement speaks of: `type` is AWS, Service, Federated, CanonicalUser, `*`, user, group, serviceAccount …;
    `value` is holed."""

    type: str
    value: str
    span: Span | None = None


class Condition(Record, frozen=True, kw_only=True):
    """One condition operator on one key; values are holed. `test` keeps its ForAnyValue/ForAllValues and IfExists."""

    test: str
    variable: str
    values: tuple[str, ...]


class Grant(Record, frozen=True, kw_only=True):
    """One statement of one policy, attached to one thing.

    `language` names the module in `access/` that decides it ("aws"). `policy` is "identity", "resource", "trust",
    "boundary",
    "session", "scp", "rcp". `holder` is the address of the node it is attached to in this deployment (the identity
    for identity
    policies, the resource for resource and trust policies), or empty when `attached_to`, a holed identifier, must be
    looked up.
    `policy` is "managed" for the statements of a policy that stands on its own: `holder` is then the policy, and it
    grants
    nothing by itself. A grant with `document`, a holed identifier of such a policy (or of one that the vendor
    manages), is an
    attachment: it stands for all statements of that policy.
    `unknown` is set when the document or a part of it could not be evaluated: then the statement is a placeholder that
    could hold anything, with the reason.
    `effect` is "Allow" or "Deny". `evidence`: statement, attachment, module call, place where list elements were
    written.
    `element_spans` maps an action, resource or principal text to where it was written.
    """

    language: str
    policy: str
    effect: str
    span: Span
    holder: str = ""
    attached_to: str = ""
    sid: str = ""
    version: str = "2012-10-17"
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    element_spans: dict[str, Span] = {}
    unknown: str = ""
    address: str = ""
    document: str = ""


class Secret(Record, frozen=True, kw_only=True):
    """A secret value met at a node or place: only its keyed digest, never the value.

    A value that is not known has the digest of its symbol, which equals only that of the same symbol. `literal` says
    that the value is written in source, `written` where, nearest first. `made` is set where the node does not keep the
    value but issues it, and is what it opens: an access key, a database.
    """

    node: str
    span: Span
    name: str
    digest: str = ""
    literal: bool = False
    written: tuple[Evidence, ...] = ()
    made: bool = False


class Output(Record, frozen=True, kw_only=True):
    """An output of the root module; `json` has holes inside strings and null for what is wholly unknown."""

    name: str
    json: str
    span: Span
    complete: bool = True
    sensitive: bool = False


class BoundaryUse(Record, frozen=True, kw_only=True):
    """A provider configuration: in which boundary the deployment acts, as which identity. Holed strings."""

    provider: str
    boundary: str
    assumed_role: str = ""
    span: Span


class Shares(Record, frozen=True, kw_only=True):
    """How much was decided: the figures of the report's honesty line."""

    resources: int = 0
    resources_known: int = 0
    references: int = 0
    references_known: int = 0
    grants: int = 0
    grants_known: int = 0


class Facts(Record, frozen=True, kw_only=True):
    """Everything one deployment (or one source of another format) says. Left of the barrier."""

    deployment: Deployment
    nodes: tuple[Node, ...] = ()
    edges: tuple[LocalEdge, ...] = ()
    references: tuple[Reference, ...] = ()
    grants: tuple[Grant, ...] = ()
    secrets: tuple[Secret, ...] = ()
    outputs: tuple[Output, ...] = ()
    boundaries: tuple[BoundaryUse, ...] = ()
    identities: tuple[Signal, ...] = ()
    reads_states: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    shares: Shares = Shares()
    symbols: tuple[Symbol, ...] = ()


# ---------------------------------------------------------------- assign


class Placement(Record, frozen=True, kw_only=True):
    """The environments of one deployment or node.

    `environments`: it is in all of them. `candidates`: it is in one of them, undetermined which; never both.
    `tier` is "production", "nonproduction", "shared", "outside" or "unknown"; `firm` when declared, input, boundary or
    literal-tag evidence carries it, so that a path over it may be `proved`.
    """

    environments: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    tier: str = "unknown"
    firm: bool = False
    evidence: tuple[Signal, ...] = ()


class Environments(Record, frozen=True, kw_only=True):
    """The verdicts of *assign*: by deployment id, and by node id (`DEPLOYMENT:ADDRESS`) where it differs from its
    deployment's.

    `identities` maps a boundary (`aws:123456789012`) to the environments it belongs to, with evidence.
    `tiers` maps each environment of the repository to its tier. `conflicts` are deployments whose strong signals
    disagree. `spellings` maps further words that the user declared, in lower case, to the environments they mean.
    """

    deployments: dict[str, Placement]
    nodes: dict[str, Placement]
    identities: dict[str, Placement]
    tiers: dict[str, str]
    spellings: dict[str, str] = {}
    conflicts: tuple[tuple[str, tuple[Signal, ...]], ...] = ()


# ---------------------------------------------------------------- link: the graph


class Edge(Record, frozen=True, kw_only=True):
    """An edge of the linked graph, between node ids (`DEPLOYMENT:ADDRESS`).

    `capability` only for kind "may": administer, destroy, weaken, write, decrypt, read. `unknowns` names what a
    `possible`
    edge depends on. `evidence` is every place that makes it, nearest cause first. `says` is the verb between two hops.
    `cause` is what makes the edge, in canonical form and without lines: root, address without instance keys, what it
    says;
    three parts joined by newlines. Edges of one statement share it; fingerprints are made from it.
    """

    kind: str
    source: str
    target: str
    certainty: str = "proved"
    capability: str = ""
    says: str = ""
    evidence: tuple[Evidence, ...] = ()
    unknowns: tuple[str, ...] = ()
    cause: str = ""


EDGE_KINDS = (
    "runs-as",
    "assumes",
    "passes",
    "takes-over",
    "may",
    "reads-secret",
    "holds",
    "encrypts",
    "backs-up",
    "guards",
    "connects",
    "acts-in",
    "trusts",
    "copies",
    "stores-state",
    "reads-state",
    "deploys",
    "contains",
    "points-at",
)

#: From strong to weak: each contains the ones behind it where it makes sense to the platform.
CAPABILITIES = ("administer", "destroy", "weaken", "write", "decrypt", "read")


# ---------------------------------------------------------------- judge


class End(Record, frozen=True, kw_only=True):
    """One end of a finding, as the report shows it."""

    address: str
    deployment: str
    environments: tuple[str, ...]
    candidates: tuple[str, ...]
    tier: str
    file: str
    line: int


class Hop(Record, frozen=True, kw_only=True):
    """A step of a path: an end, the edge that leaves it (None at the last) with its verb, and the evidence of that
    edge."""

    end: End
    edge: str | None = None
    says: str = ""
    evidence: tuple[Evidence, ...] = ()


class Edit(Record, frozen=True, kw_only=True):
    """The edit that mends a finding: in the block whose header is at `block`, the attribute at the dotted `path` gets
    `value`, as Terraform writes it.

    `written` is the value in force where it stands as a literal, elsewhere than in the block perhaps. `shared` names
    the other environments that read the same place.
    """

    block: Span
    path: str
    value: str
    written: Span | None = None
    shared: tuple[str, ...] = ()


class Finding(Record, frozen=True, kw_only=True):
    """One cause, explained. `status` is "new", "known" or "suppressed"; suppressed ones keep `justification`.

    `source` is None for findings about one thing. `cause` is where the edit goes. `loose` is the looser fingerprint.
    `between` names the two environments (or tiers) it is about: an end may be in more of them. `edit` is set where a
    single edit in source mends it.
    """

    rule: str
    family: str
    severity: str
    certainty: str
    message: str
    fingerprint: str
    target: End
    cause: Evidence
    source: End | None = None
    loose: str = ""
    status: str = "new"
    justification: str = ""
    path: tuple[Hop, ...] = ()
    also: tuple[tuple[End | None, End], ...] = ()
    also_total: int = 0
    unknowns: tuple[str, ...] = ()
    fix: str = ""
    cut: int | None = None
    between: tuple[str, str] = ("", "")
    edit: Edit | None = None


SEVERITIES = ("critical", "high", "medium", "low")


class RuleText(Record, frozen=True, kw_only=True):
    """What a format shows of a rule."""

    name: str
    family: str
    severity: str
    title: str
    why: str
    fix: str


class Report(Record, frozen=True, kw_only=True):
    """What *report* renders: everything a format may show.

    `snippets` holds the source lines that findings point at, by `PATH:LINE`, with secrets masked. `is_plan`: it is
    about plans and states, where no comment stands.
    """

    root: str
    findings: tuple[Finding, ...]
    deployments: tuple[Deployment, ...]
    environments: Environments
    problems: tuple[Problem, ...]
    shares: Shares
    rules: dict[str, RuleText] = {}
    snippets: dict[str, str] = {}
    resources: int = 0
    sources: int = 0
    seconds: float = 0.0
    version: str = ""
    is_plan: bool = False
