# The menu: `make` alone prints it.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Compiled once and kept: every process of ours starts a third of a second sooner.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo sandbox run test check fmt audit lock coverage bench faults clean

help: ## this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## the whole story on this machine, offline (REPO=path: with your own repository)
	@$(BIN)/reviewapps demo $(if $(REPO),--repository "$(REPO)")

sandbox: $(VENV)/installed ## a GitHub, a Cloud Foundry and reviewapps between them, to click around in (FRESH=1: begin anew)
	@$(BIN)/reviewapps sandbox $(if $(FRESH),--fresh)

run: $(VENV)/installed ## work for the installation that the REVIEWAPPS_… variables describe
	@$(BIN)/reviewapps run

test: $(VENV)/installed-dev ## every test
	@tests/web/chromium.sh
	@$(BIN)/pytest -q -n 4 --dist worksteal

check: $(VENV)/installed-dev ## format, lint, types, layers, and the fast tests
	@$(BIN)/ruff format --check --quiet . || { echo "run: make fmt"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(MAKE) --no-print-directory -j 2 types fast

.PHONY: types fast
types: # each of these is one process: beside them the tests have the other core
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

fast:
	@$(BIN)/pytest -q -n 2 tests/core tests/house tests/coordination

fmt: $(VENV)/installed-dev ## format the code
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

coverage: $(VENV)/installed-dev ## the tables of endpoints in docs/sandbox.md, from what the tests ask
	@$(BIN)/python -m tests.contract.coverage

bench: $(VENV)/installed-dev ## the measurements behind docs/numbers.md
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.sandbox

faults: $(VENV)/installed-dev ## every request of four stories goes wrong, in every way (ROUNDS=1: each in one; MINUTES=30: then end; QUICK=1: a sample)
	@$(BIN)/python -m tests.faults $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	    $(if $(MINUTES),--minutes $(MINUTES)) $(if $(WORKERS),--workers $(WORKERS)) \
	    $(if $(WRITE),--write docs/faults.md)

audit: $(VENV)/installed-dev ## known weaknesses of what requirements.lock names (SAY=1: say so where nobody can be asked, and go on)
	@$(BIN)/python -m tests.house.audit $(if $(SAY),--say-only)

lock: ## resolve the dependencies anew, for every Python and platform
	@$(PYTHON) -m venv .work/lock && .work/lock/bin/pip install --quiet uv
	.work/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	.work/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --custom-compile-command "make lock" --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## forget what was installed and what sandboxes left
	rm -rf $(VENV) .sandbox .demo .work

# What is missing is named, with the package that brings it.
$(VENV)/bin/python:
	@command -v git >/dev/null || { echo "git is missing: apt-get install git (or https://git-scm.com)"; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); reviewapps needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "venv is missing: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python requirements.lock pyproject.toml
	@printf 'reviewapps: installing what requirements.lock names … ' && \
	    $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	    $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e . && echo done
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@printf 'reviewapps: installing what requirements-dev.lock names … ' && \
	    $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock && echo done
	@touch $@
