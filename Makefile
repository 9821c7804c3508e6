# make run   the national day          make test      the quick suite
# make check lint, types, floors       make test-all  everything; a skip is an error
# make bench ratios in one table       make lock      renew the pinned requirements
# make explore  the property tests on examples that nobody has tried yet
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
PEERS  := $(VENV)-peers

export PYTHONDONTWRITEBYTECODE := 1

help:
	@sed -n '1,4p' Makefile

# One stamp a set of pins: a changed lock or project file installs again, anything else does not.
$(VENV)/.run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Kezek needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 run") if sys.version_info < (3, 11) else 0'
ifeq ($(UV),)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
else
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@$(UV) pip install --quiet --python $(BIN)/python --only-binary :all: --require-hashes -r requirements/run.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
endif
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
ifeq ($(UV),)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/dev.txt
else
	@$(UV) pip install --quiet --python $(BIN)/python --only-binary :all: --require-hashes -r requirements/dev.txt
endif
	@touch $@

setup: $(VENV)/.dev

run: $(VENV)/.run
	@$(BIN)/kezek day $(ARGS)

check: $(VENV)/.dev
	@failed=0; \
	$(BIN)/ruff check src tests benchmarks || failed=$$((failed+1)); \
	$(BIN)/ruff format --check src tests benchmarks || failed=$$((failed+1)); \
	$(BIN)/mypy || failed=$$((failed+1)); \
	$(BIN)/lint-imports --no-cache || failed=$$((failed+1)); \
	$(BIN)/python -m benchmarks.size src/kezek; \
	if [ $$failed -gt 0 ]; then echo "$$failed of 4 checks failed"; exit 1; fi; echo "4 of 4 checks passed"

fix: $(VENV)/.dev
	@$(BIN)/ruff check --fix src tests benchmarks; $(BIN)/ruff format src tests benchmarks

QUICK := -m "not slow and not browser"

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(QUICK) $(ARGS)

test-all: $(VENV)/.dev check
	@KEZEK_SKIP_IS_ERROR=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(QUICK) --cov --cov-report=term:skip-covered $(ARGS)
	@KEZEK_SKIP_IS_ERROR=1 $(BIN)/python -m pytest -n 2 --dist load -m "slow or browser" $(ARGS)

explore: $(VENV)/.dev
	@KEZEK_EXPLORE=1 $(BIN)/python -m pytest -n 2 --dist load tests/property $(ARGS)

bench: $(VENV)/.dev $(PEERS)/.done
	@$(BIN)/python -m benchmarks.run --peers $(PEERS)/bin/python

$(PEERS)/.done: benchmarks/requirements-peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements-peers.txt
	@touch $@

docs: $(VENV)/.dev
	@$(BIN)/python -c 'import sys; from kezek.reports.manual import codes_page; sys.stdout.write(codes_page())' > docs/codes.md
	@$(BIN)/python -c 'import sys; from kezek.law.book import load_book; from kezek.reports.manual import readings_page; sys.stdout.write(readings_page(load_book()))' > docs/readings.md
	@$(BIN)/python -c 'import sys; from kezek.dossier.page import schema_page; sys.stdout.write(schema_page())' > docs/operator-file.md
	@$(BIN)/python -c 'import sys; from tests.spec.manual import worked_examples_page; sys.stdout.write(worked_examples_page())' > docs/worked-examples.md

picture: run
	@$(BIN)/python -m benchmarks.picture out/day-2025-10-15 docs/pictures/day.svg

lock:
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --group build -o requirements/run.txt
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) $(PEERS) out .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help setup run check fix test test-all explore bench docs picture lock clean
