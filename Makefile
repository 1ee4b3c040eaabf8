# What there is to do here. `make` alone lists it; `make test` is exactly what CI runs.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test check short bench bench-send drill drill-naive drill-fleet drill-rolling drill-short programs backtest format vet determinism tidy browser postgres editor maildev promtool grafana histories docs deploy-check cluster programs-cluster

# How many packages are built and tested at once.
JOBS ?= 2

# The version whose workflow histories are recorded.
VERSION ?= v0.1

# What is tested with the race detector is our code, and what it calls, but not the inside of SQLite: that is translated C,
# whose memory the detector does not see anyway, and it takes four times as long under its eye.
RACE := -race -gcflags=modernc.org/...=-race=false

# Packages that link the embedded Temporal server: linking takes a while, and with the race detector very long.
SERVER := cmd/outreach-dev|internal/devserver|internal/e2e

# Packages that are tested without the race detector: those, and some that only calculate, on one goroutine, or ask other
# programs.
PLAIN := $(SERVER)|internal/demo|internal/importer|internal/journey|internal/preview|internal/rule|internal/sendtime|internal/simulate|cmd/outreach|internal/crowd|internal/dashboard|internal/deploytest|internal/habit|internal/house|internal/lint|internal/pace|internal/schema|internal/why

# Tests that are short, or skipped, under the race detector, and are run once more without it.
LONG := ^(TestAChangeBeforeTheAttemptWins|TestMegaline|TestTheProtocol|TestTheProtocolOnDisk|TestEveryCustomerIsJudgedOnce|TestLoadedInTheMiddle|TestWorkersChangeNothing)$$

# Tests collect their garbage when a heap is four times what is used: memory is there, time is not. With the race detector
# the end of a test binary waits 50 ms for those that still run, and not a second, which 70 packages would add up.
GOTEST := GOGC=300 GORACE=atexit_sleep_ms=50 go test -p $(JOBS)

# $(call only,PATTERN) lists the packages that match, $(call but,PATTERN) the rest.
only = $$(go list ./... | grep -E '/outreach/($(1))$$')
but = $$(go list ./... | grep -vE '/outreach/($(1))$$')

# Where the package of the language server is pinned.
EDITOR_FROM := internal/schema/testdata/editor

# Where the package of the mail server for tests is pinned.
MAILDEV_FROM := internal/channel/smtp/testdata/maildev

# Where the package of Grafana's schema is pinned.
GRAFANA_FROM := internal/dashboard/testdata/grafana

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## everything on this machine: Temporal, the engine, the inbox, a demo company. ARGS="--help" lists its flags
	@[ -e bin/outreach-dev ] || echo "The first build takes a few minutes: it holds a whole Temporal server. Later ones take seconds."
	@go build -p $(JOBS) -o bin/ ./cmd/outreach-dev
	@exec bin/outreach-dev $(ARGS)

build: ## bin/outreach, the product, and bin/outreach-dev, everything in one
	go build -p $(JOBS) -o bin/ ./cmd/outreach ./cmd/outreach-dev

# The race of changes against messages runs twice: briefly with the race detector, and ten thousand rounds without.
test: format vet determinism tidy browser postgres editor maildev promtool grafana deploy-check ## everything that CI checks
	@race="$(RACE)"; \
	if [ "$$(go env CGO_ENABLED)" != 1 ] || ! command -v "$$(go env CC)" >/dev/null; then \
	  race=; echo "there is no C compiler: tests run without the race detector"; \
	fi; \
	code=0; set -x; \
	$(GOTEST) $$race $(call but,$(PLAIN)) || code=$$?; \
	$(GOTEST) $(call only,$(PLAIN)) || code=$$?; \
	$(GOTEST) ./activities ./internal/backtest -run '$(LONG)' || code=$$?; \
	make --no-print-directory drill-short || code=$$?; \
	{ set +x; } 2>/dev/null; exit $$code

check: test ## the same as test

short: ## the tests that are done in a minute: none with a live Temporal, none that takes long
	$(GOTEST) -short $(call but,$(SERVER))

bench: ## what it costs on both stores, as ratios in one run: intake, rules, customers, outreaches, lateness, the first of a burst; explain. Most of an hour
	go test ./internal/bench -run '^$$' -bench . -benchtime 1x -count 3 -timeout 60m | grep -E '^Benchmark|^ok|FAIL'
	go test ./internal/e2e -run '^$$' -bench 'Outreaches|First' -benchtime 1x -count 3 -timeout 60m | grep -E '^Benchmark|^ok|FAIL'
	go test ./internal/e2e -run '^$$' -bench Lateness -benchtime 1x -timeout 60m | grep -E '^Benchmark|^ok|FAIL'
	go test ./cmd/outreach -run '^$$' -bench Explain -benchtime 50x -timeout 30m | grep -E '^Benchmark|^ok|FAIL'

bench-send: ## what sending costs: 10,000 messages by each sender and by its bare library, in one run. Five minutes
	go test ./internal/channel/sendcost -run '^$$' -bench Senders -benchtime 1x -timeout 30m | grep -vE '^(goos|goarch|pkg|cpu|Benchmark|PASS)'

drill: programs ## 10,000 messages, 200 kills, providers that misbehave: is any lost, doubled or stuck? Beside it, a design that tries again. ARGS="--seed 7"
	bin/outreach-drill --compare $(ARGS)

drill-naive: programs ## that other design alone: it sends, then records, and tries again
	bin/outreach-drill --naive $(ARGS)

drill-fleet: programs postgres ## three engines on one PostgreSQL: 5,000 messages, 100 kills of each part, a rate, a hold
	bin/outreach-drill --store postgres --engines 3 --roles all,intake,worker --messages 5000 --kills 100 --rate 10 --hold $(ARGS)

drill-rolling: programs postgres ## replace three engines one by one under load, then kill each: how late are messages?
	@go build -p $(JOBS) -ldflags "-X github.com/outreach-engine/outreach/internal/app.stamped=next" -o bin/next/ ./cmd/outreach
	bin/outreach-drill --rolling --engines 3 --next bin/next $(ARGS)

# What both short drills have in common.
SHORT := --messages 300 --kills 12 --gap 1s --call-timeout 1500ms --patience 3s --seed 20261123

# The two drills wait more than they work, so they run side by side. The second one's words come after the first one's.
drill-short: programs postgres ## 300 messages, 12 kills, of one engine and of three on one PostgreSQL: about a minute
	@code=0; other=; \
	if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
	  words=$$(mktemp); \
	  (set -x; exec bin/outreach-drill $(SHORT) --store postgres --engines 3 --roles all,intake,worker --rate 10 --hold $(ARGS)) >"$$words" 2>&1 & other=$$!; \
	fi; \
	(set -x; exec bin/outreach-drill $(SHORT) $(ARGS)) || code=$$?; \
	if [ -n "$$other" ]; then wait $$other || code=$$?; cat "$$words"; rm "$$words"; fi; \
	exit $$code

cluster: programs-cluster postgres ## PostgreSQL, Temporal's four services, two engines and a load, here; what it costs. ARGS="--help" lists its flags
	@exec bin/outreach-cluster $(ARGS)

# What a cluster runs. Temporal's own programs come from the module that the embedded server is made of.
programs-cluster:
	@[ -e bin/temporal-server ] || echo "The first build takes a few minutes: Temporal's server is big. Later ones take seconds."
	@go build -p $(JOBS) -o bin/ ./cmd/outreach ./cmd/outreach-cluster
	@go build -p $(JOBS) -o bin/temporal-server go.temporal.io/server/cmd/server
	@go build -p $(JOBS) -o bin/temporal-sql-tool go.temporal.io/server/cmd/tools/sql

# What a drill runs.
programs:
	@go build -p $(JOBS) -o bin/ ./cmd/outreach ./cmd/outreach-dev ./cmd/outreach-drill

backtest: ## what outreach simulate costs: 100,000, 300,000 and a million events; seconds, processor seconds and most memory
	@for n in 100000 300000 1000000; do \
	  go test ./internal/backtest -run '^$$' -bench "Past/events=$$n\$$" -benchtime 1x -timeout 30m | grep -E '^Benchmark|FAIL'; \
	done

format:
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet -p $(JOBS) ./...

# Workflow code has to do the same at every replay.
determinism:
	go tool workflowcheck ./workflows/...

tidy:
	go mod tidy -diff

# The inbox and the previews are looked at in a real browser.
browser:
	@if command -v chromium >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "chromium is missing: installing it with apt-get"; \
	  if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >/dev/null; then exit 0; fi; \
	fi; \
	echo "chromium is not installed: the tests that look at pages are skipped"

# The PostgreSQL store is tested on a real server, which each test starts for itself: the package's own is not wanted.
postgres:
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "PostgreSQL is missing: installing it with apt-get"; \
	  if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common && \
	    mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; } >/dev/null; then exit 0; fi; \
	fi; \
	echo "PostgreSQL is not installed: the tests that need it are skipped"

# The schemas of rules are tried in a real language server. Its package stays in .cache.
editor:
	@if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "npm is missing: installing it with apt-get"; \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm; } >/dev/null || true; \
	fi; \
	if cmp -s $(EDITOR_FROM)/package-lock.json .cache/editor/package-lock.json; then exit 0; fi; \
	mkdir -p .cache/editor && rm -f .cache/editor/package-lock.json && cp $(EDITOR_FROM)/package.json .cache/editor/ && \
	  cp $(EDITOR_FROM)/package-lock.json .cache/editor/ && \
	  npm ci --prefix .cache/editor --ignore-scripts --no-audit --no-fund --loglevel=error || \
	{ rm -f .cache/editor/package-lock.json; echo "yaml-language-server is not installed: the tests that ask it are skipped"; }

# Sent mails are read back by another maker's mail server. Its package stays in .cache.
maildev: editor
	@if cmp -s $(MAILDEV_FROM)/package-lock.json .cache/maildev/package-lock.json; then exit 0; fi; \
	mkdir -p .cache/maildev && rm -f .cache/maildev/package-lock.json && cp $(MAILDEV_FROM)/package.json .cache/maildev/ && \
	  cp $(MAILDEV_FROM)/package-lock.json .cache/maildev/ && \
	  npm ci --prefix .cache/maildev --ignore-scripts --no-audit --no-fund --loglevel=error || \
	{ rm -f .cache/maildev/package-lock.json; echo "maildev is not installed: the test that reads a mail back is skipped"; }

# Alert rules, the dashboard's expressions and the runbooks' queries are checked by promtool. Debian's package is unpacked
# into .cache and not installed: no server starts.
promtool:
	@if [ -x .cache/prometheus/usr/bin/promtool ] || command -v promtool >/dev/null; then exit 0; fi; \
	if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then \
	  echo "promtool is missing: unpacking Debian's package prometheus into .cache"; \
	  mkdir -p .cache/prometheus && cd .cache/prometheus && rm -f *.deb; \
	  if { apt-get download prometheus || { [ "$$(id -u)" = 0 ] && apt-get update && apt-get download prometheus; }; } >/dev/null 2>&1 && \
	    dpkg-deb -x prometheus_*.deb . && rm -f *.deb; then exit 0; fi; \
	fi; \
	echo "promtool is not there: the tests that check alert rules and the dashboard's expressions are skipped"

# The dashboard is read by Grafana's own schema. Its package stays in .cache.
grafana: editor
	@if cmp -s $(GRAFANA_FROM)/package-lock.json .cache/grafana/package-lock.json; then exit 0; fi; \
	mkdir -p .cache/grafana && rm -f .cache/grafana/package-lock.json && cp $(GRAFANA_FROM)/package.json .cache/grafana/ && \
	  cp $(GRAFANA_FROM)/package-lock.json .cache/grafana/ && \
	  npm ci --prefix .cache/grafana --ignore-scripts --no-audit --no-fund --loglevel=error || \
	{ rm -f .cache/grafana/package-lock.json; echo "@grafana/schema is not installed: the test that reads the dashboard by it is skipped"; }

histories: ## record the workflow histories of a version that every later build replays; those that are there stay. VERSION=v0.2
	go test -count=1 ./internal/e2e -run TestRecordHistories -histories $(VERSION)

# The image, the compose files and the chart, checked by the parts of Docker, Compose, Caddy, Helm and Kubernetes that read
# them. These are a module of their own, deploy/tools; the first build takes two minutes, later ones seconds.
deploy-check: ## the files of deploy/: image, compose, gateway, chart
	@cd deploy/tools; \
	if ! go list -deps . >/dev/null 2>&1; then \
	  if go mod verify >/dev/null 2>&1; then go list -deps . >/dev/null; fi; \
	  echo "the modules of deploy/tools are not installed: the files of deploy/ are not checked"; exit 0; \
	fi; \
	mkdir -p ../../.cache/deploy; \
	export DEPLOY_CONTENTS=$$(find .. ../../rules ../../templates -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); \
	go mod tidy -diff && go vet . && go build -p $(JOBS) -o ../../.cache/deploy/check . && go test -p $(JOBS) . && ../../.cache/deploy/check ../..

docs: ## write the generated pages of docs/ and the expected texts of tests anew
	go test -count=1 $$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd internal | xargs -n1 dirname | sort -u | grep -v internal/e2e | sed 's|^|./|') -update
