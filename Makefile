# What a newcomer needs is in `make help`; each target does its own set-up from nothing.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
MEMBERS := tabrl tabrl_api tabrl_reward_worker tabrl_trainer tabrl_inference tabrl_exporter tabrl_local
PYTHON_PATHS := shared services deploy bench tests scripts/lock scripts/visuals.py
PYTEST_ARGS ?=
UNIT_WORKERS ?= 2
ROBOT ?=
DEMO_ARGS ?=
BENCH_ARGS ?=
PART ?=
FUZZ_EXAMPLES ?= 1000
TASKS_ARGS ?=
TIERS_ARGS ?=
CONTAINERS_ARGS ?=
CHAOS_ARGS ?=

.PHONY: help
help: ## this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | expand -t 14

.PHONY: demo
demo: setup ## everything from nothing, then one task with progress, then the page until Ctrl-C (ROBOT=anymal_c)
	@exec $(BIN)/python -m tabrl_local.demo $(if $(ROBOT),--robot $(ROBOT)) $(DEMO_ARGS)

.PHONY: demo-once
demo-once: setup ## the same with a 10 s rollout, then it ends: exit 0 only if the robot learnt the task
	@exec $(BIN)/python -m tabrl_local.demo --once $(if $(ROBOT),--robot $(ROBOT)) $(DEMO_ARGS)

.PHONY: up
up: setup ## start all services and the page on this machine until Ctrl-C
	@exec $(BIN)/tabrl up

.PHONY: test
test: setup debian web-tools ## all checks and all tests; PYTEST_ARGS="tests/unit/sim -k cpu" for some
	@$(MAKE) -j2 check web-test
	@if [[ -n "$(PYTEST_ARGS)" ]]; then exec $(BIN)/python -m pytest $(PYTEST_ARGS); fi; \
	exec $(MAKE) -j3 -k test-browser test-services test-units

# Three lanes beside each other. Browsers and services wait a lot; what they leave is for the units, which
# nobody waits for. Reports come when a lane has ended, and grow in `.tools` until then.
in_lane = @mkdir -p .tools; if $(1) > .tools/$@.log 2>&1; then cat .tools/$@.log; else cat .tools/$@.log; exit 1; fi

.PHONY: test-browser
test-browser:
	@$(BIN)/python -m pytest tests/e2e

.PHONY: test-services
test-services:
	$(call in_lane,nice -n 5 $(BIN)/python -m pytest tests/integration)

.PHONY: test-units
test-units:
	$(call in_lane,$(BIN)/python -m pytest -n $(UNIT_WORKERS) --dist loadfile --no-loadscope-reorder tests/architecture tests/unit)

.PHONY: fuzz
fuzz: setup-python ## hostile sources and artifacts that nobody thought of (FUZZ_EXAMPLES=1000)
	@TABRL_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest --timeout=0 tests/unit/reward_worker/sandbox/test_sandbox_fuzz.py

.PHONY: check
check: setup-python ## format, lint, types, import rules, locks, and the page's lint and types
	@echo "== ruff"
	@$(BIN)/ruff format --check --quiet $(PYTHON_PATHS)
	@$(BIN)/ruff check --quiet $(PYTHON_PATHS)
	@echo "== mypy"
	@$(BIN)/mypy $(addprefix -p ,$(MEMBERS) bench deploy.dashboards deploy.containers deploy.modal)
	@echo "== import rules"
	@$(BIN)/lint-imports --no-cache
	@echo "== locks"
	@$(BIN)/python scripts/lock --check
	@scripts/web check

.PHONY: format
format: setup-python ## format and fix what can be fixed
	@$(BIN)/ruff check --fix --quiet $(PYTHON_PATHS)
	@$(BIN)/ruff format $(PYTHON_PATHS)
	@scripts/web format

.PHONY: dashboards
dashboards: setup debian ## write Grafana's dashboards, and pictures of them from a run that Prometheus watches
	@$(BIN)/python -m deploy.dashboards
	@TABRL_DASHBOARD_PICTURES=docs/images $(BIN)/python -m pytest -q tests/e2e/test_dashboards.py

.PHONY: contract
contract: setup-python ## write anew what the page takes over from the server: openapi.json and contract.ts
	@mkdir -p .tools web/src/generated
	@for made in openapi:openapi.json contract:src/generated/contract.ts; do \
		$(BIN)/python -m tabrl_api.$${made%%:*} > .tools/made && mv .tools/made web/$${made##*:}; done

.PHONY: bench
bench: bench-stack bench-speed ## measure: the running stack, then speed as ratios

.PHONY: bench-stack
bench-stack: setup debian ## measure: a rollout idle and beside a training, crowds at inference, rates of database and Redis
	@$(BIN)/python -m tabrl_local.bench
	@$(BIN)/python -m bench.inference
	@$(BIN)/python -m bench.service

.PHONY: bench-speed
bench-speed: setup-python ## measure: against bare stepping, Stable-Baselines3, Brax and EnvPool (13 minutes; BENCH_ARGS=--help)
	@$(BIN)/python -m bench.speed $(BENCH_ARGS)

.PHONY: bench-exports
bench-exports: setup-python ## compare exported controllers with the served one, in 10,000 states of every robot (a minute)
	@$(BIN)/python -m bench.exports

.PHONY: bench-gpu
bench-gpu: setup-python ## measure: MJX, on a GPU where there is one; PART=update for one part (BENCH_ARGS=--help)
	@$(BIN)/python -m bench.gpu $(PART) $(BENCH_ARGS)

.PHONY: bench-music
bench-music: setup debian ## measure: robots that dance to click tracks in a browser, how far from the beat (BENCH_ARGS=--help)
	@$(BIN)/python -m bench.music $(BENCH_ARGS)

.PHONY: bench-first-visit
bench-first-visit: setup debian ## measure: how long a first visitor waits for a robot that moves, by stages (BENCH_ARGS=--help)
	@$(BIN)/python -m bench.first_visit $(BENCH_ARGS)

.PHONY: bench-lighthouse
bench-lighthouse: setup debian ## measure: what Lighthouse says of how quickly the page comes (BENCH_ARGS=--help)
	@scripts/web lighthouse
	@$(BIN)/python -m bench.lighthouse $(BENCH_ARGS)

.PHONY: bench-tasks
bench-tasks: setup-python ## teach the task suite, three seeds each: table, JSON and film strips (TASKS_ARGS=--help)
	@$(BIN)/python -m bench.tasks $(TASKS_ARGS)

.PHONY: bench-tiers
bench-tiers: setup-python ## ten minutes against one on hop, run and rear: 40 minutes for a seed (TIERS_ARGS="--minutes 10 --seeds 0 1 2")
	@$(BIN)/python -m bench.tiers $(TIERS_ARGS)

.PHONY: containers
containers: setup-python ## bring docker-compose.yml up, train, kill, attack, take it down (CONTAINERS_ARGS=--help)
	@$(BIN)/python -m deploy.containers $(CONTAINERS_ARGS)

.PHONY: chaos
chaos: setup debian ## break everything under load, part by part; 25 minutes (CHAOS_ARGS=--help)
	@$(BIN)/python -m tests.chaos $(CHAOS_ARGS)

.PHONY: lock
lock: setup-python ## resolve the locks again after a change of dependencies
	@$(BIN)/python scripts/lock --uv .tools/uv/bin/uv

.PHONY: setup
setup: setup-python setup-web ## Python environment, built page, meshes and pictures of robots
	@scripts/setup visuals

.PHONY: visuals
visuals: setup-python ## detailed meshes of all robots that have some, with a download of 131 MB
	@scripts/setup meshes
	@scripts/setup visuals

.PHONY: setup-python
setup-python:
	@scripts/setup python

.PHONY: setup-web
setup-web: setup-python
	@scripts/web build

.PHONY: golden
golden: setup-python ## write what inference answers to states of real rollouts; the page's controller is held to it
	@$(BIN)/python -m tests.support.golden

.PHONY: web-test
web-test: golden
	@scripts/web test

.PHONY: web-tools
web-tools: setup-python
	@for tool in onnx lighthouse; do \
		scripts/web $$tool || echo "== $$tool could not be installed: its test is skipped" >&2; done

.PHONY: debian
debian:
	@scripts/setup debian

.PHONY: clean
clean: ## remove what was built (not the environment, not var/)
	rm -rf web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache/jax
