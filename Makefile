# Tillflow on one machine. Needs python3, make and the package registries; brings the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run demo up down test test-long lint lint-code lint-templates check-sagas template prove mutants storm openapi policies layers diagrams inspector console bench clean

UV_VERSION := 0.13.9
# The newest release; the SAM CLI holds an older one in the project's environment.
CFN_LINT_VERSION := 1.58.0
UV := .tools/uv/bin/uv
BIN := $(CURDIR)/.venv/bin
PYTHON := $(BIN)/python
PACKAGES := packages/stepfunctions-local packages/local-aws
NPM := $(PYTHON) -m tools.node
INSPECTOR := packages/execution-inspector
CONSOLE := console

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Packages are kept in the project's folder, so that `make clean` removes them.
export UV_CACHE_DIR ?= $(CURDIR)/.tools/uv-cache
export PIP_CACHE_DIR ?= $(CURDIR)/.tools/pip-cache
export npm_config_cache ?= $(CURDIR)/.tools/npm-cache
# Use the project's environments only, whatever the caller has set.
unexport VIRTUAL_ENV
unexport UV_PROJECT_ENVIRONMENT
unexport PYTHONPATH
unexport PYTHONHOME
# Without its bytecode every process compiles the packages anew, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
	  printf '  make %-12s %s\n' "$$target" "$$text"; done

setup: .tools/ready ## Install everything the project needs, into the project's folder alone

run: setup ## Start local AWS, deploy the shop, seed it, run the demo, stay up until Ctrl-C
	@$(PYTHON) -m till.run

demo: setup ## Like run, but exit after the demo; fail if a scenario ended unexpectedly
	@$(PYTHON) -m till.run --once

up: setup ## Start local AWS in the background with the shop deployed
	@$(PYTHON) -m till.main up --detach --deploy

down: ## Stop the local AWS; its data is kept
	@test ! -x $(PYTHON) || $(PYTHON) -m till.main down

test: lint check-sagas ## Check and test everything
	@echo "== Components of the inspector and the console"
	@$(NPM) $(INSPECTOR) test
	@$(NPM) $(CONSOLE) test
	@for package in $(PACKAGES); do (cd $$package && echo "== Tests of $$package" \
	  && $(PYTHON) -m pytest -q -n 2 --dist loadgroup) || exit 1; done
	@echo "== Tests of the shop"
	@$(PYTHON) -m pytest -q -n 2 --dist loadgroup

test-long: setup ## Run the long tests: models, kills at every commit, mutants, a repeated demo, every package in the emulator (15 minutes; before a workflow change is merged)
	$(PYTHON) -m pytest -q -n 2 --dist loadgroup -m long

lint: setup ## Style, types, import contracts, dead code, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j 2 lint-code lint-templates

lint-code: setup
	$(PYTHON) -m tools.openapi --check
	$(PYTHON) -m tools.unused
	@for folder in . $(PACKAGES); do (cd $$folder && echo "== $$folder" \
	  && $(BIN)/mypy && $(BIN)/lint-imports --no-logo && $(BIN)/deptry .) || exit 1; done
	@for package in $(PACKAGES); do (cd $$package && $(BIN)/vulture) || exit 1; done

# W3002: sam packages the code of nested stacks. W1033: the empty default of SubnetIds is split under HasNetwork alone.
lint-templates: setup
	$(PYTHON) -m tools.template --check
	@mkdir -p .local && $(PYTHON) -m tools.template.translate > .local/translated.json
	$(UV) tool run --quiet --from cfn-lint==$(CFN_LINT_VERSION) \
	  cfn-lint .local/translated.json template-api.yaml template-consumers.yaml template-routes.yaml template-monitoring.yaml \
	  --regions us-east-1 eu-central-1 ap-southeast-2 --ignore-checks W3002 W1033
	$(NPM) $(INSPECTOR) run check
	$(NPM) $(CONSOLE) run check

inspector: setup ## Build the execution inspector into the pages that show it
	$(NPM) $(INSPECTOR) run build

console: setup ## Build the console into the function that serves it
	$(NPM) $(CONSOLE) run build

check-sagas: setup ## Check every workflow against the saga rules
	$(PYTHON) tools/stamp_retries.py --check
	$(PYTHON) -m verification.saga_checker

template: setup ## Generate template.yaml from the fragments in infrastructure/
	$(PYTHON) -m tools.template

openapi: setup ## Generate the OpenAPI document of the HTTP API from its routes and models
	$(PYTHON) -m tools.openapi

policies: setup ## Stamp the retry policies into the workflows
	$(PYTHON) tools/stamp_retries.py

layers: setup ## Pin what the layers carry to the versions of uv.lock
	@for layer in common documents imaging stripe; do \
	  $(UV) export --quiet --frozen --no-hashes --no-header --no-annotate --no-emit-project \
	    --only-group layer-$$layer --output-file layers/$$layer/requirements.txt; done

diagrams: setup ## Draw the workflows into docs/workflows
	$(PYTHON) -m verification.saga_checker --draw

prove: setup ## Run every workflow under every fault, pair of faults and kill (about an hour; before a release)
	$(PYTHON) -m verification.proof

mutants: setup ## Run the proof on mutants of the product (hours; before a release)
	$(PYTHON) -m verification.proof.mutants

storm: setup ## Kill the engine 300 times and the local AWS 100 times with -9 under load (40 minutes; after a change of what they store)
	cd packages/stepfunctions-local && $(PYTHON) -m tests.storm --kills 300
	cd packages/local-aws && $(PYTHON) -m tests.storm --kills 100

bench: setup ## Run the benchmarks
	@for benchmark in benchmarks/[a-z]*.py; do \
	  echo "== $$(basename "$$benchmark" .py)"; $(PYTHON) -m "benchmarks.$$(basename "$$benchmark" .py)" || exit 1; done
	@for package in $(PACKAGES); do for benchmark in $$package/benchmarks/[a-z]*.py; do \
	  echo "== $$benchmark"; (cd $$package && $(PYTHON) -m "benchmarks.$$(basename "$$benchmark" .py)") || exit 1; done; done

clean: down ## Remove everything made here: environments, builds, local AWS and its data
	rm -rf .tools .venv .local .aws-sam tools/asl/node_modules $(INSPECTOR)/node_modules $(INSPECTOR)/dist $(CONSOLE)/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.tools/ready: $(UV) uv.lock .python-version
	@echo "Setting up (once): Python $$(cat .python-version) and the packages of the project"
	@$(UV) sync --quiet --frozen || { \
	  echo "Setup failed: Python $$(cat .python-version) or a package could not be had (see above)." \
	    "Install Python $$(cat .python-version), or check the way to the package registries, and try again." >&2; exit 1; }
	@echo "Setting up (once): the packages of Lambda functions"
	@UV_PROJECT_ENVIRONMENT=.tools/lambda-runtime \
	  $(UV) sync --quiet --frozen --only-group lambda-runtime --no-install-project
	@touch $@

# uv of the machine if there is one, else our own from PyPI.
$(UV):
	@mkdir -p .tools/uv/bin
	@if command -v uv >/dev/null 2>&1; then ln -sf "$$(command -v uv)" $(UV); \
	elif ! command -v python3 >/dev/null 2>&1; then \
	  echo "python3 is missing: install any Python 3, it brings the rest." >&2; exit 1; \
	else \
	  echo "Setting up (once): uv"; \
	  python3 -m venv --clear .tools/uv && .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { \
	    echo "uv could not be installed: python3 must be 3.8 or newer, have its venv module (on Debian: apt install python3-venv) and a way to PyPI." >&2; \
	    rm -rf .tools/uv; exit 1; }; \
	fi
