# Two commands: `make demo` and `make test`. Each does all set-up on Debian 12 or Ubuntu 24.04.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Qt needs no screen in tests
export QT_QPA_PLATFORM_TESTS := offscreen

.PHONY: setup demo test lint types imports unit contract flow desktop bench format lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: installers/setup/system.sh installers/lock/app.txt installers/lock/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" bash installers/setup/system.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is older. Give another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r installers/lock/app.txt -r installers/lock/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# make demo              the desktop with a simulated plant and a real Odoo
# make demo TOUR=out     plays it by itself; pictures and summary.json in out/
# make demo TOUR=out FAULT=odoo|kill
demo: setup
	$(BIN)/plant-console demo $(if $(TOUR),--tour "$(TOUR)") $(if $(FAULT),--fault $(FAULT)) $(ARGS)

# Tests with servers mostly wait for them, the others mostly reckon: side by side they take little more than the
# longer half. What the first half says is shown whole, after the second.
test: lint types imports
	@said=$$(mktemp); \
	$(BIN)/python -m pytest -p no:cacheprovider tests/contract tests/flow $(ARGS) > $$said 2>&1 & servers=$$!; \
	$(BIN)/python -m pytest -p no:cacheprovider tests/unit tests/desktop $(ARGS); here=$$?; \
	wait $$servers; there=$$?; cat $$said; rm -f $$said; \
	test $$here -eq 0 -a $$there -eq 0

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

unit contract flow: setup
	$(BIN)/python -m pytest tests/$@ $(ARGS)

desktop: setup
	$(BIN)/python -m pytest tests/desktop $(ARGS)

# Figures as ratios measured side by side in one run: a table, and bench.json
bench: setup
	$(BIN)/python -m tests.bench $(ARGS)

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Pins anew; afterwards look at the difference
lock:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet pip-tools
	cd installers/lock && CUSTOM_COMPILE_COMMAND="make lock" ../../$(BIN)/python -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file app.txt ../../pyproject.toml
	cd installers/lock && CUSTOM_COMPILE_COMMAND="make lock" ../../$(BIN)/python -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file dev.txt dev.in

clean:
	rm -rf $(VENV) build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
