"""PostgreSQL and Redis killed and started again while callers book: see outages.py."""

import json
import subprocess
import sys

import pytest


@pytest.mark.integration
def test_callers_get_a_sentence_and_nothing_is_half_written_when_servers_die_under_load() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scheduling.outages"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    phases = report["phases"]
    # Booked or refused with a code: never another error, no half of a visit, nothing lost.
    assert not any(report["faults"].values()), report["faults"]
    assert phases["killed"]["busy"] and phases["stopped"]["busy"]
    # The same processes and threads go on by themselves.
    assert phases["back"]["done"] and phases["back again"]["done"]
    # Booking does not care for Redis, and a look-up is right whether it is there or not.
    assert phases["redis killed"]["done"]
    assert not any("busy" in phases[name] for name in ("with redis", "redis killed", "redis back"))
    assert set(report["looks"]) == {"right"}
