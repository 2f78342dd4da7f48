# Two commands: `make run` shows the whole loop on real Kafka, `make test` checks it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint types contracts pytest chaos clean

run: .venv/run
	$(BIN)/kairec demo

test: lint types contracts pytest

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev
	$(BIN)/mypy

contracts: .venv/dev
	$(BIN)/lint-imports

# Kernels are compiled before: no test's time runs out by it. Each process has a Kafka of
# its own, and takes whole files; what may last longest comes first (tests/conftest.py).
PROCESSES ?= 2

pytest: .venv/dev
	$(BIN)/python -m pipeline.apps.kernels
	$(BIN)/pytest -q -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

# Faults at random on three nodes under load, then the books: see docs/guarantees.md.
MINUTES ?= 30
SEED ?= 1
FAULTS ?= all

chaos: .venv/dev
	$(BIN)/python -m tests.chaos.soak --minutes $(MINUTES) --seed $(SEED) --faults $(FAULTS)

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Kairec needs Python 3.11 or newer; set PYTHON=python3.12, for example")'
	$(PYTHON) -m venv .venv

.venv/run: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local]'
	touch $@

.venv/dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local,dev,bench]'
	touch $@ .venv/run

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
