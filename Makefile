# Everything that people and continuous integration do with this repository: `make help`.
CONFIGURATION ?= Release
export CONFIGURATION
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE = 1
bin = src/$(1)/bin/$(CONFIGURATION)/net10.0/linux-x64

.DEFAULT_GOAL := help
.PHONY: help setup build native programs operator images chart release demo alerts generate lock audit test test-cel bench cluster cluster-down format format-check clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## Install the Debian packages that are missing (as root), and restore NuGet's
	@eng/setup.sh
	@eng/packages.sh restore MhcOperator.sln

build: native ## Build everything: the native libraries, then the .NET programs that take them along
	@$(MAKE) --no-print-directory build/solution-$(CONFIGURATION).stamp

native:
	@eng/setup.sh
	@eng/build-native.sh

# Without the tests, for those who want to run it.
programs: native
	@$(MAKE) --no-print-directory build/programs-$(CONFIGURATION).stamp

# The compiler is asked only where a source file or folder is newer than the last build.
list = $(shell find $(1) \( -name bin -o -name obj \) -prune -o -print 2> /dev/null)
common := VERSION *.sln *.props global.json .editorconfig build/native/*.so
build/programs-$(CONFIGURATION).stamp: $(call list,src $(common))
	@echo "building the .NET programs"
	@eng/build-dotnet.sh eng/programs.slnf
	@mkdir -p build && touch $@
build/solution-$(CONFIGURATION).stamp: $(call list,src tests $(common))
	@echo "building the .NET programs and tests"
	@eng/build-dotnet.sh MhcOperator.sln
	@mkdir -p build && touch $@ build/programs-$(CONFIGURATION).stamp

demo: programs ## Train an mHC transformer here, let it go unstable, and see it roll back
	@$(call bin,Cli)/mhc run examples/quickstart.yaml

test: ## Build, then run the tests that have not passed here as they are, the ones on a real Kubernetes included
	@eng/test.sh

alerts: programs ## Check and test the alerts, runbooks and dashboards, with a real Prometheus and Alertmanager
	@eng/alerts.sh

generate: build ## Write anew what is made from the definition, the code and the chart: docs/resource.md, deploy/, rules
	@eng/generate.sh

lock: ## Write anew which NuGet packages a build takes, after a change in Directory.Packages.props or a project
	@eng/packages.sh lock

audit: setup ## Ask the source of NuGet's packages whether one of them has a known vulnerability
	@eng/packages.sh audit

fuzz: export MHC_FUZZ_SECONDS ?= 300
fuzz: export MHC_FUZZ_SEED ?= $(shell date +%s)
fuzz: build ## Fuzz the readers of what others wrote, and the kernels' arguments, five minutes each; make test does so for five seconds each
	@for suite in Api Operator Trainer; do \
	  tests/$$suite.Tests/bin/$(CONFIGURATION)/net10.0/linux-x64/$$suite.Tests --no-progress --no-ansi --filter-class '*Fuzz*' || exit; \
	done
	@for test in fuzz fuzz_collectives; do eng/build-native.sh --sanitize --test --only $$test || exit; done

test-cel: build ## Hold the rules of crds/cel against a current API server (the first time, building that takes 3 minutes)
	@eng/cluster.sh fetch
	@eng/cel-server.sh
	@tests/Cel.Tests/bin/$(CONFIGURATION)/net10.0/linux-x64/Cel.Tests --no-progress --no-ansi

bench: ## Run every benchmark and put the tables into docs/benchmarks.md; make bench-NAME runs bench/NAME.sh alone
	@bench/all.sh

benches := $(patsubst bench/%.sh,bench-%,$(shell find bench -name '*.sh' -executable ! -name all.sh))
.PHONY: $(benches)
$(benches): bench-%: programs
	@bench/$*.sh

bench-operator: operator
bench-operator: export OPERATOR ?= $(CURDIR)/artifacts/operator/mhc-operator

operator: ## Compile the operator to native code: artifacts/operator/mhc-operator
	@eng/publish-operator.sh

# Made by their Containerfiles where ENGINE names a program for that, which then needs nothing built here.
images: $(if $(ENGINE),,programs) ## Make the container images, with no registry and no Docker: artifacts/images
	@eng/images.sh

chart: native ## Try the Helm chart without a server, and package it: artifacts/chart
	@eng/chart.sh

release: programs ## Leave all that a release's page has in artifacts/release
	@eng/release.sh

cluster: programs ## Start a one-node Kubernetes and install the operator on it with Helm
	@eng/cluster.sh up
	@eng/images.sh mhc-operator mhc-trainer
	@eng/cluster.sh load $$(eng/images.sh --archive mhc-operator) $$(eng/images.sh --archive mhc-trainer)
	@eng/install.sh

cluster-down: ## End that cluster
	@eng/cluster.sh down

format: ## Format the sources
	@eng/format.sh

format-check: ## Say which sources are not formatted
	@eng/format.sh --check

clean: ## Remove what was built here; caches in the home folder stay
	@rm -rf build artifacts
	@find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
