# A stranger needs Python 3.11 or newer and make; everything else comes from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
# a folder of wheels, for machines without PyPI: pip download -r requirements.lock -d FOLDER
WHEELHOUSE ?=
INSTALL = $(PYTHON) -m pip --quiet --disable-pip-version-check --python $(BIN)/python install $(if $(WHEELHOUSE),--no-index --find-links '$(WHEELHOUSE)')

.PHONY: .venv demo test quick bench check format lock web mentorhub clean

demo: .venv
	@exec $(BIN)/analytics up --demo $(if $(PORT),--port $(PORT))

test: .venv
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# What starts no program of ours and plays few histories.
QUICK := house/test_conventions engine/test_definitions engine/test_comparison engine/test_midnight engine/test_numbers \
	api/test_answers api/test_pages api/test_permissions source/test_truncation
quick: .venv
	$(BIN)/python -m pytest -n 2 --dist loadfile $(QUICK:%=tests/%.py)

bench: .venv
	$(BIN)/python -m benchmarks

check: .venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: .venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv: .venv/.installed

# The stamp, not the folder: an installation that was interrupted is begun again.
# `--without-pip` and the outer pip: Debian's python3 has no ensurepip, but its pip can fill our environment.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/it." >&2; exit 2; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "$(PYTHON) has no pip: install it (Debian: apt install python3-pip), or set PYTHON to one that has." >&2; exit 2; }
	@echo "Installing what requirements.lock names into .venv, once; it takes a minute or less."
	@$(PYTHON) -m venv --clear --without-pip .venv
	@$(INSTALL) --require-hashes -r requirements.lock || { echo "The packages can't be had: is PyPI reachable? Offline, set WHEELHOUSE to a folder with their wheels. Then call make again." >&2; exit 2; }
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# The front end, for those who change it: Node.js 20.19 or newer. What it makes is committed.
NPM := npm --prefix web
web: .venv
	$(NPM) ci --no-fund --no-audit
	$(BIN)/python -m api > web/openapi.json
	cd web && node_modules/.bin/openapi-typescript openapi.json --alphabetize --export-type --output client/src/schema.ts
	$(NPM) run check --workspaces
	$(NPM) run test --workspaces --if-present
	$(NPM) run build --workspaces

# What MentorHub's front end copies, inside the smallest application with its stack; after `make web`.
mentorhub:
	npm --prefix web/mentorhub ci --no-fund --no-audit
	npm --prefix web/mentorhub run check
	NEXT_TELEMETRY_DISABLED=1 npm --prefix web/mentorhub run build

lock:
	uv pip compile --quiet --universal --generate-hashes --extra embedded --extra telemetry --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --extra telemetry pyproject.toml -o requirements-runtime.lock

clean:
	rm -rf .venv
