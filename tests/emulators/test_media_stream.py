"""Media Streams as emulated Twilio speaks them: frames, marks, clear, and what it refuses."""

import asyncio
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator

import pytest

from tests.emulators.base import Fault, Lost
from tests.emulators.clock import ManualClock
from tests.emulators.conftest import CALLER, NUMBER
from tests.emulators.desk import Desk, Line
from tests.emulators.media_stream import Stream
from tests.emulators.speech import carry, heard_in
from tests.emulators.twilio import ACCOUNT, Twilio
from tests.voice.sound import voice

pytestmark = pytest.mark.integration

STREAM = """<Connect><Stream url="{ws}/media" name="line" statusCallback="{http}/stream">
<Parameter name="token" value="secret"/></Stream></Connect>"""


@pytest.fixture
def clock(twilio: Twilio) -> ManualClock:
    twilio.clock = clock = ManualClock()
    return clock


class Talk:
    """The desk's side, held open while a test speaks and listens on it."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.is_on = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self, line: Line) -> None:
        self.line = line
        self.is_on.set()
        await self.may_end.wait()

    async def play(self, mulaw: bytes) -> None:
        await self.send("media", payload=b64encode(mulaw).decode())

    async def mark(self, name: str) -> None:
        await self.send("mark", name=name)

    async def send(self, event: str, **content: str) -> None:
        assert self.line is not None
        await self.line.send(event, **content)

    async def next(self, event: str) -> dict[str, object]:
        assert self.line is not None
        message = await self.line.next(event)
        content = message[event]
        assert isinstance(content, dict)
        return content


@pytest.fixture
async def talk(desk: Desk) -> AsyncIterator[Talk]:
    desk.talk = talking = Talk()
    desk.answers["/voice"] = STREAM.replace("{http}", desk.base_url)
    yield talking
    talking.may_end.set()


async def connected(twilio: Twilio, talk: Talk) -> Stream:
    call = await twilio.ring(CALLER, NUMBER)
    stream = await call.streaming()
    await talk.is_on.wait()
    return stream


async def take(twilio: Twilio, event: str, count: int) -> None:
    """Wait until so many messages of the desk have been taken."""
    await twilio.until(lambda: twilio.counts[event] >= count)


async def test_the_start_message_names_the_call_and_its_parameters(twilio: Twilio, talk: Talk) -> None:
    stream = await connected(twilio, talk)
    assert talk.line is not None
    connecting, start = talk.line.received
    assert connecting == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": stream.sid,
        "start": {
            "accountSid": ACCOUNT,
            "callSid": stream.call_sid,
            "streamSid": stream.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "secret"},
        },
    }


async def test_a_frame_goes_out_every_20_ms_with_its_numbers_as_strings(
    twilio: Twilio, talk: Talk, clock: ManualClock
) -> None:
    stream = await connected(twilio, talk)
    stream.queue(b"\x01" * 200)
    await clock.advance(0.06)
    frames = [await talk.next("media") for _ in range(3)]
    assert [(frame["chunk"], frame["timestamp"]) for frame in frames] == [
        ("1", "20"),
        ("2", "40"),
        ("3", "60"),
    ]
    audio = [b64decode(str(frame["payload"])) for frame in frames]
    assert audio == [b"\x01" * 160, b"\x01" * 40 + b"\xff" * 120, b"\xff" * 160]
    assert talk.line is not None
    assert [message["sequenceNumber"] for message in talk.line.received[1:]] == ["1", "2", "3", "4"]


async def test_marks_return_when_the_audio_before_them_was_heard(
    twilio: Twilio, talk: Talk, clock: ManualClock
) -> None:
    stream = await connected(twilio, talk)
    sound = carry(b"\x9a" * 8000, ["Hello", "there."])
    for name, half in (("first", sound[:4000]), ("second", sound[4000:])):
        await talk.play(half)
        await talk.mark(name)
    await take(twilio, "mark", 2)

    await clock.advance(0.48)
    assert (stream.marks, stream.text()) == ([], "")
    await clock.advance(0.02)
    assert ([mark.name for mark in stream.marks], stream.text()) == (["first"], "Hello")
    await clock.advance(0.5)
    assert (await talk.next("mark"), await talk.next("mark")) == ({"name": "first"}, {"name": "second"})

    assert [mark.at for mark in stream.marks] == pytest.approx([0.5, 1.0])
    assert all(mark.was_played for mark in stream.marks)
    assert bytes(stream.heard) == sound
    assert [at for at, _ in stream.words] == pytest.approx([0.5, 1.0])


async def test_clear_drops_the_rest_and_returns_the_marks_at_once(
    twilio: Twilio, talk: Talk, clock: ManualClock
) -> None:
    stream = await connected(twilio, talk)
    await talk.play(b"\x01" * 8000)
    await talk.mark("end")
    await take(twilio, "mark", 1)
    await clock.advance(0.2)

    await talk.send("clear")

    assert await talk.next("mark") == {"name": "end"}
    assert [(mark.name, mark.was_played) for mark in stream.marks] == [("end", False)]
    await clock.advance(0.2)
    assert bytes(stream.heard) == b"\x01" * 1600 + b"\xff" * 1600
    assert stream.clears == [pytest.approx(0.2)]


async def test_a_mark_after_silence_returns_at_once(twilio: Twilio, talk: Talk, clock: ManualClock) -> None:
    await connected(twilio, talk)
    await talk.mark("now")
    assert await talk.next("mark") == {"name": "now"}


async def test_keys_are_dtmf_events(twilio: Twilio, talk: Talk, clock: ManualClock) -> None:
    call = await twilio.ring(CALLER, NUMBER)
    await call.streaming()
    await talk.is_on.wait()
    await call.press("0")
    assert await talk.next("dtmf") == {"track": "inbound_track", "digit": "0"}


async def test_both_sides_hear_each_other_s_words_in_real_time(twilio: Twilio, talk: Talk) -> None:
    stream = await connected(twilio, talk)
    began = time.monotonic()
    await stream.say("Hello there.")
    spoken_after = time.monotonic() - began
    await talk.play(carry(voice(0.3), ["Hi."]))
    assert await stream.hears("hi") == "Hi."

    assert 0.55 < spoken_after < 0.9
    assert time.monotonic() - began < 1.5
    frames: list[bytes] = []
    while "there." not in heard_in(b"".join(frames)):
        frames.append(b64decode(str((await talk.next("media"))["payload"])))
    assert heard_in(bytes(stream.spoken)) == "Hello there."


@pytest.mark.parametrize(
    "message",
    [
        "{not json",
        "[]",
        '{"event":"caption","streamSid":"SID","caption":{}}',
        '{"event":"media","media":{"payload":"AAAA"}}',
        '{"event":"media","stream_sid":"SID","media":{"payload":"AAAA"}}',
        '{"event":"media","streamSid":"MZ0","media":{"payload":"AAAA"}}',
        '{"event":"media","streamSid":"SID","media":{"payload":"AAAA","track":"outbound"}}',
        '{"event":"media","streamSid":"SID","media":{"payload":"?"}}',
        '{"event":"mark","streamSid":"SID","mark":{}}',
        '{"event":"clear","streamSid":"SID","clear":{}}',
    ],
)
async def test_what_twilio_does_not_know_is_dropped_with_one_warning(
    twilio: Twilio, talk: Talk, clock: ManualClock, message: str
) -> None:
    stream = await connected(twilio, talk)
    assert talk.line is not None
    for _ in range(2):
        await talk.line.socket.send_str(message.replace("SID", stream.sid))
    await talk.mark("still here")
    assert await talk.next("mark") == {"name": "still here"}
    assert len(stream.rejected) == 2
    assert [code for code, _ in twilio.debugger] == ["31951"]


async def test_stream_callbacks_tell_of_its_start_and_end(twilio: Twilio, talk: Talk, desk: Desk) -> None:
    stream = await connected(twilio, talk)
    talk.may_end.set()
    await twilio.calls[stream.call_sid].over()
    posts = desk.posted("/stream")
    assert [post["StreamEvent"] for post in posts] == ["stream-started", "stream-stopped"]
    assert {(post["StreamSid"], post["StreamName"]) for post in posts} == {(stream.sid, "line")}


async def test_waiting_for_words_of_a_dead_line_fails_at_once(twilio: Twilio, talk: Talk) -> None:
    stream = await connected(twilio, talk)
    talk.may_end.set()
    with pytest.raises(Lost):
        await stream.hears("goodbye")


@pytest.mark.parametrize(
    "fault", [Fault("drop", "stream", after=5), Fault("cut", "stream", after=5)], ids=lambda fault: fault.kind
)
async def test_a_lost_socket_has_no_stop_and_the_call_goes_on(
    twilio: Twilio, talk: Talk, desk: Desk, fault: Fault
) -> None:
    desk.answers["/voice"] = f"{desk.answers['/voice']}<Redirect>/after</Redirect>"
    desk.answers["/after"] = "<Say>Sorry.</Say>"
    twilio.faults.append(fault)
    call = await twilio.ring(CALLER, NUMBER)
    assert await call.over() == "completed"
    assert call.said == ["Sorry."]
    assert talk.line is not None
    assert "stop" not in [message["event"] for message in talk.line.received]


async def test_a_stream_can_stall_and_talk_nonsense(twilio: Twilio, talk: Talk, clock: ManualClock) -> None:
    twilio.faults += [Fault("garbage", "stream", after=3, times=1)]
    await connected(twilio, talk)
    await clock.advance(0.1)
    assert talk.line is not None
    texts = [str(await talk.line.socket.receive_str()) for _ in range(4)]
    assert "{not json" in texts

    await twilio.strike(Fault("stall", "stream"))
    await clock.advance(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            while True:
                await talk.line.socket.receive_str()
