# Everything is set up from the locks in requirements/. PYTHON picks another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DAYS ?= 20000
DIALECT_DAYS ?= 2000
MINUTES ?= 30
EXAMPLES ?= 300
CODE := layers/core/python functions
ALL_CODE := $(CODE) tests bench tools
# Tests start the product a hundred times, and each start would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup wheels package run test check sim soak aws-e2e witness conformance api-fuzz bench lock deploy clean

$(VENV)/run.done: requirements/run.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "tradegram needs Python 3.11 to 3.13; say make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.done: requirements/dev.txt $(VENV)/run.done
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

# The AWS emulator pins its own botocore, so it lives apart.
.venv-ministack/done: requirements/ministack.txt
	test -x .venv-ministack/bin/python || $(PYTHON) -m venv .venv-ministack
	.venv-ministack/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/ministack.txt
	touch $@

# So does what scans the template's policies.
.venv-policy/done: requirements/policy.txt
	test -x .venv-policy/bin/python || $(PYTHON) -m venv .venv-policy
	.venv-policy/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/policy.txt
	touch $@

setup: $(VENV)/dev.done .venv-ministack/done .venv-policy/done wheels

# For Lambda's machine; kept in the home directory, so that `make package` needs no network.
wheels: $(VENV)/run.done
	for layer in deps ibkr; do $(MAKE) -s -C layers/$$layer wheels PYTHON=$(abspath $(BIN)/python) || exit; done

# What would be deployed, in .aws-sam/build, weighed and looked at.
package: setup
	$(BIN)/python tools/package.py

run: $(VENV)/run.done
	$(BIN)/python -m tradegram run

test: setup
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: setup
	$(BIN)/ruff format --check $(ALL_CODE)
	$(BIN)/ruff check $(ALL_CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/mypy --no-strict-equality tests bench tools
	AWS_DEFAULT_REGION=ap-south-1 $(BIN)/cfn-lint template.yaml

sim: setup
	$(BIN)/python tests/simulation/play.py --days $(DAYS)
	for words in angelone kotakneo binance; do \
	  $(BIN)/python tests/simulation/play.py --days $(DIALECT_DAYS) --dialect $$words || exit 1; done
	for part in bracket_days trigger_days; do \
	  $(BIN)/python tests/simulation/play_part.py $$part --days $(DIALECT_DAYS) || exit 1; done

# Kills one machine's desk each minute under load: make soak MINUTES=5
soak: setup
	$(BIN)/python -m bench.soak $(MINUTES)

# The brokers' own clients; far more than a minute to set up, so `make test` does without.
.venv-witness/done: requirements/witness.txt
	test -x .venv-witness/bin/python || $(PYTHON) -m venv .venv-witness
	.venv-witness/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/witness.txt
	touch $@

# Their requests beside ours, on loopback. Once it is set up, `make test` has it too.
witness: setup .venv-witness/done
	$(BIN)/python -m pytest -q tests/witness

# What every broker promises, as a table; exits 1 on a blank: make conformance BROKERS=zerodha
conformance: setup
	$(BIN)/python tests/conformance/table.py $(BROKERS)

# Asks the API what its document allows, and worse: make api-fuzz EXAMPLES=1000
api-fuzz: setup
	API_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q --timeout 3600 tests/api/test_fuzz.py

# The template on an emulator that runs it: functions, queues, streams, schedules, roles.
aws-e2e: setup
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/aws_e2e

bench: setup
	$(BIN)/python -m bench

# Rewrites the locks; needs uv on the path.
lock:
	cd requirements && ./lock

# Guided; needs the SAM command line (pip install aws-sam-cli, in an environment of its own).
deploy: package
	$(BIN)/python tools/deploy.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .aws-sam
