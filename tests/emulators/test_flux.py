"""Emulated listen v2 (Flux), by the real SDK."""

from typing import Any

import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v2.types import ListenV2Configure, ListenV2ConfigureThresholds
from websockets.exceptions import ConnectionClosedError

from tests.emulators.deepgram import Deepgram
from tests.emulators.deepgram_sdk import flux, until_closed
from tests.emulators.speech import utter
from tests.voice.sound import silence, voice

pytestmark = pytest.mark.integration


async def flux_hears(deepgram: Deepgram, audio: bytes, **options: Any) -> list[Any]:
    async with flux(deepgram, **options) as socket:
        await socket.send_media(audio)
        await socket.send_close_stream()
        messages = await until_closed(socket)
    return [message for message in messages if message.type == "TurnInfo" and message.event != "Update"]


async def test_a_flux_turn_from_start_to_eager_to_end(deepgram: Deepgram) -> None:
    async with flux(deepgram, eager_eot_threshold=0.4) as socket:
        connected = await socket.recv()
        await socket.send_media(silence(0.2) + utter("Tuesday at ten.") + silence(0.6))
        await socket.send_close_stream()
        messages = await until_closed(socket)

    assert (connected.type, connected.sequence_id) == ("Connected", 0)
    assert [message.sequence_id for message in messages] == list(range(1, len(messages) + 1))
    turns = [message for message in messages if message.event != "Update"]
    assert [(turn.event, turn.transcript) for turn in turns] == [
        ("StartOfTurn", "Tuesday"),
        ("EagerEndOfTurn", "Tuesday at ten."),
        ("EndOfTurn", "Tuesday at ten."),
    ]
    assert [turn.trigger for turn in turns] == [None, None, "model"]
    assert turns[1].end_of_turn_confidence >= 0.4
    assert turns[2].end_of_turn_confidence >= 0.7
    assert 5 <= len(messages) - len(turns) <= 7  # an Update each 250 ms


async def test_a_turn_that_goes_on_is_resumed(deepgram: Deepgram) -> None:
    audio = utter("Tuesday.") + silence(0.16) + utter("At ten.") + silence(0.4)

    turns = await flux_hears(deepgram, audio, eager_eot_threshold=0.4)

    assert [turn.event for turn in turns] == [
        "StartOfTurn",
        "EagerEndOfTurn",
        "TurnResumed",
        "EagerEndOfTurn",
        "EndOfTurn",
    ]
    assert turns[-1].transcript == "Tuesday. At ten."


async def test_an_unfinished_sentence_ends_by_timeout_only(deepgram: Deepgram) -> None:
    audio = utter("My number is") + silence(1.1) + utter("Yes.") + silence(0.4)

    turns = await flux_hears(deepgram, audio, eot_timeout_ms=1000)

    ends = [(turn.transcript, turn.trigger, turn.turn_index) for turn in turns if turn.event == "EndOfTurn"]
    assert ends == [("My number is", "timeout", 0), ("Yes.", "model", 1)]
    assert "EagerEndOfTurn" not in [turn.event for turn in turns]


async def test_a_turn_can_be_forced_to_end(deepgram: Deepgram) -> None:
    async with flux(deepgram) as socket:
        await socket.send_force_end_turn()  # there is none
        await socket.send_media(utter("My number is"))
        await socket.send_force_end_turn()
        await socket.send_close_stream()
        turns = [m for m in await until_closed(socket) if m.type == "TurnInfo" and m.event == "EndOfTurn"]

    assert [(turn.transcript, turn.trigger) for turn in turns] == [("My number is", "manual")]


async def test_a_cough_is_no_turn(deepgram: Deepgram) -> None:
    assert await flux_hears(deepgram, voice(0.3) + silence(1)) == []


async def test_thresholds_change_within_a_call(deepgram: Deepgram) -> None:
    async with flux(deepgram) as socket:
        await socket.recv()
        for eager in (0.5, 0.95):
            thresholds = ListenV2ConfigureThresholds(eager_eot_threshold=eager, eot_timeout_ms=800)
            await socket.send_configure(ListenV2Configure(thresholds=thresholds))
        success, failure = await socket.recv(), await socket.recv()

    assert (success.type, success.thresholds.eager_eot_threshold) == ("ConfigureSuccess", 0.5)
    assert (failure.type, failure.code) == ("ConfigureFailure", "BAD_EAGER_EOT_THRESHOLD")


@pytest.mark.parametrize("message", ['{"type":"KeepAlive"}', '{"type":"Finalize"}'])
async def test_flux_knows_neither_keep_alive_nor_finalize(deepgram: Deepgram, message: str) -> None:
    async with flux(deepgram) as socket:
        await socket.recv()
        await socket._send(message)
        error = await socket.recv()
        with pytest.raises(ConnectionClosedError):
            await socket.recv()
    assert error.type == "Error"


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "nova-3"},
        {"eot_threshold": 0.2},
        {"eager_eot_threshold": 0.9},
        {"eot_timeout_ms": 100},
        {"request_options": {"additional_query_parameters": {"interim_results": "true"}}},
        {"request_options": {"additional_query_parameters": {"vad_events": "true"}}},
    ],
    ids=str,
)
async def test_flux_refuses_what_belongs_to_nova(deepgram: Deepgram, wrong: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        async with flux(deepgram, **wrong):
            pass
    assert caught.value.status_code == 400
