"""envfence.yaml → Config: found, read, checked, frozen.

Comes in: a tree. Goes out: a `Config`, or one `ConfigError` with every mistake in the file. Must not know: which rules
exist, what the repository holds.
"""

from __future__ import annotations

from typing import Any

from envfence.config.located import Located, Path, read_yaml
from envfence.config.records import (
    DEFAULT_BASELINE,
    FILE_NAMES,
    Allow,
    Config,
    DeclaredEnvironment,
    Expect,
    Fence,
    RuleSetting,
    did_you_mean,
)
from envfence.errors import ConfigError, Mistake
from envfence.tree import Tree, Unreadable
from envfence.values import Span

__all__ = [
    "DEFAULT_BASELINE",
    "FILE_NAMES",
    "Allow",
    "Config",
    "DeclaredEnvironment",
    "Expect",
    "Fence",
    "RuleSetting",
    "did_you_mean",
    "load_config",
]


def load_config(tree: Tree, path: str | None = None, disabled: bool = False) -> Config:
    """The configuration of `tree`: of the file `path`, else of the one that is found at its root, else the defaults.

    `disabled` gives the defaults whatever files there are. Raises `ConfigError` with all mistakes, also when two
    configuration files exist or `path` cannot be read.
    """
    if disabled:
        return Config()
    if path is None:
        found = [name for name in FILE_NAMES if tree.exists(name)]
        if not found:
            return Config()
        if len(found) > 1:
            text = f"there are {len(found)} configuration files: {', '.join(found)}"
            raise ConfigError(Mistake(text, found[1], 0, "keep one of them"))
        path = found[0]
    try:
        text = tree.read(path).decode("utf-8-sig")
    except Unreadable as error:
        raise ConfigError(Mistake(f"cannot be read: {error.reason}", path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(Mistake("is not UTF-8 text", path)) from error
    return parse_config(text, path)


def parse_config(text: str, path: str = FILE_NAMES[0]) -> Config:
    """The configuration in a text; raises `ConfigError` with every mistake in it."""
    from envfence.config.check import mistakes_of

    located = read_yaml(text, path)
    mistakes = mistakes_of(located, path)
    if mistakes:
        raise ConfigError(*mistakes)
    return _Maker(located, path).config()


class _Maker:
    """Turns checked data into records; every record knows its line."""

    def __init__(self, located: Located, path: str) -> None:
        self.located = located
        self.path = path

    def span(self, *where: str | int) -> Span:
        return Span(self.path, self.located.line(tuple(where)))

    def config(self) -> Config:
        data: dict[str, Any] = self.located.data
        rules = data.get("rules") or {}
        return Config(
            path=self.path,
            environments=self.environments(data),
            fences=tuple(self.fence(i, entry) for i, entry in enumerate(data.get("fences") or ())),
            allow=tuple(self.allow(i, entry) for i, entry in enumerate(data.get("allow") or ())),
            expect=tuple(self.expect(i, entry) for i, entry in enumerate(data.get("expect") or ())),
            rules=tuple(
                RuleSetting(name=name, severity=_severity(value), span=self.span("rules", name))
                for name, value in rules.items()
                if name != "paths"
            ),
            rule_paths=tuple(rules.get("paths") or ()),
            exclude=tuple(data.get("exclude") or ()),
            baseline=data.get("baseline", ""),
        )

    def environments(self, data: dict[str, Any]) -> tuple[DeclaredEnvironment, ...]:
        entries: dict[str, dict[str, Any]] = {
            name: value or {} for name, value in (data.get("environments") or {}).items()
        }
        var_files: dict[str, list[str]] = data.get("var_files") or {}
        for name in var_files:
            entries.setdefault(name, {})
        return tuple(self.environment(name, entry, var_files.get(name, [])) for name, entry in entries.items())

    def environment(self, name: str, entry: dict[str, Any], var_files: list[str]) -> DeclaredEnvironment:
        where: Path = ("environments", name) if ("environments", name) in self.located.keys else ("var_files", name)
        return DeclaredEnvironment(
            name=name,
            span=self.span(*where),
            tier=entry.get("tier", ""),
            paths=tuple(entry.get("paths", ())),
            accounts=tuple(str(account) for account in entry.get("accounts", ())),
            workspaces=tuple(entry.get("workspaces", ())),
            var_files=(*entry.get("var_files", ()), *var_files),
            tags=tuple((key, _many(values)) for key, values in sorted((entry.get("tags") or {}).items())),
            names=tuple(entry.get("names", ())),
            words=tuple(entry.get("words", ())),
        )

    def fence(self, index: int, entry: dict[str, Any]) -> Fence:
        return Fence(
            source=_many(entry["from"]),
            target=_many(entry["to"]),
            severity=entry["severity"],
            reason=entry.get("reason", ""),
            span=self.span("fences", index),
        )

    def allow(self, index: int, entry: dict[str, Any]) -> Allow:
        return Allow(
            source=_many(entry.get("from", "*")),
            target=_many(entry.get("to", "*")),
            reason=entry["reason"],
            until=entry["until"],
            rules=_many(entry.get("rule", [])),
            source_address=entry.get("from_address", ""),
            target_address=entry.get("to_address", ""),
            span=self.span("allow", index),
        )

    def expect(self, index: int, entry: dict[str, Any]) -> Expect:
        none = entry["none"]
        return Expect(
            source=_many(none["from"]),
            target=_many(none["to"]),
            can=_many(none.get("can", [])),
            name=entry.get("name", f"expect-{index + 1}"),
            severity=entry.get("severity", "high"),
            message=entry.get("message", ""),
            span=self.span("expect", index),
        )


def _many(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _severity(value: str | dict[str, str]) -> str:
    return value if isinstance(value, str) else value["severity"]
