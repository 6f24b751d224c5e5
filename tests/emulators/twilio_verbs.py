"""What each TwiML verb does to a call. An action is where the call goes on instead of the next verb."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import ClientError

from tests.emulators.media_stream import Stream
from tests.emulators.twilio_webhooks import Fields, resolve
from tests.emulators.twiml import Verb

if TYPE_CHECKING:
    from tests.emulators.twilio_call import Call

Action = tuple[str, str, Fields]  # (kind of webhook, address, its own parameters)
LOOPBACK = ("127.0.0.1", "localhost", "testserver")


async def run(call: "Call", verb: Verb, url: str) -> Action | None:
    """Run one verb of the document at url; return its action if it has one."""
    match verb.name:
        case "Say":
            call.said.append(verb.text)
            call.tell()
        case "Pause":
            await call.wait(float(verb.get("length", "1")))
        case "Connect":
            return await _connect(call, verb)
        case "Dial":
            return await _dial(call, verb, url)
        case "Gather":
            return await _gather(call, verb, url)
        case "Record":
            return await _record(call, verb, url)
    return None


async def _connect(call: "Call", verb: Verb) -> Action | None:
    stream = verb.child("Stream")
    if stream is None:
        raise AssertionError("only <Connect><Stream> is emulated")
    await _stream(call, stream)
    return ("connect", verb.get("action"), {}) if verb.get("action") else None


async def _stream(call: "Call", verb: Verb) -> None:
    url, webhooks = verb.get("url"), call.twilio.webhooks
    parameters = {child.get("name"): child.get("value") for child in verb.children}
    stream = Stream(call.twilio, call.twilio.account_sid, call.sid, parameters)
    problem = _complaint(url, parameters)
    try:
        if not problem:
            headers = {**webhooks.headers(url), **webhooks.there(url)}
            socket = await webhooks.session().ws_connect(webhooks.real(url), headers=headers, compress=0)
    except (ClientError, TimeoutError) as error:
        problem = str(error)
    if problem:
        call.twilio.warn("31920", problem)
        _report(call, verb, stream, "stream-error", StreamError=problem)
        return
    call.streams.append(stream)
    _report(call, verb, stream, "stream-started")
    running = asyncio.ensure_future(stream.run(socket))
    try:
        await stream.begun.wait()
        call.tell()
        await asyncio.shield(running)
        call.twilio.warn("31921", "the server closed the stream")
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait([running])
        raise
    finally:
        _report(call, verb, stream, "stream-stopped")


def _report(call: "Call", verb: Verb, stream: Stream, event: str, **more: str) -> None:
    if url := verb.get("statusCallback"):
        fields = {
            "AccountSid": call.twilio.account_sid,
            "CallSid": call.sid,
            "StreamSid": stream.sid,
            "StreamName": verb.get("name", stream.sid),
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).isoformat(),
            **more,
        }
        call.post_later("stream-status", url, fields)


def _complaint(url: str, parameters: dict[str, str]) -> str:
    """Why Twilio would not open this stream. Plain ws is for emulated calls on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "wss" and parts.hostname not in LOOPBACK:
        return "only wss is allowed"
    if parts.query:
        return "a stream's address has no query"
    if any(len(name) + len(value) >= 500 for name, value in parameters.items()):
        return "a Parameter is too long"
    return ""


async def _dial(call: "Call", verb: Verb, url: str) -> Action | None:
    numbers = [child for child in verb.children if child.name == "Number"] or [Verb("Number", verb.text)]
    legs = [_leg(call, number, verb, url) for number in numbers]
    call.dialled += legs
    call.tell()
    # All ring at once; the first that answers takes the call.
    taken = next((leg for leg in legs if call.twilio.phone(leg.to).answers == "completed"), legs[0])
    was_bridged = await taken.ring_as_leg()
    outcome = {
        "DialCallStatus": taken.status,
        "DialCallSid": taken.sid,
        "DialCallDuration": str(round(call.twilio.phone(taken.to).seconds)),
        "DialBridged": str(was_bridged).lower(),
    }
    return ("dial", verb.get("action"), outcome) if verb.get("action") else None


def _leg(call: "Call", number: Verb, dial: Verb, url: str) -> "Call":
    options = {
        "StatusCallback": number.get("statusCallback"),
        "StatusCallbackEvent": number.get("statusCallbackEvent").split() or None,
        "Url": resolve(url, number.get("url")) if number.get("url") else "",
    }
    return call.leg(number.text, dial.get("callerId", call.from_), options)


async def _gather(call: "Call", verb: Verb, url: str) -> Action | None:
    call.said += [child.text for child in verb.children if child.name == "Say"]
    call.tell()
    digits = ""
    waiting = asyncio.ensure_future(call.wait(float(verb.get("timeout", "5"))))
    try:
        while len(digits) < int(verb.get("numDigits", "20")):
            key = asyncio.ensure_future(call.keys.get())
            await asyncio.wait([key, waiting], return_when=asyncio.FIRST_COMPLETED)
            if not key.done() or key.result() == verb.get("finishOnKey", "#"):
                key.cancel()
                break
            digits += key.result()
    finally:
        waiting.cancel()
    return ("gather", verb.get("action") or url, {"Digits": digits}) if digits else None


async def _record(call: "Call", verb: Verb, url: str) -> Action | None:
    callback = verb.get("recordingStatusCallback")
    sid = call.twilio.keep_message(call, resolve(url, callback) if callback else "")
    fields = {
        "RecordingSid": sid,
        "RecordingUrl": call.twilio.recording_url(sid),
        "RecordingDuration": str(call.twilio.recordings[sid].seconds),
        "Digits": "hangup",
    }
    return ("record", verb.get("action") or url, fields)
