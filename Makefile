# `make` lists what can be done. Everything runs in an environment that the Makefile makes itself, beside this file;
# all paths are relative, so that the checkout may lie in a folder with spaces.

PYTHON ?= python3
VENV ?= .venv
QUICK ?= -m "not slow"
# UNLOCKED=1 installs the newest versions that pyproject.toml allows instead of those that requirements/ pins by hash.
UNLOCKED ?=

BIN := $(VENV)/bin
SAMPLE := sample_data/cifar10

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check lint fmt cover test-lowest lock audit bench fuzz torture mutants coverage clean

help: ## list the targets
	@echo "usage: make TARGET    (PYTHON=python3.12 and VENV=folder choose interpreter and environment;"
	@echo "                       UNLOCKED=1 takes the newest packages instead of those pinned in requirements/)"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

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

cover: $(VENV)/dev.stamp ## all tests, and the share of branches that they run: at least 98 %
	$(BIN)/python -m pytest --cov --cov-branch --cov-report=term-missing
	$(BIN)/python tests/covered.py

test-lowest: .venv-lowest/lowest.stamp ## the quick tests with the oldest packages that pyproject.toml allows
	.venv-lowest/bin/python -m pytest $(QUICK)

lock: .venv-tools/tools.stamp ## renew the versions and hashes that requirements/ pins
	$(call compile,requirements/dev.lock,--upgrade --extra dev)
	$(call compile,requirements/base.lock,--upgrade --constraint requirements/dev.lock)

audit: .venv-tools/tools.stamp ## hold the pinned packages against the known vulnerabilities (asks a service)
	.venv-tools/bin/python tests/audit.py requirements/dev.lock

bench: .venv-bench/bench.stamp ## speed and memory, ours and the peers' (ARGS="--quick --only fit")
	.venv-bench/bin/python tests/benchmarks/bench.py $(ARGS)

fuzz: .venv-fuzz/fuzz.stamp ## fuzz readers and loaders for a bounded time (ARGS="--seconds 600 --only csv")
	.venv-fuzz/bin/python tests/fuzz/fuzz.py $(ARGS)

coverage: $(VENV)/base.stamp ## what each interval covers, by simulation against known truth
	$(BIN)/python tests/benchmarks/simulate.py $(ARGS)

torture: $(VENV)/dev.stamp ## kill, starve and interrupt the program, and feed it monsters (ARGS="--only kill,disk --quick")
	$(BIN)/python tests/torture/torture.py $(ARGS)

mutants: .venv-mutants/mutants.stamp ## small changes that no test would notice (ARGS="--only numerics,metrics --ids 147")
	.venv-mutants/bin/python tests/mutation/mutants.py $(ARGS)

clean: ## remove environments, caches and outputs
	rm -rf .venv .venv-ci .venv-bench .venv-fuzz .venv-lowest .venv-tools .venv-mutants .fuzz demo calibration build dist \
	    .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
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

# $(call locked,FOLDER,LOCK,WHAT): every file that is installed has a hash in the lock, what builds the project too.
define locked
	$(if $(UNLOCKED),$(call install,$(1),-e $(3)),$(call install,$(1),--require-hashes -r $(2)) || { \
	    echo "not installed as pinned; 'make UNLOCKED=1 ...' takes what the index has." >&2; exit 1; }
	$(call install,$(1),--no-deps --no-build-isolation -e .))
endef

# $(call compile,LOCK,OPTIONS): one lock for every Python and system; without the address of an index.
define compile
	.venv-tools/bin/uv pip compile pyproject.toml requirements/build.in $(2) --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" --quiet --output-file $(1)
endef

$(VENV)/base.stamp: pyproject.toml requirements/base.lock
	$(call environment,$(VENV))
	$(call locked,$(VENV),requirements/base.lock,.)
	@touch $@

$(VENV)/dev.stamp: pyproject.toml requirements/dev.lock
	$(call environment,$(VENV))
	$(call locked,$(VENV),requirements/dev.lock,'.[dev]')
	@touch $@ $(VENV)/base.stamp

# The oldest of what pyproject.toml names, and of all that those stand on what fits them.
.venv-lowest/lowest.stamp: pyproject.toml tests/lowest.py
	$(call environment,.venv-lowest)
	@.venv-lowest/bin/python tests/lowest.py > .venv-lowest/constraints.txt
	$(call install,.venv-lowest,-e '.[dev]' -c .venv-lowest/constraints.txt)
	@touch $@

.venv-tools/tools.stamp: pyproject.toml
	$(call environment,.venv-tools)
	@.venv-tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8' 'pip-audit>=2.7'
	@touch $@

# pip also where uv is: PyTorch is taken from where pip's own settings point to.
.venv-bench/bench.stamp: pyproject.toml tests/benchmarks/requirements.txt
	$(call environment,.venv-bench)
	@echo "installing the peers into .venv-bench ..."
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dask]'
	@touch $@

.venv-mutants/mutants.stamp: pyproject.toml tests/mutation/requirements.txt
	$(call environment,.venv-mutants)
	@echo "installing mutmut into .venv-mutants ..."
	@.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check -r tests/mutation/requirements.txt -e '.[dev]'
	@touch $@

# Atheris is not there for every Python and system: the fuzzer runs without it, blindly, and says so.
.venv-fuzz/fuzz.stamp: pyproject.toml tests/fuzz/requirements.txt
	$(call environment,.venv-fuzz)
	$(call install,.venv-fuzz,-e .)
	-@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check -r tests/fuzz/requirements.txt
	@touch $@
