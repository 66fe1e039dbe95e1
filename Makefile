# `make` lists what can be done. Everything runs in an environment that the Makefile makes itself, beside this file;
# all paths are relative, so that the checkout may lie in a folder with spaces.

PYTHON ?= python3
VENV ?= .venv
QUICK ?= -m "not slow"

BIN := $(VENV)/bin
SAMPLE := sample_data/cifar10

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check lint fmt bench fuzz coverage clean

help: ## list the targets
	@echo "usage: make TARGET    (PYTHON=python3.12 and VENV=folder choose interpreter and environment)"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(VENV)/base.stamp ## set everything up and run the main job on sample_data/
	@rm -rf demo
	$(BIN)/calibrate fit $(SAMPLE)/logits.csv $(SAMPLE)/labels.csv --output-dir demo
	@echo && echo "In demo/:" && ls -l demo | awk 'NR > 1 { printf "  %9d  %s\n", $$5, $$9 }'

test: $(VENV)/dev.stamp ## run all tests, the slow ones too
	$(BIN)/python -m pytest

check: lint ## the definition of done: format, lint, types, import contracts, quick tests
	$(BIN)/python -m pytest $(QUICK)

lint: $(VENV)/dev.stamp ## format, lint, types and import contracts alone
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo

fmt: $(VENV)/dev.stamp ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv-bench/bench.stamp ## speed and memory, ours and the peers' (ARGS="--quick --only fit")
	.venv-bench/bin/python tests/benchmarks/bench.py $(ARGS)

fuzz: .venv-fuzz/fuzz.stamp ## fuzz readers and loaders for a bounded time (ARGS="--seconds 600 --only csv")
	.venv-fuzz/bin/python tests/fuzz/fuzz.py $(ARGS)

coverage: $(VENV)/base.stamp ## what each interval covers, by simulation against known truth
	$(BIN)/python tests/benchmarks/simulate.py $(ARGS)

clean: ## remove environments, caches and outputs
	rm -rf .venv .venv-ci .venv-bench .venv-fuzz .fuzz demo calibration build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find calibrate tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The environments. A stamp is newer than pyproject.toml, or the packages are installed again.

# $(call environment,FOLDER): make it unless it is there and works.
define environment
	@set -e; \
	if '$(1)/bin/python' -c '' 2>/dev/null; then exit 0; fi; \
	chosen=; \
	for python in '$(PYTHON)' python3.13 python3.12 python3.11; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then chosen=$$python; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	    echo "calibrate needs Python 3.11 or newer, and $(PYTHON) is $$('$(PYTHON)' --version 2>/dev/null || echo not there): install one, or name it as in 'make PYTHON=/path/to/python3.11'." >&2; exit 1; \
	fi; \
	rm -rf '$(1)'; \
	if command -v uv >/dev/null; then uv venv --quiet --seed --python "$$("$$chosen" -c 'import sys; print(sys.executable)')" '$(1)'; exit 0; fi; \
	if ! "$$chosen" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$chosen comes without its venv module: install it (on Debian and Ubuntu: apt install python3-venv), or install uv." >&2; exit 1; \
	fi; \
	"$$chosen" -m venv '$(1)'
endef

# $(call install,FOLDER,WHAT)
define install
	@echo "installing $(2) into $(1) ..."; \
	if command -v uv >/dev/null; then uv pip install --quiet --python '$(1)/bin/python' $(2); \
	else '$(1)/bin/python' -m pip install --quiet --disable-pip-version-check $(2); fi
endef

$(VENV)/base.stamp: pyproject.toml
	$(call environment,$(VENV))
	$(call install,$(VENV),-e .)
	@touch $@

$(VENV)/dev.stamp: pyproject.toml
	$(call environment,$(VENV))
	$(call install,$(VENV),-e '.[dev]')
	@touch $@ $(VENV)/base.stamp

# pip also where uv is: PyTorch is taken from where pip's own settings point to.
.venv-bench/bench.stamp: pyproject.toml tests/benchmarks/requirements.txt
	$(call environment,.venv-bench)
	@echo "installing the peers into .venv-bench ..."
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dask]'
	@touch $@

# Atheris is not there for every Python and system: the fuzzer runs without it, blindly, and says so.
.venv-fuzz/fuzz.stamp: pyproject.toml tests/fuzz/requirements.txt
	$(call environment,.venv-fuzz)
	$(call install,.venv-fuzz,-e .)
	-@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check -r tests/fuzz/requirements.txt
	@touch $@
