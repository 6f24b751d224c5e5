"""The figures of a big store, on a small one: every row is printed, and the store is left as it was."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from crm.models import Consent, Customer, FollowUpTask, SystemFault
from dealership.bench import availability, records, staff_site, store
from dealership.management.commands import bench
from scheduling.models import Allocation, Appointment
from voice.models import Call

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

CUSTOMERS = 400
ROWS = [
    "customer by phone, from cache",
    "customer by phone, from PostgreSQL",
    "openings, a day 95 % full, 800 past visits",
    "openings, 14 days, 800 past visits",
    "openings, 90 days, 800 past visits",
    "openings, a day 95 % full, 8,000 past visits",
    "openings, 14 days, 8,000 past visits",
    "openings, 90 days, 8,000 past visits",
    "booking, uncontended",
    "booking, 32 processes want one morning",
    "callers turned away while something was open",
    "tool that reads",
    "tool that writes",
    "VIN decode, from cache",
    "VIN decode, by network, beyond the service's 20 ms",
    "connection taken, used and given back",
    "connections not given back",
    "call record opened, all at once",
    "system error noted, all at once",
    "calls and errors lost, failed or in deadlock",
    "staff site, appointment list",
    "staff site, appointment list",
    "staff site, appointments of a telephone number",
    "staff site, appointments of a telephone number",
    "staff site, customer page",
    "staff site, customer page",
    "staff site, calls in which a word was said",
    "staff site, calls in which a word was said",
]
COUNTED = {
    "callers turned away while something was open",
    "connections not given back",
    "calls and errors lost, failed or in deadlock",
}


def contents() -> list[int]:
    return [
        model._default_manager.count()
        for model in (Customer, Appointment, Allocation, Call, Consent, FollowUpTask, SystemFault)
    ]


@pytest.mark.load
def test_every_figure_is_printed_and_the_store_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(availability, "PER_ROUND", 1)
    monkeypatch.setattr(records, "CALLS", 64)
    monkeypatch.setattr(records, "ERRORS", 32)
    monkeypatch.setattr(staff_site, "PER_ROUND", 2)
    output = StringIO()
    notes: list[str] = []
    with store.big_store(CUSTOMERS, note=notes.append):
        before = contents()
    assert len(notes) == 1

    asked = list(bench.STORE_QUESTIONS)
    call_command("bench", rounds=1, customers=CUSTOMERS, only=asked, data=tmp_path, stdout=output)

    printed = [line for line in output.getvalue().splitlines() if line.partition("  ")[0] in ROWS]
    assert [line.partition("  ")[0] for line in printed] == ROWS
    # Times depend on the machine, what must never happen does not.
    assert not [line for line in printed if line.partition("  ")[0] in COUNTED and " met" not in line]
    assert "Writing" not in output.getvalue()
    with store.big_store(CUSTOMERS, note=notes.append):
        assert contents() == before
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'x'")
            assert cursor.fetchone() == (4,)
    assert connection.settings_dict["NAME"] == settings.DATABASES["default"]["NAME"]
    assert not Customer.objects.exists()


@pytest.mark.proofs  # half a minute of migrations
def test_a_store_that_was_left_half_written_is_written_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE bench_10")
    with store.big_store(10, note=lambda line: None):
        assert Customer.objects.count() == 10


def test_a_size_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(CommandError, match="5,000,000"):
        call_command("bench", rounds=1, customers=6_000_000, stdout=StringIO())
