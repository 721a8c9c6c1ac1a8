# Everything runs in .venv, which is made once and again when pyproject.toml or constraints.txt change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench clean

help: ## show these targets
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile

setup: $(STAMP) ## make the virtual environment and install

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"kinesis needs Python 3.11 or newer, this is {v[0]}.{v[1]}: try make PYTHON=python3.12")'
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[dev,video]'
	@touch $@

demo: setup ## watch 80 muscles walk: a table, a page, and a video where GL is there
	$(BIN)/kinesis demo

test: setup ## run the tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py

bench: setup ## measure the speed of stepping
	$(BIN)/kinesis bench sim

clean: ## remove the environment, builds and caches, but no runs
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests -name __pycache__ -prune -exec rm -rf {} +
