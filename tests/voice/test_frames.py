"""Whatever a line sends: never an exception, never the end of the call."""

import asyncio
import base64
import json
import logging
from collections import Counter
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.factories import make_demo_store
from tests.talking import STRANGER
from tests.voice.phone import ringing
from voice.carriers.browser import BrowserCarrier
from voice.carriers.media_streams import LONGEST_AUDIO, MediaStreams
from voice.line import CHARACTERS_OF_A_MESSAGE, Line, LineClosed, Message
from voice.ports import Carrier, Digit, Ignored, Media, Started, Stopped, Typed

pytestmark = pytest.mark.security

EVENTS = ["connected", "start", "media", "mark", "dtmf", "stop", "text", "clear", "event", "weather"]
NAMES = ["callSid", "streamSid", "customParameters", "payload", "track", "name", "digit", "body", "token"]

odd_base64 = st.one_of(
    st.binary(max_size=400).map(lambda audio: base64.b64encode(audio).decode()),
    st.text("ABCabc/+=\n-_ ", max_size=40),
    st.integers(LONGEST_AUDIO, LONGEST_AUDIO + 3).map(lambda size: base64.b64encode(bytes(size)).decode()),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.text(max_size=30),
    st.text(st.characters(codec=None, categories=["Cs", "Cc"]), max_size=5),
    odd_base64,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
near_valid = st.builds(
    lambda event, content, sid: {"event": event, "streamSid": sid, str(event): content},
    st.sampled_from(EVENTS) | values,
    st.dictionaries(st.sampled_from(NAMES), values, max_size=6) | values,
    values,
)
frames = st.one_of(
    near_valid.map(json.dumps),
    near_valid.map(lambda fields: json.dumps(fields).encode()),
    near_valid.map(lambda fields: json.dumps(fields)[:-3]),
    values.map(json.dumps),
    st.text(max_size=80),
    st.binary(max_size=80),
)


@hypothesis_settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames)
@example("[" * 100_000)
@example('{"event":"media","media":' * 5000)
@example('{"event":"media","media":{"payload":"' + "/" * 1_000_000 + '"}}')
@example('{"event":"mark","mark":{"name":' + "9" * 10_000 + "}}")
@example('{"event":"text","text":{"body":"\\u0000"}}')
@example('{"event":"text","text":{"body":"\\ud800"}}')
@example('{"event":"dtmf","dtmf":{"digit":["1"]}}')
@example("\ufeff{}")
@example(b"\xff\xfe{\x00")
def test_no_frame_raises(frame: str | bytes) -> None:
    for carrier in (MediaStreams(), BrowserCarrier()):
        match carrier.parse(frame):
            case Media(mulaw=mulaw):
                assert 0 < len(mulaw) <= LONGEST_AUDIO
            case Digit(digit=digit):
                assert digit in "0123456789*#"
            case Typed(text=text) | Started(call_sid=text):
                assert "\0" not in text
                text.encode()
            case Ignored(reason=reason):
                assert reason.isidentifier()  # a word to count by, nothing that a caller chose


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.lists(frames, max_size=40))
def test_the_line_counts_what_it_does_not_understand(sent: list[str | bytes]) -> None:
    carrier = MediaStreams()
    parsed = [carrier.parse(frame or "") for frame in sent]
    line, understood = read_all(carrier, sent)

    assert understood == sum(not isinstance(event, Ignored) for event in parsed)
    ignored = Counter(event.reason for event in parsed if isinstance(event, Ignored))
    del ignored["connected"]  # understood, but nothing to do
    assert line.ignored == ignored


def read_all(carrier: Carrier, sent: list[str | bytes]) -> tuple[Line, int]:
    """Put these messages through a line; return it and how many it passed on."""
    left = [*sent]

    async def receive() -> Message:
        if not left:
            return {"type": "websocket.disconnect"}
        frame = left.pop(0)
        return {"type": "websocket.receive", "text" if isinstance(frame, str) else "bytes": frame}

    async def send(message: Message) -> None:
        raise AssertionError("nothing was to be sent")

    async def read() -> int:
        count = 0
        try:
            while True:
                await line.receive()
                count += 1
        except LineClosed:
            return count

    line = Line(carrier, receive, send)
    return line, asyncio.run(read())


def some_frames(count: int) -> list[str | bytes]:
    kept: list[str | bytes] = []

    @hypothesis_settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(frames)
    def keep(frame: str | bytes) -> None:
        kept.append(frame)

    keep()
    return kept


@pytest.fixture
def otto(transactional_db: None, settings: Settings) -> None:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    make_demo_store(timezone.now())


@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
async def test_a_call_goes_on_through_a_storm_of_nonsense(otto: None, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "voice.session")
    storm = some_frames(300)
    # A hang-up, keys and typed sentences that happen to be well-formed would be obeyed, and long ones held back.
    storm = [
        frame
        for frame in storm
        if not isinstance(BrowserCarrier().parse(frame), Stopped | Digit | Typed)
        and len(frame) < CHARACTERS_OF_A_MESSAGE
    ]
    ignored = Counter(
        event.reason for event in map(BrowserCarrier().parse, storm) if isinstance(event, Ignored)
    )
    del ignored["connected"]
    assert ignored.total() > 100

    async with ringing(STRANGER) as phone:
        await phone.reply()
        for frame in storm:
            await phone.wire.send(frame)
        assert "We're open" in await phone.say("What are your hours?")
        assert phone.closed is None

    (line,) = [record for record in caplog.records if "not understood" in record.message]
    assert line.args[1] == dict(ignored)
