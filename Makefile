# Two commands do everything: `make demo` and `make test`. Both make .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT ?= demo-out

.PHONY: help demo test soak lint lock wheelhouse wheelhouse-check bench clean

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
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not soak" $(ARGS)

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
		--no-header --extra dev --extra cluster --extra postgres pyproject.toml requirements-build.in -o requirements.lock
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header pyproject.toml requirements-build.in -c requirements.lock -o requirements-run.lock

# PLATFORM=win_amd64 packs for a Windows machine from here; by default for a machine like this one.
PLATFORM ?=
FOR = $(if $(PLATFORM),--platform $(PLATFORM) --python-version 3.11 --implementation cp)

wheelhouse: $(STAMP)
	rm -rf wheelhouse && mkdir wheelhouse
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --only-binary=:all: --require-hashes $(FOR) \
		-r requirements-run.lock -d wheelhouse
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation . -w wheelhouse
	cp docs/offline-install.md wheelhouse/README.md
	@echo "wheelhouse/ is ready: copy it over and read wheelhouse/README.md"

# Installs from the wheelhouse alone, in a new environment, and runs what came out.
wheelhouse-check: wheelhouse
	rm -rf build/offline && $(PYTHON) -m venv build/offline
	env -u PIP_FIND_LINKS PIP_CONFIG_FILE=$(if $(filter Windows_NT,$(OS)),nul,/dev/null) build/offline/bin/python -m pip install \
		--quiet --disable-pip-version-check --no-index --find-links wheelhouse skyshade
	cd build/offline && bin/skyshade --version && bin/python -m pip check --disable-pip-version-check

# Peers live apart: some are GPL, some bring old libraries along.
.venv-bench/.installed: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps \
		fasttlogparser==1.1.1
	@touch $@

bench: $(STAMP) .venv-bench/.installed
	$(BIN)/python benchmarks/run_all.py

clean:
	rm -rf build dist wheelhouse .mypy_cache .ruff_cache .pytest_cache
