# Every target brings up what it needs on a machine that has Python 3.11+, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN := runs/demo
# Two processes side by side, each with one thread: more would wait for each other.
TEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
# The study's datasets; one that is not there is loaded from the Hugging Face hub.
medical := ../shared/data/pubmedqa.jsonl
legal := ../shared/data/us_bills.jsonl.gz
code := ../shared/data/codealpaca.jsonl.gz

.PHONY: help setup chat demo test check format bench study calibrate clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## Install into .venv

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[local,dev]'
	@touch $@

chat: $(READY) ## Talk in the browser: data and a goal in, gaps and reasons out
	$(BIN)/goalcover chat

demo: $(READY) ## Diagnose the dataset that comes along: 305 rows, two planted gaps
	$(BIN)/goalcover assess tools/demo/support.jsonl --goal tools/demo/goal.yaml --out $(RUN)
	$(BIN)/goalcover gaps $(RUN)

test: $(READY) ## Run all tests
	$(TEST)

check: $(READY) ## Format, lint, layers, types, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(TEST)

format: $(READY) ## Put the code in shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

bench: $(READY) ## Measure what the README claims about time and size
	$(BIN)/python tests/bench/assess.py
	$(BIN)/python tests/bench/study.py
	$(BIN)/python tests/bench/judging.py
	$(BIN)/python tests/bench/chat.py
	$(BIN)/python tests/bench/novelty.py
	$(BIN)/python tests/bench/gaps.py kinds
	$(BIN)/python tests/bench/gaps.py scale

study: $(READY) ## Prove it: the paper's six removals (ten minutes the first time, less than one again)
	$(foreach domain,medical legal code,$(BIN)/goalcover study corruption --domain $(domain) --seeds 0,1,2,3,4 \
		--out runs/study/$(domain) $(addprefix --data ,$(wildcard $($(domain)))) &&) true
	$(BIN)/goalcover study summary $(addprefix runs/study/,medical legal code)

calibrate: $(READY) ## Learn the embedded judge's calibration anew from tests/probes
	$(BIN)/python tests/probes/calibrate.py --projection

clean: ## Remove what was installed and made here
	rm -rf $(VENV) runs *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
