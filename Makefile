# `make run` serves the application, `make test` runs every check and test; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
PAGES := $(wildcard web/frontend/*.json web/frontend/*.mjs) $(shell find web/frontend/src -type f 2>/dev/null) $(wildcard web/templates/*.html web/templates/*/*.html web/*/templates/*/*.html web/static/*.js)

.PHONY: run test bench pictures lock clean

run: $(READY)
	$(BIN)/xuncha run

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict engine web
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder

bench: $(READY)
	$(BIN)/python -m bench

# Takes the pictures of the README anew.
pictures: $(READY)
	$(BIN)/python -m tests.pictures

$(READY): $(INSTALLED) pyproject.toml hatch_build.py $(PAGES)
	@echo 'Building the pages.'
	@$(PIP) install --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Fetching packages into $(VENV); the first time takes a minute or two.'
	@$(PIP) install --no-compile --require-hashes --requirement requirements.lock
	@touch $@

# Works out the lock anew from pyproject.toml: every package with its hashes, no address.
lock: $(INSTALLED)
	@test -x $(VENV)/lock/bin/uv || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip install --quiet uv==0.13.9; }
	$(VENV)/lock/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock
	$(BIN)/python hatch_build.py lock

clean:
	rm -rf $(VENV) web/static/dist engine/dist web/frontend/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
