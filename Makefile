# Everything that is done by hand or by CI. `make help` lists it.

ARGS ?=
PROFILE ?= release

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

.PHONY: demo
demo: ## six sample topics on an embedded broker, gathered and explained; ARGS="--for 30s" ends it by itself
	@scripts/setup.sh build
	@echo "building; the first time takes about 5 minutes on two cores, later ones seconds"
	cargo build --release -p rollcall --bin rollcall
	@cargo run --quiet --release -p rollcall --bin rollcall -- demo $(ARGS)

.PHONY: playground
playground: ## a real Kafka at 127.0.0.1:9092 with rollcall up beside it, to reproduce verdicts by hand
	@scripts/setup.sh test
	cargo build --workspace --bins
	@TEST_ROLLCALL_BINARIES="$(CURDIR)/target/debug" target/debug/playground

.PHONY: reproduce
reproduce: ## follows the lines that reproduce each verdict, each on a fresh playground; 45 to 60 minutes; writes docs/REPRODUCED.md; ARGS=CODE
	@scripts/setup.sh test
	cargo build --workspace --bins
	@debug=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug; TEST_ROLLCALL_BINARIES=$$debug $$debug/reproduce $(ARGS)

.PHONY: verdicts-doc
verdicts-doc: ## write docs/VERDICTS.md anew, in both languages, from the catalogue of the command
	TEST_ROLLCALL_WRITE_DOCS=1 cargo test --quiet -p rollcall --lib the_pages_in_the_docs

.PHONY: six-zeros
six-zeros: ## a real Kafka, an aiokafka application that gathers [5, 0, 0, 0, 0, 0], and the doctor beside it
	@scripts/setup.sh test
	cargo build --workspace --bins
	@TEST_ROLLCALL_BINARIES="$(CURDIR)/target/debug" target/debug/six-zeros

.PHONY: build
build: ## all binaries, for development (target/debug)
	@scripts/setup.sh build
	cargo build --workspace --bins

.PHONY: test
test: ## every test, with a real Kafka (fetched); ARGS=name runs those whose name has it
	@scripts/setup.sh test
	@scripts/test.sh $(ARGS)

.PHONY: model
model: ## every order of what may happen to leases, acks, epochs and commits, in small sizes; ARGS="--list", ARGS="--fault takes-old-epochs"
	@scripts/setup.sh build
	cargo build --release -p rollcall-tests --bin model
	@release=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; $$release/model $(ARGS)

.PHONY: fuzz
fuzz: ## hostile input at every door, 20 s each; keeps what breaks something and says how to see it again; ARGS="packed --for 5min"
	@scripts/setup.sh build
	cargo build -p rollcall-tests --bin fuzz
	@debug=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/debug; $$debug/fuzz $(ARGS)

.PHONY: verdicts
verdicts: ## causes what verdicts name, on a real Kafka, and measures what is said; ARGS="--list", ARGS=broker
	@scripts/setup.sh test
	cargo build --release --bin rollcall --bin rollcall-aggregator --bin rollcall-fetcher --bin verdicts --bin bench-idle
	@TEST_ROLLCALL_BINARIES=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release cargo run --quiet --release --bin verdicts -- $(ARGS)

.PHONY: bench
bench: ## speed, cost and delay beside librdkafka, kcat and aiokafka; about 12 minutes; writes docs/BENCHMARKS.md; ARGS=--help
	@scripts/setup.sh bench
	cargo build --release --bin rollcall --bin rollcall-aggregator --bin rollcall-fetcher --bin bench --bin bench-raw --bin bench-client
	@release=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; TEST_ROLLCALL_BINARIES=$$release $$release/bench $(ARGS)

.PHONY: profile
profile: ## where the CPU of fetchers, aggregator and client goes, function by function; perf, or TOOL=callgrind; ARGS=--help
	@scripts/setup.sh test
	@scripts/profile.sh $(ARGS)

.PHONY: bench-idle
bench-idle: ## what an idle roll of six topics costs (CPU, memory, threads) beside six plain consumers; about 8 minutes; ARGS=--help
	@scripts/setup.sh test
	cargo build --release --bin rollcall-aggregator --bin rollcall-fetcher --bin bench-idle
	@TEST_ROLLCALL_BINARIES=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release cargo run --quiet --release --bin bench-idle -- $(ARGS)

.PHONY: bench-scale
bench-scale: ## what an aggregator of 10, 100 and 1,000 topics costs, fed by simulated fetchers; about 10 minutes; writes docs/SCALING.md; ARGS=--help
	@scripts/setup.sh build
	cargo build --release --bin rollcall-aggregator --bin bench-scale
	@release=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; TEST_ROLLCALL_BINARIES=$$release $$release/bench-scale $(ARGS)

.PHONY: load
load: ## an aggregator that is offered more than it may hold, and clients that do not read: memory, and what others notice; writes docs/SCALING.md
	@scripts/setup.sh build
	cargo build --release --bin rollcall-aggregator --bin bench-scale
	@release=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; TEST_ROLLCALL_BINARIES=$$release $$release/bench-scale load $(ARGS)

.PHONY: soak
soak: ## an aggregator of a hundred topics at work for 15 minutes, and whether its memory grows; writes docs/SCALING.md
	@scripts/setup.sh build
	cargo build --release --bin rollcall-aggregator --bin bench-scale
	@release=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; TEST_ROLLCALL_BINARIES=$$release $$release/bench-scale soak $(ARGS)

SEED ?= 1

.PHONY: chaos
chaos: ## faults at random (SEED=7) on a Kafka of three brokers: is anything lost, out of order, broken? about 25 minutes; ARGS="--for 2m", --help
	@scripts/setup.sh test
	cargo build --release --bin rollcall-aggregator --bin rollcall-fetcher --bin chaos --bin chaos-client
	@release=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; TEST_ROLLCALL_BINARIES=$$release $$release/chaos --seed $(SEED) $(ARGS)

.PHONY: cluster
cluster: ## a real Kafka, and every pod of the manifests as a process with its settings; ARGS="--for 20s" ends it by itself
	@scripts/setup.sh test
	cargo build --release --bin rollcall --bin rollcall-aggregator --bin rollcall-fetcher --bin cluster
	@TEST_ROLLCALL_BINARIES=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release cargo run --quiet --release --bin cluster -- $(ARGS)

.PHONY: image
image: ## the container image; without an engine, its Dockerfile's lines in a clean folder; PROFILE=dev is quicker
	@scripts/image.py $(PROFILE)

.PHONY: check
check: ## format, clippy, documentation, the contract and the manifests, warnings as errors
	@scripts/setup.sh check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	scripts/buf.sh lint proto
	deploy/check/run.sh

.PHONY: deny
deny: ## licences, sources and known faults of the dependencies (needs cargo-deny)
	cargo deny check

.PHONY: fmt
fmt: ## format all Rust code
	cargo fmt --all

.PHONY: clean
clean: ## remove target/, with everything that was built or fetched into it
	cargo clean
