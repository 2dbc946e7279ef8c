# Aana's commands. `make demo` and `make test` do everything on a Debian machine with Python and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
STAY ?= 0
BOXES ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test install check format test-unit test-e2e test-faults test-gpu bench clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.base ## start a daemon, host a project, send it a request, stop everything (STAY=1: stay up)
	@STAY=$(STAY) PATH="$(CURDIR)/$(BIN):$$PATH" projects/demo.sh

test: test-unit test-e2e test-faults ## run every test that a machine without a GPU can run

install: $(VENV)/.dev ## make .venv with all that developing needs

check: $(VENV)/.dev ## the fast part: format, lint, types, import contracts, unit tests
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q -n auto -m "not e2e and not faults and not gpu"

format: $(VENV)/.dev ## format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

test-unit: $(VENV)/.dev ## tests without Ray
	$(BIN)/pytest -q -n auto -m "not e2e and not faults and not gpu"

test-e2e: $(VENV)/.dev ## tests against one real daemon and one real Ray (BOXES=2: two of each, half of the tests for each)
	@{ [ -x /usr/sbin/sshd ] && command -v tmux >/dev/null; } \
		|| { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qq -y --no-install-recommends openssh-server tmux; } \
		|| { echo "make test-e2e needs sshd and tmux: apt-get install openssh-server tmux" >&2; exit 1; }
	$(BIN)/pytest -q -m e2e $(if $(filter-out 1,$(BOXES)),-n $(BOXES) --dist loadfile)

test-faults: $(VENV)/.dev ## tests that kill processes of a daemon and a Ray of their own
	$(BIN)/pytest -q -m faults -p no:randomly

test-gpu: $(VENV)/.dev ## tests on the GPUs of this machine; says so where there is none
	@$(BIN)/python -m tests.gpu

bench: $(VENV)/.dev ## measure throughput, start-up, rest, images and a full house; prints figures, asserts nothing
	@command -v wrk >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qq -y wrk; } \
		|| { echo "make bench needs wrk: apt-get install wrk" >&2; exit 1; }
	$(BIN)/python -m tests.bench

clean: ## remove what make made
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 -m venv failed: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --constraint constraints.txt --editable '.[dev,models]'
	@touch $@ $(VENV)/.base
