# `make run` and `make test` set up what they need; neither needs the other first.
PYTHON ?= python3
CORES ?= all
CONFIG ?=
BIN := .venv/bin
OVERLAY := $(if $(CONFIG),--configfile $(CONFIG))
RESULTS_DIR := $(BIN)/python workflow_scripts/show_config.py --key results_dir $(OVERLAY)

ifeq ($(OS),Windows_NT)
$(error Windows itself is not supported; install WSL (wsl --install) and run make in its terminal)
endif

# Snakemake and matplotlib keep caches below HOME, which need not be writable (containers, clusters).
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)
ifneq ($(shell mkdir -p '$(CACHE)' 2> /dev/null && test -w '$(CACHE)' && echo writable),writable)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
export MPLCONFIGDIR := $(XDG_CACHE_HOME)/matplotlib
endif

.PHONY: help run report bundle test test-slow test-slurm lint audit format bench clean

help:   ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

run: .venv/ready   ## run the whole workflow on the embedded phantom; CONFIG=experiments/NAME.yaml for another
	$(BIN)/snakemake --cores $(CORES) $(OVERLAY)
	@results="$$($(RESULTS_DIR))" \
		&& if [ -e "$$results/scans/scans.html" ]; then echo && echo "Scans: open $$results/scans/scans.html"; fi \
		&& if [ ! -e "$$results/summary.html" ]; then exit 0; fi \
		&& { test "$$results/report.html" -nt "$$results/summary.html" -a "$$results/report.html" -nt "$$results/cases.html" \
			|| $(MAKE) --no-print-directory report; } \
		&& echo && echo "Done. Open $$results/report.html for everything, or $$results/summary.html for the page to read" \
		&& echo "first, and $$results/cases.html to look at patients."

report: .venv/ready   ## bind summary, tables, figures and provenance into one report.html
	results="$$($(RESULTS_DIR))" && $(BIN)/snakemake --report "$$results/report.html" $(OVERLAY)

bundle: .venv/ready   ## make one file of a trained method, to score scans with: METHOD=NAME, and CONFIG as for run
	@test -n "$(METHOD)" || { echo "error: say which method of the config: make bundle METHOD=NAME"; exit 1; }
	@$(BIN)/python workflow_scripts/show_config.py --key methods.$(METHOD).label $(OVERLAY) > /dev/null
	results="$$($(RESULTS_DIR))" && $(BIN)/snakemake "$$results/bundles/$(METHOD).zip" --cores $(CORES) $(OVERLAY)

# In several processes, each with whole files, as the tests of a file share what is expensive.
SHARED := --numprocesses auto --maxprocesses 4 --dist loadfile

test: .venv/ready   ## run the tests
	$(BIN)/pytest $(SHARED)

test-slow: .venv/ready   ## run what takes minutes: what re-runs after each change, crashes, the paper's jobs
	$(BIN)/pytest tests --ignore=tests/benchmarks -m slow $(SHARED)

test-slurm: .venv/ready   ## run the DAG through a SLURM on this machine; as root, with slurm-wlm and munge installed
	$(BIN)/pytest tests/slurm -m slurm

lint: .venv/ready   ## check the style of Python and Snakemake files, and that packages import only those below them
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	PYTHONPATH=workflow_scripts $(BIN)/lint-imports

# In an environment of its own, as its dependencies are not those of the lock. A package that the database does not know
# is a failure (--strict), so that "clean" means looked up.
audit:   ## look for known vulnerabilities of the locked versions; needs the network
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv/audit/bin/pip-audit --strict --no-deps --disable-pip -r requirements.lock $(AUDIT_OPTIONS) \
		$(addprefix --ignore-vuln ,$(shell sed -n 's/^\([A-Z][A-Za-z]*-[^ ]*\).*/\1/p' .ci/audit-exceptions))

format: .venv/ready   ## format all code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile rules

bench: .venv/ready   ## run the benchmarks; AGAINST=FILE.json compares them with earlier ones
	$(BIN)/pytest tests/benchmarks -m slow -s $(if $(AGAINST),--against $(AGAINST))

clean:   ## remove the environment; data and results stay
	rm -rf .venv

# The stamp is written last, so an interrupted installation starts again.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed; call make with PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "error: python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing the pinned packages into .venv (once, a few minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@
