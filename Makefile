# Commands of the Think Family Warehouse. `make help` lists them.

PYTHON ?= python3
POPULATION ?= 100000
SEED ?= 1
TARGET ?= duckdb

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
# As modules, not as console scripts: those carry a path that may hold a space.
DBT := $(VENV_PYTHON) -W ignore::RuntimeWarning:runpy -m dbt.cli.main
THINK_FAMILY := $(VENV_PYTHON) -m think_family

EXTRACTS := extracts
TRUTH := truth
WAREHOUSE := warehouse
export THINK_FAMILY_BUILD_FILE ?= $(WAREHOUSE)/build.duckdb
export THINK_FAMILY_PUBLISHED_FILE ?= $(WAREHOUSE)/think_family.duckdb
# What readers see was built from; one file for each target.
FINGERPRINT_duckdb := $(THINK_FAMILY_PUBLISHED_FILE).fingerprint
FINGERPRINT_postgres := $(WAREHOUSE)/postgres.fingerprint
FINGERPRINT := $(FINGERPRINT_$(TARGET))

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
.PHONY: help build install deps extracts docs test lint format check-models pytest spark constraints clean

help: ## Say what each command does.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' Makefile \
		| while IFS='|' read -r name what; do printf '  make %-14s %s\n' "$$name" "$$what"; done

build: install deps extracts ## Build the warehouse (TARGET) from extracts/, synthesised when empty.
	@test -n "$(FINGERPRINT)" || { echo "No TARGET is called $(TARGET): duckdb, or postgres."; exit 1; }
	@mkdir -p "$$(dirname "$(FINGERPRINT)")"
	$(THINK_FAMILY) load --target $(TARGET) --extracts $(EXTRACTS)
	@$(THINK_FAMILY) fingerprint --target $(TARGET) --truth $(TRUTH) > "$(FINGERPRINT).new"
	@if test -f target/static_index.html && cmp -s "$(FINGERPRINT).new" "$(FINGERPRINT)" \
		&& $(THINK_FAMILY) summary --target $(TARGET) > /dev/null 2>&1; then \
		echo "Nothing has changed since the last build: dbt build is skipped."; \
	else \
		echo "$(DBT) build --target $(TARGET)" && $(DBT) build --target $(TARGET) \
		&& $(DBT) --quiet docs generate --static --target $(TARGET) \
		&& mv "$(FINGERPRINT).new" "$(FINGERPRINT)"; \
	fi
	@echo
	@$(THINK_FAMILY) summary --target $(TARGET)

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
	$(DBT) docs generate --static --target $(TARGET)

test: lint check-models pytest ## Check everything: what CI runs.

lint: install deps ## Check style and types: sqlfluff, ruff, mypy.
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy --strict src
	@mkdir -p build/lint
	THINK_FAMILY_BUILD_FILE=build/lint/lint.duckdb DBT_TARGET_PATH=build/lint/target \
		DBT_LOG_PATH=build/lint/logs PYTHONWARNINGS=ignore \
		$(VENV_PYTHON) -m sqlfluff lint --disable-progress-bar --processes 2 models tests/data

format: install ## Rewrite Python files in the house style.
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

check-models: export DBT_WARN_ERROR_OPTIONS := {"error": "all"}
check-models: export DBT_TARGET_PATH := build/check/target
check-models: export DBT_LOG_PATH := build/check/logs
check-models: install deps ## Parse every model, with every warning and deprecation as an error.
	$(DBT) --quiet parse --no-partial-parse --show-all-deprecations

pytest: install deps ## Run the Python tests: the conventions, and a small city built from nothing.
	$(VENV_PYTHON) -m pytest

# Spark is large, and only tried here: it has an environment of its own.
SPARK_VENV := build/spark/venv
SPARK_PYTHON := $(SPARK_VENV)/bin/python

spark: export DBT_WARN_ERROR_OPTIONS := {"error": "all"}
spark: export DBT_TARGET_PATH := build/spark/target
spark: export DBT_LOG_PATH := build/spark/logs
spark: deps $(SPARK_VENV)/installed ## Try every model on Spark, and build a source there (Java 17).
	$(SPARK_PYTHON) -W ignore::RuntimeWarning:runpy -m dbt.cli.main --quiet parse --target spark \
		--no-partial-parse --show-all-deprecations
	$(SPARK_PYTHON) -m pytest tests/spark

$(SPARK_VENV)/installed: pyproject.toml constraints.txt
	@version=$$("$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>&1 \
			| sed -n 's/.* version "\([0-9]*\).*/\1/p'); \
		test "$${version:-0}" -ge 17 || { \
		echo "Spark needs Java 17 or newer: install one, such as Debian's openjdk-17-jre-headless,"; \
		echo "and let JAVA_HOME name it where an older one comes first."; exit 1; }
	@test -x $(SPARK_PYTHON) || "$(PYTHON)" -m venv --clear $(SPARK_VENV)
	@echo "Installing Spark into $(SPARK_VENV) (450 MB, a few minutes) ..."
	@$(SPARK_PYTHON) -m pip install -qq -c constraints.txt setuptools
	@$(SPARK_PYTHON) -m pip install -qq --no-build-isolation -c constraints.txt -e ".[spark]" pytest
	@touch $@

constraints: ## Pin what a clean environment gets from pyproject.toml, in constraints.txt.
	@rm -rf build/constraints
	"$(PYTHON)" -m venv build/constraints
	build/constraints/bin/python -m pip install -qq "setuptools>=77"
	build/constraints/bin/python -m pip install -qq --no-build-isolation ".[dev,spark]"
	@{ echo "# Every package of the project's environment, pinned, transitive ones too."; \
		echo "# Made by \`make constraints\`; pyproject.toml says what is asked for."; \
		build/constraints/bin/python -m pip freeze --all --exclude think-family --exclude pip \
			| sort -f; } > constraints.txt

clean: ## Remove what the commands left; extracts/, truth/ and warehouse/ stay.
	rm -rf build target logs dbt_packages package-lock.yml $(VENV)
	rm -f "$(FINGERPRINT_duckdb)" "$(FINGERPRINT_duckdb).new" $(FINGERPRINT_postgres) $(FINGERPRINT_postgres).new
