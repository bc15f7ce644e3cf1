# Every target that needs Python works in .venv, which is made on first use. Stamps in .venv
# remember what is installed and built there, so nothing is done twice.

PYTHON ?= python3
PYTEST_ARGS ?=
BENCH_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)

# maturin installs into the environment that is active; let it be ours, and no other.
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
unexport CONDA_PREFIX
# Torch's wheel for CPUs, where it lies beside the checkout; elsewhere torch comes from the index.
ifneq ($(wildcard ../shared/wheels/torch-*.whl),)
export PIP_FIND_LINKS := ../shared/wheels $(PIP_FIND_LINKS)
endif
# The same interpreter for every build of the bindings, so that they share their artifacts.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

.DEFAULT_GOAL := help
# One environment, one pip at a time.
.NOTPARALLEL:

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-28s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12 chooses the interpreter of a new .venv;"
	@echo "  PYTEST_ARGS and BENCH_ARGS are handed on."

.PHONY: demo
demo: build $(STAMPS)/demo ## Train a small model, log it, read it back, plot it
	$(BIN)/python examples/demo.py

.PHONY: test
test: build $(STAMPS)/test ## Run the Rust tests and the Python tests
	cargo test --locked --release --package tfevents
	$(BIN)/python -m pytest -n logical --dist worksteal $(PYTEST_ARGS)

# The tests of tables in environments of their own: `make tables-oldest tables-newest`.
.PHONY: tables-oldest tables-newest
tables-oldest tables-newest: build ## Test tables with other versions of pandas, Polars, …
	test -d target/$@ || $(BIN)/python -m venv target/$@
	target/$@/bin/python -m pip install --quiet --upgrade 'pip>=25.1,<27'
	target/$@/bin/python -m pip install --quiet --group $@
	PYTHONPATH=python target/$@/bin/python -m pytest -p no:cacheprovider \
		tests/compat/test_docs_tables.py tests/compat/test_kind_tables.py tests/compat/test_table_peers.py

FAULTS_ARGS ?=

.PHONY: faults
faults: build $(STAMPS)/test ## Have system calls fail while processes log, count what is lost
	$(BIN)/python tests/faults/run.py $(FAULTS_ARGS)

.PHONY: test-tensorboard-versions
test-tensorboard-versions: build peers $(STAMPS)/test ## Hold our page against older TensorBoards
	$(BIN)/python tests/compat/tensorboard_versions.py

.PHONY: bench
bench: build peers $(STAMPS)/test ## Measure side by side with the peers
	$(BIN)/python benches/python/run.py $(BENCH_ARGS)

.PHONY: lint
lint: build $(STAMPS)/lint ## Check format, lints, types and stubs
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --locked --release --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --locked --release --no-deps --document-private-items --package tfevents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml tfevents._native
	$(BIN)/python .ci/layers.py
	$(BIN)/lint-imports --no-cache
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/python .ci/notices.py --check
	@if ! command -v cargo-deny >/dev/null; then \
		echo "cargo-deny is not installed: licences are not checked (cargo install cargo-deny)"; \
	elif cargo deny fetch db >/dev/null 2>&1; then cargo deny check; \
	else \
		echo "there is no way to the advisories: they are not checked"; \
		cargo deny check licenses bans sources; \
	fi

# What cargo-fuzz gives the compiler, without the sanitizers, which need a nightly one.
FUZZ_FLAGS := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
	-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
# Each with the folder of its first inputs.
FUZZ_TARGETS ?= messages/message files/file files/growing files/repair models/model pictures/picture
FUZZ_SECONDS ?= 60
FUZZ_HOST = $(shell rustc -vV | sed -n 's/^host: //p')

.PHONY: fuzz
fuzz: ## Look for inputs that break the readers
	RUSTFLAGS="$(FUZZ_FLAGS)" cargo build --locked --release --target $(FUZZ_HOST) \
		--manifest-path fuzz/Cargo.toml
	@for target in $(FUZZ_TARGETS); do \
		name=$${target#*/}; seeds=fuzz/corpus/$${target%/*}; \
		found=fuzz/target/corpus/$$name; failed=fuzz/regressions/$$name; \
		mkdir -p $$found $$failed; \
		fuzz/target/$(FUZZ_HOST)/release/$$name $$found $$seeds $$failed \
			-artifact_prefix=$$failed/ -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
			-rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 || exit; \
	done

.PHONY: sanitize
sanitize: ## Run the tests of the reader's memory under what finds wrong uses of it
	tests/rust/sanitize.sh

.PHONY: portability
portability: ## Test the core for other systems, as far as this machine can
	tests/rust/portability.sh

.PHONY: docs
docs: build $(STAMPS)/docs ## Build the documentation into target/docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs target/docs

.PHONY: docs-serve
docs-serve: docs ## Show the documentation at http://localhost:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory target/docs 8000

.PHONY: notices
notices: $(STAMPS)/venv ## Write the licences of what is compiled into the wheel
	$(BIN)/python .ci/notices.py

.PHONY: fmt
fmt: $(STAMPS)/lint ## Format the Rust and Python code
	cargo fmt --all
	cargo fmt --manifest-path fuzz/Cargo.toml
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: build
build: $(STAMPS)/tfevents ## Build in release mode and install into .venv

.PHONY: wheel
wheel: $(STAMPS)/build ## Build the wheel into dist
	$(BIN)/maturin build --locked --release --out dist

.PHONY: peers
peers: $(STAMPS)/peers ## Install the packages that tests and benchmarks compare with

.PHONY: clean
clean: ## Remove everything that was built, installed or written
	rm -rf $(VENV) target fuzz/target dist demo python/tfevents/_native*.so
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find python tests benches examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"tfevents needs Python 3.11 or later; choose one with PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade 'pip>=25.1,<27' # the first that knows --group
	@mkdir -p $(STAMPS)
	@touch $@

# One stamp for each dependency group of pyproject.toml.
$(STAMPS)/%: pyproject.toml | $(STAMPS)/venv
	$(PIP) install --quiet --group $*
	@touch $@

$(STAMPS)/tfevents: $(RUST_SOURCES) $(STAMPS)/build
	$(BIN)/maturin develop --locked --release
	@touch $@
