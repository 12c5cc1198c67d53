"""Deployments as nodes, with the boundaries they act in and the states they keep and read.

In: facts. Out: nodes and edges of kinds acts-in, stores-state, reads-state. Must not know policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from envfence.bind.remote import state_identity
from envfence.graph.binding import Binder, Part
from envfence.graph.externals import PREFIX
from envfence.graph.graph import GraphNode
from envfence.model import Backend, Deployment, Edge, Evidence, Fact, Node, Output, Placement
from envfence.providers.common.facts import SOUGHT
from envfence.secretness import is_placeholder, is_public, is_secret_key, speaks_of_secret
from envfence.values import Span, has_holes
from envfence.words import hub_word

ADDRESS = "terraform"
#: The settings that name the container of states, by type of backend.
_CONTAINERS = {
    "s3": ("bucket",),
    "gcs": ("bucket",),
    "azurerm": ("storage_account_name", "container_name"),
}
#: The settings that tell states inside one container apart.
_KEYS = ("key", "prefix")
#: The settings that decide who may write a state, by the word a report uses for them.
_ACCESS = {
    "access_key": "key pair",
    "role_arn": "role",
    "assume_role.role_arn": "role",
    "dynamodb_table": "lock table",
    "impersonate_service_account": "service account",
}
#: The id of a key pair of the backend s3; elsewhere a setting of that name is the secret itself. Only its end is shown.
_KEY_ID = "access_key"
_SHOWN = 4


def deployment_node(deployment: Deployment, placement: Placement, outputs: Iterable[Output] = ()) -> GraphNode:
    """The node that stands for a deployment itself; `outputs` say whether its state holds secrets to be read."""
    sensitive = next((output for output in outputs if output.sensitive or _gives_secret(output)), None)
    facts = {"sensitive_outputs": Fact(value=True, span=sensitive.span)} if sensitive is not None else {}
    node = Node(address=ADDRESS, kind="deployment", type="terraform", span=deployment.span, facts=facts)
    return GraphNode(f"{deployment.id}:{ADDRESS}", node, deployment.id, placement)


def _gives_secret(output: Output) -> bool:
    """Whether an output is by its name a secret that nobody marked as one, and nothing shows its value to be none."""
    if not (is_secret_key(output.name) and speaks_of_secret(output.name)):
        return False
    if output.json == "null":
        return not output.complete
    value = output.json.strip('"')
    return output.json.startswith('"') and bool(value) and not is_placeholder(value) and not is_public(value)


def boundary_edges(part: Part, binder: Binder) -> Iterator[tuple[GraphNode, Edge]]:
    """(boundary, edge) for every provider configuration whose boundary is known."""
    source = f"{part.facts.deployment.id}:{ADDRESS}"
    for use in part.facts.boundaries:
        boundary = part.translation.text(use.boundary)
        if not boundary or has_holes(boundary) or boundary.endswith(":"):
            continue
        if hub_word(use.provider.partition(".")[2]) is not None:
            continue  # `azurerm.tooling`: a hub that every environment looks into by design
        known = binder.index.environments.identities.get(boundary, Placement())
        node = _named(boundary, "boundary", "", use.span, known)
        evidence = (Evidence(span=use.span, says=f"provider {use.provider} acts in {boundary}", address=ADDRESS),)
        yield node, Edge(kind="acts-in", source=source, target=node.id, says="acts in", evidence=evidence)


def state_edges(part: Part, binder: Binder) -> Iterator[tuple[GraphNode, Edge]]:
    """(node, edge) for what the backend of a deployment shares with others: the container of its state, the key inside
    it, and the role, key or lock table it is written with."""
    backend = part.facts.deployment.backend
    container = _container(part, backend) if backend is not None else ""
    if backend is None or not container:
        return
    places = binder.externals.placement(container.partition(":")[2])
    own = places if len(places.environments) == 1 else Placement()
    place = backend.place(*_CONTAINERS[backend.type])
    doubt = f"which container of {container} each state is put into" if _is_parted(backend) else ""
    yield _kept(part, _named(container, "state", backend.type, place, own), place, container, doubt)
    if backend.key:
        place = backend.place(*_KEYS)
        node = _named(f"{backend.type}:{backend.key}", "state", "state-key", place, Placement())
        yield _kept(part, node, place, backend.key, _workspace_doubt(part.facts.deployment))
    for setting, word in _ACCESS.items():
        value = part.translation.text(backend.settings.get(setting, ""))
        if value and not has_holes(value) and (setting != _KEY_ID or backend.type == "s3"):
            shown = f"…{value[-_SHOWN:]}" if setting == _KEY_ID else value
            place, text = backend.place(setting), f"{container} with the {word} {shown}"
            yield _kept(part, _named(text, "state", "state-access", place, Placement()), place, text)


def _workspace_doubt(deployment: Deployment) -> str:
    """What the key of a state depends on where one root serves several environments without a workspace that we see."""
    if deployment.id == deployment.root or deployment.workspace != "default":
        return ""
    return f"with which workspace or backend configuration {deployment.id} is applied"


def _kept(part: Part, node: GraphNode, place: Span, where: str, doubt: str = "") -> tuple[GraphNode, Edge]:
    deployment = part.facts.deployment
    evidence = [Evidence(span=place, says=f"keeps its state in {where}", address=ADDRESS)]
    if place.path.rpartition("/")[0] not in (deployment.root, deployment.config_dir):
        evidence.append(Evidence(span=deployment.span, says="takes its backend from there", address=ADDRESS))
    edge = Edge(
        kind="stores-state",
        source=f"{deployment.id}:{ADDRESS}",
        target=node.id,
        certainty="possible" if doubt else "proved",
        says="keeps its state in",
        evidence=tuple(evidence),
        unknowns=(doubt,) if doubt else (),
    )
    return node, edge


def reading_edges(part: Part, known: Mapping[str, Deployment], binder: Binder) -> Iterator[Edge]:
    """An edge to every deployment whose outputs this one reads, and to states elsewhere that name an environment."""
    deployment = part.facts.deployment
    source = f"{deployment.id}:{ADDRESS}"
    places = {str(node.facts["state"].value): node for node in part.facts.nodes if "state" in node.facts}
    owned = {_identity(other): other.id for other in known.values() if other.backend is not None}
    for other in part.facts.reads_states:
        if other in known and other != deployment.id:
            node = places.get(_identity(known[other]))
            yield _reading(source, f"{other}:{ADDRESS}", node.span if node else deployment.span, other, "")
    for identity, node in sorted(places.items()):
        placed = binder.externals.placement(identity)
        hub = any(hub_word(segment) is not None for segment in identity.split("/"))
        if identity not in owned and len(placed.environments) == 1 and not hub:
            found = binder.externals.state(identity, node.span, placed)
            doubt = f"whether {node.address} exists" if node.exists != "yes" else ""
            yield _reading(source, found.id, node.span, identity, doubt)


def _reading(source: str, target: str, span: Span, what: str, doubt: str) -> Edge:
    evidence = (Evidence(span=span, says=f"reads the outputs of {what}", address=ADDRESS),)
    return Edge(
        kind="reads-state",
        source=source,
        target=target,
        certainty="possible" if doubt else "proved",
        says="reads the state of",
        evidence=evidence,
        unknowns=(doubt,) if doubt else (),
    )


def _identity(deployment: Deployment) -> str:
    backend = deployment.backend
    return state_identity(backend.type, backend.key) if backend is not None and backend.key else ""


def secret_edges(looked_up: Iterable[GraphNode], binder: Binder) -> Iterator[Edge]:
    """A data source that reads a secret brings it into the deployment, and into its state.

    A parameter is a secret or a plain setting: rules tell them apart, since its type is known where it is declared.
    """
    for node in looked_up:
        if node.node.kind != "secret":
            continue
        what = "parameter" if node.node.type == "aws_ssm_parameter" else "secret"
        evidence = (Evidence(span=node.span, says=f"reads the {what}", address=node.node.address),)
        yield Edge(
            kind="reads-secret",
            source=_reader(node, binder),
            target=_secret(node, binder),
            says="reads",
            evidence=evidence,
        )


def _reader(node: GraphNode, binder: Binder) -> str:
    """Who looks something up: the deployment, or, in one that serves several environments, the look-up itself."""
    home = binder.node(f"{node.deployment}:{ADDRESS}")
    if home is None or home.placement.environments or not node.placement.environments:
        return f"{node.deployment}:{ADDRESS}"
    return node.id


def store_edges(looked_up: Iterable[GraphNode], binder: Binder) -> Iterator[Edge]:
    """A data source that looks up a store of data points the deployment at it; one of its own is no news."""
    for node in looked_up:
        name = next((name for name in sorted(node.node.names) if not has_holes(name)), "")
        if node.node.kind != "store" or not name or node.node.exists != "yes":
            continue
        target = binder.real(node.id)
        if target == node.id:
            target = binder.externals.named(name, node, node.span).id
        known = binder.node(target)
        if known is None or known.deployment == node.deployment:
            continue
        evidence = _look_up(node, "looks it up")
        source = f"{node.deployment}:{ADDRESS}"
        yield Edge(kind="points-at", source=source, target=target, says="looks up", evidence=evidence)


def _look_up(node: GraphNode, says: str) -> tuple[Evidence, ...]:
    """The places of a look-up: the data source, and where the name that it looks for was written."""
    here = Evidence(span=node.span, says=says, address=node.node.address)
    sought = node.node.facts.get(SOUGHT)
    if sought is None or sought.origin is None:
        return (here,)
    return (here, Evidence(span=sought.origin, says="names it", address=node.node.address))


def _secret(node: GraphNode, binder: Binder) -> str:
    """The secret that a look-up means: one that is declared, else the one of that name in the same account."""
    real = binder.real(node.id)
    boundary = node.node.boundary
    if real != node.id or not boundary or node.node.provider == "kubernetes":
        return real
    name = next((name for name in sorted(node.node.names, key=_is_arn) if not has_holes(name)), "")
    return binder.externals.named(name, node, node.span).id if name else real


def _is_parted(backend: Backend) -> bool:
    """Whether only the account is written that holds the containers of states: the container is chosen at `init`."""
    names = _CONTAINERS.get(backend.type, ())
    return len(names) > 1 and not any(backend.settings.get(name) for name in names[1:])


def _container(part: Part, backend: Backend) -> str:
    names = _CONTAINERS.get(backend.type, ())[: 1 if _is_parted(backend) else None]
    values = [part.translation.text(backend.settings.get(name, "")) for name in names]
    if not values or any(not value or has_holes(value) for value in values):
        return ""
    return f"{backend.type}:{'/'.join(values)}"


def _named(text: str, kind: str, type_: str, span: Span, placement: Placement) -> GraphNode:
    node = Node(address=text, kind=kind, type=type_, span=span, mode="external")
    return GraphNode(f"{PREFIX}{kind}:{text}", node, "", placement)


def _is_arn(name: str) -> bool:
    return name.startswith("arn:")
