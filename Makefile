# On a fresh machine: `make run`, or `make test`. Python 3.11 to 3.13 and make are all they need.
# `make run CLOUD=emulated`: with cloud settings, against the emulated providers of tests/.
.PHONY: run test check format demo-call bench race calendar-proof deploys faults frames proofs reminders-kill doctor pages pictures

PYTHON ?= python3
BIN := .venv/bin
DEV := $(BIN)/python -m dealership.devserver

run: .venv/installed
	@$(DEV) run

test: .venv/installed check
	@$(DEV) test $(ARGS)

check: .venv/installed
	@$(DEV) check

format: .venv/installed
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

demo-call: .venv/installed
	@$(DEV) exec -- python manage.py demo_call $(ARGS)

bench: .venv/installed
	@$(DEV) exec -- python manage.py bench $(ARGS)

race: .venv/installed
	@$(BIN)/python -m tests.scheduling.race $(ARGS)
	@HYPOTHESIS_DEPTH=20 $(BIN)/python -m pytest -q --timeout 0 tests/scheduling/test_state_machine.py

calendar-proof: .venv/installed
	@CALENDAR_STEPS=5000 BOOKINGS=100 $(BIN)/python -m pytest -q --timeout 0 -s tests/scheduling/test_calendar_proof.py tests/reminders/test_whole_cycle.py $(ARGS)

faults: .venv/installed
	@FAULTS=all $(BIN)/python -m pytest -q --timeout 0 tests/voice/test_fault_matrix.py tests/voice/test_lost_bookings.py $(ARGS)

proofs: .venv/installed
	@PROOFS=all $(BIN)/python -m pytest -q --timeout 0 tests/voice/test_attacks.py tests/voice/test_replayed_dialogues.py tests/voice/test_scripted_callers.py tests/voice/test_call_end_to_end.py tests/dealership/test_bench_store.py tests/dealership/test_relay.py $(ARGS)

deploys: .venv/installed
	@DEPLOYS=20 $(BIN)/python -m pytest -q --timeout 0 tests/voice/test_lost_processes.py $(ARGS)

frames: .venv/installed
	@FRAMES=100000 $(BIN)/python -m pytest -q --timeout 0 -s tests/voice/test_fuzz.py tests/voice/test_flood.py $(ARGS)

reminders-kill: .venv/installed
	@$(BIN)/python -W ignore -m tests.reminders.kills $(ARGS)
	@REMINDERS=10000 DUE=100000 $(BIN)/python -m pytest -q --timeout 0 -s tests/reminders/test_due.py tests/reminders/test_sweep.py

pages: .venv/installed
	@PAGES=all SCREENSHOTS=var/screenshots $(BIN)/python -m pytest -q --timeout 0 tests/test_pages_in_chromium.py $(ARGS)

pictures: .venv/installed
	@DJANGO_SETTINGS_MODULE=dealership.settings $(DEV) exec -- python -m tests.pictures $(ARGS)

doctor: .venv/installed
	@$(BIN)/python manage.py doctor

.venv/installed: requirements.txt requirements-local.txt requirements-dev.txt dealership/bootstrap.py
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11, 3.12 or 3.13 is needed, and there is no $(PYTHON) here." >&2; exit 1; }
	@$(PYTHON) dealership/bootstrap.py
