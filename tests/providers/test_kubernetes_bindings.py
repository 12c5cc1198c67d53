"""Role bindings across namespaces."""

from __future__ import annotations

import pytest

from envfence.evaluate import Loader, Options, evaluate
from envfence.model import Deployment, Reference
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


def bindings(namespace: str, verb: str = "patch") -> list[Reference]:
    source = BINDING.replace("NAMESPACE", namespace).replace("VERB", verb)
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    options = Options(computed=computed_functions())
    found = extract(evaluate(Loader(DictTree({"main.tf": source})), deployment, options), catalogue(), lambda _: "")
    return [each for each in found.references if each.kind == "may"]


@pytest.mark.parametrize(("verb", "capability"), [("list", "read"), ("patch", "write"), ("delete", "destroy")])
def test_a_subject_of_another_namespace_may_what_the_role_allows(verb: str, capability: str) -> None:
    (found,) = bindings("shop-test", verb)
    assert (found.sought, found.outward, found.capability) == ("kubernetes_namespace:shop-test", False, capability)
    assert found.evidence[0].span.line == 24


def test_the_own_namespace_is_no_crossing() -> None:
    assert bindings("shop-prod") == []
