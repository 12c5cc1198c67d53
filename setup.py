"""Names the packages: pyproject.toml cannot say "all below linter/, and rules/ as envfence.rules"."""

from setuptools import find_packages, setup

setup(packages=[*find_packages("linter"), "envfence.rules"])
