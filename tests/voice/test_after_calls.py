"""What is written after a call, and what is deleted when its time is over."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from crm.models import Consent, Customer, FollowUpTask, Phone, Rooftop
from scheduling.models import Appointment
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, STRANGER, Talk
from voice import after_calls, calls, retention
from voice.conversation.claims import Defect as Claim
from voice.database import in_database
from voice.models import Call, Defect, Turn

LATER = SATURDAY + timedelta(days=181)


async def call_of(number: str, *said: str, outcome: str = Call.Outcome.HUNG_UP) -> Call:
    """A whole call: these turns, then the caller hangs up."""
    talk = await Talk.begin(number)
    for text in said:
        await talk.say(text)
    await talk.toolbox.settle()
    await in_database(calls.finish, talk.call, talk.conversation, outcome, now=SATURDAY)
    return talk.call


def summary(call: Call) -> str:
    assert after_calls.look_back(now=SATURDAY + timedelta(minutes=1)) == 1
    return Call.objects.get(pk=call.pk).summary


@pytest.fixture
def otto(transactional_db: None) -> Rooftop:
    return make_demo_store()


async def test_a_booking_is_summed_up(otto: Rooftop) -> None:
    call = await call_of(
        MARIA,
        "Yes.",
        "I need an oil change for my Civic on Tuesday at ten.",
        "The first one.",
        "Yes, please.",
    )
    written = await in_database(lambda: Appointment.objects.select_related("rooftop").get())
    number, arrival = written.confirmation_number, written.local_arrival
    told = await in_database(summary, call)
    assert told.startswith("Wanted an appointment: oil change, ")
    assert f"Booked: {arrival:%A}" in told
    assert number in told
    assert await in_database(after_calls.look_back, now=SATURDAY + timedelta(minutes=2)) == 0


async def test_who_hung_up_before_booking_has_booked_nothing(otto: Rooftop) -> None:
    call = await call_of(STRANGER, "I need new brakes.")
    told = await in_database(summary, call)
    assert told.startswith("Wanted an appointment: ")
    assert told.endswith("Hung up.")
    assert "Booked" not in told


async def test_a_promise_stands_in_the_summary(otto: Rooftop) -> None:
    await in_database(lambda: Rooftop.objects.update(front_desk_number=""))
    call = await call_of(STRANGER, "Can I talk to a person?")
    assert "Callback: " in await in_database(summary, call)


def test_a_call_without_a_word_says_so(otto: Rooftop) -> None:
    call = Call.objects.create(
        rooftop=otto,
        carrier="browser",
        sid="CA9",
        outcome="no_booking",
        started_at=SATURDAY,
        ended_at=SATURDAY,
    )
    assert summary(call) == "Nothing was said."


def test_a_call_of_ours_says_what_it_was_about(transactional_db: None) -> None:
    otto = make_demo_store(with_appointments=True)
    visit = (
        Appointment.objects.active().filter(rooftop=otto, arrives_at__gt=SATURDAY).order_by("arrives_at")[0]
    )
    call = calls.open_outbound(visit, MARIA, carrier="browser", sid="CB1", purpose="reminder", now=SATURDAY)
    Call.objects.update(ended_at=SATURDAY, outcome=Call.Outcome.VOICEMAIL)
    call.refresh_from_db()
    told = summary(call)
    assert told.startswith(f"We rang about {visit.local_arrival:%A}")
    assert told.endswith(": voicemail.")


# --- forgetting ---------------------------------------------------------------------------


async def test_what_was_said_is_deleted_after_its_time(otto: Rooftop) -> None:
    call = await call_of(STRANGER, "My name is Zoe Quimby and I need an oil change.")
    await in_database(summary, call)

    def keep() -> None:
        calls.save_turn(call, speaker="caller", text="Zoe Quimby", starts_ms=0, ends_ms=9, state="greeting")
        claim = Claim("name", "Zoe Quimby", "Bob")
        calls.save_defect(calls.defect(call, claim, at_ms=1))

    await in_database(keep)
    assert await in_database(retention.forget_old, now=LATER - timedelta(days=2)) == 0
    assert await in_database(retention.forget_old, now=LATER) == 1

    def left() -> tuple[int, int, int, str]:
        row = Call.objects.get(pk=call.pk)
        everything = f"{row.conversation}{row.summary}{row.caller_number}"
        return Turn.objects.count(), Defect.objects.count(), row.tool_calls.count(), everything

    assert await in_database(left) == (0, 0, 0, "{}Forgotten.")
    assert await in_database(retention.forget_old, now=LATER) == 0

    def page() -> str:
        client = Client()
        client.force_login(User.objects.get(username="manager"))
        return client.get(f"/calls/{call.pk}/").content.decode()

    shown = await in_database(page)
    assert "What was said is kept for 180 days" in shown
    assert "Quimby" not in shown


def test_a_call_that_goes_on_is_not_forgotten(otto: Rooftop) -> None:
    Call.objects.create(rooftop=otto, carrier="browser", sid="CA9", started_at=SATURDAY, caller_number=MARIA)
    assert retention.forget_old(now=LATER) == 0


def test_the_newest_word_on_consent_outlives_every_time(otto: Rooftop) -> None:
    customer, phone = Customer.objects.filter(rooftop=otto).first(), Phone.objects.get(number=MARIA)
    assert customer
    Consent.objects.all().delete()
    for days, is_granted in ((0, True), (1, False)):
        Consent.objects.create(
            customer=customer,
            phone=phone,
            channel="voice",
            is_granted=is_granted,
            wording="",
            source="form",
            at=SATURDAY + timedelta(days=days),
        )
    assert retention.forget_old_consent(now=SATURDAY + timedelta(days=365 * 5)) == 0
    assert retention.forget_old_consent(now=SATURDAY + timedelta(days=365 * 9)) == 1
    assert [row.is_granted for row in Consent.objects.all()] == [False]
    assert not FollowUpTask.objects.exists()
