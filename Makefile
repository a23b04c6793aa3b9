# lineage: `make` lists what there is. Everything lives in .venv; nothing outside the checkout is changed.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export LINEAGE_HOME ?= $(CURDIR)/.demo/home

.PHONY: help
help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# Made again only when the packages or their pins change.
$(READY): setup.cfg constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is `$(PYTHON) --version`. Try make PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv, once: a minute or two"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench,cluster,fast,local-neo4j,test]'
	@touch $@

.PHONY: setup
setup: $(READY) ## set up .venv (the others do it by themselves)

.PHONY: demo
demo: $(READY) ## build the sample and look at it from every side
	@$(BIN)/python scripts/demo.py

.PHONY: check
check: $(READY) ## format, lint, types, floors (under a minute)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: test
test: check ## check, then all tests
	$(BIN)/python -m pytest -m "not soak" -n 2 --dist loadfile

.PHONY: soak
soak: $(READY) ## the long tests
	$(BIN)/python -m pytest -m soak

.PHONY: bench
bench: $(READY) ## all budgets and ratios in one table, benchmarks/RESULTS.md (hours)
	$(BIN)/python benchmarks/run.py

.PHONY: wheel
wheel: $(READY) ## build the wheel into dist/: the same bytes from the same commit, wherever and whenever
	@$(BIN)/python scripts/make_wheel.py dist

.PHONY: clean
clean: ## remove everything that make made
	rm -rf .venv .demo dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
