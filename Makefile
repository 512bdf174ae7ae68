# Commands of the Think Family Warehouse. `make help` lists them.

PYTHON ?= python3
POPULATION ?= 60000
SEED ?= 2018

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
# As modules, not as console scripts: those carry a path that may hold a space.
DBT := $(VENV_PYTHON) -m dbt.cli.main
THINK_FAMILY := $(VENV_PYTHON) -m think_family

EXTRACTS := extracts
TRUTH := truth
WAREHOUSE := warehouse
export THINK_FAMILY_BUILD_FILE ?= $(WAREHOUSE)/build.duckdb
export THINK_FAMILY_PUBLISHED_FILE ?= $(WAREHOUSE)/think_family.duckdb

TEST_CITY := build/test-city
TEST_POPULATION := 5000
TEST_SEED := 7

# The environment of the caller must not lead dbt or Python elsewhere.
unexport PYTHONPATH PYTHONHOME PYTHONWARNINGS VIRTUAL_ENV
unexport DBT_PROJECT_DIR DBT_TARGET DBT_TARGET_PATH DBT_LOG_PATH DBT_PROFILE
export DBT_PROFILES_DIR := .
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONNOUSERSITE := 1
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build install deps extracts docs test lint format check-models pytest test-city \
	constraints clean

help: ## Say what each command does.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' Makefile \
		| while IFS='|' read -r name what; do printf '  make %-14s %s\n' "$$name" "$$what"; done

build: install deps extracts ## Build the warehouse from extracts/, which is synthesised when empty.
	@mkdir -p $(WAREHOUSE)
	$(THINK_FAMILY) load --extracts $(EXTRACTS)
	@$(THINK_FAMILY) fingerprint --truth $(TRUTH) > $(WAREHOUSE)/fingerprint.new
	@if test -f $(THINK_FAMILY_PUBLISHED_FILE) && test -f target/static_index.html \
		&& cmp -s $(WAREHOUSE)/fingerprint.new $(WAREHOUSE)/fingerprint; then \
		echo "Nothing has changed since the last build: dbt build is skipped."; \
	else \
		echo "$(DBT) build" && $(DBT) build \
		&& echo "$(DBT) docs generate --static" && $(DBT) --quiet docs generate --static \
		&& mv $(WAREHOUSE)/fingerprint.new $(WAREHOUSE)/fingerprint; \
	fi
	@echo
	@$(THINK_FAMILY) summary

install: $(VENV)/installed

# Rewritten when what is asked for or what is pinned changes, and only then.
$(VENV)/installed: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(VENV_PYTHON) || "$(PYTHON)" -m venv --clear $(VENV) || { \
		echo "This Python cannot make a virtual environment; its venv package may be missing."; exit 1; }
	@echo "Installing the packages of constraints.txt into $(VENV) (a minute or two) ..."
	@$(VENV_PYTHON) -m pip install -qq -c constraints.txt setuptools
	@$(VENV_PYTHON) -m pip install -qq --no-build-isolation -c constraints.txt -e ".[dev]"
	@touch $@

deps: install ## Put the dbt packages in place: from the hub, or the stand-in.
	@$(THINK_FAMILY) deps

extracts: install ## Synthesise a city (POPULATION, SEED) when extracts/ is empty.
	@if test -n "$$(find $(EXTRACTS) -type f 2>/dev/null | head -n 1)"; then \
		echo "Extracts: those in $(EXTRACTS)/ are used."; \
	else \
		$(THINK_FAMILY) synth --population $(POPULATION) --seed $(SEED) --out $(EXTRACTS); \
	fi

docs: install deps ## Make the docs page of the warehouse that is built: target/static_index.html.
	$(DBT) docs generate --static

test: lint check-models pytest test-city ## Check everything: what CI runs.

lint: install deps ## Check style and types: sqlfluff, ruff, mypy.
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy --strict src
	@mkdir -p build/lint
	THINK_FAMILY_BUILD_FILE=build/lint/lint.duckdb DBT_TARGET_PATH=build/lint/target \
		DBT_LOG_PATH=build/lint/logs $(VENV_PYTHON) -m sqlfluff lint --disable-progress-bar models tests/data

format: install ## Rewrite Python files in the house style.
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

check-models: export DBT_WARN_ERROR_OPTIONS := {"error": "all"}
check-models: export DBT_TARGET_PATH := build/check/target
check-models: export DBT_LOG_PATH := build/check/logs
check-models: install deps ## Parse every model, with every warning and deprecation as an error.
	$(DBT) --quiet parse --no-partial-parse --show-all-deprecations

pytest: install deps ## Run the Python tests, the conventions on the models among them.
	$(VENV_PYTHON) -m pytest

test-city: export DBT_WARN_ERROR_OPTIONS := {"error": "all"}
test-city: export DBT_TARGET_PATH := $(TEST_CITY)/target
test-city: export DBT_LOG_PATH := $(TEST_CITY)/logs
test-city: export THINK_FAMILY_BUILD_FILE := $(TEST_CITY)/warehouse/build.duckdb
test-city: export THINK_FAMILY_PUBLISHED_FILE := $(TEST_CITY)/warehouse/think_family.duckdb
test-city: install deps ## Build a small city from nothing, with every data test and unit test.
	@rm -rf $(TEST_CITY)
	@mkdir -p $(TEST_CITY)/warehouse
	$(THINK_FAMILY) synth --population $(TEST_POPULATION) --seed $(TEST_SEED) --prevalence \
		--out $(TEST_CITY)/extracts
	$(THINK_FAMILY) load --extracts $(TEST_CITY)/extracts
	$(DBT) build --vars '{truth_path: $(TEST_CITY)/truth}'
	$(DBT) docs generate --static --vars '{truth_path: $(TEST_CITY)/truth}'
	@$(THINK_FAMILY) summary --docs-page $(TEST_CITY)/target/static_index.html

constraints: ## Pin what a clean environment gets from pyproject.toml, in constraints.txt.
	@rm -rf build/constraints
	"$(PYTHON)" -m venv build/constraints
	build/constraints/bin/python -m pip install -qq setuptools
	build/constraints/bin/python -m pip install -qq --no-build-isolation ".[dev]"
	@{ echo "# Every package of the project's environment, pinned, transitive ones too."; \
		echo "# Made by \`make constraints\`; pyproject.toml says what is asked for."; \
		build/constraints/bin/python -m pip freeze --all --exclude think-family --exclude pip \
			| sort -f; } > constraints.txt

clean: ## Remove what the commands left; extracts/, truth/ and warehouse/ stay.
	rm -rf build target logs dbt_packages package-lock.yml $(VENV)
	rm -f $(WAREHOUSE)/fingerprint $(WAREHOUSE)/fingerprint.new
