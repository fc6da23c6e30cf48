# Roomful's commands. `make help` lists them.

# Bash, and a failed command fails its rule.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# README and Makefile name files in target/, so that is where they are, whatever else is set.
export CARGO_TARGET_DIR := target

# The program and the crate it binds speak a private format: one version, in one place.
BINDGEN := $(shell sed -n 's/^wasm-bindgen = .*"=\([0-9.]*\)".*/\1/p' Cargo.toml)
PROGRAM := target/wasm32-unknown-unknown/wasm/roomful.wasm
BROWSER := --lib --no-default-features --features hydrate --target wasm32-unknown-unknown
SERVER := --features ssr --bin roomful
# Folders too: they change when a file in them goes.
STYLE := $(shell find style public src/words 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run build dev test chaos fuzz contract fmt size bench page screens clean tools program check

help: ## what there is
	@echo "Roomful: a chat that a team runs for itself."; echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: build ## build what has changed, and serve on http://127.0.0.1:3000
	@exec target/release/roomful serve

build: target/front/release ## everything but serving: leaves target/release/roomful
	@echo "▸ Building the server (about 4 minutes the first time)…"
	@cargo build --release $(SERVER)

dev: tools ## build for debugging, and again whenever a file changes
	@exec node tools/dev.mjs

test: ## everything that proves that it works
	@tools/check rustfmt clippy
	@exec node tools/test.mjs

chaos: ## kill the server again and again while people talk, and audit what is left (SEED= KILLS=)
	@ROOMFUL_CHAOS_SEED=$(SEED) ROOMFUL_CHAOS_KILLS=$(KILLS) cargo test -q --features ssr --test chaos

fuzz: ## a million spoiled frames, names and addresses through the parsers
	@ROOMFUL_FUZZ=1000000 cargo test -q --features ssr --test it fuzz:: -- --nocapture

contract: ## everything that the HTTP API's own document allows, and much that it does not (CASES= SEED=)
	@cargo build -q $(SERVER)
	@node tools/contract.mjs

fmt: ## bring the Rust sources into their form
	@cargo fmt

size: build ## what the first visit loads, into docs/size.md
	@ROOMFUL_BIN=target/release/roomful node tools/size.mjs

bench: target/front/release ## how fast it is, and how much memory it takes (ONLY="--quick sends": a part)
	@cargo bench --features ssr --bench engine -- $(ONLY)

page: build end2end/node_modules/.package-lock.json ## how the page feels: long rooms, long tasks, keys, jumps
	@cargo build -q --features ssr --example fill
	@node tools/chromium.mjs
	@cd end2end && ROOMFUL_BIN=target/release/roomful npx playwright test --config measure.config.ts

screens: target/front/release end2end/node_modules/.package-lock.json ## new pictures in docs/screens
	@echo "▸ Building the server…"
	@cargo build $(SERVER)
	@node tools/chromium.mjs
	@cd end2end && npx playwright test --config screens.config.ts

clean: ## remove what was built (tools and data stay)
	@rm -rf target

# ---- what these are made of ----

check:
	@tools/check

tools: .tools/wasm-bindgen-$(BINDGEN) .tools/node_modules/.package-lock.json

.tools/wasm-bindgen-$(BINDGEN): | check
	@node tools/bindgen.mjs $(BINDGEN)
	@touch $@

# From the lock file, so that everybody has the same; npm itself writes the target, last.
.tools/node_modules/.package-lock.json: tools/package.json tools/package-lock.json | check
	@echo "▸ Fetching the build tools that npm has…"
	@mkdir -p .tools && cp tools/package.json tools/package-lock.json .tools/
	@cd .tools && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json

end2end/node_modules/.package-lock.json: end2end/package.json end2end/package-lock.json | check
	@echo "▸ Fetching Playwright…"
	@cd end2end && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json

# Cargo knows best whether anything has changed; it leaves the file alone when nothing has.
program: | check
	@echo "▸ Building the browser's program (about 2 minutes the first time)…"
	@cargo build --profile wasm $(BROWSER)

$(PROGRAM): program ;

# The stamp, not the site: `make dev` puts another site into the same place and removes the stamp.
target/front/release: $(PROGRAM) $(STYLE) tools/site.mjs tools/shared.mjs | tools
	@echo "▸ Making the site: smaller, hashed, compressed…"
	@node tools/site.mjs release $(PROGRAM)
	@touch $@
