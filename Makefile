# Two commands: make run, make test. The others are what .ci/run calls, and pieces of these.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Every module of go.work, and their packages: a pattern at the root would match none of them.
MODULES  = $(shell go list -m -f '{{.Dir}}')
PATTERNS = $(addsuffix /...,$(MODULES))
# What takes longest, and waits most, is tested first: last, it would leave a core idle.
LONGEST  = %/services/all %/services/all/bench %/services/coordination
TESTED   = ./services/all/stories $(addsuffix /...,$(filter $(LONGEST),$(MODULES)) $(filter-out $(LONGEST),$(MODULES)))

##: run: start everything on this machine; prints the address and whom to sign in as (DEMO=0: no simulated referrals)
.PHONY: run
ADDR ?= 127.0.0.1:8080
run: assets
	@[ -x bin/waypost ] || echo "Building Waypost. The first time this takes some minutes."
	@go build -o bin/waypost ./services/all/cmd/waypost
	@exec bin/waypost -dev -addr "$(ADDR)" $(if $(DATA),-data "$(DATA)")

##: cluster: start it as it is deployed: three brokers, two copies of every service (DATA=folder, ADDR=, DEMO=0: no simulated referrals)
.PHONY: cluster
cluster: assets
	@go build -o bin/cluster ./services/all/cmd/cluster
	@exec bin/cluster -dev -addr "$(ADDR)" $(if $(DATA),-data "$(DATA)")

##: test: every test of every module, with -race and browsers; nothing may be skipped
# (go vet is lint's. More packages at once than cores get in each other's way.)
.PHONY: test
test: export CGO_ENABLED = 1
test: tested-with assets
	@mkdir -p bin && go build -o bin/ ./pkg/pgtest/cmd/withdb ./services/all/cmd/testreport
	bin/withdb go test -race -vet=off -p 2 -count=1 -timeout 25m -json $(TESTED) | bin/testreport

# What everything needs.
.PHONY: built-with
built-with:
	@for p in go node npm; do \
		if ! command -v $$p >/dev/null; then \
			echo "There is no $$p here: Waypost needs Go (https://go.dev/dl) and Node 20 or newer, with npm (https://nodejs.org)" >&2; \
			exit 1; \
		fi; \
	done

# What tests need beyond Go and Node: for -race the compiler that Go calls, and a browser. Root gets it; anybody else is told what to type.
# Where Chromium comes without its window as well, that is taken: the window's own pages cost half as much again as those under test.
.PHONY: tested-with
tested-with: built-with
	@want=""; have() { for p in "$$@"; do if command -v "$$p" >/dev/null; then return 0; fi; done; return 1; }; \
	echo '#include <stdlib.h>' | $$(go env CC) -E -x c - >/dev/null 2>&1 || want="$$want gcc libc6-dev"; \
	have chromium-headless-shell chromium chromium-browser google-chrome || want="$$want chromium"; \
	if [ -z "$$want" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && have apt-get; then \
		echo "installing$$want"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get -qq update; \
		if apt-cache show chromium-headless-shell >/dev/null 2>&1; then want="$${want/chromium/chromium-headless-shell}"; fi; \
		apt-get -qq install -y --no-install-recommends $$want >/dev/null; \
	else \
		echo "The tests need more than is here. Type: sudo apt-get install -y$$want" >&2; \
		exit 1; \
	fi

##: assets: the styles and scripts that pages are served with, fetched by npm as locked
.PHONY: assets
assets: built-with pkg/ui/node_modules/.built

pkg/ui/node_modules/.built: pkg/ui/package.json pkg/ui/package-lock.json pkg/ui/build.mjs
	@if [ "$$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then echo "Node is $$(node -v): Waypost needs 20 or newer" >&2; exit 1; fi
	@echo "Fetching styles and scripts with npm"
	@cd pkg/ui && npm ci --no-audit --no-fund --no-update-notifier --prefer-offline --loglevel=error >/dev/null && npm run --silent assets && touch node_modules/.built

##: simulate: play relay and readers against a store and a stream that fail (SEEDS=100000 FROM=1; one of them, step by step: SEEDS=1 FROM=… TRACE=1)
.PHONY: simulate
SEEDS ?= 100000
FROM ?= 1
simulate:
	@mkdir -p bin && go test -c -o bin/simulate ./pkg/sim
	@SEEDS="$(SEEDS)" FROM="$(FROM)" TRACE="$(TRACE)" bin/simulate -test.run '^TestSimulation$$' -test.timeout 30m

##: demo: play a working week of Greater Manchester at speed, and have it checked (CLUSTER=1: on two copies of every service)
.PHONY: demo
demo: assets
	@go build -o bin/ ./services/all/cmd/demo ./services/all/cmd/check
	@bin/demo $(if $(CLUSTER),-cluster)

##: races: two practices refer one person in the same moment, on two processes of every service: one goes on, one is held; and two people do one step at once (RACES=500)
.PHONY: races
RACES ?= 10000
races: assets
	@go build -o bin/races ./services/all/cmd/races
	@bin/races -races $(RACES)

##: bench: how fast a referral becomes visible and how many whole lives go through, beside the smallest program and Watermill (BENCH="-runs 1 -for 3s": a quick look)
.PHONY: bench
bench: assets
	@go build -o bin/bench ./services/all/bench
	@bin/bench $(BENCH)

##: bench-match: find whom somebody may be among 200,000 people, in Postgres, and print how long it takes
.PHONY: bench-match
bench-match:
	@go build -o bin/withdb ./pkg/pgtest/cmd/withdb
	@bin/withdb go test -run '^$$' -bench Match -benchtime 2000x ./services/coordination/internal/domain

##: bench-policy: how long it takes to decide whether somebody may see something
.PHONY: bench-policy
bench-policy:
	@go test -run '^$$' -bench See -benchtime 200000x ./services/coordination/internal/domain

##: bench-long: fill a Waypost of its own through its API and measure how it does with many cases (LONG=folder, kept and gone on with; BENCH="-sizes 10000")
.PHONY: bench-long
LONG ?= bin/long
bench-long: assets
	@go build -o bin/ ./services/all/bench ./services/all/cmd/waypost
	@bin/bench -long "$(LONG)" $(BENCH)

##: imports: take England's practices and services in, and print how long until they are committed and until a practice finds them
.PHONY: imports
REAL ?= ../shared/data
imports: assets
	@go build -o bin/imports ./services/all/cmd/imports
	@bin/imports -practices $(REAL)/ods/epraccur-2025-09.csv,$(REAL)/ods/epcn-2023-core-partner.csv,$(REAL)/ods/gp-reg-pat-prac-all.csv \
		-services $(REAL)/listings/england-services.hsds3.ndjson.gz

##: reconcile: compare, of a Waypost that is running (DATA=folder), what was said, what the streams hold and what was heard
.PHONY: reconcile
reconcile: assets
	@go build -o bin/reconcile ./services/all/cmd/reconcile
	@bin/reconcile $(if $(DATA),-data "$(DATA)")

##: rebuild: make a stream anew from its service's database, in a Waypost that is running: make rebuild STREAM=vcse (DATA=folder)
.PHONY: rebuild
rebuild: assets
	@go build -o bin/rebuild ./services/all/cmd/rebuild
	@bin/rebuild -stream "$(STREAM)" $(if $(DATA),-data "$(DATA)")

##: drill: try, beside a Waypost (DATA=folder) and without touching it, that a backup of its vault opens what was sealed
.PHONY: drill
drill: assets
	@go build -o bin/vault ./services/all/cmd/vault
	@bin/vault drill $(if $(DATA),-data "$(DATA)")

##: faults: break a Waypost of many processes in every way while people work, and look what is left (SMOKE=1: one short round)
.PHONY: faults
faults: assets
	@go build -o bin/faults ./services/all/cmd/faults
	@cd services/all && ../../bin/faults $(if $(SMOKE),-smoke) $(if $(DATA),-data "$(abspath $(DATA))") $(if $(SEED),-seed $(SEED)) $(if $(ROUNDS),-rounds $(ROUNDS)) $(if $(ONLY),-only "$(ONLY)")

##: lint: golangci-lint, gofumpt and go vet over every module
.PHONY: lint
lint: assets
	@deploy/lint/lint

##: verify: generate what is generated, and fail when that changes a file
.PHONY: verify
verify: assets
	@files() { git ls-files -z --cached --others --exclude-standard | xargs -0 sha256sum 2>/dev/null || true; }; \
	before=$$(files); \
	go generate $(PATTERNS); \
	changed=$$({ diff <(echo "$$before") <(files) || true; } | sed -n 's/^> [0-9a-f]*//p'); \
	if [ -n "$$changed" ]; then \
		printf 'these files are not what their source generates; they are now, so commit them:\n%s\n' "$$changed" >&2; \
		exit 1; \
	fi; \
	echo "verify: every generated file is current"

##: isolate: every module builds alone, as it would outside of this repository
.PHONY: isolate
isolate: assets
	@failed=""; for m in $(MODULES); do \
		if (cd "$$m" && GOWORK=off go build -o /dev/null ./... && GOWORK=off go vet ./...); then echo "ok $$m"; else failed="$$failed $$m"; fi; \
	done; \
	if [ -n "$$failed" ]; then echo "these do not build alone:$$failed" >&2; exit 1; fi

.PHONY: help
help:
	@sed -n 's/^##: \([a-z-]*\): /  make \1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
