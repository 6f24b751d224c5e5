"""The whole cycle in real processes and over real sockets: beat, worker, telephone, calendar, text.

A web server, a worker and a beat run as the Procfile has them; Twilio, Deepgram and Google are emulated over
their own protocols. BOOKINGS says how many bookings are timed on their way into the calendar
(`make calendar-proof`: 100).
"""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import Settings

from crm import consent
from crm.models import Customer, Phone, Rooftop, RooftopNumber, Vehicle
from dealership.celery import app
from reminders import wording
from reminders.models import Reminder, Text
from scheduling import booking
from scheduling.models import Appointment, CalendarConnection, CalendarLink, OpCode
from tests.background import background
from tests.emulators.deepgram import Deepgram
from tests.emulators.google import Google
from tests.emulators.google_events import Event
from tests.emulators.media_stream import Stream
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.emulators.twilio_call import Call
from tests.reminders.noon import NUMBER, where_it_is_noon
from tests.scheduling.calendars import SHOP, connect, make_store
from tests.talking import OTTO_NUMBER
from tests.voice.exchange import brisk, brisk_voice
from tests.voice.live import running
from voice.database import in_database
from voice.models import Call as CallRow

pytestmark = [
    pytest.mark.integration,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),  # three processes of ours on a busy machine
]

BOOKINGS = int(os.environ.get("BOOKINGS", "8"))
P95_SECONDS = 5.0
PATIENCE_SECONDS = 60.0  # with a busy machine
KEY = "tests-only"
MARIA = NUMBER.format(1)
DAY = timedelta(days=1)


@dataclass(slots=True)
class World:
    """What is outside."""

    twilio: Twilio
    deepgram: Deepgram
    google: Google

    @property
    def addresses(self) -> dict[str, str]:
        """Settings of a process that is to find it."""
        return {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE_URL": self.twilio.base_url,
            "DEEPGRAM_API_KEY": "dg",
            "DEEPGRAM_BASE_URL": self.deepgram.base_url,
            "GOOGLE_CLIENT_ID": "client",
            "GOOGLE_CLIENT_SECRET": "secret",
            "GOOGLE_API_BASE_URL": self.google.api_url,
            "GOOGLE_TOKEN_URI": self.google.token_uri,
            "FIELD_ENCRYPTION_KEY": KEY,
        }


@pytest.fixture
def noon(transactional_db: None, settings: Settings) -> Rooftop:
    """A store in step with a calendar, where it is noon now."""
    settings.FIELD_ENCRYPTION_KEY = [KEY]
    rooftop = make_store()
    rooftop.time_zone = where_it_is_noon(timezone.now())
    rooftop.save()
    RooftopNumber.objects.create(rooftop=rooftop, number=OTTO_NUMBER)
    connect(rooftop)
    CalendarConnection.objects.update(pull_due_at=timezone.now())
    return rooftop


@pytest.fixture
def visit(noon: Rooftop) -> Appointment:
    """Maria's, tomorrow at noon or a little after, booked three days ago: her call is due."""
    now = timezone.now()
    maria = Customer.objects.create(rooftop=noon, first_name="Maria", last_name="Lopez")
    maria.phones.add(Phone.objects.create(number=MARIA))
    consent.note(maria, MARIA, True, wording="Yes.", source="test", now=now - 3 * DAY)
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    booked = book(maria, quarter + DAY, now=now - 3 * DAY)
    Appointment.objects.update(created_at=now - 3 * DAY)
    return booked


@pytest.fixture
async def world(noon: Rooftop, visit: Appointment) -> AsyncIterator[World]:
    """Everything up and at work."""
    app.control.purge()  # what other tests left in the queue
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(Twilio(token=TOKEN))
        deepgram = await stack.enter_async_context(Deepgram(key="dg", render=brisk_voice))
        google = await stack.enter_async_context(Google())
        twilio.serve(OTTO_NUMBER)
        google.calendar(SHOP)
        outside = World(twilio, deepgram, google)
        url, _ = stack.enter_context(running("uvicorn", **outside.addresses))
        for name in ("worker", "beat"):
            stack.enter_context(background(name, PUBLIC_BASE_URL=url, **outside.addresses))
        yield outside


def book(customer: Customer, arrives_at: datetime, *, now: datetime) -> Appointment:
    car = Vehicle.objects.create(rooftop=customer.rooftop, year=2019, make="Honda", model="Civic")
    services = list(OpCode.objects.filter(rooftop=customer.rooftop))
    return booking.book(
        customer.rooftop, customer, car, services, arrives_at, actor="staff", source="staff", now=now
    )


async def until(condition: Callable[[], bool], within: float = PATIENCE_SECONDS) -> None:
    """Wait for what another process writes."""
    async with asyncio.timeout(within):
        while not await in_database(condition):
            await asyncio.sleep(0.05)


async def answered(twilio: Twilio) -> tuple[Call, Stream]:
    """The telephone rings, and somebody takes it."""
    await twilio.until(lambda: bool(twilio.calls), within=PATIENCE_SECONDS)
    (call,) = twilio.calls.values()
    return call, await call.streaming(within=PATIENCE_SECONDS)


async def ask(stream: Stream, sentence: str, answer: str) -> str:
    before = len(stream.words)
    await stream.say(brisk(sentence))
    return await stream.hears(answer, within=PATIENCE_SECONDS, after=before)


def event_of(google: Google, visit: Appointment) -> Event | None:
    """The one event that shows this visit."""
    shown = [
        event
        for event in google.calendar(SHOP).standing()
        if event["extendedProperties"]["private"]["visit"] == str(visit.pk)
    ]
    assert len(shown) <= 1, shown
    return shown[0] if shown else None


def starts_at(event: Event | None) -> datetime | None:
    return datetime.fromisoformat(event["start"]["dateTime"]) if event else None


async def test_a_reminder_rings_and_the_customer_moves_the_visit(
    world: World, noon: Rooftop, visit: Appointment
) -> None:
    twilio, google = world.twilio, world.google
    call, stream = await answered(twilio)
    await google.until(lambda: event_of(google, visit) is not None, within=PATIENCE_SECONDS)
    before = event_of(google, visit)
    assert starts_at(before) == visit.arrives_at

    opening = await stream.hears(r"maria\?", within=PATIENCE_SECONDS)
    assert "automated ai assistant" in opening.lower()
    wanted = (visit.local_arrival + DAY).replace(hour=14, minute=0)
    await ask(stream, "Yes, this is Maria.", r"count on you\?")
    await ask(stream, f"Could I come on {wanted:%A} at 2 PM instead?", r"move it\?")
    await ask(stream, "Yes, please.", r"anything else")
    await ask(stream, "No, thank you, goodbye.", "goodbye")
    assert await call.over(PATIENCE_SECONDS) == "completed"

    await in_database(visit.refresh_from_db)
    assert visit.arrives_at == wanted
    await google.until(lambda: starts_at(event_of(google, visit)) == wanted, within=PATIENCE_SECONDS)
    await twilio.until(lambda: bool(told_of(twilio, wanted)), within=PATIENCE_SECONDS)
    assert [text["To"] for text in told_of(twilio, wanted)] == [MARIA]
    await until(lambda: Reminder.objects.filter(state="answered").count() == 1)
    await until(lambda: Text.objects.get().status == "delivered")
    await in_database(judge, visit, call)

    after = event_of(google, visit)
    assert before and after
    assert (after["id"], google.counts["insert"], google.counts["patch"]) == (before["id"], 1, 1)
    assert after["etag"] != before["etag"]
    assert (len(twilio.calls), stream.rejected) == (1, [])
    print_and_judge([await seconds_to_the_calendar(google, noon) for _ in range(BOOKINGS)])


def told_of(twilio: Twilio, moment: datetime) -> list[dict[str, str]]:
    """The texts that name this time of the store's."""
    sent = [request.body for request in twilio.requests if request.where == "messages"]
    return [text for text in sent if wording.when(moment) in text["Body"]]


def judge(visit: Appointment, call: Call) -> None:
    """Our rows say the same."""
    assert CallRow.objects.get(sid=call.sid).outcome == CallRow.Outcome.MOVED
    link = CalendarLink.objects.get(appointment=visit)
    assert (link.version, link.generation) == (visit.version, 0)
    rung, *others = Reminder.objects.filter(appointment=visit).order_by("version", "due_at")
    assert (rung.kind, rung.state, rung.number, rung.sid) == ("call", "answered", MARIA, call.sid)
    anew = [(other.kind, other.state) for other in others if other.version == visit.version]
    assert anew == [("change", "written"), ("call", "pending"), ("text", "pending")]
    (left,) = [other for other in others if other.version != visit.version]
    assert (left.kind, left.state, left.reason) == ("text", "skipped", "The appointment was moved.")


# --- how long a booking takes into the calendar -------------------------------------------


async def seconds_to_the_calendar(google: Google, rooftop: Rooftop) -> float:
    """From the booking's commit, as a caller hears of it, to the event at Google."""
    visit = await in_database(partial(book_next, rooftop))
    booked = time.perf_counter()
    await google.until(lambda: event_of(google, visit) is not None, within=PATIENCE_SECONDS)
    return time.perf_counter() - booked


def book_next(rooftop: Rooftop) -> Appointment:
    """The first opening from the day after tomorrow on, for somebody new."""
    now = timezone.now()
    day = now.astimezone(rooftop.zone).date() + 3 * DAY
    services = list(OpCode.objects.filter(rooftop=rooftop))
    slot = booking.openings(rooftop, services, day, day + 20 * DAY, now=now)[0]
    stranger = Customer.objects.create(rooftop=rooftop, first_name="Pat", last_name="Stranger")
    return book(stranger, slot.arrives_at, now=now)


def print_and_judge(seconds: list[float]) -> None:
    ranked = sorted(seconds)
    p50, p95 = (ranked[math.ceil(share * len(ranked)) - 1] for share in (0.5, 0.95))
    print(f"\nbooking to event at Google: p50 {p50:.2f} s, p95 {p95:.2f} s of {len(ranked)}")
    assert p95 < P95_SECONDS
