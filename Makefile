# make demo and make test do all their set-up. TORCH chooses a build of PyTorch, e.g.
#   make demo TORCH="torch torchvision --index-url https://download.pytorch.org/whl/cpu"
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH ?=
# Two processes with one thread each. The tests of a file share fixtures and stay in one process.
PARALLEL ?= -n 2 --dist loadfile
# make test COVERAGE=--cov also measures which lines the tests reach, as continuous integration does; it takes longer.
COVERAGE ?=
# make test CHECK= leaves the checks out: with the lowest dependencies mypy sees other types.
CHECK ?= check

# make model REAL=folder also measures the model on real CTs: images/, masks/ and, if there are any, grades/.
REAL ?=

.PHONY: demo model test test-all check docs clean

demo: $(VENV)/installed
	$(BIN)/vf_nnunet demo

# Hours; if interrupted, it continues. The model that comes with the package is made anew, with its card.
model: $(VENV)/installed
	$(BIN)/python -m vf_nnunet.phantom_model -o model $(if $(REAL),--real $(REAL))
	cp model/phantom.vf model/phantom.md vf_nnunet/phantom_model/

test: $(VENV)/installed-dev $(CHECK)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PARALLEL) $(COVERAGE) -m "not slow"

test-all: $(VENV)/installed-dev $(CHECK)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PARALLEL) $(COVERAGE) --hypothesis-profile=default

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	bash .ci/complexity $(BIN)/radon

docs: $(VENV)/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(if $(TORCH),$(BIN)/pip install $(TORCH))
	$(BIN)/pip install -e ".[openvino]"
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo site
