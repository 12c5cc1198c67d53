"""Role bindings of Kubernetes that lead from one environment into another, from source to finding."""

from __future__ import annotations

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

CLUSTER = """
provider "kubernetes" {
  config_context = "main"
}
resource "kubernetes_namespace" "prod" {
  metadata {
    name = "shop-prod"
  }
}
resource "kubernetes_namespace" "staging" {
  metadata {
    name = "shop-staging"
  }
}
resource "kubernetes_secret" "db" {
  metadata {
    name      = "db"
    namespace = "shop-prod"
  }
  data = { password = var.password }
}
resource "kubernetes_service_account" "ci" {
  metadata {
    name      = "ci"
    namespace = "shop-staging"
  }
}
variable "password" {}
"""
BINDING = """
resource "kubernetes_cluster_role_binding" "ci" {
  metadata {
    name = "ci"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = "ROLE"
  }
  subject {
    kind      = "ServiceAccount"
    name      = "ci"
    namespace = "shop-staging"
  }
}
"""
ROLE_BINDING = """
resource "kubernetes_role_binding" "ci" {
  metadata {
    name      = "ci"
    namespace = "NAMESPACE"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = "edit"
  }
  subject {
    kind      = "ServiceAccount"
    name      = "ci"
    namespace = "shop-staging"
  }
}
"""
#: The subject of the binding.
LINE = CLUSTER.count("\n") + 11


def crossings(source: str) -> set[tuple[str, int]]:
    """(rule, line of the cause) of the access findings."""
    report = check(DictTree({"cluster/main.tf": source}), Settings())
    return {(each.rule, each.cause.span.line) for each in report.findings if each.family == "access"}


def test_a_binding_for_the_cluster_reaches_the_namespaces_of_production() -> None:
    found = crossings(CLUSTER + BINDING.replace("ROLE", "edit"))
    assert ("nonproduction-can-destroy-production", LINE) in found


def test_viewing_reaches_no_secrets() -> None:
    rules = {rule for rule, _ in crossings(CLUSTER + BINDING.replace("ROLE", "view"))}
    assert "nonproduction-can-read-production-data" not in rules
    assert "nonproduction-can-destroy-production" not in rules


def test_a_binding_in_a_namespace_of_production_reaches_it() -> None:
    found = crossings(CLUSTER + ROLE_BINDING.replace("NAMESPACE", "shop-prod"))
    assert ("nonproduction-can-destroy-production", LINE + 1) in found


def test_the_same_binding_in_the_own_namespace_reaches_nothing() -> None:
    assert crossings(CLUSTER + ROLE_BINDING.replace("NAMESPACE", "shop-staging")) == set()
