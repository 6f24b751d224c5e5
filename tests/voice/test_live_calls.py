"""Watching a call that is going on, and taking it over. Redis and PostgreSQL are real."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from tests.crm.valkey import Valkey
from tests.emulators.twilio_call import Phone as Telephone
from tests.fakes import FakeSynthesizer, FakeTranscriber
from tests.talking import MARIA, STRANGER
from tests.voice.exchange import exchange
from tests.voice.leaks import nothing_left_running
from tests.voice.phone import HungUp, InProcess, ringing
from tests.voice.reviewing import client_of, make_call, make_user
from tests.voice.small import BART_NUMBER, make_small_store
from voice import watching
from voice.captions import Captions
from voice.consumers import live_calls
from voice.database import in_database
from voice.models import Call
from voice.ports import Caption

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

DANA = "+12125550177"
HOST = "desk.example"


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> Rooftop:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    return make_small_store()


@pytest.fixture
def dana(otto: Rooftop) -> User:
    return make_user(otto, "view_call", "take_over_call", phone_number=DANA)


def at_page(client: Client, origin: str = f"https://{HOST}") -> InProcess:
    """A page that asks for the words of running calls."""
    session = client.cookies.get("sessionid")
    headers = [(b"host", HOST.encode()), (b"origin", origin.encode())]
    if session:
        headers.append((b"cookie", f"theme=dark; sessionid={session.value}".encode()))
    return InProcess(live_calls, path="/ws/live", headers=headers)


async def opened(page: InProcess) -> InProcess:
    async with asyncio.timeout(5):
        while not page.sent:
            await asyncio.sleep(0.01)
    assert page.sent[0]["type"] == "websocket.accept"
    return page


async def news(page: InProcess) -> dict[str, Any]:
    async with asyncio.timeout(5):
        found: dict[str, Any] = json.loads(await page.receive())
        return found


async def until_said(page: InProcess, text: str) -> int:
    """Wait until somebody says this; in which call."""
    while True:
        told = await news(page)
        if any(text in each.get("text", "") for each in told["news"]):
            return int(told["call"])


async def closed(page: InProcess, within: float = 6.0) -> int:
    async with asyncio.timeout(within):
        try:
            while True:
                await page.receive()
        except HungUp as end:
            return end.code


@pytest.fixture
async def running(otto: Rooftop) -> AsyncIterator[Captions]:
    """A call whose words the test says."""
    call = await in_database(make_call, otto, ended_at=None, outcome="running", started_at=timezone.now())
    async with Captions(call) as captions:
        yield captions


def words(text: str, *, is_final: bool = True) -> Caption:
    return Caption("caller", text, is_final)


# --- watching -----------------------------------------------------------------------------


async def test_the_words_of_a_call_appear_where_they_may_be_read(otto: Rooftop, dana: User) -> None:
    bart = await in_database(make_small_store, number=BART_NUMBER, name="Bart's Garage")
    stranger = await in_database(make_user, bart, "view_call", name="bart")
    page = await opened(at_page(await in_database(client_of, dana)))
    other = await opened(at_page(await in_database(client_of, stranger)))
    async with ringing(STRANGER) as phone:
        assert (await news(page))["news"][0] == {"kind": "began"}
        greeting = await phone.reply()
        assert await until_said(page, greeting.split(". ")[0]) == phone.call.pk
        await phone.say("What are your hours?")
        assert await until_said(page, "What are your hours?") == phone.call.pk
    told = await news(page)
    while told["news"][-1] != {"kind": "ended"}:
        told = await news(page)
    await page.drop()
    await other.drop()
    await asyncio.gather(page.desk, other.desk)
    assert [message["type"] for message in other.sent] == ["websocket.accept", "websocket.close"]


async def test_a_cancellation_that_is_lost_on_the_way_to_redis_leaves_nothing_running(
    otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_telling = asyncio.Event()

    class Swallowing:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            is_telling.set()
            if message["news"][0]["kind"] == "began":
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()

    monkeypatch.setattr("voice.captions.get_channel_layer", Swallowing)
    call = await in_database(make_call, otto, ended_at=None, outcome="running", started_at=timezone.now())
    async with nothing_left_running(), Captions(call):
        await is_telling.wait()
    assert "captions" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_what_is_not_yet_final_is_replaced(otto: Rooftop, dana: User, running: Captions) -> None:
    page = await opened(at_page(await in_database(client_of, dana)))
    for text in ("My", "My brakes", "My brakes squeak"):
        running.tell(words(text, is_final=False))
    running.tell(words("My brakes squeak."))
    told = await news(page)
    while told["news"][-1]["kind"] != "said":
        told = await news(page)
    said = [each for each in told["news"] if each["kind"] == "said"]
    assert [(each["text"], each["is_interim"]) for each in said] == [("My brakes squeak.", "")]
    running.tell(words("My card is 4111 1111 1111 11", is_final=False))
    await until_said(page, "My card is [card number]")
    await page.drop()
    await page.desk


@pytest.mark.security
@pytest.mark.parametrize("loss", ["right", "log-in", "store", "account"])
async def test_a_right_that_is_lost_closes_the_page(
    dana: User, running: Captions, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FRESH_SECONDS", 0.0)
    client = await in_database(client_of, dana)
    page = await opened(at_page(client))
    running.tell(words("Before."))
    await until_said(page, "Before.")

    lose = {
        "right": dana.user_permissions.clear,
        "log-in": client.logout,
        "store": lambda: dana.staff.all().delete(),
        "account": lambda: User.objects.update(is_active=False),
    }[loss]
    await in_database(lose)
    running.tell(words("After."))

    assert await closed(page) == watching.NO_RIGHT
    assert "After." not in str(page.sent)


async def test_only_asking_again_keeps_the_words_from_whoever_lost_the_right(
    dana: User, running: Captions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: without the second question they are told."""
    monkeypatch.setattr(watching, "FRESH_SECONDS", 60.0)
    monkeypatch.setattr(watching, "CHECKED_EVERY_SECONDS", 60.0)
    page = await opened(at_page(await in_database(client_of, dana)))
    await in_database(dana.user_permissions.clear)
    running.tell(words("After."))
    await until_said(page, "After.")
    assert "After." in str(page.sent)
    await page.drop()
    await page.desk


@pytest.mark.security
async def test_a_silent_page_is_closed_too(dana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "CHECKED_EVERY_SECONDS", 0.1)
    page = await opened(at_page(await in_database(client_of, dana)))
    await in_database(dana.user_permissions.clear)

    assert await closed(page) == watching.NO_RIGHT


@pytest.mark.security
async def test_nobody_else_is_let_in(otto: Rooftop, dana: User) -> None:
    allowed = await in_database(client_of, dana)
    for page in (
        at_page(Client()),
        at_page(await in_database(client_of, await in_database(make_user, otto, name="reader"))),
        at_page(allowed, origin="https://evil.example"),
        at_page(allowed, origin=""),
        at_page(allowed, origin="null"),
    ):
        await closed(page)
        assert [message["type"] for message in page.sent] == ["websocket.close"]  # never accepted


async def test_pages_beyond_the_last_place_wait(dana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_WATCHERS", 1)
    client = await in_database(client_of, dana)
    first, waiting = await opened(at_page(client)), at_page(client)
    await closed(waiting)
    assert "websocket.accept" not in [message["type"] for message in waiting.sent]
    await first.drop()
    await first.desk
    second = await opened(at_page(client))
    assert second.sent[0]["type"] == "websocket.accept"
    await second.drop()
    await second.desk


@pytest.fixture
def own_redis(settings: Settings) -> Iterator[Valkey]:
    valkey = Valkey()
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [valkey.url]},
        }
    }
    yield valkey
    valkey.stop()


async def test_a_redis_that_says_nothing_holds_no_call_up(
    otto: Rooftop, dana: User, own_redis: Valkey
) -> None:
    client = await in_database(client_of, dana)
    with own_redis.frozen():
        with pytest.raises(TimeoutError):  # whoever waits for it waits
            async with asyncio.timeout(1.5):
                await get_channel_layer().group_send("live.0", {"type": "live.news"})
        async with ringing(MARIA) as phone:
            await phone.reply()
            began = asyncio.get_running_loop().time()
            assert await phone.say("What are your hours?")
            assert asyncio.get_running_loop().time() - began < 3.0
            page = at_page(client)
            assert await closed(page) == watching.TRY_LATER


# --- taking over --------------------------------------------------------------------------


@pytest.mark.e2e
async def test_a_running_call_is_put_through_to_whoever_takes_it(
    otto: Rooftop, dana: User, settings: Settings
) -> None:
    client = await in_database(client_of, dana)
    async with exchange(settings) as line:
        line.twilio.phones[DANA] = Telephone(seconds=0.1)
        call = await line.ring(MARIA)
        await call.streaming()
        row = await in_database(Call.objects.get, sid=call.sid)
        shown = await in_database(lambda: client.get(f"/calls/{row.pk}/").content.decode())
        assert "Transfer to me" in shown and "(212) 555-0177" in shown

        taken = await in_database(client.post, f"/calls/{row.pk}/take-over", follow=True)
        assert "Your telephone rings now, Dana Brooks." in taken.content.decode()
        async with asyncio.timeout(10):
            while not call.dialled:
                await asyncio.sleep(0.02)
        (leg,) = call.dialled
        await leg.press("1")
        await call.over()
        assert (leg.to, call.said) == (DANA, ["Dana Brooks is taking your call. One moment, please."])
        again = await in_database(client.post, f"/calls/{row.pk}/take-over", follow=True)
        assert "The call is over." in again.content.decode()

    row = await in_database(Call.objects.select_related("taken_over_by").get, sid=call.sid)
    assert (row.outcome, str(row.taken_over_by)) == (Call.Outcome.TRANSFERRED, "Dana Brooks")


def test_what_stands_against_taking_a_call_is_said(otto: Rooftop, dana: User, settings: Settings) -> None:
    client = client_of(dana)

    def sentence(**fields: Any) -> str:
        Call.objects.all().delete()
        call = make_call(otto, **({"ended_at": None, "outcome": "running"} | fields))
        return client.post(f"/calls/{call.pk}/take-over", follow=True).content.decode()

    assert "cannot be put through to a telephone" in sentence(carrier="browser")
    assert "The call is over." in sentence(carrier_status="completed")
    assert "The carrier did not take the order." in sentence()  # there is no account
    assert Call.objects.get().taken_over_by is None
    mike = otto.staff.get(name="Mike Chen")
    assert "Mike Chen has taken this call over already." in sentence(taken_over_by=mike)
    settings.YOUR_TEST_NUMBER = "+12125550199"
    assert "is not one that may be rung" in sentence()
    dana.staff.update(phone_number="")
    assert "has no telephone number" in sentence()
    dana.user_permissions.add(Permission.objects.get(codename="every_rooftop"))
    dana.staff.all().delete()
    assert "You do not stand on this store" in sentence()
