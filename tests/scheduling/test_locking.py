"""Waiting for a day, trying again, and refusing in time. On PostgreSQL, between connections."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from crm.models import Rooftop
from scheduling import closing, locking
from scheduling.models import Closure
from scheduling.refusals import Refusal
from tests.factories import SATURDAY

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

TUESDAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
DEADLOCK, SERIALIZATION = "40P01", "40001"


@pytest.fixture
def store() -> Rooftop:
    return Rooftop.objects.create(name="Small", time_zone="America/New_York")


@contextmanager
def held(store: Rooftop, day: date, *, at_most: float = 60.0) -> Iterator[None]:
    """Somebody else has this day locked, until the end of the block or for so many seconds."""
    is_locked, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locking.lock_days({(store.pk, day.toordinal())})
            is_locked.set()
            may_go.wait(at_most)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert is_locked.wait(5)
    try:
        yield
    finally:
        may_go.set()
        other.join()


class Troubled:
    """A write that PostgreSQL refuses with this code so many times before it goes through."""

    def __init__(self, sqlstate: str, times: int) -> None:
        self.sqlstate, self.times, self.tries = sqlstate, times, 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.times:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{self.sqlstate}'; END $$")
        return "written"


@pytest.mark.parametrize("sqlstate", [DEADLOCK, SERIALIZATION])
def test_what_another_transaction_prevented_is_tried_three_times(store: Rooftop, sqlstate: str) -> None:
    assert locking.in_transaction(Troubled(sqlstate, 2), store, NOON) == "written"
    stubborn = Troubled(sqlstate, 9)
    with pytest.raises(Refusal) as caught:
        locking.in_transaction(stubborn, store, NOON)
    assert (caught.value.code, stubborn.tries) == ("busy", 3)


def test_a_caller_waits_for_a_day_that_is_nearly_free(store: Rooftop) -> None:
    with held(store, TUESDAY, at_most=1.3):  # longer than one try waits
        assert locking.in_transaction(lambda: "written", store, NOON) == "written"


def test_a_caller_is_told_within_four_seconds_that_the_calendar_is_busy(store: Rooftop) -> None:
    """Two days are locked in one call: together they wait no longer than one."""
    began = time.monotonic()
    with held(store, TUESDAY), pytest.raises(Refusal) as caught:
        locking.in_transaction(lambda: "written", store, NOON, NOON.replace(day=25))
    assert caught.value.code == "busy"
    assert time.monotonic() - began < 4


def test_inside_somebody_elses_transaction_nothing_is_tried_again(store: Rooftop) -> None:
    stubborn = Troubled(DEADLOCK, 9)
    with transaction.atomic(), pytest.raises(Refusal):
        locking.in_transaction(stubborn, store, NOON)
    assert stubborn.tries == 1


def test_a_mistake_is_not_told_as_a_time_that_is_taken(store: Rooftop) -> None:
    def backwards() -> None:
        Closure.objects.create(rooftop=store, starts_at=NOON, ends_at=SATURDAY, reason="x")

    with pytest.raises(IntegrityError, match="closure_ends_after_start"):
        locking.in_transaction(backwards, store, NOON)


def test_a_span_locks_every_day_that_it_touches_though_a_night_is_short(store: Rooftop) -> None:
    """47 hours from the 13th 23:30 to the 15th 23:30 of March 2027."""
    first, last = (datetime(2027, 3, day, 23, 30, tzinfo=store.zone) for day in (13, 15))
    assert [moment.date().day for moment in locking.days_between(store, first, last)] == [13, 14, 15]
    first = datetime(2027, 3, 13, 23, 30, tzinfo=store.zone).astimezone(UTC)
    last = datetime(2027, 3, 15, 0, 15, tzinfo=store.zone).astimezone(UTC)
    with held(store, date(2027, 3, 14)), pytest.raises(Refusal) as caught:
        closing.close_store(store, first, last, reason="Flood", now=SATURDAY)
    assert caught.value.code == "busy"
