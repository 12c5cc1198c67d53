"""The evaluator against Terraform itself: a configuration of our own, its plan recorded, and planned anew where there
is a terraform.

`python tests/evaluate/test_terraform.py` writes `terraform/recorded.json` with the terraform on the PATH.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from envfence.evaluate import Evaluated, Loader, Options, evaluate
from envfence.evaluate.rendering import to_json
from envfence.model import Deployment
from envfence.tree import DirectoryTree
from envfence.values import Span

HERE = Path(__file__).resolve().parent / "terraform"
RECORDED = HERE / "recorded.json"
#: What a plan shows where nothing is known.
UNKNOWN = {"$unknown": True}


def planned() -> dict[str, Any]:
    """Outputs and resources as a real plan has them; parts that are unknown are marked."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "module"
        shutil.copytree(HERE, place, ignore=shutil.ignore_patterns("recorded.json"))
        for step in (["init", "-input=false"], ["plan", "-input=false", "-refresh=false", "-out=plan"]):
            subprocess.run(["terraform", *step], cwd=place, check=True, capture_output=True)
        shown = subprocess.run(["terraform", "show", "-json", "plan"], cwd=place, check=True, capture_output=True)
    plan = json.loads(shown.stdout)
    outputs = {
        name: mark(change.get("after"), change.get("after_unknown")) for name, change in plan["output_changes"].items()
    }
    resources = {
        change["address"]: mark(change["change"]["after"].get("input"), False) for change in plan["resource_changes"]
    }
    return {"terraform": plan["terraform_version"], "outputs": outputs, "resources": resources}


def mark(value: Any, unknown: Any) -> Any:
    """`value` with the parts that `unknown` names replaced by the mark."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict):
        names = sorted({*(value or {}), *unknown})
        return {name: mark((value or {}).get(name), unknown.get(name, False)) for name in names}
    if isinstance(unknown, list):
        items = value or []
        padded = [*items, *[None] * (len(unknown) - len(items))]
        return [mark(item, flag) for item, flag in zip(padded, unknown, strict=False)]
    return value


def evaluated() -> Evaluated:
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    return evaluate(Loader(DirectoryTree(str(HERE))), deployment, Options())


EXPECTED: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
OURS = evaluated()


def same(ours: Any, theirs: Any) -> bool:
    """Equal as Terraform sees it; where it knows nothing we may know more, never something else."""
    if theirs == UNKNOWN:
        return True
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {**theirs, **ours}.keys() == theirs.keys() == ours.keys() and all(
            same(ours[k], theirs[k]) for k in theirs
        )
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    if isinstance(theirs, float) or isinstance(ours, float):
        return abs(float(ours) - float(theirs)) < 1e-12
    return type(ours) is type(theirs) and bool(ours == theirs)


@pytest.mark.parametrize("name", sorted(EXPECTED["outputs"]))
def test_output(name: str) -> None:
    ours = json.loads(to_json(OURS.outputs[name].value))
    assert same(ours, EXPECTED["outputs"][name]), f"{ours} is not {EXPECTED['outputs'][name]}"


def test_instances_and_their_inputs() -> None:
    ours = {resource.address: resource for resource in OURS.resources}
    assert sorted(ours) == sorted(EXPECTED["resources"])
    for address, expected in EXPECTED["resources"].items():
        value = ours[address].values.items.get("input")
        assert same(json.loads(to_json(value)), expected), address


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed: the recorded plan stands")
def test_the_recorded_plan_is_what_terraform_says() -> None:
    again = planned()
    assert again["outputs"] == EXPECTED["outputs"]
    assert again["resources"] == EXPECTED["resources"]


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(planned(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.exit(0)
