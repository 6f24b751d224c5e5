"""Texts by Twilio's own SDK, against the emulator over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reminders import texts
from reminders.models import Text
from scheduling.models import Appointment
from tests.emulators.base import Fault
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.factories import SATURDAY
from tests.reminders import store
from tests.talking import MARIA, OTTO_NUMBER
from voice.carriers import twilio as twilio_module
from voice.carriers.twilio import TwilioTexter
from voice.ports import OptedOut, ProviderError, Unsure

pytestmark = pytest.mark.integration

PATH = "/api/v1/webhooks/sms-status?text=1"


@pytest.fixture
async def twilio(settings: Settings) -> AsyncIterator[Twilio]:
    async with Twilio() as carrier:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
        settings.TWILIO_API_BASE_URL = carrier.base_url
        carrier.serve(OTTO_NUMBER)
        carrier.webhooks.holds.add("message-status")
        yield carrier


async def send(**options: str) -> str:
    def order() -> str:
        return TwilioTexter().text(
            MARIA, "Hello", **({"own_number": OTTO_NUMBER} | options), status_path=PATH
        )

    return await asyncio.to_thread(order)


async def test_a_text_is_handed_over(twilio: Twilio, settings: Settings) -> None:
    sid = await send()
    [text] = twilio.texts.sent
    assert (text.sid, text.from_, text.to, text.body) == (sid, OTTO_NUMBER, MARIA, "Hello")
    assert text.callback == f"{settings.PUBLIC_BASE_URL}{PATH}"


async def test_who_opted_out_at_the_carrier_is_told_apart(twilio: Twilio) -> None:
    twilio.texts.stopped.add((OTTO_NUMBER, MARIA))
    with pytest.raises(OptedOut):
        await send()


async def test_a_refusal_certainly_sent_nothing(twilio: Twilio) -> None:
    with pytest.raises(ProviderError) as caught:
        await send(own_number="+12125550101")
    assert not isinstance(caught.value, Unsure)
    assert (caught.value.retryable, MARIA in str(caught.value)) == (False, False)


async def test_too_many_at_once_may_be_tried_again(twilio: Twilio) -> None:
    twilio.faults.append(Fault("refuse", where="messages", status=429))
    with pytest.raises(ProviderError) as caught:
        await send()
    assert caught.value.retryable


async def test_nobody_there_certainly_sent_nothing(twilio: Twilio) -> None:
    async with twilio.unreachable():
        with pytest.raises(ProviderError) as caught:
            await send()
    assert (type(caught.value), caught.value.retryable) == (ProviderError, True)


@pytest.mark.parametrize(
    "fault", [Fault("drop"), Fault("stall"), Fault("garbage"), Fault("cut"), Fault("error"), Fault("refuse")]
)
async def test_everything_else_is_unsure(
    twilio: Twilio, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_module, "ANSWER_SECONDS", 0.3)
    twilio.faults.append(fault)
    with pytest.raises(Unsure):
        await send()


# --- the whole way ------------------------------------------------------------------------


def in_thread(work: Callable[..., Any]) -> Callable[..., Any]:
    """Database work of an async test, its connection closed behind it."""

    def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return sync_to_async(closing, thread_sensitive=False)


def _written() -> int:
    store.make_store()
    store.agree()
    visit = store.make_visit()
    return texts.write(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY).pk


@pytest.mark.django_db(transaction=True)
async def test_a_text_goes_out_arrives_and_is_answered(
    twilio: Twilio, live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY)
    settings.PUBLIC_BASE_URL = live_server.url
    twilio.serve(OTTO_NUMBER, sms_url=f"{live_server.url}/api/v1/webhooks/sms")
    twilio.webhooks.holds.clear()
    pk = await in_thread(_written)()

    await in_thread(texts.send)(pk, now=SATURDAY)
    while len(twilio.webhooks.of("message-status")) < 2:
        await asyncio.sleep(0.01)
    text = await in_thread(Text.objects.get)(pk=pk)
    assert (text.status, text.sid) == ("delivered", twilio.texts.sent[0].sid)

    posted = await twilio.text_in(MARIA, OTTO_NUMBER, "1")
    assert (posted.status, posted.content_type) == (200, "text/xml")
    assert (await in_thread(Appointment.objects.get)()).status == "confirmed"
    await in_thread(texts.send_due)(now=SATURDAY)
    assert twilio.texts.sent[1].body.startswith("Thanks, Maria! You're confirmed")

    await twilio.text_in(MARIA, OTTO_NUMBER, "STOP")
    await in_thread(texts.write)(
        await in_thread(Appointment.objects.select_related("rooftop", "customer").get)(),
        Text.Kind.REMINDER,
        key="b",
        now=SATURDAY,
    )
    await in_thread(texts.send_due)(now=SATURDAY)
    assert len(twilio.texts.sent) == 2
