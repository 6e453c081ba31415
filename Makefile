# Needs git, make and a Python of 3.11 or later; everything else goes into .venv, by plain venv and pip
# from the pinned and hashed requirements. Windows and uv: see README.md.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The first Python that is new enough and able to make a complete environment.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { command -v $$p; break; }; done)

# Spark is a large download, and of use only where there is a Java to run it.
SPARK := $(shell command -v "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" >/dev/null 2>&1 && echo $(VENV)/.spark)

SEED ?= 1

.PHONY: bundle help demo site pictures test test-long lint format bench bench-kinds bench-peers bench-scale faults fuzz audit requirements docs messages clean
.DELETE_ON_ERROR:

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/.run ## run the main job on a made-up prefecture; workbooks go to demo/
	@$(BIN)/gapmatch demo --workspace demo

test: lint $(SPARK) ## lint, then every test (those on Spark where there is a Java)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/.dev $(SPARK) ## larger sizes and more repetitions of the same promises (a quarter of an hour)
	@$(BIN)/python -m pytest --numprocesses 2 -m long
	@GAPMATCH_EXAMPLES=200 $(BIN)/python -m pytest --numprocesses 2 -m "hypothesis and not long"
	@GAPMATCH_KILLS=60 $(BIN)/python -m pytest tests/run/test_kill.py

lint: $(VENV)/.dev ## formatting, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## put the code into its standard form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## speed, memory and quality of a quarterly run
	@$(BIN)/python benchmarks/bench.py

bench-kinds: $(VENV)/.dev ## kinds of names written otherwise, and of pairs that are not one firm (ten minutes)
	@$(BIN)/python benchmarks/measure_kinds.py

bench-peers: $(VENV)/.peers ## the same task done by other tools
	@$(BIN)/python benchmarks/peers.py

faults: $(VENV)/.dev ## let every line that writes, reads or asks the database fail in turn (the suite tries some); SEED=2 draws others
	@GAPMATCH_FAULTS=$(SEED) POLARS_MAX_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 tests/faults

fuzz: $(VENV)/.dev ## mutate files of each kind that is read, thousands of times (the suite tries some); SEED=2 tries others
	@GAPMATCH_FUZZ=1000 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --hypothesis-seed=$(SEED) tests/read/test_read_fuzz.py tests/read/test_read_anything.py

audit: ## known weaknesses of the pinned packages (needs the network, and says so when there is none)
	@"$(PYTHON)" requirements/audit.py

bench-scale: $(VENV)/.peers $(VENV)/.spark ## growth from ten thousand to three million firms, beside other tools (hours)
	@$(BIN)/python benchmarks/scale.py
	@$(BIN)/python benchmarks/whole_run.py

bundle: site ## what is copied onto an office PC: dist/gapmatch-<version>-win64.zip, and wheels for Linux
	@$(BIN)/python bundle/build.py windows
	@$(BIN)/python bundle/build.py linux

requirements: ## pin the newest allowed packages (needs uv and the package registry)
	@sh requirements/compile.sh

docs: $(VENV)/.dev ## write the reference pages from the code
	@GAPMATCH_LANG=en $(BIN)/python docs/generate/command_pages.py docs/cli.md
	@GAPMATCH_LANG=zh $(BIN)/python docs/generate/command_pages.py docs/cli.zh-CN.md
	@$(BIN)/python docs/generate/api_page.py docs/api.md
	@GAPMATCH_LANG=en $(BIN)/python docs/generate/messages_page.py docs/messages.md
	@GAPMATCH_LANG=zh $(BIN)/python docs/generate/messages_page.py docs/zh/messages.md

site: $(VENV)/.dev ## build the documentation as pages that open from a folder: build/site/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

pictures: $(VENV)/.dev ## draw the pictures of the documents anew (needs LibreOffice, Chromium, poppler)
	@$(BIN)/python docs/generate/pictures.py

messages: $(VENV)/.dev ## collect the messages in the code for translation, and compile the translations
	@$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keywords N_ --no-wrap --add-location file --sort-by-file \
	  --output $(VENV)/gapmatch.pot src/gapmatch
	@$(BIN)/pybabel --quiet update --no-fuzzy-matching --no-wrap --ignore-obsolete --ignore-pot-creation-date \
	  --domain gapmatch --locale en --input $(VENV)/gapmatch.pot --output-dir src/gapmatch/locale
	@$(BIN)/pybabel --quiet compile --domain gapmatch --directory src/gapmatch/locale

clean: ## remove what was made here; results of the demo too
	rm -rf $(VENV) build dist demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@test -n "$(PYTHON)" || { \
	  echo "gapmatch needs Python 3.11 or later with its venv module, and found none." >&2; \
	  echo "Debian/Ubuntu: apt install python3-venv. Elsewhere: make PYTHON=/path/to/python3.12 ..." >&2; \
	  exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/desk.txt requirements/build.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/desk.txt -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@# pip compiles what it copies, and nothing of what it only points to.
	$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt requirements/learn.txt
	$(PIP) install --require-hashes -r requirements/dev.txt -r requirements/learn.txt
	@touch $@

$(VENV)/.peers: $(VENV)/.dev requirements/peers.txt
	$(PIP) install --require-hashes -r requirements/peers.txt
	@touch $@

$(VENV)/.spark: $(VENV)/.dev requirements/spark.txt
	$(PIP) install --require-hashes -r requirements/spark.txt
	@touch $@
