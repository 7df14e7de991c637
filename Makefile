# Two commands do everything: `make demo` and `make test`. Both make .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT ?= demo-out

.PHONY: demo test soak lint lock wheelhouse wheelhouse-check bench clean help

help:
	@echo "make demo        run the whole story into $(OUT)/ (OUT=folder to change)"
	@echo "make test        run the tests"
	@echo "make lint        style, types and import contract"
	@echo "make soak        the long runs"
	@echo "make wheelhouse  pack everything for a machine without internet"
	@echo "make bench       measure and print the figures of docs/benchmarks.md"

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/skyshade demo --out "$(OUT)"

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not soak" $(ARGS)

soak: $(STAMP)
	$(BIN)/python -m pytest -m soak $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Pinned versions with hashes for every platform; no index addresses.
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra dev --extra cluster pyproject.toml requirements-build.in -o requirements.lock
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header pyproject.toml requirements-build.in -c requirements.lock -o requirements-run.lock

clean:
	rm -rf build dist wheelhouse .mypy_cache .ruff_cache .pytest_cache
