"""From "I'd like to talk to Mike" to his telephone, and back when he does not answer."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from crm.models import FollowUpTask, Rooftop, Staff
from dealership.demo.menu import op_codes
from tests.factories import SATURDAY
from tests.talking import MARIA, OTTO_NUMBER
from tests.voice.small import BART_NUMBER, make_small_store
from voice import calls
from voice.carriers import twilio
from voice.conversation.states import Conversation, DayWish, Ending, Message, Slots, State, VehicleSlot
from voice.models import Call, ToolCall
from voice.ports import ToolResult
from voice.tools import desk as tools
from voice.tools.registry import Desk, Toolbox
from voice.tools.store import load_store

HOOKS = "/api/v1/webhooks"
SUNDAY = SATURDAY + timedelta(days=1)
CHEN = "+12125550222"
LEG = "CA" + "2" * 32

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def otto(db: None, monkeypatch: pytest.MonkeyPatch) -> Rooftop:
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY)
    rooftop = make_small_store()
    Staff.objects.filter(rooftop=rooftop, name="Mike Chen").update(phone_number=CHEN)
    return rooftop


@pytest.fixture
def call(otto: Rooftop) -> Call:
    return calls.open_call(
        carrier="twilio", sid="CA1", caller_number=MARIA, called_number=OTTO_NUMBER, now=SATURDAY
    )


def ask(
    call: Call, name: str = "", *, slots: Slots | None = None, heard: str = "", now: datetime = SATURDAY
) -> tuple[ToolResult, Conversation]:
    """The tool as a mind uses it, and the conversation it leaves behind, saved as the session would."""
    conversation = calls.begin_conversation(call)
    conversation.slots = slots or Slots()
    conversation.slots.name = "Maria Lopez"
    conversation.history.append(Message(speaker="caller", text=heard))
    desk = Desk(call, load_store(call.rooftop, now=now), conversation, now)
    wanted = tools.Handing(text="wants to move her appointment.", name=name)
    result = tools.transfer_to_person(desk, wanted)
    outcome = Call.Outcome.TRANSFERRED if conversation.ending is Ending.TRANSFER else Call.Outcome.MESSAGE
    calls.finish(call, conversation, outcome, now=now)
    return result, conversation


def post(path: str, **fields: str) -> ElementTree.Element:
    everything = {"CallSid": "CA1", **fields}
    answer = Client().post(path, everything, headers={"X-Twilio-Signature": twilio.sign(path, everything)})
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content)


def after_stream() -> ElementTree.Element:
    return post(f"{HOOKS}/after-stream")


def dial_result(status: str, **fields: str) -> ElementTree.Element:
    return post(f"{HOOKS}/dial-result", DialCallStatus=status, DialCallSid=LEG, **fields)


def number_rung(document: ElementTree.Element) -> str | None:
    return document.findtext("Dial/Number")


def promised() -> FollowUpTask:
    return FollowUpTask.objects.get()


def outcome() -> str:
    return Call.objects.get().outcome


# --- the tool -----------------------------------------------------------------------------


def test_a_name_that_fits_two_is_asked_about(call: Call) -> None:
    result, conversation = ask(call, "Mike")
    assert (result.code, result.spoken) == ("which_person", "Do you mean Mike Alvarez or Mike Chen?")
    assert result.data == {"names": ["Mike Alvarez", "Mike Chen"]}
    assert (conversation.ending, conversation.state) == (None, State.GREETING)
    assert not FollowUpTask.objects.exists()


@pytest.mark.security
@pytest.mark.parametrize("name", ["Zoe", "+19005550100", "sip:mike@example.com", "12"])
def test_a_name_that_nobody_has_rings_nobody(call: Call, name: str) -> None:
    result, conversation = ask(call, name)
    assert result.code == "unknown_person"
    assert (conversation.ending, conversation.transfer_to) == (None, None)


def test_a_named_advisor_is_fetched(call: Call) -> None:
    result, conversation = ask(call, "Mister Chen")
    assert (result.code, result.spoken) == ("ok", "Of course. I'll get Mike Chen for you, one moment.")
    assert conversation.ending is Ending.TRANSFER
    assert (str(promised().owner), promised().done_at) == ("Mike Chen", None)


def test_a_complaint_is_a_managers_business(call: Call, otto: Rooftop) -> None:
    Staff.objects.create(rooftop=otto, name="Ada Boss", role=Staff.Role.MANAGER)
    ask(call, heard="I want to talk to somebody about an oil change.")
    assert promised().owner is None
    FollowUpTask.objects.all().delete()
    _, conversation = ask(call, heard="I want to complain about the scratch on my door.")
    assert (str(promised().owner), conversation.transfer_to) == ("Ada Boss", None)


def test_outside_opening_hours_a_call_back_is_promised(call: Call) -> None:
    result, conversation = ask(call, "Mister Chen", now=SUNDAY)
    assert "call you back by Monday, November 23rd at 7:30 AM" in result.spoken
    assert conversation.ending is None
    assert promised().due_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("back", "until"),
    [(timedelta(hours=2), "until noon"), (timedelta(days=4), "until Wednesday, November 25th")],
)
def test_who_is_away_is_not_rung(call: Call, back: timedelta, until: str) -> None:
    Staff.objects.filter(name="Mike Chen").update(away_until=SATURDAY + back)
    result, conversation = ask(call, "Mister Chen")
    assert result.spoken.startswith(f"Mike Chen is away {until}. Of course. I'll get someone")
    assert (conversation.ending, conversation.transfer_to) == (Ending.TRANSFER, None)
    assert promised().owner is None
    assert "Asked for Mike Chen" in promised().summary
    assert number_rung(after_stream()) == call.rooftop.front_desk_number


def test_who_is_back_is_rung_again(call: Call) -> None:
    Staff.objects.filter(name="Mike Chen").update(away_until=SATURDAY)
    assert ask(call, "Mister Chen")[1].transfer_to == Staff.objects.get(name="Mike Chen").pk


def test_who_is_away_while_nobody_is_in_is_told_of_both(call: Call) -> None:
    Staff.objects.filter(name="Mike Chen").update(away_until=SUNDAY + timedelta(days=3))
    result, _ = ask(call, "Mister Chen", now=SUNDAY)
    assert result.spoken.startswith("Mike Chen is away until Wednesday")
    assert "call you back by Monday" in result.spoken


def test_a_store_without_a_line_promises_a_call_back(call: Call) -> None:
    Rooftop.objects.update(front_desk_number="")
    call.refresh_from_db()
    result, conversation = ask(call)
    assert "call you back" in result.spoken
    assert conversation.ending is None


# --- who is rung --------------------------------------------------------------------------


def test_nobody_in_particular_is_the_front_desk(call: Call, otto: Rooftop) -> None:
    ask(call)
    (dial,) = after_stream()
    assert (dial.findtext("Number"), dial.get("timeout")) == (otto.front_desk_number, "20")
    assert (dial.get("action"), dial.get("timeLimit")) == (f"{HOOKS}/dial-result", "3600")
    number = dial.find("Number")
    assert number is not None
    assert number.get("url") == f"{HOOKS}/whisper/CA1"


def test_an_advisor_with_a_line_of_their_own_is_rung_there(call: Call) -> None:
    ask(call, "Mike Chen")
    assert number_rung(after_stream()) == CHEN


def test_an_advisor_without_one_is_rung_at_the_front_desk(call: Call, otto: Rooftop) -> None:
    ask(call, "Dana")
    assert number_rung(after_stream()) == otto.front_desk_number
    assert whispered() == "Service line for Dana Brooks. Maria Lopez: wants to move her appointment."


@pytest.mark.security
@pytest.mark.parametrize("number", ["+19005550100", "+18765550143", "+447700900123", OTTO_NUMBER, ""])
def test_no_line_that_is_dear_or_leads_back_here_is_rung(call: Call, otto: Rooftop, number: str) -> None:
    """Whatever way it came into the table."""
    Staff.objects.filter(name="Mike Chen").update(phone_number=number)
    ask(call, "Mike Chen")
    assert number_rung(after_stream()) == otto.front_desk_number

    Rooftop.objects.filter(pk=otto.pk).update(front_desk_number=number)
    Call.objects.filter(pk=call.pk).update(resumes=1)  # another stream, another answer
    assert number_rung(after_stream()) is None


@pytest.mark.security
def test_a_person_of_another_store_is_not_rung(call: Call, otto: Rooftop) -> None:
    bart = make_small_store(name="Bart's Automotive", number=BART_NUMBER)
    stranger = Staff.objects.get(rooftop=bart, name="Mike Chen")
    Staff.objects.filter(pk=stranger.pk).update(phone_number="+12125550333")
    _, conversation = ask(call)
    conversation.transfer_to = stranger.pk
    calls.save_state(call, conversation)
    assert number_rung(after_stream()) == otto.front_desk_number


@pytest.mark.security
def test_while_there_is_a_test_number_only_it_is_rung(call: Call, settings: Settings) -> None:
    settings.YOUR_TEST_NUMBER = CHEN
    ask(call, "Mike Chen")
    assert number_rung(after_stream()) == CHEN

    settings.YOUR_TEST_NUMBER = "+12125550999"
    Call.objects.update(resumes=1)
    assert number_rung(after_stream()) is None


def test_a_repeated_webhook_is_answered_alike_even_when_the_store_has_closed(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(call)
    first = ElementTree.tostring(after_stream())
    monkeypatch.setattr("django.utils.timezone.now", lambda: SUNDAY)
    assert ElementTree.tostring(after_stream()) == first
    assert FollowUpTask.objects.count() == 1


# --- the whisper --------------------------------------------------------------------------


def whispered() -> str | None:
    return post(f"{HOOKS}/whisper/CA1", CallSid=LEG).findtext("Say")


def test_the_front_desk_hears_who_calls_and_is_connected(call: Call) -> None:
    ask(call)
    assert whispered() == "Service line. Maria Lopez: wants to move her appointment."
    assert [verb.tag for verb in post(f"{HOOKS}/whisper/CA1", CallSid=LEG)] == ["Say"]


def test_a_direct_line_takes_the_call_with_a_key(call: Call) -> None:
    ask(call, "Mike Chen")
    gather, hangup = post(f"{HOOKS}/whisper/CA1", CallSid=LEG)
    assert (gather.get("action"), gather.get("numDigits")) == (f"{HOOKS}/whisper/CA1/answer", "1")
    assert str(gather.findtext("Say")).endswith("Press 1 to take the call.")
    assert hangup.tag == "Hangup"
    assert len(press("1")) == 0  # nothing more to do: they are connected
    assert [verb.tag for verb in press("2")] == ["Hangup"]


def press(digit: str) -> ElementTree.Element:
    return post(f"{HOOKS}/whisper/CA1/answer", CallSid=LEG, Digits=digit)


def test_whoever_answers_hears_what_was_said_before(call: Call, otto: Rooftop) -> None:
    """And so does whoever reads the promise to call back."""
    oil_change = next(item for item in op_codes() if item.code == "LOF")
    oil_change.rooftop = otto
    oil_change.save()
    slots = Slots(services=["LOF"], vehicle=VehicleSlot(year=2020, make="Ford", model="Escape"))
    slots.wish = DayWish(first=date(2026, 11, 24), last=date(2026, 11, 24))
    ask(call, slots=slots)
    about = "About an oil change for the 2020 Ford Escape on Tuesday, November 24th."
    assert whispered() == f"Service line. Maria Lopez: wants to move her appointment. {about}"
    assert promised().summary.endswith(f"wants to move her appointment. Maria Lopez. {about}")


@pytest.mark.security
def test_what_a_caller_said_is_no_markup_and_no_lecture(call: Call) -> None:
    _, conversation = ask(call)
    conversation.transfer_reason = "</Say><Dial>+19005550100</Dial>" + "x" * 2000
    calls.save_state(call, conversation)
    document = post(f"{HOOKS}/whisper/CA1", CallSid=LEG)
    assert [verb.tag for verb in document] == ["Say"]
    assert len(str(document.findtext("Say"))) <= 400


def test_a_stranger_s_name_is_not_told_before_it_was_confirmed(call: Call) -> None:
    _, conversation = ask(call)
    conversation.slots.name = ""
    calls.save_state(call, conversation)
    assert str(whispered()).startswith("Service line. A caller:")
    conversation.caller.is_confirmed = True
    calls.save_state(call, conversation)
    assert str(whispered()).startswith("Service line. Maria:")


def test_a_whisper_for_an_unknown_call_hangs_up() -> None:
    assert [verb.tag for verb in post(f"{HOOKS}/whisper/CA9", CallSid=LEG)] == ["Hangup"]
    assert [verb.tag for verb in post(f"{HOOKS}/whisper/CA9/answer", CallSid=LEG, Digits="1")] == [
        "Say",
        "Hangup",
    ]


# --- what becomes of it -------------------------------------------------------------------


def test_who_spoke_with_somebody_is_not_called_back(call: Call) -> None:
    ask(call)
    after_stream()
    assert promised().done_at is None
    assert [verb.tag for verb in dial_result("completed", DialCallDuration="61")] == ["Hangup"]
    assert promised().done_at == SATURDAY
    assert promised().summary.endswith("Connected.")
    assert outcome() == Call.Outcome.TRANSFERRED


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled", ""])
def test_who_reached_nobody_is_told_and_called_back(call: Call, status: str) -> None:
    ask(call)
    after_stream()
    say, hangup = dial_result(status)
    assert say.text == (
        "I'm sorry, I couldn't reach the service desk. We will call you back by Saturday at 10:30 AM. Goodbye."
    )
    assert hangup.tag == "Hangup"
    assert (promised().done_at, promised().due_at) == (None, SATURDAY + timedelta(minutes=30))
    assert outcome() == Call.Outcome.MESSAGE


def test_a_voicemail_that_took_the_call_is_nobody(call: Call) -> None:
    ask(call, "Mike Chen")
    after_stream()
    say, _ = dial_result("completed", DialCallDuration="8")
    assert "couldn't reach Mike Chen" in str(say.text)
    assert (promised().done_at, str(promised().owner)) == (None, "Mike Chen")
    assert "Mike Chen did not answer" in promised().summary


def test_an_advisor_who_pressed_the_key_was_reached(call: Call) -> None:
    ask(call, "Mike Chen")
    after_stream()
    press("1")
    assert [verb.tag for verb in dial_result("completed")] == ["Hangup"]
    assert promised().done_at == SATURDAY


def test_a_call_that_was_answered_and_not_bridged_reached_nobody(call: Call) -> None:
    ask(call)
    after_stream()
    assert [verb.tag for verb in dial_result("completed", DialBridged="false")] == ["Say", "Hangup"]
    assert promised().done_at is None


def test_a_repeated_result_promises_nothing_anew(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(call)
    after_stream()
    first = ElementTree.tostring(dial_result("busy"))
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY + timedelta(minutes=20))
    assert ElementTree.tostring(dial_result("busy")) == first
    assert promised().due_at == SATURDAY + timedelta(minutes=30)


def test_a_caller_without_a_number_is_asked_to_call_again(call: Call) -> None:
    Call.objects.update(caller_number="")
    call.refresh_from_db()
    ask(call)
    after_stream()
    say, _ = dial_result("busy")
    assert "Please call us again" in str(say.text)


def test_a_result_of_an_unknown_call_hangs_up() -> None:
    assert [verb.tag for verb in post(f"{HOOKS}/dial-result", CallSid="CA9")] == ["Say", "Hangup"]


# --- over the toolbox ---------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_mind_s_use_of_the_tool_is_kept_with_its_refusal(call: Call) -> None:
    toolbox = Toolbox(
        call,
        load_store(call.rooftop, now=SATURDAY),
        Conversation(call_sid=call.sid),
        wall_clock=lambda: SATURDAY,
    )

    async def use() -> list[str]:
        wishes: list[dict[str, Any]] = [
            {"text": "please", "name": "Mike"},
            {"text": "please", "number": "+19005550100"},
        ]
        return [(await toolbox.call("transfer_to_person", wish)).code for wish in wishes]

    assert asyncio.run(use()) == ["which_person", "bad_arguments"]
    assert ToolCall.objects.get(code="which_person").arguments == {"text": "please", "name": "Mike"}
