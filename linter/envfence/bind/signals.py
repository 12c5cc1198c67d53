"""Hints at the environment of a deployment, as they are seen while it is found.

Comes in: values of inputs with their places, paths. Goes out: `Signal`s. Must not know: which of them will win.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from envfence.bind.paths import basename, parent, segments, stem
from envfence.bind.survey import Survey
from envfence.hcl.ast import Attribute
from envfence.model import Signal
from envfence.values import Span
from envfence.words import environment_of_token, hub_word, raw_tokens, tokens, word_of_value, words_in_name


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: A variable whose name ends in one of these tokens names the environment, if its value is an environment word.
ENVIRONMENT_TOKENS = frozenset(["env", "environment", "stage", "workspace", "tier", "stack"])
#: What may follow such a token in a name that still speaks of it: `environment_name`, `stack_description`.
_FOLLOWERS = _set(
    """
    name names type short long full slug code label prefix suffix description id identifier tag key abbreviation
    """
)
#: What, before such a token, makes the name speak of a program's mode, or of something else's environment or stage.
_OTHERS = _set(
    """
    node nodejs rails rack django flask aspnetcore dotnet spring symfony laravel phx mix nuxt next vite sentry
    debug log level bucket url host zone domain sku pricing service storage price api build pipeline deploy
    access source src remote peer other parent upstream
    """
)
#: Where two of these may stand alone in a name: it is the root module's own statement.
_OWN = (
    ENVIRONMENT_TOKENS | _FOLLOWERS | frozenset(["aws", "azure", "gcp", "app", "deployment", "deploy", "target", "tf"])
)


def is_environment_variable(name: str) -> bool:
    """Whether a variable of this name may name the environment: `app_environment`, `env_name`, `stack_description`;
    not `node_environment` (the mode of a program), `varz_bucket_stage` or `staging_stack_name` (something else's)."""
    parts = tokens(name)
    while len(parts) > 1 and parts[-1] in _FOLLOWERS and parts[-1] not in ENVIRONMENT_TOKENS:
        parts = parts[:-1]
    if not parts or parts[-1] not in ENVIRONMENT_TOKENS or _OTHERS & set(parts[:-1]):
        return False
    return not any(environment_of_token(part) or hub_word(part) for part in parts[:-1])


def is_own_statement(name: str) -> bool:
    """Whether such a name speaks of the root module itself (`environment`, `env_name`), not of a part of it
    (`github_environment`)."""
    return set(tokens(name)) <= _OWN


def value_signal(kind: str, name: str, text: str, span: Span) -> Signal | None:
    """A signal for a variable that is given `text`, when its name and the value speak of an environment."""
    bare = name.removeprefix("-var ").rpartition(".")[2]
    if not is_environment_variable(bare):
        return None
    if word_of_value(text) is None and not (_is_plain(bare) and hub_word(text) is not None):
        return None
    return Signal(kind=kind, value=text, span=span, says=f'{name} = "{text}"')


def own_statements_first(
    named: Iterable[tuple[str, Signal]], otherwise: str = "file", others: Iterable[str] = ()
) -> tuple[Signal, ...]:
    """The signals of variables by name. Where one states the root module's own environment, those that state that of a
    part are only hints (of kind `otherwise`); so are those of several parts in different environments: all of them can
    hold. Of statements that differ within one tier the most direct one counts: that is a matter of naming.

    `others` are the names of variables given beside them whose values no vocabulary knows."""
    pairs = list(named)
    own = [(name, signal) for name, signal in pairs if is_own_statement(name)]
    has_own = bool(own) or any(_is_plain(name) for name in others)
    if not has_own and len({_spoken(signal) for _name, signal in pairs}) < 2:
        return tuple(signal for _name, signal in pairs)
    tiers = {word.tier for _name, signal in own if (word := word_of_value(signal.value)) is not None}
    best = min((_rank(name) for name, _signal in own), default=0) if len(tiers) == 1 else _LAST
    return tuple(
        signal
        if (is_own_statement(name) and _rank(name) <= best) or signal.kind != "input"
        else msgspec.structs.replace(signal, kind=otherwise)
        for name, signal in pairs
    )


_LAST = 9
_RANKED = (_set("env environment"), _set("stage workspace"))
_NAMING = _set("name names short long full slug aws azure gcp app deployment deploy target tf label")


def _rank(name: str) -> int:
    """How directly a variable names the environment: `environment` before `stage`, both before `environment_type`."""
    parts = set(tokens(name))
    for rank, words in enumerate(_RANKED):
        if parts & words and parts <= words | _NAMING:
            return rank
    return len(_RANKED)


def _is_plain(name: str) -> bool:
    return is_own_statement(name) and _rank(name) == 0


def _spoken(signal: Signal) -> str:
    found = word_of_value(signal.value)
    return found.canonical if found is not None else signal.value.lower()


def assignment_signals(survey: Survey, assignments: Iterable[Attribute], kind: str = "input") -> tuple[Signal, ...]:
    """The signals of plain assignments of a var file or of inputs."""
    found: list[tuple[str, Signal]] = []
    others: list[str] = []
    for attribute in assignments:
        text = survey.text_of(attribute)
        signal = value_signal(kind, attribute.name, text, attribute.span) if text else None
        if signal is not None:
            found.append((attribute.name, signal))
        elif text:
            others.append(attribute.name)
    return own_statements_first(found, others=others)


def axis_part(text: str, root: str) -> str:
    """What a workspace or deployment name says beyond its root: `staging` for `search-api-v2-staging` of root
    `search-api-v2`.

    A prefix is taken off as whole tokens only; the text itself where nothing of it would stay.
    """
    own = basename(root).lower()
    lowered = text.lower()
    for prefix in (own, *("-".join(raw_tokens(own)[skip:]) for skip in range(1, len(raw_tokens(own))))):
        if prefix and lowered.startswith(prefix) and lowered[len(prefix) : len(prefix) + 1] in ("-", "_", "/"):
            return text[len(prefix) + 1 :] or text
    return text


def path_signals(survey: Survey, directory: str, span: Span) -> tuple[Signal, ...]:
    """Signals of the path segments of a root module, the innermost first; siblings confirm them.

    Without siblings that confirm it a segment counts below a directory for environments, and as the directory's own
    name (the innermost segment that is not a mere part of a project, as `resources`)."""
    found: list[Signal] = []
    parts = segments(directory)
    own = next((index for index in range(len(parts) - 1, -1, -1) if parts[index].lower() not in PARTS), -1)
    for index in range(len(parts) - 1, -1, -1):
        segment = parts[index]
        says = f"directory {'/'.join(parts[: index + 1])}"
        word = survey.confirmed("/".join(parts[:index]), segment)
        if word is not None:
            words = () if word_of_value(segment) is not None else (word.canonical,)
            found.append(Signal(kind="path", value=segment, span=span, says=says, words=words))
        elif _is_hub(survey, parts, index, own):
            found.append(Signal(kind="path", value=segment, span=span, says=says))
        elif in_container(parts, index) or (index == own and _ends_in_environment(segment)):
            ending = word_of_value(segment)
            if ending is not None and ending.last:
                found.append(Signal(kind="path", value=segment, span=span, says=says))
        elif is_word(segment):
            found.append(Signal(kind="name", value=segment, span=span, says=says))
    return tuple(found)


def _is_hub(survey: Survey, parts: tuple[str, ...], index: int, own: int) -> bool:
    """Whether a segment names what serves all environments: a root module's own name, or a directory that stands beside
    those of environments (`shared/dns` where `prod` and `test` are)."""
    segment = parts[index]
    if word_of_value(segment) is not None:
        return False
    if index == own:
        return hub_word(segment) in _HUBS
    if segment.lower() not in _HUB_FOLDERS:
        return False
    above = "/".join(parts[:index])
    beside = (survey.confirmed(above, child) for child in survey.children(above) if is_word(child))
    return len({word.canonical for word in beside if word is not None}) > 1


def _ends_in_environment(segment: str) -> bool:
    """Whether a segment that nothing confirms names an environment: as a whole, or by a last word that is hardly ever
    anything else (`rustc-perf` is a product)."""
    if len(tokens(segment)) == 1:
        return True
    return any(word.last and word.canonical not in _NOUNS for word in words_in_name(segment))


#: Words that end a name as often as a noun (`url_ping_test`), so that only siblings make an environment of them.
_NOUNS = frozenset(["test"])
#: Names of directories that only part a project, so that the directory above has the telling name.
PARTS = frozenset(
    [
        "resources",
        "terraform",
        "tf",
        "infra",
        "infrastructure",
        "iac",
        "stack",
        "deploy",
        "deployment",
        "main",
        "aws",
        "gcp",
        "azure",
        "src",
    ]
)
#: Hub words that, as a root module's own name, hardly mean anything but what serves all environments.
_HUBS = frozenset(["tooling", "mgmt", "shared", "hub", "services"])
_HUB_FOLDERS = frozenset(["tooling", "mgmt", "management", "shared", "shared-services", "hub"])
CONTAINERS = frozenset(
    [
        "env",
        "envs",
        "environment",
        "environments",
        "account",
        "accounts",
        "live",
        "stage",
        "stages",
        "workspaces",
        "stacks",
        "tiers",
    ]
)


def in_container(parts: tuple[str, ...], index: int) -> bool:
    """Whether the segment stands directly below a directory for environments."""
    return index > 0 and not CONTAINERS.isdisjoint(tokens(parts[index - 1])[-1:])


def is_word(text: str) -> bool:
    """Whether a whole text is one environment word (`staging`, `pre-prod`), nothing beside it."""
    return len(tokens(text)) == 1 and environment_of_token(tokens(text)[0]) is not None


def folder_word(survey: Survey, path: str, below: str) -> tuple[str, str]:
    """The segment between `below` and the file that names an environment, and the text; two empty strings for none."""
    inner = parent(path)[len(below) :].strip("/") if below else parent(path)
    parts = segments(inner)
    for index in range(len(parts) - 1, -1, -1):
        above = "/".join(filter(None, (below, "/".join(parts[:index]))))
        if word_of_value(parts[index], survey.children(above)) is not None:
            return parts[index], "/".join(filter(None, (above, parts[index])))
    return "", ""


def var_file_signals(survey: Survey, files: Iterable[str], span: Span) -> tuple[Signal, ...]:
    """The signals of var files that are passed to a deployment at `span`: what they set, and the words in their paths.

    A word in a path is a weaker signal where a file itself names the environment: a folder may serve another one too.
    """
    told: list[Signal] = []
    words: list[tuple[str, str]] = []
    for path in files:
        told += assignment_signals(survey, survey.assignments(path).values())
        word = stem(path) if is_word(stem(path)) else folder_word(survey, path, "")[0]
        if word:
            words.append((word, path))
    kind = "file" if told else "input"
    return (*told, *(Signal(kind=kind, value=word, span=span, says=f"var file {path}") for word, path in words))
