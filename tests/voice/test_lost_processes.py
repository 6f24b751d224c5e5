"""Processes come and go while people are on the telephone: drained, killed, replaced."""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from xml.etree import ElementTree

import pytest
from aiohttp import ClientSession
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from crm.models import FollowUpTask, Rooftop
from dealership import demo_call
from scheduling.models import Appointment, Closure, OpeningHours
from tests.factories import make_demo_store
from tests.services import FIXED
from tests.talking import MARIA, OTTO_NUMBER
from tests.voice.live import going_on, phoning, running
from tests.voice.phone import Phone
from voice import live, resuming
from voice.conversation.states import Conversation, Message
from voice.database import in_database
from voice.models import Call

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

DEPLOYS = int(os.environ.get("DEPLOYS", "1"))  # make deploys: 20
CALLS = 10
TOKEN = FIXED["TWILIO_AUTH_TOKEN"]
BACK_WITHIN_SECONDS = 5.0


@pytest.fixture
def otto(transactional_db: None) -> Rooftop:
    """Otto's Auto, open day and night."""
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


async def webhook(url: str, name: str, query: str = "", **fields: str) -> ElementTree.Element:
    """What the carrier is answered; each server signs for its own address."""
    path = reverse(name) + query
    with_address = f"{url}{path}"
    validator = RequestValidator(TOKEN)
    signature = validator.compute_signature(with_address, fields)
    async with (
        ClientSession() as carrier,
        carrier.post(with_address, data=fields, headers={"X-Twilio-Signature": signature}) as response,
    ):
        assert response.status == 200, await response.text()
        return ElementTree.fromstring(await response.text())


def stream_of(answer: ElementTree.Element) -> tuple[str, str]:
    stream = answer.find("./Connect/Stream")
    assert stream is not None, ElementTree.tostring(answer)
    parameter = stream.find("Parameter")
    assert parameter is not None
    return stream.attrib["url"], parameter.attrib["value"]


async def to_the_read_back(phone: Phone, opening: str) -> None:
    await phone.reply()
    await phone.say(opening)
    await phone.say("Yes, this is Maria.")
    assert "Shall I book it?" in await phone.say("The second one, please.")


# --- killed -------------------------------------------------------------------------------


async def test_after_a_kill_the_caller_goes_on_in_another_process(otto: Rooftop) -> None:
    scenarios = await in_database(demo_call.scenarios, otto, now=timezone.now())
    opening = scenarios["maria"].script.opening
    with running("uvicorn") as (first_url, first), running("uvicorn") as (second_url, _):
        async with phoning(first_url, MARIA) as phone:
            await to_the_read_back(phone, opening)
            first.send_signal(signal.SIGKILL)
            await phone.until(lambda: phone.closed is not None)
            lost_at = time.monotonic()

            answer = await webhook(second_url, "after-stream", "?stream=0", CallSid=phone.call.sid)
            again = await webhook(second_url, "after-stream", "?stream=0", CallSid=phone.call.sid)
            assert stream_of(answer) == stream_of(again), "a repeated webhook makes no second token"
            async with going_on(*_line(answer, phone)) as phone_again:
                back = await phone_again.reply()
                assert time.monotonic() - lost_at < BACK_WITHIN_SECONDS
                # With the whole read-back, when it had been kept, else with the moment alone.
                assert back.startswith("Sorry, we were cut off. ") and "Shall I book it" in back
                late = await webhook(second_url, "after-stream", "?stream=0", CallSid=phone.call.sid)
                assert stream_of(late) == stream_of(answer), "nor while the call goes on"
                said = await phone_again.say("Yes.")
                if "Shall I book it?" in said:  # what was heard of the service died with the process
                    said = await phone_again.say("Yes.")
                assert "You're booked" in said
    assert await in_database(Appointment.objects.count) == 1
    assert await in_database(FollowUpTask.objects.filter(call_sid=phone.call.sid).count) == 0


def _line(answer: ElementTree.Element, phone: Phone) -> tuple[str, Phone, str]:
    url, token = stream_of(answer)
    return url, phone, token


async def test_a_call_that_is_lost_again_and_again_is_given_to_a_person(otto: Rooftop) -> None:
    call = await in_database(open_call)

    def lose() -> bool:
        Call.objects.filter(pk=call.pk).update(stream_opened_at=timezone.now())
        call.refresh_from_db()
        return resuming.resume(call, now=timezone.now())

    assert [await in_database(lose) for _ in range(3)] == [True, True, False]


async def test_a_process_that_lost_its_call_changes_nothing(otto: Rooftop) -> None:
    call = await in_database(open_call)
    said = [Message(speaker="caller", text="An oil change."), Message(speaker="caller", text="On Tuesday.")]
    newer = Conversation(call_sid=call.sid, history=said)
    older = Conversation(call_sid=call.sid, history=said[:1])
    assert await in_database(live.save, newer, epoch=1) is True
    assert await in_database(live.save, older, epoch=0) is False
    assert await in_database(live.load, call.sid) == newer


@pytest.mark.parametrize("garbage", ["text", "list", "json"])
async def test_garbage_in_redis_means_the_database_is_asked(otto: Rooftop, garbage: str) -> None:
    call = await in_database(open_call)
    kept = Conversation(call_sid=call.sid, history=[Message(speaker="caller", text="An oil change.")])

    def spoil() -> Conversation:
        Call.objects.filter(pk=call.pk).update(conversation=kept.model_dump(mode="json"))
        call.refresh_from_db()
        redis, key = live._server().client, live._key(call.sid)
        redis.delete(key)
        match garbage:
            case "text":
                redis.set(key, "\0\1")
            case "list":
                redis.rpush(key, "x")
            case "json":
                redis.hset(key, "conversation", '{"call_sid": 7}')
        found = resuming.conversation_of(call)
        live._server().paused_until = 0.0
        assert live.save(kept, epoch=0) is True
        return found

    assert await in_database(spoil) == kept


async def test_redis_that_is_gone_costs_a_call_nothing_but_its_resuming(
    otto: Rooftop, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9"
    call = await in_database(open_call)
    kept = Conversation(call_sid=call.sid)
    assert await in_database(live.save, kept, epoch=0) is None
    assert await in_database(live.load, call.sid) is None


def open_call() -> Call:
    return Call.objects.create(
        rooftop=Rooftop.objects.get(numbers__number=OTTO_NUMBER),
        carrier=Call.Carrier.BROWSER,
        sid="CA" + os.urandom(16).hex(),
        caller_number=MARIA,
        called_number=OTTO_NUMBER,
        stream_opened_at=timezone.now(),
    )


# --- drained ------------------------------------------------------------------------------


@pytest.mark.load
@pytest.mark.timeout(60 + 60 * DEPLOYS)
async def test_no_deploy_cuts_a_call(otto: Rooftop) -> None:
    for number in range(DEPLOYS):
        with running("uvicorn") as (url, process):
            async with AsyncExitStack() as lines:
                phones = [
                    await lines.enter_async_context(phoning(url, f"+1212555{number:02}{caller:02}"))
                    for caller in range(CALLS)
                ]
                await asyncio.gather(*(phone.reply() for phone in phones))
                early, late = (
                    {"CallSid": f"CA{when}{number}", "From": MARIA, "To": OTTO_NUMBER}
                    for when in ("early", "late")
                )
                answered = ElementTree.tostring(await webhook(url, "inbound-call", **early))
                process.terminate()
                await _until_not_ready(url)

                assert (await webhook(url, "inbound-call", **late)).find("Dial") is not None
                assert ElementTree.tostring(await webhook(url, "inbound-call", **early)) == answered
                hours = await asyncio.gather(*(phone.say("When are you open?") for phone in phones))
                assert all("open" in heard for heard in hours)
                assert process.poll() is None
                await asyncio.gather(*(phone.say("No thanks, goodbye.") for phone in phones))
                for phone in phones:
                    await phone.until(lambda phone=phone: phone.closed is not None)  # type: ignore[misc]
                assert {phone.closed for phone in phones} == {1000}
            assert await asyncio.to_thread(process.wait, 15) in (0, -signal.SIGTERM)


async def _until_not_ready(url: str) -> None:
    async with asyncio.timeout(5), ClientSession() as balancer:
        while True:
            async with balancer.get(f"{url}/ready") as response:
                if response.status == 503:
                    return
            await asyncio.sleep(0.02)
