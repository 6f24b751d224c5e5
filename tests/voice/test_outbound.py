"""Calls that the desk places: who may hear what, what may be written, and what a machine is told."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from crm.models import Customer, DeclinedService, RepairOrder, Rooftop
from scheduling import booking
from scheduling.models import Appointment, OpCode
from tests.factories import make_demo_store
from tests.talking import MARIA, STRANGER, Talk
from tests.voice import orders
from tests.voice.connections import kept_connections
from tests.voice.scripted_calls import OnThePhone, ringing
from voice import calls, outbound, visits, watchdog
from voice.conversation import claims, machines, pickups
from voice.conversation.dates import find_wish
from voice.conversation.machines import Machine
from voice.conversation.prompts import system_prompt
from voice.database import in_database
from voice.models import Call, CarrierStep
from voice.ports import CallIsOver, ProviderError
from voice.tools.registry import Toolbox
from voice.tools.store import load_store

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # ten in the morning at the store
TUESDAY_AT_NINE = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


@pytest.fixture
def otto(transactional_db: None) -> Rooftop:
    return make_demo_store()


@pytest.fixture
def visit(otto: Rooftop) -> Appointment:
    """Maria's oil change on Tuesday at nine."""
    maria = Customer.objects.get(first_name="Maria")
    car = maria.vehicles.get()
    service = OpCode.objects.filter(rooftop=otto, code="LOF")
    return booking.book(
        otto, maria, car, list(service), TUESDAY_AT_NINE, actor="staff", source="staff", now=MONDAY
    )


def rung(visit: Appointment, number: str = MARIA, *, purpose: str = "reminder") -> Call:
    sid = "CA" + secrets.token_hex(16)
    return calls.open_outbound(visit, number, carrier="twilio", sid=sid, purpose=purpose, now=MONDAY)


async def ring(visit: Appointment, number: str = MARIA, *, purpose: str = "reminder") -> Talk:
    """Maria's telephone rings, and somebody has heard the opening."""

    def prepare() -> Talk:
        call = rung(visit, number, purpose=purpose)
        conversation = calls.begin_conversation(call)
        box = Toolbox(call, load_store(call.rooftop, now=MONDAY), conversation, wall_clock=lambda: MONDAY)
        return Talk(call, conversation, box, MONDAY)

    talk = await in_database(prepare)
    talk.greeting = await talk._reply("")
    return talk


# --- who may hear and change what ----------------------------------------------------------


async def test_nothing_is_told_or_written_before_they_say_who_they_are(visit: Appointment) -> None:
    talk = await ring(visit)
    handle = {"appointment": visits.THE_VISIT}
    for tool, arguments in (
        ("confirm_appointment", handle),
        ("cancel_appointment", handle),
        ("reschedule_appointment", {**handle, "offer": "offer-1"}),
        ("get_available_slots", handle),
    ):
        assert (await talk.toolbox.call(tool, arguments)).code == "unknown_appointment", tool
    assert (await talk.toolbox.call("get_upcoming_appointments", {})).code == "not_verified"
    prompt = system_prompt(talk.toolbox.store, talk.conversation, now=MONDAY)
    assert "Civic" not in prompt
    assert "November 24th" not in prompt


async def test_the_name_opens_this_appointment_and_no_other(visit: Appointment) -> None:
    talk = await ring(visit)
    assert "oil change for your 2019 Honda Civic on Tuesday, November 24th at 9 AM" in await talk.say("Yes.")
    assert 'the-visit: "an oil change' in system_prompt(talk.toolbox.store, talk.conversation, now=MONDAY)
    assert (await talk.toolbox.call("get_upcoming_appointments", {})).code == "not_verified"
    assert (await talk.toolbox.call("get_repair_status", {})).code == "not_verified"


async def test_a_mind_cannot_confirm_what_nobody_agreed_to(visit: Appointment) -> None:
    talk = await ring(visit)
    await talk.say("Yes.")
    confirm = {"appointment": visits.THE_VISIT}
    assert (await talk.toolbox.call("confirm_appointment", confirm)).code == "not_agreed"
    said = claims.check("You're confirmed for Tuesday.", talk.conversation, talk.toolbox.store, MONDAY.date())
    assert said
    assert said.truth.startswith("It isn't confirmed yet. Can we count on you")


async def test_a_visit_that_was_moved_meanwhile_is_not_confirmed(visit: Appointment) -> None:
    talk = await ring(visit)
    await talk.say("Yes.")
    later = TUESDAY_AT_NINE + timedelta(days=1)
    await in_database(booking.reschedule, visit, later, actor="staff", now=MONDAY)
    await talk.say("Yes, I'll be there.")
    await in_database(visit.refresh_from_db)
    assert visit.status == Appointment.Status.BOOKED


@pytest.mark.parametrize("why", ["cancelled", "not their number"])
async def test_what_is_not_to_be_told_is_not_known(visit: Appointment, why: str) -> None:
    if why == "cancelled":
        await in_database(booking.cancel, visit, reason="-", actor="staff", now=MONDAY)
    talk = await ring(visit, MARIA if why == "cancelled" else STRANGER)
    assert talk.conversation.about is None
    assert "isn't in our book any more" in await talk.say("Yes, this is Maria.")


async def test_somebody_else_hears_nothing_personal(visit: Appointment) -> None:
    for words in (
        "There's no Maria here.",
        "Maria isn't here right now.",
        "No.",
        "This is her husband.",
        "This is Robert.",
        "Hold on, I'll get Maria.",
        "Who wants to know?",
        "Maria?",
        "Maria moved out.",
        "Can I take a message?",
    ):
        talk = await ring(visit)
        reply = await talk.say(words)
        assert not talk.conversation.is_reached, words
        assert "Civic" not in reply, words
        assert "Tuesday" not in reply, words


async def test_what_is_no_person_and_says_hello_for_ever_is_left(visit: Appointment) -> None:
    talk = await ring(visit)
    for _ in range(5):
        if talk.conversation.ending is None:
            await talk.say("Hello?")
    assert talk.conversation.ending == "goodbye"


# --- follow-ups ---------------------------------------------------------------------------


@pytest.fixture
def came(visit: Appointment) -> Appointment:
    """Maria's car was here; new brake pads were recommended, and she wanted none."""
    booking.check_in(visit, actor="staff", now=TUESDAY_AT_NINE)
    visit.refresh_from_db()
    DeclinedService.objects.create(vehicle=visit.vehicle, description="Front brakes", amount=400)
    return visit


async def test_a_car_that_is_ready_is_told(came: Appointment) -> None:
    ready = RepairOrder.objects.filter(appointment=came).update
    await in_database(ready, status=RepairOrder.Status.READY)
    talk = await ring(came, purpose="follow_up")
    assert "Your 2019 Honda Civic is ready for you." in await talk.say("Yes, this is Maria.")


async def test_without_marketing_a_follow_up_only_asks_how_it_was(came: Appointment) -> None:
    talk = await ring(came, purpose="follow_up")
    assert "How did it go?" in await talk.say("Yes, this is Maria.")
    assert "glad" in await talk.say("It was great, thank you.")


async def test_what_went_wrong_becomes_a_task(came: Appointment) -> None:
    talk = await ring(came, purpose="follow_up")
    await talk.say("Yes.")
    assert "call you back" in await talk.say("It still makes that noise.")


async def test_recommended_work_is_offered_where_that_is_allowed(
    came: Appointment, settings: Settings
) -> None:
    settings.ALLOW_MARKETING = True
    talk = await ring(came, purpose="follow_up")
    assert "we recommended" in await talk.say("Yes, this is Maria.")
    assert "day" in await talk.say("Sure, why not.")
    assert talk.conversation.slots.services
    assert str(talk.conversation.slots.vehicle) == "2019 Honda Civic"


# --- machines -----------------------------------------------------------------------------


@pytest.fixture
def control(settings: Settings) -> Iterator[type[orders.FakeControl]]:
    settings.TWILIO_ACCOUNT_SID, settings.CALL_CONTROL = "AC1", "tests.voice.orders.FakeControl"
    orders.forget()
    yield orders.FakeControl
    orders.forget()


def test_a_machine_gets_its_message_once(visit: Appointment, control: type[orders.FakeControl]) -> None:
    call = rung(visit)
    assert outbound.machine_answered(call, answered_by="machine_end_beep", now=MONDAY)
    assert not outbound.machine_answered(call, answered_by="machine_end_beep", now=MONDAY)
    ((order, sid, twiml),) = control.given
    assert (order, sid) == ("redirect", call.sid)
    assert "Hello Maria, this is Otto's Auto service" in twiml
    assert "Tuesday, November 24th at 9 AM" in twiml
    assert "Civic" not in twiml
    call.refresh_from_db()
    assert (call.outcome, call.answered_by) == (Call.Outcome.VOICEMAIL, "machine_end_beep")
    assert call.ended_at


def test_a_machine_is_left_alone_afterwards(visit: Appointment, control: type[orders.FakeControl]) -> None:
    call = rung(visit)
    outbound.machine_answered(call, now=MONDAY)
    Call.objects.update(stream_opened_at=MONDAY, stream_ended_at=MONDAY + timedelta(seconds=5))
    control.given.clear()
    watchdog.tend_lines(MONDAY + timedelta(seconds=30))
    assert [order for order, *_ in control.given] == ["limit"], "it is not fetched back"
    assert "Hello Maria" in CarrierStep.objects.get(call=call).answer


def test_who_has_said_their_name_is_no_machine(visit: Appointment, control: type[orders.FakeControl]) -> None:
    call = rung(visit)
    conversation = calls.begin_conversation(call)
    conversation.caller.is_confirmed = True
    calls.save_state(call, conversation)
    assert not outbound.machine_answered(call, answered_by="machine_start", now=MONDAY)
    assert control.given == []
    call.refresh_from_db()
    assert (call.outcome, call.answered_by) == (Call.Outcome.RUNNING, "machine_start")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ProviderError("Later."), Call.Outcome.RUNNING), (CallIsOver("Gone."), Call.Outcome.VOICEMAIL)],
)
def test_a_carrier_that_refuses_leaves_the_conversation(
    visit: Appointment, control: type[orders.FakeControl], error: ProviderError, outcome: str
) -> None:
    call = rung(visit)
    control.fails_with = error
    assert not outbound.machine_answered(call, now=MONDAY)
    call.refresh_from_db()
    assert call.outcome == outcome
    control.fails_with = None
    assert outbound.machine_answered(call, now=MONDAY) is (outcome == Call.Outcome.RUNNING)


async def test_a_greeting_that_goes_on_gets_the_message_once_more(visit: Appointment) -> None:
    """The rest of the greeting cut the message off; what was heard whole is not said again."""
    talk = await ring(visit)
    message = await talk.say("Hi, you've reached Maria.")
    talk.conversation.history[-1] = talk.conversation.history[-1].model_copy(update={"text": "Hello Maria,"})
    assert await talk.say("Please leave a message after the tone.") == message
    assert await talk.say("Your mailbox is full.") == "Goodbye!"


# --- words (pure) -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Please leave a message after the beep.", Machine.VOICEMAIL),
        ("You have reached the voicemail box of five five five", Machine.VOICEMAIL),
        ("The person you are trying to reach is not available.", Machine.VOICEMAIL),
        (
            "If you record your name and reason for calling, I'll see if this person is available.",
            Machine.SCREEN,
        ),
        ("Please state your name and why you're calling.", Machine.SCREEN),
        ("Can I take a message?", None),
        ("Do you want to leave a message?", None),
        ("Hello, who is this?", None),
        ("Yes, this is Maria.", None),
        ("You've reached me at a bad moment.", None),
    ],
)
def test_machines_are_known_by_their_words(words: str, kind: Machine | None) -> None:
    assert machines.find_machine(words) is kind


@pytest.mark.parametrize(
    ("words", "agrees"),
    [
        ("Yes.", True),
        ("You can count on me.", True),
        ("Yeah, I should be able to make it.", True),
        ("I'll be there.", True),
        ("Yes, but I can't at nine.", False),
        ("Yes, but make it ten.", False),
        ("No, I'll come another time.", False),
        ("I'm not sure.", False),
        ("Actually, I have to work.", False),
    ],
)
def test_only_who_agrees_to_come_is_counted_on(words: str, agrees: bool) -> None:
    assert pickups.agrees_to_come(words) is agrees


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("In two hours.", "2026-11-23T12:00"),
        ("in half an hour", "2026-11-23T10:30"),
        ("Tomorrow at three.", "2026-11-24T15:00"),
        ("At nine.", "2026-11-24T09:00"),
        ("On Wednesday.", "2026-11-25T10:00"),
        ("I don't know.", None),
    ],
)
def test_when_to_ring_again(words: str, wanted: str | None) -> None:
    local = datetime(2026, 11, 23, 10, 0, 20)  # noqa: DTZ001  the store's wall time
    found = pickups.when_to_ring(words, find_wish(words, local.date()), local=local)
    assert (found.isoformat(timespec="minutes") if found else None) == wanted


# --- by voice -----------------------------------------------------------------------------


@pytest.fixture
def silent(settings: Settings) -> Iterator[None]:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    with kept_connections():
        yield


@pytest.mark.virtual_time
@pytest.mark.usefixtures("silent")
async def test_the_hello_of_somebody_who_picks_up_does_not_stop_the_opening(visit: Appointment) -> None:
    async with ringing(MARIA, now=MONDAY, rung=("reminder", visit.pk)) as (phone, door):
        person = OnThePhone(phone, door)
        await person.hear_greeting()
        phone.plays_at_once = False
        await phone.send("text", body="Hello?")
        await phone.until(lambda: len(phone.held) >= 3)
        await phone.play(3)
        person._speak("Hello?")
        await phone.until(lambda: phone.clears > 0)
        phone.plays_at_once = True
        await phone.play()
        await person.hear("Hello?")
        first, again = person.turns
    assert again.text == first.text
    assert again.conversation.asked == "is_caller"
