"""Emulated speak v1, by the real SDK."""

import pytest
from deepgram.speak.v1.types import SpeakV1Text

from tests.emulators.deepgram import Deepgram
from tests.emulators.deepgram_sdk import mouth, spoken, until_closed
from tests.emulators.speech import heard_in

pytestmark = pytest.mark.integration


async def test_text_sounds_when_it_is_flushed(deepgram: Deepgram) -> None:
    async with mouth(deepgram) as socket:
        metadata = await socket.recv()
        audio, first = await spoken(socket, "Good ", "morning.")
        _, second = await spoken(socket, "Bye.")

    assert (metadata.type, metadata.model_name) == ("Metadata", "aura-2-asteria-en")
    assert (first.type, first.sequence_id, second.sequence_id) == ("Flushed", 0, 1)
    assert heard_in(audio) == "Good morning."
    assert len(audio) == len("Good morning.") * 480


async def test_pieces_are_of_no_phone_s_length(deepgram: Deepgram) -> None:
    async with mouth(deepgram) as socket:
        await socket.recv()
        await socket.send_text(SpeakV1Text(text="Hello there."))
        await socket.send_flush()
        assert len(await socket.recv()) % 160


async def test_audio_on_its_way_comes_after_clear(deepgram: Deepgram) -> None:
    deepgram.first_audio_seconds = 5
    async with mouth(deepgram) as socket:
        await socket.recv()
        await socket.send_text(SpeakV1Text(text="A long story."))
        await socket.send_flush()
        await socket.send_clear()
        stale = [await socket.recv(), await socket.recv()]
        cleared = await socket.recv()

    assert [type(piece) for piece in stale] == [bytes, bytes]
    assert cleared.type == "Cleared"


async def test_the_21st_flush_of_a_minute_is_a_warning(deepgram: Deepgram) -> None:
    async with mouth(deepgram) as socket:
        await socket.recv()
        ends = [(await spoken(socket, "a"))[1] for _ in range(21)]

    assert [end.type for end in ends] == ["Flushed"] * 20 + ["Warning"]


async def test_a_text_that_is_too_long_is_an_error(deepgram: Deepgram) -> None:
    async with mouth(deepgram) as socket:
        await socket.recv()
        await socket.send_text(SpeakV1Text(text="a" * 2001))
        assert (await socket.recv()).type == "Error"


async def test_close_ends_normally(deepgram: Deepgram) -> None:
    async with mouth(deepgram) as socket:
        await socket.recv()
        await socket.send_close()
        assert await until_closed(socket) == []
