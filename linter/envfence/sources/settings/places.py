"""Where a file of settings belongs: what its path, its name and the settings in it say of an environment.

In: a path, settings. Out: a deployment of its own, with signals. Must not know formats, verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from envfence.model import Deployment, Signal
from envfence.sources.settings.values import Setting
from envfence.sources.workflows.vocabulary import names_environment, telling_word, vocabulary
from envfence.values import Span
from envfence.words import hub_word, tokens, word_of_value, words_in_name, words_in_path_segment

#: Directories and files that show how something is used: nobody runs them against anything.
_SAMPLES = frozenset(
    (
        *("example", "examples", "sample", "samples", "template", "templates", "dist", "docs", "doc", "fixtures"),
        *("fixture", "testdata", "tutorial", "tutorials", "mock", "mocks", "mockdata", "default", "defaults", "tpl"),
    )
)
#: Directories and files that only tests read: what stands there opens test doubles.
_TESTS = frozenset(("test", "tests", "testing", "spec", "specs", "e2e", "local", "localdev", "localstack", "cypress"))
#: What a framework's mode is wherever it runs; any other value of it names an environment.
_MODES = frozenset(("production", "test", "development"))
#: Parts of a file's name that say what it is, not where it belongs.
_FORMAT = re.compile(
    r"^(?:docker-)?compose\b|\.(?:ya?ml|json|toml|env|sh|enc|conf|vault|sops\w*|secrets?)\b|^\.?env(?:rc|ironment)?(?=[._-]|$)"
    r"|^(?:helm[-_.]?)?values?(?=[._-])|[._-]values?(?=\.|$)|^railway(?=[._-])"
)


def is_sample(path: str) -> bool:
    """Whether a path says that its content is an example."""
    return any(set(tokens(segment)) & _SAMPLES for segment in path.lower().split("/"))


def is_for_tests(path: str) -> bool:
    """Whether a path says that only tests, or people at their own machines, use its content."""
    directory, _, name = path.lower().rpartition("/")
    if own_words(name) == "ci":
        return True
    return any(segment in _TESTS for segment in directory.split("/")) or bool(set(tokens(name)) & _TESTS)


def own_words(name: str) -> str:
    """What is left of a file's name beside its format: `prod` of `docker-compose.prod.yml`."""
    before = None
    text = name.lower()
    while text != before:
        before, text = text, _FORMAT.sub("", text).strip("._-")
    return text


def deployment(
    path: str, settings: Iterable[Setting] = (), suffix: str = "", extra: Iterable[Signal] = ()
) -> Deployment:
    """The deployment that a file is. `suffix` tells it from another reading of the same file."""
    directory = path.rpartition("/")[0]
    # What leads to a file knows better than what is in it, and that better than its name.
    said = _unique(extra) or setting_signals(settings) or tuple(file_signals(path))
    return Deployment(
        id=f"{path}@{suffix}" if suffix else path,
        root=path,
        config_dir=directory,
        name=suffix,
        signals=(*said, *path_signals(directory)),
        span=Span(path, 1),
    )


def file_signals(path: str) -> Iterator[Signal]:
    """What a file's own name says: all of it but the format being one environment is as good as an input."""
    stem = own_words(path.rpartition("/")[2])
    word = telling_word(stem)
    if word:
        yield Signal(kind="input", value=stem, span=Span(path, 1), says=f"the file is for {stem}", words=(word,))
    elif stem == "local":
        yield Signal(kind="input", value=stem, span=Span(path, 1), says="the file is for people's own machines")
    elif stem and any(found.sure for found in words_in_name(stem)):
        yield Signal(kind="file", value=stem, span=Span(path, 1), says=f"the file is called {stem}")


def path_signals(directory: str) -> Iterator[Signal]:
    """What the directories say, the innermost first; their siblings decide how much that counts."""
    parts = directory.split("/") if directory else []
    for index in range(len(parts) - 1, -1, -1):
        if words_in_path_segment(parts[index]) or hub_word(parts[index]):
            where = "/".join(parts[: index + 1])
            yield Signal(kind="path", value=parts[index], span=Span(where, 1), says=f"directory {where}")


def setting_signals(settings: Iterable[Setting]) -> tuple[Signal, ...]:
    """What settings say that name the environment (`APP_ENV=staging`); none where they name several."""
    found: dict[str, Signal] = {}
    modes = vocabulary().framework_modes
    for setting in settings:
        leaf = setting.name.rpartition(".")[2]
        is_mode = leaf.lower().replace("-", "_") in modes
        if not is_mode and not names_environment(leaf):
            continue
        word = telling_word(setting.value)
        if not word or (is_mode and setting.value.lower() in _MODES) or (is_mode and word in _MODES):
            continue
        says = f"{setting.name} is {setting.value}"
        found.setdefault(word, Signal(kind="input", value=setting.value, span=setting.span, says=says, words=(word,)))
    return tuple(found.values()) if len(found) == 1 else ()


def name_signal(text: str, span: Span, what: str, kind: str = "input") -> Iterator[Signal]:
    """The signal of a name that surely speaks of one environment: a namespace, an entry of a controller."""
    words = {word.canonical for word in words_in_name(text) if word.sure}
    whole = word_of_value(text)
    if whole is not None:
        words = {whole.canonical}
    if len(words) == 1:
        yield Signal(kind=kind, value=text, span=span, says=f"{what} {text}", words=tuple(words))


def _unique(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    return tuple(dict.fromkeys(signals))
