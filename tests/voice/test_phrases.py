"""What the desk says by itself: short, plain, and not the same each time."""

import inspect
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dealership.demo.menu import TABLE
from tests.factories import make_demo_store
from tests.talking import Talk
from tests.voice.scripted_checks import LONGEST_INTERJECTION, QUESTIONS_AT_MOST, SENTENCES_AT_MOST, sentences
from voice.conversation import handing, lane_phrases, phrases, questions, ringing, saying, store_phrases
from voice.conversation.facts import ClosedSpan, DayHours, MenuItem, Store
from voice.conversation.states import (
    Booked,
    Caller,
    Conversation,
    Deed,
    Message,
    Offer,
    Order,
    Purpose,
    Slots,
    VehicleSlot,
    Visit,
)
from voice.database import in_database

CATALOGUE = (handing, phrases, questions, ringing, store_phrases, lane_phrases)
ALBANY = ZoneInfo("America/New_York")
NINE = datetime(2026, 11, 24, 9, tzinfo=ALBANY)
TEN = datetime(2026, 11, 25, 10, tzinfo=ALBANY)
CODES = "|".join(item.partition("|")[0].strip() for item in TABLE.strip().splitlines())
JARGON = re.compile(
    rf"\b(?:{CODES}|op ?codes?|slots?|handles?|escalat\w*|transcripts?|intents?|null|None|appts?|R\.?O\.?|SMS|error)\b"
)
# What has to be told before anything else takes a sentence more.
TELLS_MORE = {"greeting", "opening"}
# Said into a silence: nobody has to answer both.
ASKS_TWICE = {"after_silence"}


def offer(local: datetime) -> Offer:
    return Offer(
        handle="offer-1", arrives_at=local.astimezone(UTC), local=local, leave_until=local.replace(hour=16)
    )


VISIT = Visit(
    handle="visit-1",
    appointment_id=1,
    version=1,
    local=NINE,
    services=["LOF"],
    names=["oil change"],
    vehicle="2019 Honda Civic",
)
ORDER = Order(vehicle="2019 Honda Civic", status="in_work", promised=NINE, is_late=True)
STORE = Store(
    name="Otto's Auto",
    zone=ALBANY,
    address="18 Harbor Street, Albany",
    phone_number="+12125550100",
    hours=tuple(DayHours(day, time(7), time(18)) for day in range(5)),
    closures=(ClosedSpan(NINE, TEN, "Thanksgiving"),),
    menu=(MenuItem("LOF", "oil change", (), 45, 80, 130),),
    records_calls=True,
    rides={"waiter": (), "shuttle": (time(8), time(9)), "loaner": ()},
)


def conversations() -> Iterator[Conversation]:
    """One for each question, early and late in calls of two kinds."""
    for turns in range(4):
        history = [Message(speaker="desk", text="Hello.")] * turns
        for asked in ("", *questions.QUESTIONS):
            for purpose in (None, Purpose.REMINDER):
                yield Conversation(
                    call_sid="CA1",
                    caller=Caller(number="+12125550143", first_name="Maria"),
                    slots=Slots(
                        services=["LOF"], vehicle=VehicleSlot(year=2019, make="Honda", model="Civic")
                    ),
                    chosen=offer(NINE),
                    visit=VISIT,
                    purpose=purpose,
                    about=VISIT if purpose else None,
                    asked=asked,
                    history=history,
                )


SAMPLES: dict[str, list[Any]] = {
    "about": [VISIT, None],
    "booked": [Booked(confirmation_number="123456", local=NINE, deed=deed) for deed in Deed],
    "car": ["2019 Honda Civic"],
    "code": ["slot_taken", "too_late"],
    "conversation": list(conversations()),
    "count": [0, 1, 2],
    "day": [NINE.date()],
    "digit": ["0", "9", "5"],
    "email": ["maria.lopez@gmail.com"],
    "first_name": ["Maria", ""],
    "heard": ["Please leave a message after the tone."],
    "high": [0, 80, 130],
    "in_one": [False, True],
    "is_later": [True, False],
    "local": [NINE],
    "low": [0, 80],
    "miles": [60_000],
    "misses": [1, 2, 3],
    "name": ["oil change", "four new tires"],
    "names": [["oil change"], ["oil change", "tire rotation", "wheel alignment"]],
    "now": [NINE, TEN],
    "number": ["+12125550143"],
    "offer": [offer(NINE)],
    "offers": [[offer(NINE)], [offer(NINE), offer(TEN)]],
    "orders": [[ORDER], [ORDER, ORDER]],
    "purpose": list(Purpose),
    "records_calls": [False],
    "spoken": ["one, H, G, C"],
    "store": [STORE],
    "store_name": [STORE.name],
    "today": [date(2026, 11, 23)],
    "until": [NINE],
    "vehicle": ["2019 Honda Civic"],
    "visit": [VISIT],
    "visits": [[VISIT], [VISIT, VISIT]],
    "weekday_name": ["Monday"],
    "wanted": ["waiter", "shuttle", "loaner", "drop_off"],
    "way": ["drop_off", "waiter"],
    "who": ["Mike Chen"],
}


def said_by(function: Any) -> Iterator[str]:
    """What a phrase says of every sample, the others of its parameters being the first of theirs."""
    parameters = list(inspect.signature(function).parameters)
    first = {name: SAMPLES[name][0] for name in parameters}
    for name in parameters or [""]:
        for sample in SAMPLES.get(name, [None]):
            values = first | ({name: sample} if name else {})
            said = function(**{key: _copied(value) for key, value in values.items()})
            yield from [said] if isinstance(said, str) else said if isinstance(said, tuple) else ()


def _copied(value: Any) -> Any:
    """Some phrases count a silence, or enter a state."""
    return value.model_copy(deep=True) if isinstance(value, Conversation) else value


def constants(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.isupper() and not name.startswith("ASK_"):
            yield from _texts(value)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            for part in value:
                yield from _texts(part)
        case dict():
            for part in value.values():
                yield from _texts(part)


def everything() -> Iterator[tuple[str, str]]:
    for module in CATALOGUE:
        yield from ((module.__name__, text) for text in constants(module))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            says = inspect.signature(function).return_annotation in (str, Sequence[str])
            if says and function.__module__ == module.__name__ and not name.startswith("_"):
                yield from ((name, said) for said in said_by(function))


def test_every_phrase_and_every_wording_is_short_and_plain() -> None:
    """A phrase with a parameter that has no sample here is an error: it would not be looked at."""
    said = list(everything())
    assert len({text for _, text in said}) > 200
    for name, text in said:
        parts = sentences(text)
        asked = [part for part in parts if part.endswith("?")]
        assert len(asked) <= QUESTIONS_AT_MOST or name in ASKS_TWICE, text
        assert len(parts) - len(asked) <= SENTENCES_AT_MOST or name in TELLS_MORE, text
        assert not JARGON.search(text), text


def test_a_price_is_said_as_the_menu_has_it() -> None:
    assert store_phrases.price("oil change", 80, 130) == "An oil change usually runs from 80 to 130 dollars."
    assert store_phrases.price("wheel alignment", 130, 0).startswith(
        "A wheel alignment starts at 130 dollars"
    )
    assert store_phrases.price("state inspection", 21, 21) == "A state inspection is 21 dollars."
    assert "up to 80 dollars" in store_phrases.price("brake inspection", 0, 80)
    assert store_phrases.price("recall repair", 0, 0) == "There's no charge for a recall repair."


def test_no_wording_follows_itself() -> None:
    """In whatever call, from its first turn to its fiftieth."""
    sets = [
        wordings
        for module in CATALOGUE
        for value in vars(module).values()
        for wordings in (value.values() if isinstance(value, dict) else [value])
        if isinstance(wordings, tuple) and len(wordings) > 1 and all(isinstance(one, str) for one in wordings)
    ]
    assert len(sets) > 10
    conversation = Conversation(call_sid="CA2")
    for wordings in sets:
        conversation.history.clear()
        heard = []
        for _ in range(50):
            heard.append(saying.vary(wordings, conversation))
            conversation.history.append(Message(speaker="desk", text=heard[-1]))
        assert all(one != other for one, other in pairwise(heard))
        assert set(heard) == set(wordings)


@pytest.mark.django_db(transaction=True)
async def test_a_long_call_does_not_sound_like_a_tape() -> None:
    """Two visits for somebody new: no answer begins as the one before it, no question comes twice in the same words."""
    await in_database(make_demo_store)
    talk = await Talk.begin("+12125550177")
    heard = [talk.greeting] + [
        await talk.say(words)
        for words in (
            "I need an oil change.",
            "It's a 2018 Toyota Camry.",
            "Tuesday at nine.",
            "Peter Walker",
            "Yes.",
            "Yes, please.",
            "No.",
            "Yes, I also need a tire rotation.",
            "Wednesday at ten.",
            "Yes.",
            "No, that's all.",
        )
    ]
    assert talk.conversation.ending
    begun = [beginning(text) for text in heard]
    assert len({word for word in begun if word}) >= 4, begun
    assert all(not one or one != other for one, other in pairwise(begun)), begun
    asked = [re.findall(r"[^.!?]+\?", text)[-1].strip() for text in heard if text.endswith("?")]
    asked = [question for question in asked if question != questions.QUESTIONS[questions.ASK_CONFIRM]]
    assert len(set(asked)) == len(asked) >= 8, asked


def beginning(text: str) -> str:
    """The few words before the first stop, where they are only to be polite."""
    first = re.split(r"[,.!?]", text, maxsplit=1)[0]
    return first if len(first.split()) <= LONGEST_INTERJECTION else ""
