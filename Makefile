# make demo   installs, scores the sample dump, writes the reports and says where they are
# make test   installs, then runs what CI runs: ruff, mypy, pytest
# make evaluate  measures the shipped model on the suites and, where they are at hand, the corpora's dev rows
# make check  what CI runs, without installing; make notebooks: the notebooks alone; make docs: docs/labels.md; make clean
# make model  trains the shipped model anew from the corpora (hours; goes on where it stopped)

PYTHON ?= python3
TORCH ?= torch==2.13.*
TIER ?= AB
SHARED ?= ../shared
BIN := .venv/bin
DEMO := runs/demo
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check lint types pytest notebooks model evaluate docs clean

.venv/base: pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet -c .ci/constraints.txt -e .
	@touch $@

.venv/dev: .venv/base
	$(BIN)/python -m pip install --quiet -c .ci/constraints.txt -e ".[dev]"
	@touch $@

demo: .venv/base
	rm -rf $(DEMO)
	$(BIN)/analyzer score data/samples/dumps/* --out $(DEMO)
	$(BIN)/analyzer report $(DEMO)

test: .venv/dev
	@$(MAKE) --no-print-directory check

check: lint types pytest

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

pytest: .venv/dev
	$(BIN)/python -m pytest

notebooks: .venv/dev
	$(BIN)/python -m pytest tests/test_notebooks.py

docs: .venv/base
	$(BIN)/python -m analyzer.taxonomy > docs/labels.md

# Only the model of all tiers is the one that ships.
MODEL = $(if $(filter AB,$(TIER)),analyzer/models/default,build/model-$(TIER)/model)
model: .venv/base
	nice $(BIN)/python -m analyzer.recipe --corpora $(SHARED)/data/corpora --encoder $(SHARED)/models/me5-small-pruned \
		--own data --out $(MODEL) --work build/model-$(TIER) --tier $(TIER)

evaluate: .venv/base
	$(BIN)/analyzer evaluate default data/suites $(wildcard $(SHARED)/data/corpora) --out runs/evaluation

clean:
	rm -rf .venv build runs .mypy_cache .ruff_cache .pytest_cache
