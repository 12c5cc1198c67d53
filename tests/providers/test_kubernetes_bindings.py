"""Role bindings across namespaces, as Terraform declares them."""

from __future__ import annotations

import pytest

from envfence.evaluate import Loader, Options, evaluate
from envfence.model import Deployment, Facts
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract
from envfence.tree import DictTree
from envfence.values import Span

BINDING = """
resource "kubernetes_role" "deploy" {
  metadata {
    name      = "deploy"
    namespace = "shop-prod"
  }
  rule {
    api_groups = ["apps"]
    resources  = ["deployments"]
    verbs      = ["get", "VERB"]
  }
}

resource "kubernetes_role_binding" "deploy" {
  metadata {
    name      = "deploy"
    namespace = "shop-prod"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = "deploy"
  }
  subject {
    kind      = "ServiceAccount"
    name      = "deployer"
    namespace = "NAMESPACE"
  }
}
"""
MANIFESTS = """
resource "kubernetes_manifest" "role" {
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "ClusterRole"
    metadata   = { name = "reader" }
    rules      = [{ apiGroups = [""], resources = ["secrets"], verbs = ["get", "list"] }]
  }
}
resource "kubernetes_manifest" "binding" {
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "ClusterRoleBinding"
    metadata   = { name = "reader" }
    roleRef    = { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = "reader" }
    subjects   = [{ kind = "ServiceAccount", name = "agent", namespace = "tools" }]
  }
}
"""
ANNOTATED = """
resource "kubernetes_service_account" "web" {
  metadata {
    name      = "web"
    namespace = "shop-prod"
    annotations = {
      "ANNOTATION" = "NAMED"
    }
  }
}
"""


def facts_of(source: str) -> Facts:
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    options = Options(computed=computed_functions())
    return extract(evaluate(Loader(DictTree({"main.tf": source})), deployment, options), catalogue(), lambda _: "")


@pytest.mark.parametrize("verb", ["list", "patch", "delete"])
def test_a_subject_of_another_namespace_is_given_the_rules_of_the_role(verb: str) -> None:
    source = BINDING.replace("NAMESPACE", "shop-test").replace("VERB", verb)
    (grant,) = facts_of(source).grants
    assert grant.attached_to == "kubernetes_service_account:shop-test/deployer"
    assert grant.actions == (f"get,{verb};apps;deployments;",)
    assert grant.resources[0].endswith("/shop-prod")
    assert grant.span.line == 24


def test_the_own_namespace_is_no_crossing() -> None:
    assert facts_of(BINDING.replace("NAMESPACE", "shop-prod").replace("VERB", "patch")).grants == ()


def test_manifests_are_read_like_resources() -> None:
    (grant,) = facts_of(MANIFESTS).grants
    assert grant.attached_to == "kubernetes_service_account:tools/agent"
    assert grant.actions == ("get,list;;secrets;",)
    assert grant.address == "kubernetes_manifest.binding"
    assert not grant.conditions


@pytest.mark.parametrize(
    ("annotation", "named", "sought"),
    [
        ("eks.amazonaws.com/role-arn", "arn:aws:iam::310000000001:role/web", "arn:aws:iam::310000000001:role/web"),
        (
            "iam.gke.io/gcp-service-account",
            "web@acme-prod.iam.gserviceaccount.com",
            "google_service_account:web@acme-prod.iam.gserviceaccount.com",
        ),
        ("azure.workload.identity/client-id", "7f1a0c2e", "azuread_client:7f1a0c2e"),
        ("prometheus.io/scrape", "true", ""),
    ],
)
def test_an_annotation_says_what_a_service_account_acts_as(annotation: str, named: str, sought: str) -> None:
    found = facts_of(ANNOTATED.replace("ANNOTATION", annotation).replace("NAMED", named))
    assert [each.sought for each in found.references if each.kind == "runs-as"] == ([sought] if sought else [])


def test_both_spellings_of_a_type_have_one_name() -> None:
    source = ANNOTATED.replace("kubernetes_service_account", "kubernetes_service_account_v1")
    (node,) = facts_of(source).nodes
    assert "kubernetes_service_account:shop-prod/web" in node.names
