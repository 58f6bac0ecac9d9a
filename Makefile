# Everything a person types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export QMS_HOME ?= var
export PORT ?= 8000
unexport PYTHONDONTWRITEBYTECODE  # each start would translate all modules anew

.PHONY: help run setup check test bench chaos translations clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: ## set everything up if needed and start the product with its demo plant (PORT, QMS_HOME)
	@$(PYTHON) scripts/setup.py run
	@QMS_DEMO=$${QMS_DEMO-1} exec $(BIN)/qms run

setup: ## set up alone: environment, packages, fonts, pages, translations
	@$(PYTHON) scripts/setup.py dev

check: ## static checks: style, types, imports, translations, sizes, every migration up and down
	@$(PYTHON) scripts/setup.py dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .import_linter_cache
	$(BIN)/python scripts/translations.py check
	$(BIN)/python -m pytest -q tests/architecture

test: ## all tests, in a real browser too (Debian's chromium, poppler-utils, postgresql are installed if missing)
	@$(PYTHON) scripts/setup.py test
	$(BIN)/python -m pytest -q -n 3 --dist loadscope $(TESTS)

bench: ## the measured figures: a signed record, a signing request, a task, the audit trail, the pages
	@$(PYTHON) scripts/setup.py bench
	$(BIN)/qms bench record --json
	$(BIN)/qms bench sign --json
	$(BIN)/qms bench task --json
	$(BIN)/qms bench audit --json
	$(BIN)/qms bench engine --json
	$(BIN)/qms bench pages --json
	$(BIN)/qms bench lists --json
	$(BIN)/qms scenario plant-week --json
	QMS_WALK=whole $(BIN)/python -m pytest -q tests/e2e/test_accessibility.py

chaos: ## kill processes, edit rows and bytes, write hostile expressions, play random models: nothing lost, all found
	@$(PYTHON) scripts/setup.py dev
	$(BIN)/python -m pytest -q -m chaos tests/chaos
	QMS_RANDOM_MODELS=2000 $(BIN)/python -m pytest -q tests/integration/workflows/test_random_models.py
	QMS_MIGRATED_CASES=1000 $(BIN)/python -m pytest -q tests/integration/workflows/test_migration.py
	$(BIN)/qms chaos kills --json
	$(BIN)/qms chaos edits --json
	$(BIN)/qms chaos bytes --json
	$(BIN)/qms chaos expressions --json

translations: ## collect the sentences of the product and bring the catalogues in step
	$(BIN)/python scripts/translations.py extract

clean: ## remove what set-up made, never the data in QMS_HOME
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache app/static/node_modules app/static/build documents/build
