# Every target sets up what it needs into .venv; nothing but make and Python 3.11 or newer has to be there.
.DEFAULT_GOAL := help
.PHONY: help run demo serve test endurance audit lint lock benchmarks clean

VENV := .venv
BIN := $(VENV)/bin
# The newest of the supported interpreters; set PYTHON=... to choose another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# A lock names all that is needed, so pip resolves nothing: an old one takes `sqlalchemy[asyncio]` for another package
# than the `sqlalchemy` that is pinned, and looks for its newest version.
LOCKED := $(PIP) install --require-hashes --no-deps -r
# Nothing of govwatch or Prefect reports home, in tests too.
export DO_NOT_TRACK := 1

help:
	@echo "make run         one pass: fetch new coverage, detect mentions, deliver alerts"
	@echo "make demo        the whole pipeline on a simulated newsroom, offline, in under a minute"
	@echo "make serve       schedules, runs and Prefect's UI in one process"
	@echo "make test        lint, types, architecture and tests"
	@echo "make endurance   the tests that take minutes: kills, load, real services and clusters"
	@echo "make lint        only the first three"
	@echo "make audit       what the public advisories say of the versions in requirements.lock"
	@echo "make benchmarks  every benchmark, each against its peer; figures as JSON lines"
	@echo "make lock        resolve the dependencies anew into requirements*.lock"

run: $(VENV)/.ready
	@$(BIN)/govwatch run $(ARGS)

demo: $(VENV)/.ready
	@$(BIN)/govwatch demo $(ARGS)

serve: $(VENV)/.ready
	@$(BIN)/govwatch serve $(ARGS)

test: lint
	$(BIN)/python -m pytest -m "not endurance" $(ARGS)

endurance: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m endurance $(ARGS)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmarks: $(VENV)/.ready-benchmarks
	@for f in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename $$f .py) || exit 1; done

audit: $(VENV)/.ready-dev
	$(BIN)/python .ci/audit

lock: $(VENV)/.ready-dev
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--custom-compile-command "make lock" --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--custom-compile-command "make lock" --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--custom-compile-command "make lock" --extra build --extra dev --extra benchmarks -c requirements-dev.lock \
		pyproject.toml -o requirements-benchmarks.lock

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "govwatch needs Python 3.11 or newer; none was found. Install it, or: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version), once"
	@$(PYTHON) -m venv $(VENV) || { echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(LOCKED) requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@$(LOCKED) requirements-dev.lock
	@touch $@

$(VENV)/.ready-benchmarks: requirements-benchmarks.lock $(VENV)/.ready-dev
	@$(LOCKED) requirements-benchmarks.lock
	@touch $@
