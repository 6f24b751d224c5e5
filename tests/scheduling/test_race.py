"""The race for the lane, small: `make race` runs it whole (see race.py)."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.scheduling.race import is_as_promised

RACE = [sys.executable, "-m", "tests.scheduling.race", "--json", "--every", "17"]


@pytest.mark.integration
@pytest.mark.load
def test_no_race_and_no_kill_makes_an_overlap_half_a_booking_or_a_false_full() -> None:
    """In a process of its own: it forks, and Django is set up on another database there."""
    size = ["--attempts", "200", "--processes", "8", "--kills", "3", "--server", os.environ["DATABASE_URL"]]
    done = subprocess.run([*RACE, *size], capture_output=True, text=True, check=False, timeout=110)
    assert done.stdout, done.stderr
    reports: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    one, three, crowd, control = reports
    for report in (one, three, crowd):
        assert not any(report["faults"].values()), report
        assert not report["stopped"]
        assert report["at_rest"]["open"] > 0
    assert [one["capacity"], three["capacity"]] == [1, 3]
    assert [one["killed"], three["killed"]] == [3, 3]
    assert min(one["attempts"], three["attempts"]) >= 200
    # Without lock and constraints the same crowd does overlap, or the race would prove nothing.
    assert control["faults"]["overlaps"]
    assert all(is_as_promised(report) for report in reports)
