# The two commands are «make run» and «make test»; «make setup» is the first half of both.
# HOST and PORT say where «make run» serves; PYTHON names another Python than the first one found.

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/installed
# The exact pin stands in pyproject.toml only.
TORCH := $(shell sed -n 's/^ *"\(torch==[0-9.]*\)",$$/\1/p' pyproject.toml)
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

export OMP_NUM_THREADS := 1
export HF_HUB_OFFLINE := 1
export GRADIO_ANALYTICS_ENABLED := False
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow lint index bench docs lock clean

help:
	@echo "make run     serve the chat on http://127.0.0.1:7860 (HOST, PORT)"
	@echo "make test    lint, types, layers, records, then the whole test suite"
	@echo "make setup   only create $(VENV) and install what requirements.lock pins"
	@echo "also: test-slow, lint, index, bench, docs (field table and editor schema), lock, clean"

setup: $(STAMP)

# The lock comes first and without torch; torch then finds everything it needs except, where its default build wants
# them, the CUDA packages. README.md says how to get the build without.
$(STAMP): requirements.lock
	@set -e; \
	found=; \
	for python in $(PYTHONS); do \
	  if "$$python" -c '$(SUITABLE)' >/dev/null 2>&1; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11, 3.12 or 3.13 with venv was found. On Debian or Ubuntu run: apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	if ! $(PY) -c '$(SUITABLE)' >/dev/null 2>&1; then \
	  echo "Creating $(VENV) with $$found"; \
	  "$$found" -m venv --clear $(VENV); \
	fi; \
	quiet=; [ -t 1 ] || quiet=-qq; \
	trap 'echo "The installation did not finish. Check the network and the free disk space (about 2 GB), then run the same command again." >&2' EXIT; \
	echo "Installing the packages of requirements.lock (a few minutes the first time)"; \
	$(PY) -m pip install $$quiet --no-deps --require-hashes -r requirements.lock; \
	echo "Installing $(TORCH)"; \
	$(PY) -m pip install $$quiet "$(TORCH)"; \
	$(PY) -m pip check; \
	touch $(STAMP); \
	trap - EXIT

run: setup
	@$(PY) app.py

index: setup
	@$(PY) -m assistant index

lint: setup
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m assistant check

# One process for each core, four at most; a file's tests stay together, because they share a server or a library.
test: lint index
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile

test-slow: index
	$(PY) -m pytest -m slow

bench: index
	$(PY) -m assistant bench

docs: setup
	$(PY) -m assistant.corpus.template

# Keeps the versions that are pinned; «make lock UPGRADE=--upgrade» takes the newest.
lock:
	@command -v uv >/dev/null || { echo "uv is needed to make the lock: pip install uv" >&2; exit 1; }
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-emit-package torch \
	  --quiet $(UPGRADE) -o requirements.lock
	@{ echo "# Made from pyproject.toml by «make lock»; every file is pinned by its sha256. torch is not in here: see README.md, Installation."; \
	  cat requirements.lock; } > requirements.lock.new && mv requirements.lock.new requirements.lock

# The index stays: a running server may use it, and it is replaced safely by the next build.
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
