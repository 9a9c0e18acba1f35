# Two commands do all set-up on a fresh machine with Python (3.11 or later) and git: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check docs release-check lint kill-matrix bench install constraints clean

demo: install
	@$(BIN)/hipaa-tui demo

# Everything that CI asks: style, types, layers, playbooks, tests. `make test T=tests/aws/s3` runs one room's tests only.
ifdef T
test: install
	$(BIN)/python -m pytest $(T)
else
test: install lint
	$(BIN)/python -m pytest -n auto
endif

# Before a commit: what lint says, and the tests of the rooms that differ from origin/main.
check: install lint
	@rooms=$$($(BIN)/python tools/touched_rooms.py) || exit; \
		if test -n "$$rooms"; then echo "tests of: $$rooms"; $(BIN)/python -m pytest -n auto $$rooms; \
		else echo 'no room is touched: no tests'; fi

# A run and a rollback killed before and after every cloud call and every commit, on SQLite and PostgreSQL;
# a hundred workers stopped past their lease and continued (who mostly wait, so beside it).
# KILL='--every 2 --offset 1' tries every second point, FENCING='--tries 50' half of the workers.
kill-matrix: install
	@$(BIN)/python -m tests.kill.fencing $(FENCING) & fencing=$$!; \
		$(BIN)/python -m tests.kill.matrix $(KILL); matrix=$$?; wait $$fencing && exit $$matrix

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/hipaa-tui playbooks lint

bench: install
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/scan.py
	$(BIN)/python benchmarks/apply.py
	$(BIN)/python benchmarks/redaction.py

# The documentation as a site in site/; a dead link fails the build. Nothing hosts it.
docs: $(VENV)/.installed-docs
	NO_COLOR=1 $(BIN)/zensical build --strict --clean

# Builds the sdist and the wheel into dist/ and looks into them (docs/releasing.md).
release-check: install
	$(BIN)/python tools/check_release.py dist

install: $(VENV)/.installed

$(VENV)/.installed-docs: $(VENV)/.installed constraints-docs.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints-docs.txt
	@touch $@

$(VENV)/.installed: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'hipaa-tui needs Python 3.11 or later: make PYTHON=python3.12 …' >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing into $(VENV) (about a minute) …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Pins every dependency with its hashes, for every Python and platform, without naming an index. What builds the
# documentation is apart: it is large, and only `make docs` needs it. `make constraints UPGRADE=` keeps what is pinned.
UPGRADE ?= --upgrade
PIN = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links $(UPGRADE)
constraints:
	$(BIN)/python -m pip install --quiet uv
	$(PIN) --extra demo --extra postgresql --extra dev pyproject.toml -o constraints.txt
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"])' \
		| $(PIN) --constraint constraints.txt - -o constraints-docs.txt

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
