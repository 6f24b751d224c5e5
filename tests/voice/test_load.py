"""Many callers at once, typed, on a real server: whoever hears "booked" has a place of their own."""

import asyncio
import re
from collections.abc import Iterable
from datetime import date, datetime
from itertools import combinations

import pytest
from django.utils import timezone

from crm.models import Rooftop
from dealership import demo_call
from scheduling import booking
from scheduling.models import Allocation, Appointment, OpCode, OpeningHours, Shift
from tests.factories import make_demo_store
from tests.talking import MARIA, STRANGER
from tests.voice.live import phoning
from tests.voice.phone import Phone, answer_to
from voice.calls import written_by
from voice.database import in_database
from voice.models import Call

pytestmark = [pytest.mark.load, pytest.mark.django_db(transaction=True)]

NAMES = ("Ada", "Ben", "Cora", "Dean", "Ella", "Frank", "Gina", "Hugo", "Iris", "Jack")


@pytest.fixture
def otto(transactional_db: None) -> Rooftop:
    return make_demo_store(timezone.now())


@pytest.fixture
def tuesday(otto: Rooftop) -> date:
    """A day of next week on which the store is open; mostly a Tuesday."""
    expected = demo_call.scenarios(otto, now=timezone.now())["maria"].expected
    assert expected
    return expected.day


def answers(name: str, choice: str) -> Iterable[tuple[str, str]]:
    return (
        ("anything else", "No, thank you, goodbye."),
        ("remind you of it", "Yes, that's fine."),
        ("shall i book", "Yes, please."),
        ("first and last name", f"My name is {name} Walker."),
        (demo_call.BEST_NUMBER, "Yes, it is."),
        ("is this maria", "Yes, this is Maria."),
        ("that work for you|that suit you", "Yes."),
        ("which of those", f"The {choice} one, please."),
    )


def overlapping(allocations: Iterable[Allocation]) -> list[tuple[Allocation, Allocation]]:
    return [
        (one, other)
        for one, other in combinations(allocations, 2)
        if (one.technician_id == other.technician_id or one.bay_id == other.bay_id)
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    ]


async def test_ten_callers_at_once_book_ten_openings(uvicorn_url: str, tuesday: date) -> None:
    opening = f"I need an oil change for my Honda Civic next {tuesday:%A}."

    async def book(index: int) -> Call:
        async with phoning(uvicorn_url, f"+164655501{60 + index}") as phone:
            await phone.reply()
            choice = ("first", "second")[index % 2]  # five want the same one
            await phone.converse(opening, answers(NAMES[index], choice))
            return await phone.row()

    ended = await asyncio.gather(*(book(index) for index in range(10)))

    def rows() -> tuple[list[Allocation], list[list[Appointment]]]:
        return list(Allocation.objects.filter(kind="work")), [written_by(call) for call in ended]

    allocations, written = await in_database(rows)
    assert [call.outcome for call in ended] == [Call.Outcome.BOOKED] * 10
    assert [len(appointments) for appointments in written] == [1] * 10
    assert sorted(row.customer.first_name for (row,) in written) == sorted(NAMES)
    assert len(allocations) == 10
    assert not overlapping(allocations)


async def test_the_last_opening_goes_to_one_and_the_other_is_offered_another(
    uvicorn_url: str, otto: Rooftop, tuesday: date
) -> None:
    last = await in_database(leave_one_opening, otto, tuesday)
    opening = f"I need an oil change for my Honda Civic next {tuesday:%A}."

    async with phoning(uvicorn_url, MARIA) as maria, phoning(uvicorn_url, STRANGER) as stranger:

        async def until(phone: Phone, heard: str, pattern: str) -> str:
            while not re.search(pattern, heard, re.IGNORECASE):
                heard = await phone.say(answer_to(heard, answers("Peter", "first")))
            return heard

        async def until_it_is_offered(phone: Phone) -> str:
            await phone.reply()
            return await until(phone, await phone.say(opening), demo_call.OFFERED)

        # Both are offered it before either takes it.
        phones = (maria, stranger)
        offers = await asyncio.gather(*(until_it_is_offered(phone) for phone in phones))
        theirs_or_gone = "shall i book|somebody has just taken"
        ends = [until(phone, offer, theirs_or_gone) for phone, offer in zip(phones, offers, strict=True)]
        both = list(zip(phones, await asyncio.gather(*ends), strict=True))
        (winner,) = [phone for phone, heard in both if "Shall I book" in heard]
        (lost,) = [heard for phone, heard in both if "somebody has just taken that time" in heard]
        assert re.search(demo_call.OFFERED, lost, re.IGNORECASE)
        assert "You're booked" in await winner.say("Yes, please.")
    booked = await in_database(lambda: list(Appointment.objects.all()))
    assert [row.arrives_at for row in booked] == [last]


def leave_one_opening(rooftop: Rooftop, day: date) -> datetime:
    """One arrival, and one technician who could take it; gives the moment."""
    OpeningHours.objects.filter(rooftop=rooftop, weekday=day.weekday()).update(
        first_arrival="09:00", last_arrival="09:00"
    )
    Shift.objects.filter(technician__name="Tyler Quinn", weekday=day.weekday()).delete()
    oil_change = [OpCode.objects.get(rooftop=rooftop, code="LOF")]
    (slot,) = booking.openings(rooftop, oil_change, day, day, now=timezone.now())
    return slot.arrives_at
