"""Edge: the caller's audio. Lets a real call in, builds its session, and closes the door behind it.

A plain ASGI application, routed by Channels but reading its frames in its own loop: a consumer's
dispatch costs over three times as much for each of 50 messages a second
(docs/decisions/media-socket.md).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from voice import calls, drain, providers, resuming
from voice.carriers import twilio
from voice.carriers.media_streams import MediaStreams
from voice.conversation.facts import Store
from voice.database import in_database
from voice.line import Line, LineClosed, Message
from voice.models import Call
from voice.ports import Started
from voice.record import Record
from voice.session import Session
from voice.tools.registry import Toolbox
from voice.tools.store import load_store
from voice.waiting import WaitingRoom

log = logging.getLogger(__name__)

START_LIMIT_SECONDS = 5.0  # from the open socket to the start message
POLICY_VIOLATION = 1008
waiting_room = WaitingRoom()


async def media_stream(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """One media socket from connect to close. Anything but a real, fresh call is closed with 1008."""
    if (await receive())["type"] != "websocket.connect":
        return
    await send({"type": "websocket.accept"})
    line = Line(MediaStreams(), receive, send)
    is_signed = _is_signed(scope)
    with waiting_room.place(_address(scope), is_signed=is_signed) as has_place:
        call = await _admit(line, is_signed=is_signed) if has_place else None
    if call is None:
        await line.close(POLICY_VIOLATION)
        return
    began = time.monotonic()
    try:
        with drain.live_call():
            session = await _prepare(call, line)
            log.info("call %s began on %s", call.pk, call.carrier)
            await session.run()
    finally:
        await line.close()
        log.info("call %s ended after %.1f s", call.pk, time.monotonic() - began)


def _is_signed(scope: dict[str, Any]) -> bool:
    """Did the carrier itself open this socket? The page's phone cannot sign, and need not."""
    signature = dict(scope["headers"]).get(b"x-twilio-signature", b"")
    return twilio.is_socket_signed(scope["path"], scope["query_string"], signature.decode("latin-1"))


def _address(scope: dict[str, Any]) -> str:
    return str((scope.get("client") or ["unknown"])[0])


async def _admit(line: Line, *, is_signed: bool) -> Call | None:
    try:
        async with asyncio.timeout(START_LIMIT_SECONDS):
            started = await line.receive()
    except (TimeoutError, LineClosed):
        return None
    if not isinstance(started, Started):
        return None
    token = started.parameters.get("token", "")
    call = await in_database(
        calls.admit,
        started.call_sid,
        token,
        stream_sid=started.stream_sid,
        is_signed=is_signed,
        now=datetime.now(UTC),
    )
    if call is None:
        log.warning("a media stream without a fresh token or its carrier's signature was refused")
        return None
    carrier = providers.make_carrier(call.carrier)
    carrier.open(started.stream_sid)
    line.carrier = carrier
    return call


async def _prepare(call: Call, line: Line) -> Session:
    store: Store = await in_database(load_store, call.rooftop, now=datetime.now(UTC))
    conversation = await in_database(calls.begin_conversation, call)
    seconds = resuming.seconds_before(call, now=datetime.now(UTC))
    return Session(
        call,
        line,
        conversation,
        transcriber=providers.make_transcriber(),
        synthesizer=providers.make_synthesizer(),
        mind=providers.make_mind(store),
        tools=Toolbox(call, store, conversation, seconds=seconds),
        record=Record(call, seconds=seconds),
        seconds=seconds,
    )
