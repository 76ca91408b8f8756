# Everything is built into .venv from requirements.lock; nothing else is installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help venv run test explore check up bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

venv: $(STAMP)  ## build .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Tidegate needs Python 3.11 or newer; say make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (two to four minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

# What is simulated and what is a lender's own are never mixed: each has its folder.
run: export TIDEGATE_VAR_DIR ?= $(if $(DATA),var/lender,var)
run: venv  ## one whole cycle; DATA=FILE for a lender's own file, SOURCE=NAME for its mapping
	@$(BIN)/python -m flows.run_cycle $(if $(DATA),--data $(DATA)) $(if $(SOURCE),--source $(SOURCE)) $(ARGS)

test: check  ## all tests, after the static checks
	@$(BIN)/python -m pytest --numprocesses auto $(ARGS)

explore: venv  ## the tests that draw their examples, on new ones
	@$(BIN)/python -m pytest --numprocesses auto --hypothesis-profile explore \
		tests/property tests/differential $(ARGS)

check: venv  ## lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

up: venv  ## Prefect's and MLflow's servers and a runner, on loopback
	@$(BIN)/tidegate up

bench: venv  ## print the figures that the documents quote
	@for name in world validation point_in_time default_risk allocation decisions drift_rates \
		gate_fuzz; do \
		echo "== benchmarks.$$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

lock: venv  ## renew requirements.lock from pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --no-annotate \
		--python-version 3.11 pyproject.toml --output-file requirements.lock

clean:  ## remove .venv; var/ is kept
	@rm -rf $(VENV)
