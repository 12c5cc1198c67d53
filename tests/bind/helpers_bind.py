"""Binding a dictionary of files."""

from __future__ import annotations

from textwrap import dedent

from envfence.bind import Bound, bind
from envfence.config import Config
from envfence.evaluate import Loader
from envfence.model import Deployment
from envfence.sources import discover
from envfence.tree import DictTree


def bound(files: dict[str, str], root: str = "") -> Bound:
    tree = DictTree({path: dedent(text) for path, text in files.items()}, root)
    sources, _ = discover(tree)
    return bind(tree, Loader(tree), sources, Config())


def by_id(files: dict[str, str]) -> dict[str, Deployment]:
    return {deployment.id: deployment for deployment in bound(files).deployments}


def signals(deployment: Deployment, *kinds: str) -> set[str]:
    return {signal.value for signal in deployment.signals if not kinds or signal.kind in kinds}


BACKEND = 'terraform {\n  backend "s3" {\n    bucket = "states"\n    key = "app"\n  }\n}\n'
BUCKET = 'resource "aws_s3_bucket" "this" {}\n'
ENVIRONMENT = 'variable "environment" {}\nvariable "size" {}\n'
