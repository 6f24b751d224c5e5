"""Answers from the socket: drafted before the turn is over, filled while they take long, thought again.

Speech and thoughts are scripted; tools, record and PostgreSQL are real.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from pytest_django import Settings

from crm.models import FollowUpTask
from tests.fakes import FakeMind, FakeSynthesizer, FakeTranscriber
from tests.talking import STRANGER
from tests.virtual import held_up
from tests.voice.leaks import nothing_left_running
from tests.voice.phone import Phone, ringing
from tests.voice.small import make_small_store
from tests.voice.sound import silence, voice
from tests.voice.test_session import a_slow_calendar, someone_waits_for_the_calendar
from voice import session
from voice.conversation import phrases
from voice.database import in_database
from voice.ears import WORDS_LATE_SECONDS
from voice.models import ToolCall
from voice.ports import (
    HearingBack,
    HearingLost,
    SpeechEnded,
    SpeechPaused,
    SpeechStarted,
    ToolResult,
    Tools,
    Words,
)
from voice.tools.registry import REGISTRY, Desk

pytestmark = [pytest.mark.integration, pytest.mark.virtual_time, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> None:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    settings.REPLY_MODEL = "tests.fakes.FakeMind"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    FakeMind.heard.clear()
    make_small_store()


def ear() -> FakeTranscriber:
    return FakeTranscriber.made[-1]


async def tool_calls() -> list[str]:
    return await in_database(lambda: list(ToolCall.objects.order_by("pk").values_list("name", flat=True)))


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


# --- drafts -------------------------------------------------------------------------------


async def read_then_write(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
    await tools.call("get_store_info", {"topic": "hours"})
    await tools.call("take_message", {"text": heard})
    yield "Noted."


async def test_a_draft_reads_at_once_and_writes_when_the_turn_is_over() -> None:
    FakeMind.thought = read_then_write
    async with ringing(STRANGER) as phone:
        await phone.reply()
        ear().hear(SpeechStarted(1.0), Words("Call me back please", False, 1.0, 2.0), SpeechPaused(2.0))
        await until(lambda: "Call me back please" in FakeMind.heard)
        await asyncio.sleep(0.3)  # time enough for a write that does not wait
        assert await in_database(FollowUpTask.objects.filter(kind="callback").count) == 0
        assert "Noted." not in [text for _, text in phone.captions]

        ear().hear(Words("Call me back, please.", True, 1.0, 2.0), SpeechEnded(2.0))
        assert await phone.reply() == "Noted."
        assert FakeMind.heard == ["", "Call me back please"], "thought once"
        assert await tool_calls() == ["get_store_info", "take_message"]


async def test_a_draft_for_words_that_went_on_leaves_no_trace() -> None:
    FakeMind.thought = read_then_write
    async with nothing_left_running(), ringing(STRANGER) as phone:
        await phone.reply()
        ear().hear(SpeechStarted(1.0), Words("Call me", False, 1.0, 2.0), SpeechPaused(2.0))
        await until(lambda: "Call me" in FakeMind.heard)
        ear().hear(Words("Call me a tow truck please", True, 1.0, 3.0), SpeechEnded(3.0))
        assert await phone.reply() == "Noted."
        texts = [turn.text for turn in await phone.turns()]
        assert texts == ["Hello.", "Call me a tow truck please", "Noted."]
        task = await in_database(FollowUpTask.objects.get)
        assert task.summary == "Call me a tow truck please."
        assert await tool_calls() == ["get_store_info", "take_message"]


async def test_a_draft_that_fails_is_thought_again(settings: Settings) -> None:
    async def fails_once(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        if len(FakeMind.heard) == 2:
            raise ValueError("not this time")
        yield "Hours are eight to six."

    FakeMind.thought = fails_once
    async with ringing(STRANGER) as phone:
        await phone.reply()
        ear().hear(SpeechStarted(1.0), Words("When are you open?", False, 1.0, 2.0), SpeechPaused(2.0))
        await until(lambda: len(FakeMind.heard) == 2)
        ear().hear(Words("When are you open?", True, 1.0, 2.0), SpeechEnded(2.0))
        assert await phone.reply() == "Hours are eight to six."


# --- what takes long ----------------------------------------------------------------------


async def test_a_slow_mind_is_bridged_by_words_that_promise_nothing() -> None:
    async def slow(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        await asyncio.sleep(6.0)
        yield "Here it is."

    FakeMind.thought = slow
    async with ringing(STRANGER) as phone:
        await phone.reply()
        reply = await phone.say("Tell me something.")
    assert reply == f"{phrases.FILLERS[0]} {phrases.FILLERS[1]} Here it is."


async def test_a_draft_whose_look_up_takes_long_is_bridged_like_any_answer() -> None:
    async def look(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        await tools.call("get_available_slots", {"services": ["LOF"]})
        yield "Here it is."

    FakeMind.thought = look
    async with ringing(STRANGER) as phone:
        await phone.reply()
        async with a_slow_calendar("scheduling_opcode IN ACCESS EXCLUSIVE MODE"):
            ear().hear(SpeechStarted(1.0), Words("An oil change", False, 1.0, 2.0), SpeechPaused(2.0))
            await someone_waits_for_the_calendar()
            ear().hear(Words("An oil change", True, 1.0, 2.0), SpeechEnded(2.0))
            with held_up():
                await phone.until(lambda: ("desk", phrases.FILLERS[0]) in phone.captions)
        assert (await phone.reply()).endswith("Here it is.")


async def test_a_slow_tool_is_bridged_sooner_than_a_slow_mind() -> None:
    may_answer, original = threading.Event(), REGISTRY["get_store_info"]

    def slowly(desk: Desk, question: object) -> ToolResult:
        may_answer.wait(5)
        return original.run(desk, question)

    async def look(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        await tools.call("get_store_info", {"topic": "hours"})
        yield "Here it is."

    FakeMind.thought = look
    clock = asyncio.get_running_loop().time
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(REGISTRY, "get_store_info", replace(original, run=slowly))
        async with ringing(STRANGER) as phone:
            await phone.reply()
            await phone.send("text", body="When are you open?")
            asked = clock()
            with held_up():
                await phone.until(lambda: ("desk", phrases.FILLERS[0]) in phone.captions)
            assert 0.7 <= clock() - asked <= 1.0
            may_answer.set()
            assert (await phone.reply()).endswith("Here it is.")


async def test_a_quick_mind_needs_no_filler() -> None:
    async def quick(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        yield "Here it is."

    FakeMind.thought = quick
    async with ringing(STRANGER) as phone:
        await phone.reply()
        assert await phone.say("Tell me something.") == "Here it is."


# --- thought again ------------------------------------------------------------------------


async def test_a_turn_that_was_cut_too_early_is_answered_whole() -> None:
    async def repeat(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        yield f"You said: {heard} And I have a lot to say about that, so please listen for a while."

    FakeMind.thought = repeat
    async with ringing(STRANGER) as phone:
        await phone.reply()
        phone.plays_at_once = False
        ear().hear(SpeechStarted(1.0), Words("I need an oil change.", True, 1.0, 2.0), SpeechEnded(2.0))
        await phone.until(lambda: len(phone.held) >= 2)
        phone.plays_at_once = True
        ear().hear(SpeechStarted(2.8), Words("And a tire rotation.", True, 2.8, 3.5), SpeechEnded(3.5))
        await phone.reply()
        reply = await phone.reply()
    assert reply.startswith("You said: I need an oil change. And a tire rotation.")


# --- the ear ------------------------------------------------------------------------------


async def long_winded(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
    yield "This is a very long sentence that goes on and on, so that there is time to interrupt it."


async def begin_long_answer(phone: Phone) -> None:
    FakeMind.thought = long_winded
    await phone.reply()
    phone.plays_at_once = False
    await phone.send("text", body="Tell me everything.")
    await phone.until(lambda: len(phone.held) >= 3)


async def hear(phone: Phone, mulaw: bytes) -> None:
    """As a carrier sends it, 20 ms at a time, though not at its pace."""
    for offset in range(0, len(mulaw), 160):
        await phone.send_audio(mulaw[offset : offset + 160])


async def test_the_desk_falls_silent_at_the_first_sound_and_goes_on_after_a_cough() -> None:
    async with ringing(STRANGER) as phone:
        await begin_long_answer(phone)
        await hear(phone, silence(0.5) + voice(0.2))
        await phone.until(lambda: phone.clears == 1)
        phone.plays_at_once = True
        await hear(phone, silence(0.5))
        assert (await phone.reply()).endswith("time to interrupt it.")
        assert phone.clears == 1


@pytest.mark.parametrize("lost", ["before", "during", "after"])
async def test_who_spoke_to_nobody_is_told_of_it(lost: str) -> None:
    FakeMind.thought = long_winded
    async with ringing(STRANGER) as phone:
        await phone.reply()
        sound = silence(0.5) + voice(0.5)
        if lost == "before":
            ear().hear(HearingLost(3.0))
        await hear(phone, sound if lost == "during" else sound + silence(1.0))
        if lost == "after":  # when the sound had seemed to be a cough already
            await asyncio.sleep(2 * WORDS_LATE_SECONDS)
        if lost != "before":
            ear().hear(HearingLost(3.0))
        assert await phone.reply() == phrases.BAD_LINE


async def test_who_said_nothing_is_told_nothing_of_a_lost_recogniser() -> None:
    FakeMind.thought = long_winded
    async with ringing(STRANGER) as phone:
        await phone.reply()
        await hear(phone, silence(0.5))
        ear().hear(HearingLost(3.0), HearingBack(4.0))
        ear().hear(SpeechStarted(5.0), Words("When are you open?", True, 5.0, 6.0), SpeechEnded(6.0))
        assert (await phone.reply()).endswith("interrupt it.")


async def test_words_that_come_late_still_interrupt() -> None:
    """The desk has gone on talking, because the sound had seemed to be a cough."""
    async with ringing(STRANGER) as phone:
        await begin_long_answer(phone)
        await hear(phone, silence(0.5) + voice(0.2))
        await phone.until(lambda: phone.clears == 1)
        sent = len(phone.audio)
        await hear(phone, silence(0.5))
        await phone.until(lambda: len(phone.audio) > sent)
        ear().hear(Words("I would rather come on Friday", True, 1.0, 2.0), SpeechEnded(2.0))
        await phone.until(lambda: phone.clears == 2)
        phone.plays_at_once = True
        await phone.reply()
        cut_off = (await phone.turns())[2]
        assert cut_off.cut_off.endswith("interrupt it.")


async def test_a_late_text_that_adds_nothing_does_not_hold_the_desk_up() -> None:
    async with ringing(STRANGER) as phone:
        await begin_long_answer(phone)
        await hear(phone, silence(0.5) + voice(0.2))
        await phone.until(lambda: phone.clears == 1)
        ear().hear(Words("", True, 1.0, 2.0))
        phone.plays_at_once = True
        await hear(phone, silence(0.5))
        assert (await phone.reply(within=4)).endswith("interrupt it.")


async def test_a_line_that_stalls_in_the_middle_of_a_sound_is_silent() -> None:
    FakeMind.thought = long_winded
    async with ringing(STRANGER) as phone:
        await phone.reply()
        await hear(phone, silence(0.5) + voice(0.3))
        ear().hear(Words("When are you open?", True, 0.5, 0.8), SpeechEnded(0.8))
        assert (await phone.reply()).endswith("interrupt it.")


# --- turns that must not be lost ----------------------------------------------------------


@pytest.mark.parametrize("what", ["a lost line", "short time"])
async def test_a_turn_is_answered_whatever_is_said_in_between(what: str) -> None:
    may_answer = asyncio.Event()

    async def slow(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        await may_answer.wait()
        yield "We are open until six."

    FakeMind.thought = slow
    async with ringing(STRANGER) as phone:
        await phone.reply()
        at = session.WARNING_SECONDS - 0.5 if what == "short time" else 5.0
        await hum_until(at - 0.5)
        ear().hear(SpeechStarted(at), Words("When are you open?", True, at, at), SpeechEnded(at))
        await until(lambda: "When are you open?" in FakeMind.heard)
        if what == "short time":
            await asyncio.sleep(1.0)
        else:
            await hear(phone, voice(0.3) + silence(0.3))
            ear().hear(HearingLost(at))
        may_answer.set()
        said = [await phone.reply(), await phone.reply()]
    other = phrases.TIME_IS_SHORT if what == "short time" else phrases.BAD_LINE
    assert sorted(said) == sorted([other, "We are open until six."])


async def hum_until(seconds: float) -> None:
    """Sounds without a word: a line on which nobody is silent, and nobody says anything."""
    ear().hear(SpeechStarted(0.1))
    await asyncio.sleep(seconds - asyncio.get_running_loop().time())
    ear().hear(SpeechEnded(seconds))


async def test_words_that_reopened_a_turn_are_kept_when_the_caller_hangs_up() -> None:
    async def repeat(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        yield f"You said: {heard} And I have a lot to say about that, so please listen for a while."

    FakeMind.thought = repeat
    async with ringing(STRANGER) as phone:
        await phone.reply()
        phone.plays_at_once = False
        ear().hear(SpeechStarted(1.0), Words("I need an oil change.", True, 1.0, 2.0), SpeechEnded(2.0))
        await phone.until(lambda: len(phone.held) >= 2)
        ear().hear(SpeechStarted(2.8), Words("And a tire rotation", True, 2.8, 3.5))
        await phone.until(lambda: phone.clears == 1)
        await phone.until(lambda: ("caller", "And a tire rotation") in phone.captions)
    texts = [turn.text for turn in await phone.turns() if turn.speaker == "caller"]
    assert texts == ["I need an oil change.", "And a tire rotation"]


async def test_a_draft_that_began_before_a_write_was_done_is_thought_again() -> None:
    """The write belongs to an answer that was interrupted; its end changes what the draft was made of."""
    is_writing, may_write = threading.Event(), threading.Event()

    async def book(heard: str, tools: Tools) -> AsyncGenerator[str, None]:
        yield "Let me write that down for you, one moment, this may take a little while."
        await tools.call("take_message", {"text": heard})
        yield "Done."

    original = REGISTRY["take_message"]

    def slowly(desk: Desk, message: object) -> ToolResult:
        is_writing.set()
        may_write.wait(5)
        desk.conversation.slots.concern = "written"
        return original.run(desk, message)

    FakeMind.thought = book
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(REGISTRY, "take_message", replace(original, run=slowly))
        async with ringing(STRANGER) as phone:
            await phone.reply()
            phone.plays_at_once = False
            await phone.send("text", body="Call me back.")
            await asyncio.to_thread(is_writing.wait, 5)
            with held_up():
                await phone.until(lambda: len(phone.held) >= 3)
                phone.plays_at_once = True
                FakeMind.thought = long_winded
                ear().hear(SpeechStarted(1.0), Words("When are you open", False, 1.0, 2.0), SpeechPaused(2.0))
                await until(lambda: "When are you open" in FakeMind.heard)
            may_write.set()
            ear().hear(Words("When are you open?", True, 1.0, 2.0), SpeechEnded(2.0))
            await phone.reply()
            await phone.reply()
        call = await phone.row()
    assert call.conversation["slots"]["concern"] == "written"
    assert FakeMind.heard.count("When are you open") + FakeMind.heard.count("When are you open?") == 2


async def test_nobody_is_asked_whether_they_are_there_while_they_press_keys() -> None:
    FakeMind.thought = long_winded
    async with ringing(STRANGER) as phone:
        await phone.reply()
        await asyncio.sleep(session.SILENCE_SECONDS - 1)
        await phone.send("dtmf", digit="2")  # and it is waited two seconds for another
        assert (await phone.reply()).endswith("interrupt it.")


# --- limits -------------------------------------------------------------------------------


async def test_two_minutes_before_the_end_the_caller_is_told() -> None:
    async with ringing(STRANGER) as phone:
        await phone.reply()
        await hum_until(session.WARNING_SECONDS - 1)
        assert await phone.reply() == phrases.TIME_IS_SHORT
