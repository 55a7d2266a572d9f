# Every task of the project, one line each. A task installs what it needs and is missing (scripts/setup.sh), then runs.

SHELL := /bin/bash
# cryptsetup, mkfs.xfs and losetup live in sbin, which is not on a plain user's PATH on Debian.
export PATH := $(PATH):/usr/sbin:/sbin

.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz screenshots deny release

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: ## Encrypt a small image and let stock qemu-img prove it (sets up a fresh machine)
	scripts/setup.sh demo
	$(MAKE) --no-print-directory release
	scripts/demo.sh

test: ## Run every test, with a short fuzz smoke run
	scripts/setup.sh test
	cargo test --workspace --locked --no-fail-fast
	scripts/fuzz.sh smoke

check: ## Formatting, lints and documentation, without a warning
	scripts/setup.sh build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo metadata --manifest-path fuzz/Cargo.toml --locked --format-version 1 >/dev/null
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

bench: ## Measure against qemu-img, cryptsetup, cp and dd, and the server (BENCH="--quick --rows server")
	scripts/setup.sh bench
	cargo build --release --locked -p cli --features bench --target-dir target/bench
	cargo build --release --locked -p api --example load --target-dir target/bench
	CARGO_TARGET_DIR=target/bench python3 bench/run.py $(BENCH)

fuzz: ## Fuzz each decoder for 60 s (SECONDS_EACH=N for another time)
	scripts/setup.sh fuzz
	scripts/fuzz.sh run $(or $(SECONDS_EACH),60)

screenshots: ## Pictures of every page of the console in both languages, into screenshots/
	scripts/setup.sh screenshots
	$(MAKE) --no-print-directory release
	scripts/screenshots.sh

deny: ## Licences and sources of the dependencies (installs cargo-deny into .tools once)
	scripts/setup.sh build
	scripts/deny.sh

release: ## Build target/release/reseal
	cargo build --release --locked -p cli
