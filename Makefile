# A stranger needs Python 3.11 or newer and make; everything else comes from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test bench check format lock clean

demo: .venv
	@exec $(BIN)/analytics up --demo $(if $(PORT),--port $(PORT))

test: .venv
	$(BIN)/python -m pytest -n 2 --dist loadfile

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

# `--without-pip` and the outer pip: Debian's python3 has no ensurepip, but its pip can fill our environment.
.venv: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/it." >&2; exit 2; }
	$(PYTHON) -m venv --clear --without-pip .venv
	$(PYTHON) -m pip --quiet --python $(BIN)/python install --require-hashes -r requirements.lock
	$(PYTHON) -m pip --quiet --python $(BIN)/python install --no-deps --no-build-isolation --editable .
	@touch .venv

lock:
	uv pip compile --quiet --universal --generate-hashes --extra embedded --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes pyproject.toml -o requirements-runtime.lock

clean:
	rm -rf .venv
