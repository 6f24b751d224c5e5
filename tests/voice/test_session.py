"""One call's life, from the socket: interruptions, silences, failures, hang-ups at every state.

Speech is scripted, the rest is real: mind, tools, PostgreSQL.
"""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from channels.testing import WebsocketCommunicator
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from dealership import demo_call
from scheduling.models import Appointment, Closure, OpeningHours
from tests.factories import make_demo_store
from tests.fakes import FakeSynthesizer, FakeTranscriber
from tests.locks import SOMEONE_WAITS
from tests.talking import MARIA, STRANGER
from tests.virtual import held_up
from tests.voice.leaks import nothing_left_running
from tests.voice.phone import Application, HungUp, InProcess, Phone, ringing
from voice.carriers import twilio
from voice.conversation import phrases, questions
from voice.conversation.states import State
from voice.database import in_database
from voice.models import Call, ToolCall, Turn
from voice.ports import ProviderError, SpeechEnded, SpeechStarted, Words

pytestmark = [pytest.mark.integration, pytest.mark.virtual_time, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> Rooftop:
    """Otto's Auto, open day and night, with nothing booked and speech that the test plays."""
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    rooftop = make_demo_store(timezone.now())
    OpeningHours.objects.all().delete()
    for weekday in range(7):
        OpeningHours.objects.create(
            rooftop=rooftop,
            weekday=weekday,
            opens="00:00",
            closes="23:59:59",
            first_arrival="07:00",
            last_arrival="17:00",
        )
    Closure.objects.all().delete()
    return rooftop


@pytest.fixture
def opening(otto: Rooftop) -> str:
    return demo_call.scenarios(otto, now=timezone.now())["maria"].script.opening


def now() -> float:
    """Seconds of the call: its clock starts with the test's, and the database takes no time on it."""
    return asyncio.get_running_loop().time()


def ear() -> FakeTranscriber:
    return FakeTranscriber.made[-1]


def tongue() -> FakeSynthesizer:
    return FakeSynthesizer.made[-1]


def said(text: str, at: float = 1.0) -> tuple[SpeechStarted, Words, SpeechEnded]:
    return SpeechStarted(at), Words(text, True, at, at + 1), SpeechEnded(at + 1)


async def to_the_read_back(phone: Phone, opening: str) -> str:
    await phone.reply()
    for words in (opening, "Yes, this is Maria."):
        await phone.say(words)
    return await phone.say("The second one, please.")


async def appointments() -> list[Appointment]:
    return await in_database(lambda: list(Appointment.objects.all()))


async def ended(phone: Phone) -> Call:
    await phone.until(lambda: phone.closed is not None)
    return await phone.row()


# --- hang-ups -----------------------------------------------------------------------------

BEFORE = {
    State.VERIFICATION: (MARIA, ()),
    State.INTENT: (STRANGER, ()),
    State.SLOTS: (MARIA, ("opening", "Yes, this is Maria.")),
    State.CONFIRMATION: (MARIA, ("opening", "Yes, this is Maria.", "The second one, please.")),
    State.CLOSING: (MARIA, ("opening", "Yes, this is Maria.", "The second one, please.", "Yes, please.")),
    State.ESCALATION: (MARIA, ("opening",)),
}


@pytest.mark.parametrize("state", BEFORE)
async def test_a_hang_up_leaves_no_task_and_the_whole_transcript(state: State, opening: str) -> None:
    number, lines = BEFORE[state]
    async with nothing_left_running(within=1.0):
        async with ringing(number) as phone:
            await phone.reply()
            for words in lines:
                await phone.say(opening if words == "opening" else words)
            if state is State.ESCALATION:
                tongue().may_speak.clear()  # it is about to say that it fetches someone
                await phone.send("text", body="Can I talk to a person?")
                await has_been_asked_to_say("service desk for you")
            ear().hear(SpeechStarted(1.0), Words("well I was just", False, 1.0, 1.8))
            ear().last_words = [Words("Well, I was just going to", True, 1.0, 2.0), SpeechEnded(2.0)]
            await phone.until(lambda: ("caller", "well I was just") in phone.captions)
        assert not ear().is_open
        assert not tongue().is_open

    call = await phone.row()
    last_turn = (await phone.turns())[-1]
    assert (last_turn.speaker, last_turn.text) == (Turn.Speaker.CALLER, "Well, I was just going to")
    assert (last_turn.state, call.state) == (state, state)
    assert call.ended_at
    assert call.outcome == {
        State.CLOSING: Call.Outcome.BOOKED,
        State.ESCALATION: Call.Outcome.TRANSFERRED,
    }.get(state, Call.Outcome.HUNG_UP)


async def has_been_asked_to_say(words: str) -> None:
    async with asyncio.timeout(10):
        while not any(words in text for text in tongue().asked):
            await asyncio.sleep(0.01)


async def test_a_hang_up_in_the_greeting_keeps_what_was_played_of_it() -> None:
    async with nothing_left_running(), ringing(MARIA, plays_at_once=False) as phone:
        await phone.until(lambda: len(phone.held) >= 5)
        await phone.play(5)
        await phone.until(lambda: len(phone.held) >= 1)

    greeting = (await phone.turns())[0]
    assert greeting.text.startswith("Thanks")
    assert greeting.cut_off.endswith(("at any time.", "Is this Maria?"))  # which may not have come yet
    assert (await phone.row()).outcome == Call.Outcome.HUNG_UP


async def test_a_hang_up_before_the_first_frame_leaves_nothing() -> None:
    async with nothing_left_running(), ringing(MARIA) as phone:
        await phone.wire.drop()

    assert (await phone.row()).outcome == Call.Outcome.HUNG_UP


async def test_a_stop_ends_the_call_as_a_lost_socket_does() -> None:
    async with nothing_left_running(), ringing(STRANGER) as phone:
        await phone.reply()
        ear().hear(SpeechStarted(1.0), Words("never mind", False, 1.0, 1.8))
        await phone.until(lambda: ("caller", "never mind") in phone.captions)
        await phone.send("stop", accountSid="AC1", callSid=phone.call.sid)
        call = await ended(phone)

    assert (phone.closed, call.outcome) == (1000, Call.Outcome.HUNG_UP)
    assert (await phone.turns())[-1].text == "never mind"


async def test_a_line_that_takes_nothing_more_ends_the_call() -> None:
    wire = InProcess()
    async with nothing_left_running(), ringing(STRANGER, wire) as phone:
        await phone.reply()
        wire.stalls = True
        await phone.send("text", body="What are your hours?")
        await asyncio.wait_for(wire.desk, 6)

    assert (await phone.row()).outcome == Call.Outcome.HUNG_UP
    assert (await phone.turns())[-1].text == "What are your hours?"


async def test_a_hang_up_while_it_is_booked_still_keeps_the_booking(opening: str) -> None:
    async with ringing(MARIA) as phone:
        await to_the_read_back(phone, opening)
        async with a_slow_calendar():
            await phone.send("text", body="Yes, please.")
            await someone_waits_for_the_calendar()
            await phone.wire.drop()

    assert len(await appointments()) == 1
    call = await phone.row()
    assert (call.outcome, call.state) == (Call.Outcome.BOOKED, State.EXECUTION)
    assert (await phone.turns())[-1].text == "Yes, please."


@asynccontextmanager
async def a_slow_calendar(
    lock: str = "scheduling_appointment IN SHARE MODE",
) -> AsyncIterator[None]:
    """Nothing can be written into it inside the block; with another lock, nothing read.

    On the virtual clock time stands still while somebody waits for it, but for `held_up()`.
    """
    is_locked, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {lock}")
            is_locked.set()
            is_over.wait(10)

    holding = asyncio.create_task(in_database(hold))
    await asyncio.to_thread(is_locked.wait, 10)
    try:
        with held_up():
            yield
    finally:
        is_over.set()
        await holding


async def someone_waits_for_the_calendar() -> None:
    def look() -> bool:
        for _ in range(500):
            with connection.cursor() as cursor:
                cursor.execute(SOMEONE_WAITS)
                if cursor.fetchone()[0]:
                    return True
            time.sleep(0.01)
        return False

    with held_up():  # the desk may need a moment until it asks
        assert await in_database(look)


async def test_a_hang_up_keeps_words_that_were_only_interim_when_hearing_hangs_too() -> None:
    async with nothing_left_running(within=1.0), ringing(STRANGER) as phone:
        await phone.reply()
        ear().never_finishes = True
        ear().hear(SpeechStarted(1.0), Words("my brakes are", False, 1.0, 1.8))
        await phone.until(lambda: ("caller", "my brakes are") in phone.captions)

    assert (await phone.turns())[-1].text == "my brakes are"
    assert (await phone.row()).outcome == Call.Outcome.HUNG_UP


async def test_keys_pressed_last_are_in_the_transcript() -> None:
    async with ringing(STRANGER) as phone:
        await phone.reply()
        for digit in "212":
            await phone.send("dtmf", digit=digit)

    assert (await phone.turns())[-1].text == "212"


# --- interruptions ------------------------------------------------------------------------


async def test_an_interruption_keeps_only_what_was_played(opening: str) -> None:
    async with ringing(MARIA, plays_at_once=False) as phone:
        await phone.until(lambda: len(phone.held) >= 5)
        await phone.play(3)
        await phone.until(lambda: len(phone.held) >= 3)
        ear().hear(SpeechStarted(1.0), Words("Sorry, I need", False, 1.0, 1.5))
        await phone.until(lambda: phone.clears == 1)
        stale = phone.held

        await phone.reply()
        greeting = (await phone.turns())[0]
        introduction = tongue().asked[0]
        assert f"{greeting.text} {greeting.cut_off}" == introduction  # the question was still to come
        # 600 ms are proved by marks, and 600 ms more may be believed by the clock. The voice takes 60 ms
        # a letter, of which it has said more than is believed while the sentence is not whole.
        assert greeting.text.startswith("Thanks")
        assert 60 * len(greeting.text) <= 1200
        assert tongue().given_up == [introduction]

        # After a clear every mark comes back, played or not: they prove nothing.
        phone.plays_at_once = True
        for name in stale:
            await phone.send("mark", name=name)
        ear().hear(Words(f"Sorry. {opening}", True, 1.0, 4.0), SpeechEnded(4.0))
        assert "Is this Maria?" in await phone.reply()
        turns = await phone.turns()
        assert [turn.speaker for turn in turns] == ["desk", "caller", "desk"]
        assert turns[0].text == greeting.text


async def test_marks_from_before_a_clear_prove_nothing_about_what_is_played_after() -> None:
    async with ringing(STRANGER, plays_at_once=False) as phone:
        await phone.until(lambda: len(phone.held) >= 5)
        ear().hear(SpeechStarted(0.2))
        await phone.until(lambda: phone.clears == 1)
        cleared, phone.held = phone.held, []
        ear().hear(SpeechEnded(0.4))  # a cough: it goes on
        await phone.until(lambda: len(phone.held) >= 5)

        for name in cleared:
            await phone.send("mark", name=name)
        ear().hear(SpeechStarted(0.8))
        await phone.until(lambda: phone.clears == 2)

    # The clock may believe what it took to get here, twice; no mark says more.
    (greeting,) = await phone.turns()
    assert 60 * len(greeting.text) < 1000


async def test_after_a_cough_the_desk_goes_on_where_it_was() -> None:
    async with ringing(MARIA, plays_at_once=False) as phone:
        await phone.until(lambda: len(phone.held) >= 5)
        await phone.play(4)
        await phone.until(lambda: len(phone.held) >= 4)
        before = phone.audio
        phone.plays_at_once = True
        ear().hear(SpeechStarted(1.0), SpeechEnded(1.2))
        greeting = await phone.reply()
        (turn,) = await phone.turns()

    pieces = tongue().asked
    assert greeting == " ".join(pieces)
    assert turn.cut_off == ""
    assert phone.clears == 1
    # Each was synthesized once, and from the word under way on it was sent again.
    assert len(pieces) == 2
    whole = sum(map(len, pieces)) * FakeSynthesizer.BYTES_PER_CHARACTER
    assert 0 < len(before) + len(phone.audio[len(before) :]) - whole < len(before)


async def test_a_sign_of_listening_is_no_answer() -> None:
    async with ringing(MARIA, plays_at_once=False) as phone:
        await phone.until(lambda: len(phone.held) >= 5)
        phone.plays_at_once = True
        ear().hear(*said("Mm-hmm."))

        assert (await phone.reply()).endswith("Is this Maria?")
        assert len(await phone.turns()) == 1


async def test_noise_that_never_ends_does_not_silence_the_desk() -> None:
    async with ringing(MARIA, plays_at_once=False) as phone:
        await phone.until(lambda: len(phone.held) >= 5)
        phone.plays_at_once = True
        ear().hear(SpeechStarted(1.0))
        assert (await phone.reply()).endswith("Is this Maria?")


async def test_yes_to_a_date_that_was_not_heard_does_not_book(opening: str) -> None:
    async with ringing(MARIA) as phone:
        await phone.reply()
        await phone.say(opening)
        await phone.say("Yes, this is Maria.")
        phone.plays_at_once = False
        await phone.send("text", body="The second one, please.")
        for _ in range(2):  # two seconds of seven, two thirds of what was sent by then
            await phone.until(lambda: len(phone.held) >= 5)
            await phone.play(5)
        await phone.until(lambda: len(phone.held) >= 5)
        phone.plays_at_once = True
        ear().hear(*said("Yes."))
        await phone.reply()
        again = await phone.reply()
        cut_short = [turn for turn in await phone.turns() if turn.speaker == Turn.Speaker.DESK][-2]

        assert not re.search("November|December|January|AM|PM", cut_short.text)
        assert cut_short.cut_off
        assert again.endswith("Shall I book it?")
        assert not await appointments()

        assert "You're booked" in await phone.say("Yes.")
        assert len(await appointments()) == 1


async def test_a_caller_who_types_has_read_the_date_on_the_screen(opening: str) -> None:
    async with ringing(MARIA) as phone:
        await phone.reply()
        await phone.say(opening)
        await phone.say("Yes, this is Maria.")
        phone.plays_at_once = False
        await phone.send("text", body="The second one, please.")
        await phone.until(lambda: len(phone.held) >= 5)
        phone.plays_at_once = True
        await phone.send("text", body="Yes.")
        assert (await phone.reply()).endswith("Shall I book it?")
        assert "You're booked" in await phone.reply()
        assert len(await appointments()) == 1


async def test_a_date_heard_in_two_pieces_was_heard(opening: str) -> None:
    """A cough in the middle of the read-back; the yes that follows the rest of it counts."""
    async with ringing(MARIA) as phone:
        await phone.reply()
        await phone.say(opening)
        await phone.say("Yes, this is Maria.")
        phone.plays_at_once = False
        await phone.send("text", body="The second one, please.")
        for _ in range(3):
            await phone.until(lambda: len(phone.held) >= 5)
            await phone.play(5)
        await phone.until(lambda: len(phone.held) >= 4)
        phone.plays_at_once = True
        ear().hear(SpeechStarted(1.0), SpeechEnded(1.2))
        assert (await phone.reply()).endswith("Shall I book it?")

        assert "You're booked" in await phone.say("Yes.")


async def test_yes_to_a_re_prompt_answers_the_read_back_before_it(opening: str) -> None:
    async with ringing(MARIA) as phone:
        await to_the_read_back(phone, opening)
        assert (await phone.reply()).startswith(phrases.STILL_THERE[0])
        assert "You're booked" in await phone.say("Yes.")


async def test_the_desk_does_not_talk_into_a_sentence_that_began_while_it_took_breath() -> None:
    async with ringing(STRANGER) as phone:
        await phone.reply()
        tongue().may_speak.clear()
        ear().hear(*said("What are your hours?"))
        await has_been_asked_to_say("open")
        ear().hear(SpeechStarted(3.0))
        await phone.until(lambda: ("caller", "What are your hours?") in phone.captions)
        played = len(phone.audio)
        tongue().may_speak.set()
        ear().hear(Words("And where are you?", True, 3.0, 4.0))
        await phone.until(lambda: ("caller", "And where are you?") in phone.captions)
        assert len(phone.audio) == played

        ear().hear(SpeechEnded(4.0))
        assert "Harbor Street" in await phone.reply()
        assert phone.clears == 0


async def test_words_said_while_the_desk_thinks_are_answered_together(opening: str) -> None:
    async with ringing(MARIA) as phone:
        await phone.reply()
        tongue().may_speak.clear()
        await phone.send("text", body="I need an oil change for my Civic.")
        await has_been_asked_to_say("oil change")
        await phone.send("text", body="And a tire rotation.")
        await phone.until(lambda: ("caller", "And a tire rotation.") in phone.captions)
        tongue().may_speak.set()

        answer = await phone.reply()
        assert re.search("oil change and (a )?tire rotation", answer)
        assert [turn.text for turn in await phone.turns() if turn.speaker == "caller"] == [
            "I need an oil change for my Civic. And a tire rotation.",
        ]


async def test_words_said_while_it_is_booked_book_nothing_twice(opening: str) -> None:
    async with ringing(MARIA) as phone:
        await to_the_read_back(phone, opening)
        async with a_slow_calendar():
            await phone.send("text", body="Yes, please.")
            await someone_waits_for_the_calendar()
            with held_up():  # the booking
                await phone.send("text", body="Yes, book it.")
                await phone.until(lambda: ("caller", "Yes, book it.") in phone.captions)
        assert "You're booked" in await phone.reply()
        await phone.reply()

    assert len(await appointments()) == 1
    written = await in_database(ToolCall.objects.filter(name="book_appointment").count)
    assert written == 1


async def test_a_caller_who_speaks_first_is_greeted_all_the_same() -> None:
    async with ringing(STRANGER) as phone:
        await phone.send("text", body="Hello?")
        assert (await phone.reply()).startswith("Thanks for calling")


async def test_keys_and_words_do_not_swallow_each_other() -> None:
    """However slowly the keys are pressed: nobody answers "my number is" meanwhile."""
    async with ringing(STRANGER) as phone:
        await phone.reply()
        ear().hear(*said("Um, my number is"))  # so it waits for the rest
        await phone.until(lambda: ("caller", "Um, my number is") in phone.captions)
        for digit in "2125550188":
            await phone.send("dtmf", digit=digit)
            await asyncio.sleep(1.5)
        await phone.reply()

        texts = [turn.text for turn in await phone.turns() if turn.speaker == "caller"]
        assert texts == ["Um, my number is 2125550188"]


async def test_a_key_that_means_nothing_does_not_keep_words_from_being_answered() -> None:
    async with ringing(STRANGER) as phone:
        await phone.reply()
        ear().hear(*said("I need an oil change"))
        await phone.until(lambda: ("caller", "I need an oil change") in phone.captions)
        await phone.send("dtmf", digit="#")
        assert "oil change" in await phone.reply()


# --- silences and limits ------------------------------------------------------------------


async def test_silence_is_asked_into_twice_and_then_taken_leave_of() -> None:
    async with nothing_left_running(), ringing(STRANGER) as phone:
        await phone.reply()
        needs = (questions.QUESTIONS[questions.ASK_NEED], *questions.OTHER_WORDINGS[questions.ASK_NEED])
        for said in phrases.STILL_THERE:
            assert await phone.reply() in [f"{said} {need}" for need in needs]
        assert await phone.reply() == phrases.GOODBYE_IN_SILENCE
        call = await ended(phone)

    assert (phone.closed, phone.notices) == (1000, ["ended"])
    assert call.outcome == Call.Outcome.NO_BOOKING


async def test_who_asks_to_hold_on_is_left_in_peace_for_a_minute() -> None:
    """And whoever does not, for eight seconds: the control."""
    async with ringing(STRANGER) as phone:
        await phone.reply()
        for words, silent_for in (("Hold on a second.", 60), ("I need an oil change.", 8)):
            await phone.say(words)
            began = now()
            assert (await phone.reply(within=70)).startswith(phrases.STILL_THERE[0])
            assert silent_for <= now() - began < silent_for + 2


async def test_a_word_starts_the_count_of_silences_again() -> None:
    async with ringing(STRANGER) as phone:
        await phone.reply()
        await phone.reply()
        assert (await phone.reply()).startswith(phrases.STILL_THERE[1])
        await phone.say("I need an oil change.")
        assert (await phone.reply()).startswith(phrases.STILL_THERE[0])


async def test_a_caller_who_never_stops_talking_cannot_outlast_the_limit() -> None:
    """Not even by cutting the goodbye short, again and again."""
    async with nothing_left_running(), ringing(STRANGER) as phone:
        await phone.reply()
        phone.plays_at_once = False
        ear().hear(SpeechStarted(0.1))
        words = "and"
        while phone.closed is None:
            words += " another thing"
            ear().hear(Words(words, False, 0.1, now()))
            await asyncio.sleep(2)
        call = await phone.row()

    assert 915 <= now() < 918  # with 15 s of leave-taking; this caller looks up every 2 s
    assert call.ended_at
    texts = [turn.text for turn in await phone.turns()]
    assert phrases.TIME_LIMIT not in texts
    assert texts[-1].startswith("and another thing")


# --- failures -----------------------------------------------------------------------------


async def test_a_call_that_cannot_hear_any_more_is_handed_to_the_desk(opening: str) -> None:
    async with nothing_left_running(), ringing(MARIA) as phone:
        await phone.reply()
        await phone.say(opening)
        ear().lose(ProviderError("the provider went away"))
        call = await ended(phone)

    assert (phone.closed, call.outcome) == (1000, Call.Outcome.FAILED)
    assert not ear().is_open
    assert "Sorry, we were cut off" in await after_stream(call)


async def test_a_call_that_cannot_speak_any_more_is_handed_to_the_desk(opening: str) -> None:
    async with nothing_left_running(), ringing(MARIA) as phone:
        await phone.reply()
        tongue().fails_with = ProviderError("the provider went away")
        await phone.send("text", body=opening)
        call = await ended(phone)

    assert (phone.closed, call.outcome) == (1000, Call.Outcome.FAILED)
    assert [turn.text for turn in await phone.turns()][-1] == opening
    assert "<Dial" in await after_stream(call)


async def test_hearing_that_fails_after_the_hang_up_is_no_failed_call() -> None:
    async with ringing(MARIA) as phone:
        await phone.reply()
        ear().last_words = []
        await phone.wire.drop()
        ear().lose(ProviderError("the socket was closed"))

    assert (await phone.row()).outcome == Call.Outcome.HUNG_UP


async def after_stream(call: Call) -> str:
    """What Twilio is told when it asks how the call goes on."""
    path = reverse("after-stream")
    fields = {"CallSid": call.sid}
    answer = await in_database(
        Client().post, path, fields, headers={"X-Twilio-Signature": twilio.sign(path, fields)}
    )
    return answer.content.decode()


# --- over Channels ------------------------------------------------------------------------


async def test_the_same_call_over_the_whole_application(opening: str) -> None:
    from dealership.asgi import application  # warms the real models up

    async with nothing_left_running(), ringing(MARIA, Communicator(application)) as phone:
        assert "Shall I book it?" in await to_the_read_back(phone, opening)
        await phone.say("Yes, please.")
        await phone.say("No, thank you, goodbye.")
        call = await ended(phone)

    assert call.outcome == Call.Outcome.BOOKED
    assert len(await appointments()) == 1


class Communicator:
    """Channels' own stand-in for a server, as a wire."""

    def __init__(self, application: Application) -> None:
        self._socket = WebsocketCommunicator(application, "/ws/media")
        self._is_open = False

    async def send(self, message: str | bytes) -> None:
        if not self._is_open:
            self._is_open, _ = await self._socket.connect()
        await self._socket.send_to(**{"text_data" if isinstance(message, str) else "bytes_data": message})

    async def receive(self) -> str:
        while not self._is_open:
            await asyncio.sleep(0.01)
        message = await self._socket.receive_output(timeout=30)
        if message["type"] == "websocket.close":
            raise HungUp(message["code"])
        return str(message["text"])

    async def drop(self) -> None:
        await self._socket.disconnect(code=1006)


# --- recording ----------------------------------------------------------------------------


@pytest.mark.parametrize("is_heard", [True, False])
async def test_the_notice_counts_when_the_greeting_was_heard_to_its_end(
    otto: Rooftop, is_heard: bool
) -> None:
    await in_database(Rooftop.objects.filter(pk=otto.pk).update, records_calls=True)
    async with ringing(MARIA, plays_at_once=is_heard) as phone:
        if is_heard:
            await phone.reply()
            await phone.say("When are you open?")
        else:
            await phone.until(lambda: len(phone.held) >= 3)
            ear().hear(*said("When are you open?"))
            await phone.until(lambda: phone.clears == 1)
            await phone.reply()
    assert ((await phone.row()).notice_heard_at is not None) is is_heard
