"""Workers killed while they remind people, small; `make reminders-kill` has the whole."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.reminders.kill_processes import CALL_POINTS, POINTS

pytestmark = [
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),  # a dozen processes on a busy machine
]

KILLS = len(CALL_POINTS)  # and the text points beside


def test_killed_workers_ring_and_text_nobody_twice_and_forget_nobody() -> None:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    command = [sys.executable, "-W", "ignore", "-m", "tests.reminders.kills", "--json"]
    done = subprocess.run(
        [*command, "--kills", str(KILLS), "--database", urlunsplit(database)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr[-4000:]
    report, control = json.loads(done.stdout)
    wrong = [report[what] for what in ("twice", "texted_twice", "lost", "lost_texts")]
    assert wrong == [[], [], [], []], (report, done.stderr[-4000:])
    assert sorted(report["killed"]) == sorted(POINTS), report
    # Without the claims both are done twice, or the above would prove nothing.
    assert control["twice"], done.stderr[-4000:]
    assert control["texted_twice"], done.stderr[-4000:]
