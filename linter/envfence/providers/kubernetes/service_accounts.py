"""Service accounts of Kubernetes that act as identities of a cloud.

Comes in: service accounts, with the annotations by which EKS, GKE and AKS know the cloud's side. Goes out: runs-as
references, and one name for the two spellings of a type. Must not know: whether the cloud's side agrees, environments.

Annotations: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html,
https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity, https://azure.github.io/azure-workload-identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.values import one, text
from envfence.values import Mapping

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_ACCOUNTS = ("kubernetes_service_account", "kubernetes_service_account_v1")
_MANIFEST = "kubernetes_manifest"
TYPES = (*_ACCOUNTS, _MANIFEST)
#: The form of what an annotation names; an ARN has none.
_ANNOTATIONS = {
    "eks.amazonaws.com/role-arn": "",
    "iam.gke.io/gcp-service-account": "google_service_account:",
    "azure.workload.identity/client-id": "azuread_client:",
}
#: Types that have a second spelling: whoever names one means both.
_SPELLED_TWICE = frozenset({"service_account", "secret", "namespace", "persistent_volume_claim", "persistent_volume"})


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The references of one service account."""
    if resource.mode != "managed" or not builder.has_node(resource.address):
        return
    path = "metadata.annotations"
    if resource.type == _MANIFEST:
        if text(one(resource.values, "manifest.kind")) != "ServiceAccount":
            return
        path = "manifest.metadata.annotations"
    annotations = one(resource.values, path)
    for annotation, form in _ANNOTATIONS.items() if isinstance(annotations, Mapping) else ():
        named = text(annotations.items.get(annotation)) if isinstance(annotations, Mapping) else None
        if named:
            says = f"acts as {named}, by its annotation"
            builder.add_reference(
                Reference(
                    kind="runs-as",
                    node=resource.address,
                    sought=f"{form}{named}",
                    evidence=builder.evidence(resource, path, says),
                    says="runs as",
                )
            )


def finish(builder: FactsBuilder) -> None:
    """Gives the nodes of `…_v1` types the names that they have without it."""
    for node in builder.nodes():
        stem = node.type.removeprefix("kubernetes_").removesuffix("_v1")
        if node.type == f"kubernetes_{stem}_v1" and stem in _SPELLED_TWICE:
            names = (f"kubernetes_{stem}:{name.partition(':')[2]}" for name in node.names)
            builder.change_node(node.address, names=tuple(dict.fromkeys((*node.names, *names))))
