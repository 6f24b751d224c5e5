"""Listening in on a running call: who may, to which call, and what they hear. Redis and PostgreSQL are real."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from crm.models import Rooftop
from tests.crm.valkey import Valkey
from tests.emulators.openai import Dialogue
from tests.emulators.speech import Words
from tests.fakes import FakeSynthesizer, FakeTranscriber
from tests.talking import MARIA
from tests.voice.exchange import Exchange, brisk, exchange
from tests.voice.phone import InProcess, ringing
from tests.voice.reviewing import client_of, make_call, make_user
from tests.voice.small import BART_NUMBER, make_small_store
from voice import audience, listening_in, watching
from voice.consumers import listen_in
from voice.database import in_database
from voice.models import Call, RecordingAccess
from voice.tracks import CALLER, DESK

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
HOST = "desk.example"
PIECE = b"\0" + bytes(4) + b"\x7f" * 1600
RIGHTS = ("view_call", "hear_recording", "view_recordingaccess")
STORY = "We are open from seven in the morning until six in the evening on every day but Sunday"


@pytest.fixture(autouse=True)
def otto(transactional_db: None, settings: Settings) -> Rooftop:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    store = make_small_store()
    store.records_calls = True
    store.save()
    return store


@pytest.fixture
def dana(otto: Rooftop) -> User:
    return make_user(otto, *RIGHTS)


@pytest.fixture
def call(otto: Rooftop) -> Call:
    """One that runs, and whose caller was told that calls are recorded."""
    return make_call(otto, ended_at=None, outcome="running", notice_heard_at=NOW)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    async with audience.connect() as redis:
        yield redis


def at_page(client: Client, call: Call, origin: str = f"https://{HOST}") -> InProcess:
    """A page on which somebody pressed Listen."""
    headers = [(b"host", HOST.encode()), (b"origin", origin.encode())]
    if session := client.cookies.get("sessionid"):
        headers.append((b"cookie", f"sessionid={session.value}".encode()))
    route = {"kwargs": {"call": call.pk}}
    return InProcess(listen_in, path=f"/ws/calls/{call.pk}/sound", headers=headers, url_route=route)


async def told(page: InProcess, redis: Redis, call: Call) -> None:
    """Sound arrives at the page. The call's process is this test."""
    before = len(page.sent)
    async with asyncio.timeout(5):
        while not any(message.get("bytes") == PIECE for message in page.sent[before:]):
            await redis.publish(audience.channel_of(call.pk), PIECE)
            await asyncio.sleep(0.02)


async def closed(page: InProcess, within: float = 6.0) -> int:
    async with asyncio.timeout(within):
        await page.desk
    return int(page.sent[-1]["code"])


def sounds() -> int:
    """How many calls of this process gather sound for somebody."""
    return sum(task.get_name() == "audience" for task in asyncio.all_tasks())


async def until_sounds(number: int) -> None:
    async with asyncio.timeout(5):
        while sounds() != number:
            await asyncio.sleep(0.02)


# --- what is heard ------------------------------------------------------------------------


class Ear:
    """Whoever listens, at a real socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.pieces: dict[int, list[tuple[int, bytes]]] = {CALLER: [], DESK: []}
        self.words: dict[int, list[str]] = {CALLER: [], DESK: []}
        self.code = 0
        self._hearing = {CALLER: Words(), DESK: Words()}
        self._news = asyncio.Condition()
        self._connection = connection

    async def run(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self._take(bytes(await self._connection.recv(decode=False)))
        self.code = self._connection.close_code or 0
        async with self._news:
            self._news.notify_all()

    async def _take(self, piece: bytes) -> None:
        side, mulaw = piece[0], piece[5:]
        self.pieces[side].append((int.from_bytes(piece[1:5], "big"), mulaw))
        self.words[side] += self._hearing[side].feed(mulaw)
        async with self._news:
            self._news.notify_all()

    async def hears(self, side: int, words: str) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: words in " ".join(self.words[side]) or self.code)
        assert not self.code

    async def ends(self) -> int:
        async with asyncio.timeout(6), self._news:
            await self._news.wait_for(lambda: self.code)
        return self.code


@asynccontextmanager
async def listening(line: Exchange, client: Client, call: Call) -> AsyncIterator[Ear]:
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    address = f"{line.url.replace('http', 'ws')}/ws/calls/{call.pk}/sound"
    async with connect(address, origin=line.url, additional_headers={"Cookie": cookie}) as connection:  # type: ignore[arg-type]
        ear = Ear(connection)
        hearing = asyncio.create_task(ear.run())
        try:
            yield ear
        finally:
            await connection.close()
            await hearing


async def told_that_calls_are_recorded(sid: str) -> Call:
    async with asyncio.timeout(15):
        while True:
            call = await in_database(Call.objects.get, sid=sid)
            if call.notice_heard_at:
                return call
            await asyncio.sleep(0.05)


@pytest.mark.e2e
async def test_both_sides_of_a_call_are_heard_until_the_right_is_lost(
    otto: Rooftop, dana: User, settings: Settings
) -> None:
    client = await in_database(client_of, dana)
    mind = Dialogue([("thanks", "You are welcome."), ("open", f"{STORY}.")])
    async with exchange(settings, script=mind) as line:
        phone = await line.ring(MARIA)
        stream = await phone.streaming()
        call = await told_that_calls_are_recorded(phone.sid)
        assert sounds() == 0  # nobody listens: nothing is gathered
        async with listening(line, client, call) as ear, listening(line, client, call) as other:
            await until_sounds(1)
            await stream.say(brisk("When are you open?"))
            await ear.hears(CALLER, "When are you open?")
            await ear.hears(DESK, "until six in")
            await stream.say(brisk("Thanks, that is all."))  # into the desk's sentence
            await ear.hears(DESK, "You are welcome.")
            heard_by_caller = stream.text()

            assert stream.clears
            assert STORY.split()[-1] not in heard_by_caller
            # A caller may still hear the word in which they interrupt.
            assert " ".join(ear.words[DESK]).removesuffix(" You are welcome.") in heard_by_caller
            assert "recorded" not in ear.words[DESK]  # that was before
            for pieces in ear.pieces.values():
                assert all(at + len(mulaw) <= then for (at, mulaw), (then, _) in pairwise(pieces))
            frames = ear.pieces[CALLER]
            seams = sum(at + len(mulaw) != then for (at, mulaw), (then, _) in pairwise(frames))
            assert seams <= 2  # a busy machine may stop the line for a moment
            assert {access.user for access in await in_database(accesses, call)} == {dana}

            await in_database(dana.user_permissions.clear)
            assert await ear.ends() == await other.ends() == watching.NO_RIGHT
            await until_sounds(0)
            assert not stream.is_over  # the call goes on, and nothing of all this reached it
            assert stream.rejected == []


def accesses(call: Call) -> list[RecordingAccess]:
    return list(call.live_accesses.select_related("user"))


async def test_the_end_of_the_call_ends_it(otto: Rooftop, dana: User) -> None:
    client = await in_database(client_of, dana)
    async with ringing(MARIA) as phone:
        await phone.reply()
        call = await told_that_calls_are_recorded(phone.call.sid)
        page = at_page(client, call)
        await until_sounds(1)
    assert await closed(page, within=2.0) == listening_in.CALL_IS_OVER
    assert sounds() == 0


async def test_a_call_of_a_store_that_does_not_record_asks_for_no_listeners(otto: Rooftop) -> None:
    def who_asks() -> int:
        return sum(task.get_name() == "audiences" for task in asyncio.all_tasks())

    async with ringing(MARIA) as phone:
        await phone.reply()
        assert who_asks() == 1
    await in_database(Rooftop.objects.update, records_calls=False)
    async with ringing(MARIA) as phone:
        await phone.reply()
        assert who_asks() == 0


@pytest.fixture
def own_redis(settings: Settings) -> Iterator[Valkey]:
    valkey = Valkey()
    settings.REDIS_URL = valkey.url
    yield valkey
    valkey.stop()


async def test_a_redis_that_falls_silent_holds_no_call_up(
    otto: Rooftop, dana: User, own_redis: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "ANSWER_SECONDS", 0.3)
    client = await in_database(client_of, dana)
    async with ringing(MARIA) as phone:
        await phone.reply()
        page = at_page(client, await told_that_calls_are_recorded(phone.call.sid))
        await until_sounds(1)
        with own_redis.frozen():
            began = asyncio.get_running_loop().time()
            await phone.send_audio(b"\xff" * 160)
            assert await phone.say("What are your hours?")
            assert asyncio.get_running_loop().time() - began < 3.0
            await until_sounds(0)
            late = at_page(client, phone.call)
            assert await closed(late) == watching.TRY_LATER
        await page.drop()
        await page.desk


# --- who may, and which call --------------------------------------------------------------


@pytest.mark.security
@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("right", watching.NO_RIGHT),
        ("log-in", watching.NO_RIGHT),
        ("store", watching.NO_RIGHT),
        ("refused", listening_in.NOT_THIS_CALL),
        ("over", listening_in.CALL_IS_OVER),
    ],
)
async def test_what_is_lost_meanwhile_ends_it(
    dana: User, call: Call, redis: Redis, loss: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FRESH_SECONDS", 0.0)
    client = await in_database(client_of, dana)
    page = at_page(client, call)
    await told(page, redis, call)
    row = Call.objects.filter(pk=call.pk)
    lose = {
        "right": dana.user_permissions.clear,
        "log-in": client.logout,
        "store": lambda: dana.staff.all().delete(),
        "refused": lambda: row.update(recording_refused_at=NOW),
        "over": lambda: row.update(ended_at=NOW),
    }[loss]
    await in_database(lose)
    await redis.publish(audience.channel_of(call.pk), b"\1 too late")
    assert await closed(page, within=2.0) == code
    assert b"\1 too late" not in [message.get("bytes") for message in page.sent]


async def test_only_asking_again_keeps_the_sound_from_whoever_lost_the_right(
    dana: User, call: Call, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: without the second question they hear on."""
    monkeypatch.setattr(watching, "FRESH_SECONDS", 60.0)
    monkeypatch.setattr(watching, "CHECKED_EVERY_SECONDS", 60.0)
    page = at_page(await in_database(client_of, dana), call)
    await told(page, redis, call)
    await in_database(dana.user_permissions.clear)
    before = len(page.sent)
    await told(page, redis, call)
    assert PIECE in [message.get("bytes") for message in page.sent[before:]]
    assert "websocket.close" not in [message["type"] for message in page.sent]
    await page.drop()
    await page.desk


@pytest.mark.security
async def test_a_silent_line_is_asked_about_too(
    dana: User, call: Call, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CHECKED_EVERY_SECONDS", 0.1)
    page = at_page(await in_database(client_of, dana), call)
    await told(page, redis, call)
    await in_database(dana.user_permissions.clear)
    assert await closed(page) == watching.NO_RIGHT


@pytest.mark.security
async def test_whoever_may_not_hear_the_call_is_not_let_in(otto: Rooftop, dana: User, call: Call) -> None:
    def others() -> list[Client]:
        bart = make_small_store(number=BART_NUMBER, name="Bart's Garage")
        users = (
            make_user(bart, *RIGHTS, name="bart"),
            make_user(otto, "view_call", name="reader"),
            make_user(otto, "hear_recording", name="deaf"),
        )
        return [Client(), *(client_of(user) for user in users)]

    allowed = await in_database(client_of, dana)
    gone = Call(pk=call.pk + 999)
    for page in (
        *(at_page(client, call) for client in await in_database(others)),
        at_page(allowed, gone),
        at_page(allowed, call, origin="https://evil.example"),
        at_page(allowed, call, origin="null"),
    ):
        await closed(page)
        assert [message["type"] for message in page.sent] == ["websocket.close"]  # never accepted
    assert not await in_database(RecordingAccess.objects.exists)


@pytest.mark.security
async def test_a_caller_who_was_not_told_or_refused_is_not_heard(
    otto: Rooftop, dana: User, call: Call
) -> None:
    client = await in_database(client_of, dana)

    async def answer(**fields: object) -> tuple[int, str]:
        """(the socket's close code, what the page says)."""
        await in_database(Call.objects.filter(pk=call.pk).update, **fields)
        page = await in_database(lambda: client.get(f"/calls/{call.pk}/").content.decode())
        assert ("data-listen=" in page) is False
        return await closed(at_page(client, call)), page

    code, page = await answer(notice_heard_at=None)
    assert code == listening_in.NOT_THIS_CALL
    assert "was not told yet that calls are recorded" in page
    code, page = await answer(notice_heard_at=NOW, recording_refused_at=NOW)
    assert code == listening_in.NOT_THIS_CALL
    assert "does not want to be recorded" in page
    await in_database(Rooftop.objects.update, records_calls=False)
    code, page = await answer(recording_refused_at=None)
    assert code == listening_in.NOT_THIS_CALL
    assert "This store does not record calls" in page
    code, page = await answer(carrier_status="completed")
    assert code == listening_in.CALL_IS_OVER
    assert "The call is over." in page
    assert not await in_database(RecordingAccess.objects.exists)


async def test_each_listener_is_kept_and_there_are_only_a_few(
    dana: User, call: Call, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_in, "MOST_LISTENERS", 1)
    client = await in_database(client_of, dana)
    shown = await in_database(lambda: client.get(f"/calls/{call.pk}/").content.decode())
    assert f'data-listen="/ws/calls/{call.pk}/sound"' in shown
    assert "Heard" not in shown

    page = at_page(client, call)
    await told(page, redis, call)
    assert await closed(at_page(client, call)) == listening_in.FULL
    shown = await in_database(lambda: client.get(f"/calls/{call.pk}/").content.decode())
    assert "Heard 1 time" in shown
    assert ", live</li>" in shown
    await page.drop()
    await page.desk
    async with asyncio.timeout(5):  # and Redis knows it
        while (await audience.count(redis, call.pk))[call.pk]:
            await asyncio.sleep(0.02)

    page = at_page(client, call)
    await told(page, redis, call)
    assert len(await in_database(accesses, call)) == 2
    await page.drop()
    await page.desk
