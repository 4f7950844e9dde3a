# `make run` and `make test` set up what they need; neither needs the other first.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin

.PHONY: run report test lint format bench clean help

help:    ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/ready   ## run the whole workflow on the embedded phantom (CONFIG=experiments/NAME.yaml for another)
	$(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--configfile $(CONFIG))
	@$(MAKE) --no-print-directory report

report: .venv/ready   ## bind tables, figures and provenance into results/report.html
	$(BIN)/snakemake --report $(RESULTS)/report.html $(if $(CONFIG),--configfile $(CONFIG))

test: .venv/ready   ## run the tests
	$(BIN)/pytest

lint: .venv/ready   ## check style of Python and Snakemake files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

format: .venv/ready   ## format all code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile rules

bench: .venv/ready   ## run the benchmarks
	$(BIN)/python -m tests.benchmarks

# pip alone, as it is everywhere; the stamp is written last, so an interrupted installation starts again.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed; call make with PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "error: python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

clean:   ## remove the environment; data and results stay
	rm -rf .venv
