# Two commands: `make run` opens the application, `make test` checks everything.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# One more than cores: a journey waits for a browser, a kill test for the processes it started.
TEST_PROCESSES ?= 3
# Module by module, in the order of tests/conftest.py.
PYTEST = $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder --seconds

# Modules with property tests: here they look at new examples, in make test at the same ones.
PROPERTIES = $(shell grep -rl "^@given" tests)

.PHONY: help run test test-slow bench screenshots lint format clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 14

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing what Shopsight needs (once, a few minutes) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt constraints.txt | $(BIN)/python
	@echo "Installing what the checks need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

run: $(VENV)/.installed ## open the application (demo shop where there is no other)
	@exec $(BIN)/python -m app up

lint: $(VENV)/.installed-dev ## style, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: lint ## everything: style, types, import rules, unit, page and browser tests
	@$(PYTEST) -m "not slow_suite"

test-slow: $(VENV)/.installed-dev ## what make test leaves out: candidates that learn long, new random examples
	@$(PYTEST) -m slow_suite
	@$(PYTEST) --hypothesis-profile default $(PROPERTIES)

format: $(VENV)/.installed-dev ## put the code into shape
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.installed-dev ## measure the promised figures, write benchmarks.json (long)
	@$(BIN)/python -m tests.benchmarks $(BENCH)

screenshots: $(VENV)/.installed-dev ## take the pictures of the README from the running application
	@$(BIN)/python -m tests.browser.screenshots

clean: ## remove the environment and caches; what Shopsight keeps (var/) stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
