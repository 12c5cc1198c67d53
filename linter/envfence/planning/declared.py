"""Where the repository declares what a plan names, for what no plan shows: lifecycle blocks, lines of source.

Comes in: a plan document, the tree of the repository. Goes out: a `Located`. Must not know environments or rules.

The root module is the directory of the plan, or the only one in the tree, whose resources and calls are those that
the plan was made from. Where none is, or several are, nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from envfence.addresses import module_steps, without_keys
from envfence.evaluate import Loader
from envfence.evaluate.declarations import Module, ResourceDecl, literal
from envfence.evaluate.planned import Located
from envfence.hcl.jsonsyntax import blocks
from envfence.sources import discover
from envfence.sources.plans import PlanDocument
from envfence.tree import Tree, Unreadable
from envfence.values import Span

#: So many directories with the first name of a plan are read.
_MOST_ROOTS = 60


def declared_in(tree: Tree, document: PlanDocument, exclude: Iterable[str] = ()) -> Located:
    """What `tree` says about the resources of a plan; nothing where its root module is not found."""
    wanted = _heads(document)
    if not wanted or document.is_state:
        return Located()
    loader = Loader(tree)
    here = document.path.rpartition("/")[0]
    if tree.exists(document.path) and _holds(loader.module(here), wanted, document):
        return _Declared(loader, here)
    sources, _ = discover(tree, exclude)
    directories = sorted(
        {source.path.rpartition("/")[0] for source in sources if source.path.endswith((".tf", ".tofu"))}
    )
    probe = min(wanted, key=lambda head: (-len(head), head))
    near = [each for each in directories if _mentions(tree, loader, each, probe)][:_MOST_ROOTS]
    roots = [each for each in near if _holds(loader.module(each), wanted, document)]
    return _Declared(loader, roots[0]) if len(roots) == 1 else Located()


def _heads(document: PlanDocument) -> frozenset[str]:
    """What the root module of a plan holds: its resources and calls. Of a plan without its configuration, as far as
    they have resources."""
    addresses = document.provider_keys or [without_keys(each.address) for each in document.changes]
    return frozenset(_head(address) for address in addresses)


def _head(address: str) -> str:
    return ".".join(address.split(".")[:2]) if address.startswith("module.") else address


def _holds(module: Module, wanted: frozenset[str], document: PlanDocument) -> bool:
    """Whether a plan may be of this root module: of one with its configuration, all resources must be the same."""
    own = {*module.resources, *(f"module.{name}" for name in module.calls)}
    resources = {head for head in wanted if not head.startswith("module.")}
    if document.provider_keys:
        return wanted <= own and resources == set(module.resources)
    return wanted <= own


def _mentions(tree: Tree, loader: Loader, directory: str, head: str) -> bool:
    """Whether a file of a directory has the header of a block in it."""
    labels = head.removeprefix("data.").removeprefix("module.").split(".")
    header = b" ".join(f'"{label}"'.encode() for label in labels)
    return any(header in _read(tree, path) for path in loader.files_of(directory))


def _read(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path)
    except Unreadable:
        return b""


class _Declared(Located):
    """The blocks of one root module and of the modules that it calls."""

    def __init__(self, loader: Loader, root: str) -> None:
        self._loader = loader
        self._root = root
        self._found = lru_cache(maxsize=None)(self._find)

    def span(self, address: str) -> Span | None:
        """See `Located.span`."""
        block = self._found(without_keys(address))
        return block.block.header if block is not None else None

    def prevent_destroy(self, address: str) -> bool | None:
        """See `Located.prevent_destroy`."""
        declared = self._found(without_keys(address))
        found = blocks(declared.block.body, {"lifecycle": 0}) if declared is not None else ()
        for each in found:
            if "prevent_destroy" in each.body.attributes:
                return literal(each.body, "prevent_destroy") in (True, "true")
        return None

    def _find(self, address: str) -> ResourceDecl | None:
        module, at, names = self._loader.module(self._root), 0, []
        for prefix, name in module_steps(address):
            call = module.calls.get(name)
            if call is None:
                return None
            names.append(name)
            directory = self._loader.locate(module.directory, call, self._root, ".".join(names)).directory
            if directory is None:
                return None
            module, at = self._loader.module(directory), len(prefix)
        return module.resources.get(address[at:])
