# Every target sets up what it needs. Nothing is assumed but make and Python 3.11 or newer.

BIN := .venv/bin
PACKAGES := $(wildcard shared/servicekit/servicekit shared/access/access services/*/*_service \
  services/*/contracts/*_contracts services/*/kit/*_kit deploy/local/guildhall_local benchmarks)
SCRIPTS := $(wildcard deploy/local/install.py reference/*.py)
FAST_TESTS := $(wildcard shared/*/tests/unit services/*/tests/unit services/*/contracts/tests services/*/kit/tests \
  deploy/*/tests/unit reference/tests/unit tests/architecture)
LONG := $(BIN)/pytest --timeout=2400 --durations=15
SIDE_BY_SIDE := --no-print-directory --jobs=2 --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.DEFAULT_GOAL := help
.PHONY: help install demo up down status logs check test faults soak bench lock clean format lint types imports fast-tests

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## set up everything, from package registries alone; nothing to do costs nothing
	@for python in $(PYTHON) $(BIN)/python python3.11 python3.12 python3.13 python3.14 python3; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then exec "$$python" deploy/local/install.py; fi; \
	done; \
	echo 'Guildhall needs Python 3.11 or newer, and there is none on the path.' >&2; exit 1

demo: install ## found Guildhall afresh, play the story and check it (BREAK=oversell etc. tampers with it)
	@$(BIN)/guildhall demo $(if $(BREAK),--break $(BREAK))

up: install ## start the stack and stay with it (DETACH=1: in the background)
	@$(BIN)/guildhall up $(if $(DETACH),--detach)

down: install ## stop the stack and keep its data
	@$(BIN)/guildhall down

status: install ## say what runs and how each service is
	@$(BIN)/guildhall status || true

logs: install ## show the logs (PROCESS=kafka: one; FOLLOW=1: as they grow)
	@$(BIN)/guildhall logs $(PROCESS) $(if $(FOLLOW),--follow)

check: install ## the fast part of the tests: format, lint, types, import rules, unit tests
	@$(MAKE) $(SIDE_BY_SIDE) types format lint imports fast-tests

test: install ## all tests: check, integration and end to end
	@$(MAKE) $(SIDE_BY_SIDE) types format lint imports
	$(BIN)/pytest -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder --durations=15

faults: export SEED := $(or $(SEED),$(shell date +%s))
faults: install ## break everything on purpose and count what is lost (SEED=7 repeats a run; an hour at most)
	@status=0; \
	$(LONG) -m 'control or (faults and not alone)' -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder || status=1; \
	$(LONG) -m 'faults and alone' || status=1; \
	exit $$status

soak: install ## load for twenty minutes, and see that no process goes on growing (SOAK_MINUTES=60: longer)
	$(BIN)/pytest -m faults --timeout=7200 tests/disaster/soak.py

bench: install ## measure how fast it is, as ratios to the least that could do the same (an hour at most)
	@$(BIN)/python -m benchmarks

format:
	$(BIN)/ruff format --check .

lint:
	$(BIN)/ruff check .

types:
	$(BIN)/mypy --strict $(PACKAGES) $(SCRIPTS)

imports:
	$(BIN)/lint-imports

fast-tests:
	$(BIN)/pytest -q $(FAST_TESTS)

lock: install ## resolve the packages anew and write requirements.lock
	$(BIN)/uv lock
	$(BIN)/uv export --all-packages --all-extras --all-groups --no-emit-workspace --no-header --no-annotate --quiet -o requirements.lock

clean: ## stop the stack and delete its data, the environment and the tools' caches
	@if [ -x $(BIN)/guildhall ]; then $(BIN)/guildhall fresh; fi
	rm -rf .venv .guildhall .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
