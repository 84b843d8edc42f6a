# `make run` serves the program, `make test` checks everything; both start from a bare clone.
PYTHON ?= python3
BIN = .venv/bin
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(UPGRADE)
# what is never imported need not be compiled, and the rest is when it is: once, so that each start after it is short
unexport PYTHONDONTWRITEBYTECODE
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
PYTEST = -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: run test lint types tests soak bench coverage lock audit image

run: .venv/run.stamp
	@exec $(BIN)/stancemark serve

# side by side: a test often waits for a browser or a server
test: .venv/test.stamp
	@$(MAKE) --no-print-directory --jobs lint types tests

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test.stamp
	$(BIN)/mypy

tests: .venv/test.stamp
	$(BIN)/pytest $(PYTEST)

# what `make test` does in short, at length: saves over a line that fails, servers that are killed, requests and files at
# random, a project of forty annotators and 2,000 articles from its first day to its release
soak: .venv/test.stamp
	STANCEMARK_SOAK=1 $(BIN)/pytest -q -rP tests/test_faults.py tests/cli/test_killed.py tests/browser/test_faults.py tests/web/test_openapi.py \
		tests/web/test_fuzzed_uploads.py tests/web/test_hot_queries.py tests/test_simulation.py

bench: .venv/test.stamp
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.page
	$(BIN)/python -m bench.agreement
	$(BIN)/python -m bench.report
	$(BIN)/python -m bench.release

coverage: .venv/test.stamp
	$(BIN)/coverage run -m pytest $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# `make lock UPGRADE=--upgrade` takes the newest releases; without it only what pyproject.toml asks for changes
lock: .venv/test.stamp
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) --group build -o requirements/build.txt
	$(LOCK) pyproject.toml --group dev -c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt

audit: .venv/test.stamp
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements/run.txt

image:
	docker build --tag stancemark .

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	$(PYTHON) -m venv .venv

.venv/run.stamp: $(BIN)/python requirements/run.txt requirements/build.txt pyproject.toml
	$(INSTALL) --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements/dev.txt
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
