"""What the source of a version says about objects that are no longer where they were: `moved`, `removed`, `import`.

In: the modules of the later version. Out: for an address of the version before where it is now, whether Terraform was
told to forget it, and whether the module that held it can be read at all. Must not know graphs or rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from envfence.addresses import module_steps, without_keys
from envfence.evaluate import Loader
from envfence.evaluate.declarations import Module
from envfence.hcl import ast
from envfence.hcl.jsonsyntax import blocks
from envfence.model import Deployment

_BLOCKS = {"moved": 0, "removed": 0, "import": 0}
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Where:
    """What the source says about an address: where it is now, whether it was let go without being destroyed, and why
    nobody can tell (empty where the source can be read)."""

    address: str
    forgotten: bool = False
    hidden: str = ""


class Moves(Protocol):
    """Answers for the addresses of one deployment."""

    def where(self, deployment: str, address: str) -> Where:
        """What the source of a deployment (of the later version) says about an address of the version before."""

    def imported(self, deployment: str, address: str) -> bool:
        """Whether the source of a deployment takes an address over from elsewhere."""


class NoMoves:
    """Nothing moved."""

    def where(self, deployment: str, address: str) -> Where:
        """See `Moves.where`."""
        return Where(address)

    def imported(self, deployment: str, address: str) -> bool:
        """See `Moves.imported`."""
        return False


class SourceMoves:
    """Reads the blocks of the modules that a deployment calls."""

    def __init__(self, loader: Loader, deployments: Mapping[str, Deployment]) -> None:
        self._loader = loader
        self._deployments = deployments
        self._said: dict[str, tuple[tuple[str, ast.Body], ...]] = {}

    def where(self, deployment: str, address: str) -> Where:
        """See `Moves.where`."""
        current, hidden = address, ""
        for _ in range(_MOST_STEPS):
            modules, hidden = self._chain(deployment, current)
            moved = next(self._moved(modules, current), None)
            if moved is None:
                return Where(current, self._forgotten(modules, current), hidden)
            current = moved
        return Where(current, hidden="its moved blocks lead too far")

    def imported(self, deployment: str, address: str) -> bool:
        """See `Moves.imported`."""
        modules, _ = self._chain(deployment, "")
        targets = (
            _text(body, "to") for _, module in modules for kind, body in self._blocks(module) if kind == "import"
        )
        wanted = without_keys(address)
        return any(without_keys(target) == wanted for target in targets)

    def _chain(self, deployment: str, address: str) -> tuple[list[tuple[str, Module]], str]:
        """The modules on the way to an address with the prefix of addresses in each, and why the last cannot be
        read."""
        known = self._deployments[deployment]
        module = self._loader.completed(known.root, known.generated)
        found = [("", module)]
        names: list[str] = []
        for prefix, name in module_steps(address):
            call = module.calls.get(name)
            if call is None:
                return found, _unread(module)
            names.append(name)
            directory = self._loader.locate(module.directory, call, known.root, ".".join(names)).directory
            if directory is None:
                return found, f"module {name} is not in the repository"
            module = self._loader.module(directory)
            found.append((prefix, module))
        return found, _unread(module)

    def _blocks(self, module: Module) -> tuple[tuple[str, ast.Body], ...]:
        known = self._said.get(module.directory)
        if known is None:
            known = self._said[module.directory] = tuple(
                (block.type, block.body)
                for parsed in module.parsed
                for block in blocks(parsed.body, _BLOCKS)
                if block.type in _BLOCKS
            )
        return known

    def _moved(self, modules: Iterable[tuple[str, Module]], address: str) -> Iterator[str]:
        for prefix, module in modules:
            for kind, body in self._blocks(module):
                if kind == "moved":
                    moved = _applied(prefix + _text(body, "from"), prefix + _text(body, "to"), address)
                    if moved is not None and moved != address:
                        yield moved

    def _forgotten(self, modules: Iterable[tuple[str, Module]], address: str) -> bool:
        plain = without_keys(address)
        for prefix, module in modules:
            for kind, body in self._blocks(module):
                source = without_keys(prefix) + without_keys(_text(body, "from")) if kind == "removed" else ""
                if source and (plain == source or plain.startswith(f"{source}.")) and not _destroys(body):
                    return True
        return False


def _applied(source: str, target: str, address: str) -> str | None:
    """The address after a move, None where the move is about something else."""
    if address == source:
        return target
    if address.startswith((f"{source}.", f"{source}[")) and not source.endswith("."):
        return target + address[len(source) :]
    return None


def _destroys(body: ast.Body) -> bool:
    for inner in blocks(body, {"lifecycle": 0}):
        attribute = inner.body.attributes.get("destroy")
        if attribute is not None and isinstance(attribute.expr, ast.Literal):
            return attribute.expr.value not in (False, "false")
    return True


def _unread(module: Module) -> str:
    return f"a file of {module.directory or 'the root'} cannot be read" if module.problems else ""


def _text(body: ast.Body, name: str) -> str:
    attribute = body.attributes.get(name)
    return _address(attribute.expr) if attribute is not None else ""


def _address(expr: ast.Expr) -> str:
    """An expression that is an address as Terraform prints it; "?" for a part that is none."""
    steps: list[str] = []
    while True:
        if isinstance(expr, ast.GetAttr):
            steps.append(f".{expr.name}")
            expr = expr.source
        elif isinstance(expr, ast.Index):
            steps.append(f"[{_key(expr.key)}]")
            expr = expr.source
        else:
            break
    first = expr.name if isinstance(expr, ast.Name) else str(expr.value) if isinstance(expr, ast.Literal) else "?"
    return first + "".join(reversed(steps))


def _key(expr: ast.Expr) -> str:
    if not isinstance(expr, ast.Literal):
        return "?"
    return f'"{expr.value}"' if isinstance(expr.value, str) else str(expr.value)
