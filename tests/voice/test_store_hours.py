"""When the desk says it is open: the special hours of a day, and nights that go on after midnight."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from crm.models import Rooftop
from scheduling.models import OpeningHours
from tests.factories import SATURDAY
from voice.callbacks import callback_due
from voice.conversation import store_phrases
from voice.conversation.facts import Store
from voice.tools.store import load_store

pytestmark = pytest.mark.django_db

TUESDAY = date(2026, 11, 24)


@pytest.fixture
def rooftop() -> Rooftop:
    """Open on Tuesdays from 7:00 to 18:00, on this one from 10:00 to 14:00; on Fridays through the night."""
    rooftop = Rooftop.objects.create(name="Small", time_zone="America/New_York")
    arrivals = {"first_arrival": time(7), "last_arrival": time(12)}
    for weekday, opens, closes, day in ((1, 7, 18, None), (1, 10, 14, TUESDAY), (4, 20, 4, None)):
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens=time(opens),
            closes=time(closes),
            valid_from=day,
            valid_to=day,
            **arrivals,
        )
    return rooftop


@pytest.fixture
def store(rooftop: Rooftop) -> Store:
    return load_store(rooftop, now=SATURDAY)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=5)  # in New York


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(24, 8), False),
        (at(24, 11), True),
        (at(17, 8), True),
        (at(27, 23), True),
        (at(28, 3), True),
        (at(28, 5), False),
    ],
)
def test_open_is_what_the_hours_of_that_day_say(store: Store, moment: datetime, is_open: bool) -> None:
    assert store.is_open_at(moment) is is_open


def test_the_hours_are_told_as_they_are_this_week(store: Store) -> None:
    assert "Tuesday from 10 AM to 2 PM" in store_phrases.hours(store, TUESDAY)
    assert "Tuesday from 7 AM to 6 PM" in store_phrases.hours(store, TUESDAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(23, 12), at(24, 10, 30)),
        (at(24, 15), at(27, 20, 30)),
        (at(28, 1), at(28, 1, 30)),
        (at(28, 3, 45), at(1, 0) + timedelta(days=30, hours=7, minutes=30)),
    ],
)
def test_a_callback_is_promised_while_somebody_is_there(
    rooftop: Rooftop, now: datetime, due: datetime
) -> None:
    assert callback_due(rooftop, now=now) == due
