"""Paths of the scanned tree: posix, relative to its root, "" is the root itself.

Comes in: paths. Goes out: their parts, and what kind of file a name promises. Must not know: contents.
"""

from __future__ import annotations

import re

TERRAFORM_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")
VAR_FILE_SUFFIXES = (".tfvars", ".tfvars.json")
#: Directories that hold modules, or code that nobody deploys.
MODULE_SEGMENTS = frozenset(
    {"modules", "module", "shared-modules", "tf-modules", "terraform-modules", "components-lib"}
)
EXAMPLE_SEGMENTS = frozenset(
    {
        "examples",
        "example",
        "tests",
        "test",
        "testing",
        "fixtures",
        "fixture",
        "testdata",
        "docs",
        "doc",
        "templates",
        "template",
    }
)


def parent(path: str) -> str:
    """The directory of a path."""
    return path.rpartition("/")[0]


def basename(path: str) -> str:
    """The last segment of a path."""
    return path.rpartition("/")[2]


def segments(path: str) -> tuple[str, ...]:
    """The segments of a path; none for the root."""
    return tuple(path.split("/")) if path else ()


def join(directory: str, name: str) -> str:
    """`name` below `directory`."""
    return f"{directory}/{name}" if directory else name


def is_below(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or lies below it."""
    return not directory or path == directory or path.startswith(directory + "/")


def ancestors(directory: str) -> tuple[str, ...]:
    """The directories above, nearest first, down to the root ("")."""
    parts = segments(directory)
    return tuple("/".join(parts[:count]) for count in range(len(parts) - 1, -1, -1))


def is_terraform(path: str) -> bool:
    """Whether Terraform or OpenTofu reads a file of this name as configuration."""
    return path.endswith(TERRAFORM_SUFFIXES)


def is_var_file(path: str) -> bool:
    """Whether the name is that of a file of variable values."""
    return path.endswith(VAR_FILE_SUFFIXES)


def is_automatic(path: str) -> bool:
    """Whether Terraform reads this var file without being told, when it lies in the root module."""
    name = basename(path)
    return name in ("terraform.tfvars", "terraform.tfvars.json") or name.endswith((".auto.tfvars", ".auto.tfvars.json"))


def stem(path: str) -> str:
    """The name without what only tells the format: `terraform.staging.tfvars.json` is `staging`, `a.auto.tfvars` is
    `a`."""
    name = basename(path)
    name = re.sub(r"\.(auto\.)?tfvars(\.json)?$|\.(hcl|json|ya?ml|tfbackend|backend|conf|config|ini|sh)$", "", name)
    name = re.sub(r"\.(s3|gcs|azurerm|remote|tfvars|backend)$", "", name)
    return re.sub(r"^(terraform|backend|variables|vars)[._-](?=.)", "", name)
