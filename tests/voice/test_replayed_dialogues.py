"""Two hundred people who want to make an appointment somewhere, and know nothing of this desk.

Their words come from the development data, turn by turn, whatever the desk answers. Most of them talk
of other trades, so that two of three begin with a car: then their days, times and yeses lead far into
a booking, and sometimes to its end. Three things must never happen: the desk must not fail, must not
claim a booking that is not there, and must not ask one question three times in a row.
"""

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from crm.models import Customer, FollowUpTask, Rooftop, SystemFault, Vehicle
from scheduling.models import Hold
from tests.factories import make_demo_store
from tests.talking import MARIA, STRANGER
from tests.voice.connections import kept_connections
from tests.voice.scripted import WITHHELD
from tests.voice.scripted_calls import OnThePhone, ringing, transcript
from tests.voice.scripted_checks import asked_too_often, false_claim
from voice.database import in_database
from voice.models import Call

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
FILES = ("sgd_appointments_dev.jsonl", "taskmaster_auto_repair_dev.jsonl")
DIALOGUES_AT_LEAST = 200
PARTS = 12  # which the test processes share
PARTS_AT_ONCE = PARTS if os.environ.get("PROOFS") == "all" else 1  # of them; `make proofs` plays all
# The day on which most of them were written, so that "the 7th" lies ahead.
NOW = datetime(2019, 3, 1, 15, tzinfo=UTC)
BEGINNINGS = (
    (MARIA, "Yes, this is Maria, I need an oil change for my Civic."),
    (STRANGER, "I need an oil change for my 2018 Toyota Camry."),
    (WITHHELD, ""),
)


@dataclass(slots=True)
class Findings:
    """What must not happen, in lines."""

    failed: list[str] = field(default_factory=list)
    false_claims: list[str] = field(default_factory=list)
    asked_too_often: list[str] = field(default_factory=list)


def dialogues() -> list[list[str]]:
    """What the callers say, dialogue by dialogue; skips the test where the data is not at hand."""
    if missing := [name for name in FILES if not (DATA / name).exists()]:
        pytest.skip(f"the development data is not at hand: {DATA} has no {' and no '.join(missing)}")
    rows = [json.loads(line) for name in FILES for line in (DATA / name).read_text().splitlines()]
    return [[turn["text"] for turn in row["turns"] if turn["speaker"] == "USER"] for row in rows]


@pytest.fixture(autouse=True)
def silent(settings: Settings) -> Iterator[None]:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    with kept_connections():
        yield


def test_there_are_two_hundred_of_them() -> None:
    assert len(dialogues()) >= DIALOGUES_AT_LEAST


@pytest.mark.virtual_time
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", range(PARTS_AT_ONCE))
async def test_a_stranger_to_the_trade_is_borne_with(part: int) -> None:
    lines = dialogues()[part::PARTS]
    rooftop = await in_database(make_demo_store, NOW)
    findings = Findings()
    for said, (number, beginning) in zip(lines, cycle(BEGINNINGS), strict=False):
        left = deque(said)
        for _ in said:  # whom the desk gave to a person, or said goodbye to, calls again with the rest
            if left:
                await one_call(number, beginning, left, findings)
        if left:
            findings.failed.append(f"the desk ends every call before it hears: {' / '.join(left)}")
        await in_database(forget_what_was_written, rooftop)
    assert (findings.failed, findings.false_claims, findings.asked_too_often) == ([], [], [])


async def one_call(number: str, beginning: str, left: deque[str], findings: Findings) -> None:
    """Say the beginning, and what is left until the desk ends the call."""
    async with ringing(number, now=NOW) as (phone, door):
        person = OnThePhone(phone, door)
        try:
            await person.hear_greeting()
            if beginning:
                await person.say(beginning)
            while left and not person.conversation.ending:
                await person.say(left.popleft())
                if claim := await in_database(false_claim, phone.call, person.turns[-1]):
                    findings.false_claims.append(f"{claim}\n{transcript(person.turns)}")
            if person.conversation.ending:
                await person.hear_the_end()
        except TimeoutError:
            findings.failed.append(f"no answer:\n{transcript(person.turns)}")
    if nagged := asked_too_often(person.turns):
        findings.asked_too_often.append(f"{nagged}\n{transcript(person.turns)}")
    findings.failed += [
        f"{fault}\n{transcript(person.turns)}" for fault in await in_database(faults, phone.call)
    ]


def faults(call: Call) -> list[str]:
    call.refresh_from_db()
    kept = [f"{fault.code}: {fault.sentence}" for fault in SystemFault.objects.filter(call_sid=call.sid)]
    return [*kept, "the call failed"] if call.outcome == Call.Outcome.FAILED else kept


def forget_what_was_written(rooftop: Rooftop) -> None:
    """The next dialogue finds the store as this one did."""
    rooftop.appointments.all().delete()
    Hold.objects.all().delete()
    FollowUpTask.objects.all().delete()
    Vehicle.objects.filter(rooftop=rooftop, vin="").delete()
    Customer.objects.filter(rooftop=rooftop, ownerships__isnull=True).delete()
