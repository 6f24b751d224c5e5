"""Whole calls on the virtual clock, with nothing shortened: what is said when, by the caller's own watch."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import pytest
from pytest_django import Settings

from tests.fakes import FakeSynthesizer, FakeTranscriber
from tests.talking import STRANGER
from tests.voice.handset import WORD_SECONDS, handset
from tests.voice.leaks import nothing_left_running
from tests.voice.small import make_small_store
from voice import consumers
from voice.conversation import phrases
from voice.conversation.states import Conversation
from voice.models import Call, Turn
from voice.ports import Tools

pytestmark = [pytest.mark.integration, pytest.mark.virtual_time, pytest.mark.django_db(transaction=True)]

MODEL_SECONDS = 0.4
GREETING = "Thanks for calling Otto's Auto service, I'm an automated assistant. How can I help you?"
ROTE = {
    "price": ("An oil change usually runs from fifty to eighty dollars.", "Is there anything else?"),
    "shuttle": ("Yes, it leaves every half hour.", "Is there anything else?"),
    "wash": (
        "We do, and it is free of charge with every service, but for the inside of the car.",
        "If you would like that, too, somebody would have to take your car for about an hour more.",
        "Would you like that?",
    ),
    "oil change": ("Sure, an oil change.", "Which car is it for?"),
    "Civic": (
        "An oil change for a Civic takes about an hour.",
        "You can wait here, there is coffee and a quiet room with a window to the workshop.",
        "Which day would you like?",
    ),
    "Tuesday": ("On Tuesday I have nine, eleven thirty and two.", "Which one is best?"),
    "eleven thirty": ("Eleven thirty on Tuesday.", "May I have your name?"),
    "Walker": ("Thank you. I will write that down.", "Is there anything else?"),
    "goodbye": ("Thanks for calling. Goodbye!",),
    "not all": (
        "I see. I will write down every one of these things, so that the technician who drives your car",
        "can listen for them and tell you what they are before anything is done about it. What else is there?",
    ),
    "noise": ("I see. I will tell the technician about that as well.", "Is there anything else?"),
}
SLOW = "Tuesday"


class Receptionist:
    """Answers by rote, after the time that a model takes. Named in settings."""

    def __init__(self, store: object) -> None:
        pass

    async def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        if not heard:
            yield GREETING
            return
        await asyncio.sleep(MODEL_SECONDS)
        word = next(word for word in ROTE if word in heard)
        if word == SLOW:
            await asyncio.sleep(3.0)
        if word == "goodbye":
            await tools.call("end_call", {})
        for clause in ROTE[word]:
            yield clause


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> None:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    settings.REPLY_MODEL = "tests.voice.test_whole_calls.Receptionist"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    make_small_store()


# What is said when: the caller's moments are given, the desk's may be a little off.
NEAR = 0.25
STILL_THERE, COULD_NOT_HEAR = phrases.STILL_THERE
THREE_MINUTES = [
    (0.0, "desk", GREETING),
    (3.0, "caller", "Hi, I need an oil change."),  # into the greeting
    (5.6, "desk", "Sure, an oil change."),
    (6.8, "desk", "Which car is it for?"),
    (10.0, "caller", "It is a Honda Civic."),
    (12.4, "desk", "An oil change for a Civic takes about an hour."),
    (15.1, "desk", "You can wait here, there is coffee and a quiet room with a window to the workshop."),
    (16.0, "caller", "(coughs)"),
    (18.0, "caller", "Mm-hmm."),
    (22.3, "desk", "Which day would you like?"),  # 2.3 s late, for both
    (24.5, "caller", "Tuesday would be good."),
    (28.2, "desk", phrases.FILLERS[0]),  # 1.6 s after the turn was over
    (29.5, "desk", "On Tuesday I have nine, eleven thirty and two."),
    (32.2, "desk", "Which one is best?"),
    (36.0, "caller", "The eleven thirty please."),
    (38.0, "desk", "Eleven thirty on Tuesday."),
    (39.5, "desk", "May I have your name?"),  # until 40.7
    (48.8, "desk", f"{STILL_THERE} May I have your name?"),  # until 51.3
    (59.4, "desk", f"{COULD_NOT_HEAR} May I have your name?"),
    (66.0, "caller", "Peter Walker."),
    (67.5, "desk", "Thank you. I will write that down."),
    (69.5, "desk", "Is there anything else?"),
    (78.9, "desk", f"{STILL_THERE} Is there anything else?"),  # the count began anew
    (84.0, "caller", "What is the price"),
    (86.1, "desk", "An oil change usually runs from fifty to eighty dollars."),
    (86.3, "caller", "of an oil change?"),  # so the turn had been cut too early
    (88.3, "desk", "An oil change usually runs from fifty to eighty dollars."),
    (91.6, "desk", "Is there anything else?"),
    (100.0, "caller", "Do you wash cars, too?"),
    (102.3, "desk", "We do, and it is free of charge with every service, but for the inside of the car."),
    (
        107.2,
        "desk",
        "If you would like that, too, somebody would have to take your car for about an hour more.",
    ),
    (108.0, "caller", "Sorry, is there a shuttle?"),  # into that
    (110.3, "desk", "Yes, it leaves every half hour."),
    (112.1, "desk", "Is there anything else?"),
    (120.0, "caller", "It makes a funny noise, too."),
    (122.7, "desk", "I see. I will tell the technician about that as well."),
    (125.8, "desk", "Is there anything else?"),
    (135.3, "desk", f"{STILL_THERE} Is there anything else?"),
    (146.0, "desk", f"{COULD_NOT_HEAR} Is there anything else?"),
    (150.0, "caller", "And there is another noise at the back."),
    (153.3, "desk", "I see. I will tell the technician about that as well."),
    (156.4, "desk", "Is there anything else?"),
    (165.9, "desk", f"{STILL_THERE} Is there anything else?"),
    (176.6, "desk", f"{COULD_NOT_HEAR} Is there anything else?"),
    (178.0, "caller", "No, thanks, goodbye."),
    (179.7, "desk", "Thanks for calling. Goodbye!"),
]


def near(seconds: float) -> Any:
    return pytest.approx(seconds, abs=NEAR)


async def test_three_minutes() -> None:
    began = time.thread_time()
    async with nothing_left_running(), handset(STRANGER) as phone:
        for at, who, sentence in THREE_MINUTES:
            if who == "caller":
                await (phone.cough(at=at) if sentence == "(coughs)" else phone.speak(sentence, at=at))
        await phone.until(lambda: phone.closed is not None)
        call, turns = await phone.row(), await phone.turns()
    took = time.thread_time() - began

    assert phone.transcript == [(near(at), who, text) for at, who, text in THREE_MINUTES]
    assert (phone.closed, phone.now) == (1000, near(181.3))
    assert call.outcome == Call.Outcome.NO_BOOKING
    # Silent at once: after the two frames or three that make a voice, six times.
    assert phone.cleared_at == [pytest.approx(at, abs=0.07) for at in (3.0, 16.0, 18.0, 86.3, 108.0, 178.0)]
    # Some 0.45 s are the loop's own work, with the phone's; the database does its own in other threads.
    # Where coverage is measured, it takes four times as long.
    assert took < 4.0

    # What the record says is what the caller heard.
    cut_off = [(turn.text, turn.cut_off) for turn in turns if turn.cut_off]
    assert cut_off == [
        ("Thanks for calling Otto's Auto service, I'm an", "automated assistant. How can I help you?"),
        ("An", "oil change usually runs from fifty to eighty dollars. Is there anything else?"),
        (
            "We do, and it is free of charge with every service, but for the inside of the car. If you would",
            "like that, too, somebody would have to take your car for about an hour more. Would you like that?",
        ),
        ("Sorry, I couldn't hear", "anything. Is there anything else?"),
    ]
    assert [turn.text for turn in turns if turn.speaker == Turn.Speaker.CALLER] == [
        sentence
        for _, who, sentence in THREE_MINUTES
        if who == "caller" and sentence not in ("(coughs)", "Mm-hmm.")
    ]
    assert [turn.starts_ms for turn in turns] == sorted(turn.starts_ms for turn in turns)
    with_pauses = next(turn for turn in turns if "coffee" in turn.text)
    assert with_pauses.ends_ms / 1000 == near(22.3 + 25 * 0.06)


async def test_fifteen_minutes() -> None:
    """Somebody who always has one thing more: a warning after 13, an end after 15."""
    async with nothing_left_running(), handset(STRANGER, sends_sound=False) as phone:
        for at in range(10, 900, 20):
            await phone.speak("That is not all yet.", at=at)
        await phone.until(lambda: phone.closed is not None)
        call = await phone.row()

    first, _ = answer = ROTE["not all"]
    assert [at for at, text in phone.heard if text == first] == [near(at + 2.4) for at in range(10, 900, 20)]
    others = [(at, text) for at, text in phone.heard if text not in answer]
    assert others == [
        (0.0, GREETING),
        (near(784.2), phrases.TIME_IS_SHORT),  # not into the answer that was under way since 772.4
        (near(900.1), phrases.TIME_LIMIT),
    ]
    assert phone.cleared_at == [near(900.1)]  # this time into it
    assert (phone.closed, phone.now) == (1000, near(903.6))
    assert call.outcome == Call.Outcome.NO_BOOKING


@pytest.mark.parametrize("late", ["", "_start", "_prepare"])
async def test_a_call_that_took_long_to_begin_is_answered_as_soon_as_any(
    late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's sound comes meanwhile, and the recogniser counts its positions from there."""
    begin = getattr(consumers, late, None)

    async def slowly(*args: Any) -> object:
        begun = await begin(*args)  # type: ignore[misc]
        await asyncio.sleep(1.2)
        return begun

    if late:
        monkeypatch.setattr(consumers, late, slowly)
    question = "What is the price please?"
    async with handset(STRANGER) as phone:
        await phone.speak(question, at=12.0)
        await asyncio.sleep(20.0 - phone.now)
        answered_at = next(at for at, text in phone.heard if text == ROTE["price"][0])
    assert answered_at - 12.0 - WORD_SECONDS * len(question.split()) == pytest.approx(0.8, abs=0.1)
