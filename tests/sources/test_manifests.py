"""Manifests, overlays and what a controller applies of them, from source to facts and findings."""

from __future__ import annotations

from envfence.model import Facts, Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.sources import discover
from envfence.sources.formats import source_facts
from envfence.tree import DictTree

KEY = "q8Zt5Lw2Vb9Kx1Ns"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      serviceAccountName: api
      containers:
      - name: api
        env:
        - {name: API_TOKEN, value: q8Zt5Lw2Vb9Kx1Ns}
        - name: PASSWORD
          valueFrom:
            secretKeyRef: {name: db, key: password}
        envFrom:
        - secretRef: {name: mail}
"""
BASE = {"base/kustomization.yaml": "resources: [api.yaml]\n", "base/api.yaml": DEPLOYMENT}


def overlay(name: str, more: str = "") -> dict[str, str]:
    path = f"overlays/{name}/kustomization.yaml"
    return {path: f"resources: [../../base]\nnamespace: shop-{name}\n{more}"}


def facts(files: dict[str, str]) -> dict[str, Facts]:
    tree = DictTree(files)
    found, _ = source_facts(tree, discover(tree)[0], lambda text: f"digest of {text}")
    return {each.deployment.id: each for each in found}


def findings(files: dict[str, str], rule: str) -> list[Finding]:
    return [each for each in check(DictTree(files), Settings()).findings if each.rule == rule]


def test_a_workload_with_what_it_is_given() -> None:
    found = facts({"k8s/api.yaml": DEPLOYMENT.replace("name: api\nspec", "name: api\n  namespace: shop\nspec", 1)})
    (each,) = found.values()
    assert [node.address for node in each.nodes] == ["Deployment/shop/api"]
    assert {(reference.kind, reference.sought) for reference in each.references} == {
        ("runs-as", "kubernetes_service_account:shop/api"),
        ("reads-secret", "kubernetes_secret:shop/db"),
        ("reads-secret", "kubernetes_secret:shop/mail"),
    }
    assert [(secret.name, secret.span.line) for secret in each.secrets] == [("API_TOKEN", 13)]


def test_an_overlay_is_one_deployment_and_its_base_none() -> None:
    found = facts({**BASE, **overlay("staging"), **overlay("production")})
    assert sorted(found) == ["overlays/production/kustomization.yaml", "overlays/staging/kustomization.yaml"]
    assert [node.address for node in found["overlays/staging/kustomization.yaml"].nodes] == [
        "Deployment/shop-staging/api"
    ]


def test_a_secret_of_the_base_is_shared_by_its_overlays() -> None:
    (found,) = findings({**BASE, **overlay("staging"), **overlay("production")}, "secret-value-shared")
    assert (found.cause.span.path, found.cause.span.line, found.certainty) == ("base/api.yaml", 12, "proved")


def test_a_patch_that_gives_each_its_own() -> None:
    patch = "patches:\n- patch: |\n" + "".join(f"    {line}\n" for line in DEPLOYMENT.splitlines())
    own = overlay("staging", patch.replace(KEY, "zz81QpL0x4Wn7Rt2"))
    assert findings({**BASE, **own, **overlay("production")}, "secret-value-shared") == []


def test_generated_secrets_and_their_files() -> None:
    generator = "secretGenerator:\n- name: mail\n  envs: [mail.env]\n"
    files = {**BASE, **overlay("staging", generator), "overlays/staging/mail.env": f"SMTP_PASSWORD={KEY}\n"}
    (secret,) = [
        each for each in facts(files)["overlays/staging/kustomization.yaml"].secrets if each.name == "SMTP_PASSWORD"
    ]
    assert (secret.node, secret.span.path) == ("Secret/shop-staging/mail", "overlays/staging/mail.env")


def test_overlays_that_take_each_other_end() -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b]\n",
        "b/kustomization.yaml": "resources: [../a]\n",
        "c/kustomization.yaml": "resources: [../a, ../../outside, 'https://x.io/y']\n",
    }
    assert facts(files) == {}


ENTRY = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME}
spec:
  source: {repoURL: x, path: apps/shop}
  destination: {namespace: NAMESPACE}
"""


def test_one_directory_that_two_entry_points_apply() -> None:
    files = {
        "apps/shop/api.yaml": DEPLOYMENT,
        "argo/a.yaml": ENTRY.replace("NAMESPACE", "shop-staging").replace("NAME", "one"),
        "argo/b.yaml": ENTRY.replace("NAMESPACE", "shop-production").replace("NAME", "two"),
    }
    found = facts(files)
    assert sorted(found) == ["apps/shop/api.yaml@one", "apps/shop/api.yaml@two"]
    assert findings(files, "secret-value-shared") != []


def test_what_no_entry_point_reaches_may_not_exist() -> None:
    files = {
        "apps/shop/api.yaml": DEPLOYMENT,
        "old/api.yaml": DEPLOYMENT,
        "argo/a.yaml": ENTRY.replace("NAMESPACE", "shop-staging").replace("NAME", "one"),
    }
    found = facts(files)
    assert {node.exists for node in found["apps/shop/api.yaml"].nodes} == {"yes"}
    assert {node.exists for node in found["old/api.yaml"].nodes} == {"maybe"}


def test_a_set_of_applications_by_a_list() -> None:
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: shop}\nspec:\n  generators:\n"
        "  - list:\n      elements: [{env: staging}, {env: production}]\n"
        "  template:\n    metadata: {name: 'shop-{{env}}'}\n"
        "    spec:\n      source: {path: 'overlays/{{env}}'}\n"
    )
    files = {**BASE, **overlay("staging"), **overlay("production"), "argo/set.yaml": application}
    found = facts(files)["overlays/staging/kustomization.yaml"]
    assert found.deployment.signals[0].says == "env is staging"


def test_flux_with_a_variable() -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop}\nspec:\n"
        "  path: ./apps/shop\n  postBuild: {substitute: {ENVIRONMENT: staging}}\n"
    )
    (found,) = facts({"apps/shop/api.yaml": DEPLOYMENT, "clusters/one/shop.yaml": flux}).values()
    assert found.deployment.signals[0].says == "ENVIRONMENT is staging"


def test_an_account_of_staging_that_may_change_production() -> None:
    files = {
        "k8s/production.yaml": (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop-production}\nstringData: {a: b}\n---\n"
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
            "metadata: {name: ci, namespace: shop-production}\nroleRef: {kind: ClusterRole, name: edit}\n"
            "subjects:\n- {kind: ServiceAccount, name: ci, namespace: shop-staging}\n"
        ),
        "k8s/staging.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ci, namespace: shop-staging}\n",
    }
    found = findings(files, "nonproduction-can-destroy-production")
    assert [(each.cause.span.path, each.cause.span.line) for each in found] == [("k8s/production.yaml", 11)]


def test_templates_and_broken_files_are_no_crash() -> None:
    files = {
        "chart/templates/secret.yaml": "kind: Secret\napiVersion: v1\nmetadata: {name: {{ .Values.name }}}\n",
        "a.yaml": "kind: Secret\napiVersion: v1\nmetadata: [1]\nstringData: text\n---\nkind: Deployment\n"
        "apiVersion: v1\nmetadata: {name: x}\nspec: {template: {spec: {containers: {a: b}, volumes: x}}}\n",
        "b.yaml": "kind: Secret\napiVersion: v1\nmetadata: {name: x\n",
        "kustomization.yaml": "resources: {a: b}\npatches: text\nsecretGenerator: [1, {name: [2]}]\n",
    }
    assert {node.address for each in facts(files).values() for node in each.nodes} <= {"Deployment/x"}
