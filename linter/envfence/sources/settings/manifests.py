"""Kubernetes objects as nodes: what is kept in them, what they read, where they are.

In: one document of a manifest, its namespace. Out: parts. Must not know files as wholes, environments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envfence.model import Evidence, Node, Reference, Signal
from envfence.sources.documents import Items, Table
from envfence.sources.settings.parts import Part
from envfence.sources.settings.places import name_signal
from envfence.sources.settings.values import Setting, decoded, flat
from envfence.sources.workflows.vocabulary import names_environment, telling_word
from envfence.values import Span

#: Kind of object → (kind of node, the type that Terraform has for it).
_OBJECTS = {
    "ConfigMap": ("other", "kubernetes_config_map"),
    "CronJob": ("compute", "kubernetes_cron_job"),
    "DaemonSet": ("compute", "kubernetes_daemonset"),
    "Deployment": ("compute", "kubernetes_deployment"),
    "Job": ("compute", "kubernetes_job"),
    "PersistentVolumeClaim": ("store", "kubernetes_persistent_volume_claim"),
    "Pod": ("compute", "kubernetes_pod"),
    "Secret": ("secret", "kubernetes_secret"),
    "ServiceAccount": ("identity", "kubernetes_service_account"),
    "StatefulSet": ("compute", "kubernetes_stateful_set"),
}
#: What others look up by its name.
_LOOKED_UP = frozenset(("secret", "store", "identity"))
_MOST_CONTAINERS = 50
_DEEPEST = 6
#: By annotation of a service account the form of the cloud identity that it names; an ARN has none.
_ANNOTATIONS = {
    "eks.amazonaws.com/role-arn": "",
    "iam.gke.io/gcp-service-account": "google_service_account:",
    "azure.workload.identity/client-id": "azuread_client:",
}


def is_object(document: Any) -> bool:
    """Whether a document is a Kubernetes object of a kind that we read."""
    return isinstance(document, Table) and document.get("kind") in _OBJECTS and "apiVersion" in document


def part_of(path: str, document: Table, namespace: str = "") -> Part | None:
    """The part of one object; `namespace` is that of an overlay, which wins over its own. None without a name."""
    kind = str(document.get("kind"))
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Table) else None
    if not isinstance(metadata, Table) or not isinstance(name, str) or not name:
        return None
    given = metadata.get("namespace")
    own = namespace or (given if isinstance(given, str) else "")
    node_kind, type_ = _OBJECTS[kind]
    span = metadata.span_of("name", path)
    signals = [*_labelled(path, metadata), *(name_signal(own, span, "namespace") if own else ())]
    node = Node(
        address="/".join(each for each in (kind, own, name) if each),
        kind=node_kind,
        type=type_,
        span=span,
        names=(f"{type_}:{own or 'default'}/{name}",) if "{" not in own + name and "$" not in own + name else (),
        boundary=f"kubernetes:{own}" if any(signal.says.startswith("namespace ") for signal in signals) else "",
        signals=tuple(signals),
        mode="managed",
        provider="kubernetes",
    )
    part = Part(node, kept=node_kind in _LOOKED_UP)
    if kind in ("Secret", "ConfigMap"):
        part.settings.extend(_data(path, document, kind == "Secret"))
    elif kind == "ServiceAccount":
        part.references.extend(_acts_as(path, metadata, node))
    elif node_kind == "compute":
        for pod in _pods(document):
            _read_pod(path, pod, part, own)
    return part


def _labelled(path: str, metadata: Table) -> Iterator[Signal]:
    """What labels say, under keys that name the environment."""
    for holder in (metadata.get("labels"), metadata.get("annotations")):
        for key, value in holder.items() if isinstance(holder, Table) else ():
            word = telling_word(value) if isinstance(value, str) and names_environment(key.rpartition("/")[2]) else ""
            if word and isinstance(value, str) and isinstance(holder, Table):
                span = holder.span_of(key, path)
                yield Signal(kind="tag", value=value, span=span, says=f"label {key} = {value!r}", words=(word,))


def _data(path: str, document: Table, kept: bool) -> Iterator[Setting]:
    """The settings of a Secret or ConfigMap."""
    type_ = document.get("type")
    if isinstance(type_, str) and type_.startswith(("kubernetes.io/service-account-token", "helm.sh")):
        return
    for table, is_encoded in ((document.get("data"), kept), (document.get("stringData"), False)):
        for key, value in table.items() if isinstance(table, Table) else ():
            if isinstance(value, str) and isinstance(table, Table):
                yield Setting(key, table.span_of(key, path), decoded(value) if is_encoded else value, kept)


def _acts_as(path: str, metadata: Table, node: Node) -> Iterator[Reference]:
    """The cloud identity that a service account stands for."""
    annotations = metadata.get("annotations")
    for key, form in _ANNOTATIONS.items():
        text = annotations.get(key) if isinstance(annotations, Table) else None
        if isinstance(text, str) and isinstance(annotations, Table) and "{" not in text and "$" not in text:
            span = annotations.span_of(key, path)
            evidence = (Evidence(span=span, says=f"{key} is {text}", address=node.address),)
            yield Reference(kind="runs-as", node=node.address, sought=form + text, evidence=evidence, says="runs as")


def _pods(document: Table) -> Iterator[Table]:
    """The specification of the pods of a workload, however deep its kind keeps it."""
    spec = document.get("spec")
    for _ in range(_DEEPEST):
        if not isinstance(spec, Table):
            return
        if "containers" in spec:
            yield spec
            return
        holder = spec.get("jobTemplate", spec.get("template"))
        spec = holder.get("spec") if isinstance(holder, Table) else None


def _read_pod(path: str, pod: Table, part: Part, namespace: str) -> None:
    account = pod.get("serviceAccountName", pod.get("serviceAccount"))
    if isinstance(account, str) and account and "{" not in account:
        span = pod.span_of("serviceAccountName", path)
        sought = f"kubernetes_service_account:{namespace or 'default'}/{account}"
        part.references.append(_reference(part, "runs-as", sought, span, f"runs as {account}", "runs as"))
    for key in ("containers", "initContainers"):
        listed = pod.get(key)
        for container in listed[:_MOST_CONTAINERS] if isinstance(listed, Items) else ():
            if isinstance(container, Table):
                _read_container(path, container, part, namespace)
    volumes = pod.get("volumes")
    for volume in volumes if isinstance(volumes, Items) else ():
        secret = volume.get("secret") if isinstance(volume, Table) else None
        if isinstance(secret, Table):
            _take(path, secret, "secretName", part, namespace)


def _read_container(path: str, container: Table, part: Part, namespace: str) -> None:
    environment = container.get("env")
    for entry in environment if isinstance(environment, Items) else ():
        if not isinstance(entry, Table) or not isinstance(entry.get("name"), str):
            continue
        part.settings.extend(flat(str(entry["name"]), entry.get("value"), entry.span_of("value", path)))
        source = entry.get("valueFrom")
        secret = source.get("secretKeyRef") if isinstance(source, Table) else None
        if isinstance(secret, Table):
            _take(path, secret, "name", part, namespace)
    sources = container.get("envFrom")
    for entry in sources if isinstance(sources, Items) else ():
        secret = entry.get("secretRef") if isinstance(entry, Table) else None
        if isinstance(secret, Table):
            _take(path, secret, "name", part, namespace)


def _take(path: str, holder: Table, key: str, part: Part, namespace: str) -> None:
    """A reference to a secret of the same namespace."""
    name = holder.get(key)
    if isinstance(name, str) and name and "{" not in name and "$" not in name:
        sought = f"kubernetes_secret:{namespace or 'default'}/{name}"
        span = holder.span_of(key, path)
        found = _reference(part, "reads-secret", sought, span, f"takes the secret {name}", "takes")
        if all(other.sought != sought or other.kind != found.kind for other in part.references):
            part.references.append(found)


def _reference(part: Part, kind: str, sought: str, span: Span, shown: str, says: str) -> Reference:
    address = part.node.address
    evidence = (Evidence(span=span, says=shown, address=address),)
    return Reference(kind=kind, node=address, sought=sought, evidence=evidence, says=says)
