"""Edge: the caller's audio, and what the staff see and hear of it meanwhile.

Lets a real call in, builds its session, and closes the door behind it. A plain ASGI application, routed by Channels but reading its frames in its own loop: a consumer's
dispatch costs over three times as much for each of 50 messages a second
(docs/decisions/media-socket.md).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, InterfaceError

from crm import faults
from voice import calls, drain, listening_in, providers, resuming, watching
from voice.captions import Captions
from voice.carriers import twilio
from voice.carriers.media_streams import MediaStreams
from voice.conversation.facts import Store
from voice.database import begin_in_database, in_database
from voice.line import POLICY_VIOLATION, Line, LineClosed, Message
from voice.models import Call
from voice.ports import Started
from voice.record import Record
from voice.session import Session
from voice.tools.registry import Toolbox
from voice.tools.store import load_store
from voice.waiting import WaitingRoom

log = logging.getLogger(__name__)

START_LIMIT_SECONDS = 5.0  # from the open socket to the start message
# From then on the caller hears nothing until the conversation begins. When this and the callback that
# follows (webhooks.py) take all their time, the carrier still apologises within four seconds.
PREPARE_LIMIT_SECONDS = 1.5
INTERNAL_ERROR = 1011
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
        started = await _start(line) if has_place else None
        began = time.monotonic()
        session = await _open(line, started, began, is_signed=is_signed) if started else None
    if session is None:
        await line.close(POLICY_VIOLATION)
        return
    async with session.captions, session.audience:
        await _hold(session, line, began)


async def _hold(session: Session, line: Line, began: float) -> None:
    call = session.call
    try:
        with drain.live_call():
            log.info("call %s began on %s", call.pk, call.carrier)
            await session.run(began)
    finally:
        await line.close()
        log.info("call %s ended after %.1f s", call.pk, time.monotonic() - began)


async def live_calls(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """What is said in running calls, for a page of the staff site that may show it; else closed."""
    await _serve_page(scope, receive, send, watching.Watcher(watching.session_key(scope), receive, send))


async def listen_in(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """The sound of one running call, for a page of the staff site that may play it; else closed."""
    call_id = int(scope["url_route"]["kwargs"]["call"])
    page = listening_in.Listener(watching.session_key(scope), receive, send, call_id)
    await _serve_page(scope, receive, send, page)


async def _serve_page(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
    page: watching.LivePage,
) -> None:
    """Serve one of our own pages, while there is room for it."""
    if (await receive())["type"] != "websocket.connect":
        return
    with watching.place() as has_place:
        if has_place and watching.is_from_here(scope):
            await page.run()
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})


def _is_signed(scope: dict[str, Any]) -> bool:
    """Did the carrier itself open this socket? The page's phone cannot sign, and need not."""
    signature = dict(scope["headers"]).get(b"x-twilio-signature", b"")
    return twilio.is_socket_signed(scope["path"], scope["query_string"], signature.decode("latin-1"))


def _address(scope: dict[str, Any]) -> str:
    return str((scope.get("client") or ["unknown"])[0])


async def _start(line: Line) -> Started | None:
    try:
        async with asyncio.timeout(START_LIMIT_SECONDS):
            started = await line.receive()
    except (TimeoutError, LineClosed):
        return None
    return started if isinstance(started, Started) else None


async def _open(line: Line, started: Started, began: float, *, is_signed: bool) -> Session | None:
    """Let the call in and make its session, as long as the caller may wait for that in silence."""
    call = None
    try:
        with drain.live_call():
            async with asyncio.timeout(PREPARE_LIMIT_SECONDS):
                call = await _admit(line, started, is_signed=is_signed)
                return await _prepare(call, line, began) if call else None
    except (TimeoutError, DatabaseError, InterfaceError):
        faults.record(
            faults.Source.DATABASE,
            "media_stream",
            "The database kept a call waiting, so it did not begin; the caller heard an apology.",
            call_sid=call.sid if call else "",
        )
        if call:
            _give_up(call)
        await line.close(INTERNAL_ERROR)
        return None


def _give_up(call: Call) -> None:
    """Resuming would keep the caller waiting once more. Nobody waits for this write either."""
    end = Call.objects.filter(pk=call.pk, resumes=call.resumes).update
    begin_in_database(end, ended_at=datetime.now(UTC), outcome=Call.Outcome.FAILED)


async def _admit(line: Line, started: Started, *, is_signed: bool) -> Call | None:
    token = started.parameters.get("token", "")
    call = await in_database(
        calls.admit,
        started.call_sid,
        token,
        stream_sid=started.stream_sid,
        is_signed=is_signed,
        agent_version=providers.agent_version(),
        now=datetime.now(UTC),
    )
    if call is None:
        log.warning("a media stream without a fresh token or its carrier's signature was refused")
        return None
    carrier = providers.make_carrier(call.carrier)
    carrier.open(started.stream_sid)
    line.carrier = carrier
    return call


async def _prepare(call: Call, line: Line, began: float) -> Session:
    store: Store = await in_database(load_store, call.rooftop, now=datetime.now(UTC))
    conversation = await in_database(calls.begin_conversation, call)
    seconds = resuming.seconds_before(call, now=datetime.now(UTC))
    record = Record(call, seconds=seconds)
    return Session(
        call,
        line,
        conversation,
        transcriber=providers.make_transcriber(),
        synthesizer=providers.make_synthesizer(),
        mind=providers.make_mind(store),
        tools=Toolbox(
            call, store, conversation, seconds=seconds + time.monotonic() - began, note=record.note
        ),
        record=record,
        captions=Captions(call),
        seconds=seconds,
    )
