"""Well-known published modules, as data: which resource a call stands for and which argument sets which attribute.

In: the source of a module call, the YAML files of `envfence.rules/catalogue/modules`. Out: a `PublishedModule`, None
for a module that nobody described. Must not know deployments, rules.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import msgspec

from envfence.errors import Mistake, RuleError
from envfence.yamls import load_yaml

_HOSTS = ("registry.terraform.io/", "registry.opentofu.org/")
_REGISTRY = re.compile(r"([\w-]+)/([\w-]+)/([\w-]+)((?://[\w./-]+)?)")
#: A repository of the form that the registry prescribes, by any of the ways Terraform fetches it.
_REPOSITORY = re.compile(
    r"(?:git::)?(?:https://|ssh://git@|git@)?github\.com[/:]([\w-]+)/terraform-([a-z0-9]+)-([\w-]+?)(?:\.git)?((?://[\w./-]+)?)"
    r"(?:\?(?:[^?#]*&)?ref=v?([^&#]+))?(?:[?&][^#]*)?"
)


class Argument(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """An argument of a module: the attribute that it sets, and what the module sets when it is left out.

    `default` holds from version `since` on; None there means that the attribute is then not set at all. Without
    `since` nobody checked what the module does. With `keys` the argument is a map, and the first of them that is there
    holds the value. `before` is the default of the versions before `since`; None there means that nobody checked.
    """

    sets: str
    keys: tuple[str, ...] = ()
    default: str | int | bool | None = None
    since: str = ""
    before: str | int | bool | None = None


class PublishedModule(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What a call of a published module stands for.

    `type` and `address` are those of the resource inside; `switches` are arguments that must not be false for it to
    exist; `read` says where its arguments and defaults were read. `secret_outputs` are those that show the secret half
    of the key that the module makes.
    """

    type: str
    address: str
    arguments: dict[str, Argument]
    read: str
    switches: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()


@cache
def published_modules() -> dict[str, PublishedModule]:
    """All described modules by `NAMESPACE/NAME/PROVIDER` and folder. Raises `RuleError` for a broken file."""

    found: dict[str, PublishedModule] = {}
    folder = resources.files("envfence.rules").joinpath("catalogue").joinpath("modules")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        data = load_yaml(file.read_bytes())
        try:
            found.update(msgspec.convert(data, dict[str, PublishedModule]))
        except msgspec.ValidationError as error:
            raise RuleError(Mistake(str(error), f"rules/catalogue/modules/{file.name}")) from error
    return found


def described(source: str | None, version: str | None) -> tuple[PublishedModule, str] | None:
    """The module that a call's source names, with its version constraint; None for one that is not described."""
    name, constraint = _name_of(source or "", version or "")
    module = published_modules().get(name) if name else None
    return None if module is None else (module, constraint)


def _name_of(source: str, version: str) -> tuple[str, str]:
    """`NAMESPACE/NAME/PROVIDER//FOLDER` and the constraint; no version is no constraint."""
    for host in _HOSTS:
        source = source.removeprefix(host)
    match = _REGISTRY.fullmatch(source)
    if match is not None:
        return source, version
    match = _REPOSITORY.fullmatch(source)
    if match is None:
        return "", ""
    namespace, provider, name, folder, ref = match.groups()
    return f"{namespace}/{name}/{provider}{folder}", ref or ""
