# Everything runs in virtual environments of its own; nothing of yours is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
TORCH ?= torch==2.13.0
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# as many tests at once as there are processors; those of a file stay together
SIDE_BY_SIDE ?= -n auto --dist loadfile
# LOCK="-c requirements.lock" takes the versions that the newest set was tested with
LOCK ?=

# what needs node is left out where it is not there, and that is said
with_node = @if command -v npm > /dev/null; then echo '$(1)' && $(1); else echo 'node is not there: left out: $(1)'; fi

.PHONY: environments demo test test-scripts check check-scripts bench docs fuzz lock matrix page mutants clean

demo: $(VENV)/demo ## an animation painted by the small model that comes along, from nothing to a video
	$(BIN)/anim run settings_defaults/dawn_to_night.json --out output

test: $(VENV)/dev test-scripts ## all tests, newest versions
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-scripts: ## the page's scripts as far as they need no browser
	$(call with_node,npm test --silent)

check: $(VENV)/dev check-scripts ## format, lint, types; what the translations lack
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tools.translations

check-scripts: ## the types of the page's scripts
	$(call with_node,npm ci --silent --no-audit --no-fund --prefer-offline && npm run --silent check)

bench: $(VENV)/dev ## what things cost, each beside the plain cost of the same work
	$(BIN)/python -m benchmarks

docs: $(VENV)/dev ## the generated parts of README and docs/, written anew
	$(BIN)/python -m tools.docs

matrix: .venv-webui/dev .venv-diffusers/dev ## the core on the WebUI's old versions, and the engine on the oldest diffusers it takes
	.venv-webui/bin/python -m pytest $(SIDE_BY_SIDE) -m "not once"
	.venv-diffusers/bin/python -m pytest tests/engines $(SIDE_BY_SIDE) -m "painter and not once"

page: ## the page in a real browser (Debian's chromium), under each gradio that WebUIs have
	$(call with_node,npm ci --silent --no-audit --no-fund --prefer-offline)
	for version in 341 440 6; do \
	    $(PYTHON) -m venv .venv-page$$version && \
	    .venv-page$$version/bin/python -m pip install --quiet --disable-pip-version-check -e . \
	        -r tests/requirements-ui$$version.txt && \
	    .venv-page$$version/bin/python -m pytest tests/page tests/jobs tests/hosts || exit 1; \
	done

lock: ## requirements.lock: the newest versions of today, for reproducible tests
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH) -e '.[dev]'
	.venv-lock/bin/python -m pip freeze --exclude-editable | grep -v '^torch==' > requirements.lock

FUZZ ?= 5000
fuzz: $(VENV)/dev ## random input for all readers and the renderer, FUZZ examples each
	FUZZ=$(FUZZ) $(BIN)/python -m pytest tests/test_fuzz.py -q --timeout 3600

OF ?= lib_anim/language
mutants: $(VENV)/dev ## which small changes of a folder or file (OF=…) its tests do not notice
	$(PIP) -r tests/requirements-mutants.txt
	$(BIN)/python -m tools.mutants $(OF)

clean:
	rm -rf .venv node_modules .venv-webui .venv-diffusers .venv-page* .venv-lock build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache

$(VENV)/demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(TORCH) -e '.[diffusers]'
	@touch $@

$(VENV)/dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(LOCK) $(TORCH) -e '.[dev]'
	@touch $@

environments: $(VENV)/dev .venv-webui/dev .venv-diffusers/dev ## what the tests run in; `make -j3` makes them side by side

.venv-%/dev: tests/requirements-%.txt pyproject.toml
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -e . -r tests/requirements-$*.txt
	@touch $@
