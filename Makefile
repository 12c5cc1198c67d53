# Everything a developer needs: each target makes what it needs on a machine with Python 3.11 and make.

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: example test lint types check package benchmark clean

$(BIN)/envfence: pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

example: $(BIN)/envfence  ## the main job on a small company that made every mistake
	$(BIN)/envfence check fixtures/acme --fail-on never

test: $(BIN)/envfence  ## all tests
	$(BIN)/pytest

lint: $(BIN)/envfence
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/envfence
	$(BIN)/mypy

package: $(BIN)/envfence  ## build the wheel, install it elsewhere, run it there
	$(BIN)/python tools/check_package.py

check: test lint types package

benchmark: $(BIN)/envfence
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist *.egg-info linter/*.egg-info
