"""Twilio on loopback: its REST API, and calls and texts that it brings to a server.

    async with Twilio(token) as twilio:
        twilio.serve("+12125550100", voice_url="http://127.0.0.1:8000/api/v1/webhooks/inbound-call")
        call = await twilio.ring(MARIA, "+12125550100")
        stream = await call.streaming()
        await stream.say("I need an oil change.")
        await stream.hears("goodbye")

The real SDK works against it: `client.api.base_url = twilio.base_url`. Faults know the places
"calls", "messages", "recordings" and "stream" (the media socket).
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import encode_basic_auth, web

from tests.emulators import base
from tests.emulators.base import Emulator
from tests.emulators.clock import Clock, RealClock
from tests.emulators.twilio_call import Call, Phone
from tests.emulators.twilio_recordings import Recording, wave
from tests.emulators.twilio_texts import Text, Texts
from tests.emulators.twilio_webhooks import Posted, Webhooks
from tests.emulators.twiml import BadDocument, read

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "0123456789abcdef0123456789abcdef"
E164 = re.compile(r"\+[1-9]\d{6,14}")
REFUSED = {401: 20003, 403: 20403, 404: 20404, 429: 20429}


@dataclass(frozen=True, slots=True)
class Number:
    """One of the account's numbers, and what it is set to do."""

    voice_url: str = ""
    fallback_url: str = ""
    status_callback: str = ""
    sms_url: str = ""


@dataclass(slots=True)
class Twilio(Emulator):
    """phones: who answers an outgoing call, by number; without, a person who hangs up at once.
    keeps_audio: streams keep what was said and heard (off for many calls at once). wall_clock: what its
    list of calls goes by."""

    token: str = TOKEN
    account_sid: str = ACCOUNT
    clock: Clock = field(default_factory=RealClock)
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    keeps_audio: bool = True
    numbers: dict[str, Number] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    debugger: list[tuple[str, str]] = field(default_factory=list)  # (error code, detail)
    webhooks: Webhooks = field(init=False)
    texts: Texts = field(init=False)
    _warned: set[tuple[str, str]] = field(default_factory=set)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.token)
        self.texts = Texts(self)

    async def __aexit__(self, *exc: object) -> None:
        for call in list(self.calls.values()):
            await call.end("completed")
            await call.callbacks_sent()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhooks.close()
        # Not super(): a dataclass with slots is another class than the one that super() was written in.
        await Emulator.__aexit__(self, *exc)

    def routes(self) -> list[web.RouteDef]:
        root = f"/2010-04-01/Accounts/{self.account_sid}"
        return [
            web.post(f"{root}/Calls.json", self.create_call),
            web.get(f"{root}/Calls.json", self.list_calls),
            web.get(f"{root}/Calls/{{sid}}.json", self.fetch_call),
            web.post(f"{root}/Calls/{{sid}}.json", self.update_call),
            web.post(f"{root}/Calls/{{sid}}/Recordings.json", self.create_recording),
            web.post(f"{root}/Messages.json", self.create_message),
            web.get(f"{root}/Messages.json", self.list_messages),
            web.get(f"{root}/Messages/{{sid}}.json", self.fetch_message),
            web.get(f"{root}/Recordings/{{name}}", self.fetch_recording),
            web.delete(f"{root}/Recordings/{{name}}", self.delete_recording),
        ]

    # --- the world outside ----------------------------------------------------------------

    def serve(self, number: str, **addresses: str) -> None:
        """Set what one of the account's numbers does: voice_url, fallback_url, status_callback, sms_url."""
        self.numbers[number] = Number(**addresses)

    async def ring(self, from_: str, to: str, **extra: str) -> Call:
        """Somebody dials; extra are further webhook parameters. The call goes on by itself."""
        number = self.numbers[to]
        options = {
            "FallbackUrl": number.fallback_url,
            "StatusCallback": number.status_callback,
            "extra": extra,
        }
        call = Call(self, "inbound", from_, to, options, status="ringing")
        self.calls[call.sid] = call

        async def answer() -> None:
            document = await call.fetch(number.voice_url)
            if document and document.verbs and document.verbs[0].name != "Reject":
                call.status = "in-progress"
            await call.follow(document)

        call.start(answer())
        return call

    def phone(self, number: str) -> Phone:
        return self.phones.get(number, Phone())

    async def text_in(self, from_: str, to: str, body: str, **extra: str) -> Posted:
        """Somebody sends a text to one of the account's numbers."""
        return await self.texts.arrive(from_, to, body, **extra)

    def warn(self, code: str, detail: str, *, once: str = "") -> None:
        """An entry in the debugger."""
        if once and (code, once) in self._warned:
            return
        self._warned.add((code, once))
        self.debugger.append((code, detail))

    # --- calls ----------------------------------------------------------------------------

    async def create_call(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request)
        if refusal := await self._refusal("calls", request, form):
            return refusal
        if not E164.fullmatch(form.get("To", "")):
            return _error(400, 21211)
        if form.get("From") not in self.numbers:
            return _error(400, 21212)
        if not (form.get("Url") or form.get("Twiml")):
            return _error(400, 21205)
        call = Call(self, "outbound-api", form["From"], form["To"], form)
        self.calls[call.sid] = call
        call.start(self._dial_out(call))
        return web.json_response(_call(call), status=201)

    async def _dial_out(self, call: Call) -> None:
        phone = self.phone(call.to)
        call.progress("initiated", "queued")
        call.progress("ringing", "ringing")
        if phone.answers != "completed":
            await call.end(phone.answers)
            return
        call.progress("answered", "in-progress")
        if call.options.get("Record") == "true":
            self._record(call, call.options.get("RecordingStatusCallback", ""))
        who = {}
        detection = "" if call.options.get("SendDigits") else call.options.get("MachineDetection", "")
        if detection:
            who = {"AnsweredBy": _answered_by(phone, detection)}
        if detection and call.options.get("AsyncAmd") == "true":
            fields = {**call.fields(), **who, "MachineDetectionDuration": "2500"}
            call.post_later("amd", call.options.get("AsyncAmdStatusCallback", ""), fields)
            who = {}
        if call.options.get("Twiml"):
            await call.follow(read(call.options["Twiml"], self.base_url))
        else:
            await call.follow(await call.fetch(call.options["Url"], **who))

    async def fetch_call(self, request: web.Request) -> web.StreamResponse:
        if refusal := await self._refusal("calls", request, {}):
            return refusal
        call = self.calls.get(request.match_info["sid"])
        return web.json_response(_call(call)) if call else _error(404, 20404)

    async def list_calls(self, request: web.Request) -> web.StreamResponse:
        if refusal := await self._refusal("calls", request, {}):
            return refusal
        found = (call for call in self.calls.values() if _is_within(call.started_at, request.query))
        return _page("calls", request, map(_call, found))

    async def update_call(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request)
        if refusal := await self._refusal("calls", request, form):
            return refusal
        call = self.calls.get(request.match_info["sid"])
        if call is None:
            return _error(404, 20404)
        if call.is_over:
            return _error(400, 21220)
        try:
            document = read(form["Twiml"], self.base_url) if form.get("Twiml") else None
        except BadDocument:
            return _error(400, 21218)
        if form.get("TimeLimit"):
            call.limit(float(form["TimeLimit"]))
        if document or form.get("Url") or form.get("Status"):
            await call.update(document=document, url=form.get("Url", ""), status=form.get("Status", ""))
        return web.json_response(_call(call))

    # --- recordings -----------------------------------------------------------------------

    async def create_recording(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request)
        if refusal := await self._refusal("recordings", request, form):
            return refusal
        call = self.calls.get(request.match_info["sid"])
        if call is None:
            return _error(404, 20404)
        if call.status != "in-progress":
            return _error(400, 21220)
        recording = self._record(call, form.get("RecordingStatusCallback", ""))
        return web.json_response(recording.json(self.account_sid), status=201)

    def _record(self, call: Call, callback: str) -> Recording:
        recording = Recording(call, callback, source="StartCallRecordingAPI")
        self.recordings[recording.sid] = recording
        call.recordings.append(recording.sid)
        return recording

    def keep_message(self, call: Call, callback: str) -> str:
        """What <Record> heard."""
        recording = Recording(call, callback, source="RecordVerb", sound=call.left_message)
        self.recordings[recording.sid] = recording
        self.finish_recording(recording.sid)
        return recording.sid

    def recording_url(self, sid: str) -> str:
        return f"{self.base_url}/2010-04-01/Accounts/{self.account_sid}/Recordings/{sid}"

    def finish_recording(self, sid: str) -> None:
        recording = self.recordings[sid]
        recording.status = "completed"
        if recording.callback:
            fields = recording.fields(self.recording_url(sid), self.account_sid)
            recording.call.post_later("recording-status", recording.callback, fields)

    async def fetch_recording(self, request: web.Request) -> web.StreamResponse:
        if refusal := await self._refusal("recordings", request, {}):
            return refusal
        sid, _, kind = request.match_info["name"].partition(".")
        recording = self.recordings.get(sid)
        if recording is None or (kind != "json" and recording.status != "completed"):
            return _error(404, 20404)
        if kind == "json":
            return web.json_response(recording.json(self.account_sid))
        return web.Response(body=wave(recording.channels()), content_type="audio/x-wav")

    async def delete_recording(self, request: web.Request) -> web.StreamResponse:
        if refusal := await self._refusal("recordings", request, {}):
            return refusal
        found = self.recordings.pop(request.match_info["name"].partition(".")[0], None)
        return web.Response(status=204) if found else _error(404, 20404)

    # --- texts ----------------------------------------------------------------------------

    async def create_message(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request)
        if refusal := await self._refusal("messages", request, form):
            return refusal
        text = self.texts.send(form)
        return _error(400, text) if isinstance(text, int) else web.json_response(_text(text), status=201)

    async def fetch_message(self, request: web.Request) -> web.StreamResponse:
        if refusal := await self._refusal("messages", request, {}):
            return refusal
        text = next((text for text in self.texts.sent if text.sid == request.match_info["sid"]), None)
        return web.json_response(_text(text)) if text else _error(404, 20404)

    async def list_messages(self, request: web.Request) -> web.StreamResponse:
        if refusal := await self._refusal("messages", request, {}):
            return refusal
        return _page("messages", request, map(_text, self.texts.sent))

    # --- what goes wrong ------------------------------------------------------------------

    async def _refusal(
        self, where: str, request: web.Request, form: dict[str, Any]
    ) -> web.StreamResponse | None:
        fault = self.record(where, request, form)
        match fault and fault.kind:
            case "refuse" if fault and fault.status:
                return _error(fault.status, int(fault.code or REFUSED.get(fault.status, 20500)))
            case "refuse" | "drop":
                base.drop(request)
            case "slow" if fault:
                await asyncio.sleep(fault.seconds)
            case "stall":
                await self.stall()
            case "garbage":
                return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
            case "cut":
                response = web.StreamResponse(headers={"Content-Length": "500"})
                await response.prepare(request)
                await response.write(b'{"sid":')
                base.drop(request)
            case "error":
                return _error(500, 20500)
        login = request.headers.get("Authorization", "")
        if login != encode_basic_auth(self.account_sid, self.token):
            return _error(401, 20003)
        return None

    def later(self, doing: Any) -> None:
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _form(request: web.Request) -> dict[str, Any]:
    form = await request.post()
    single: dict[str, Any] = {name: str(form[name]) for name in form}
    # Events come as a repeated key, or in one value with spaces between.
    for name in ("StatusCallbackEvent", "RecordingStatusCallbackEvent"):
        if name in form:
            single[name] = [event for value in form.getall(name) for event in str(value).split()]
    return single


def _answered_by(phone: Phone, detection: str) -> str:
    is_machine = phone.answered_by.startswith("machine")
    return "machine_start" if is_machine and detection == "Enable" else phone.answered_by


def _page(name: str, request: web.Request, items: Iterable[dict[str, Any]]) -> web.Response:
    wanted = {key.lower(): value for key, value in request.query.items() if key in ("To", "From", "Status")}
    found = [item for item in items if all(item[key] == value for key, value in wanted.items())]
    found.reverse()  # the newest first
    return web.json_response({name: found, "page": 0, "page_size": 50, "next_page_uri": None})


def _is_within(moment: datetime | None, query: Mapping[str, str]) -> bool:
    """StartTime>, StartTime< and StartTime, of a moment or of a whole day (UTC). What has none is found
    only where none is asked for."""
    for name in ("StartTime>", "StartTime<", "StartTime"):
        if (limit := query.get(name)) is None:
            continue
        if moment is None:
            return False
        there = f"{moment:%Y-%m-%d}" if len(limit) == len("2026-11-21") else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        if not {"StartTime>": there >= limit, "StartTime<": there <= limit, "StartTime": there == limit}[
            name
        ]:
            return False
    return True


def _call(call: Call) -> dict[str, Any]:
    return {
        "sid": call.sid,
        "account_sid": call.twilio.account_sid,
        "parent_call_sid": call.parent and call.parent.sid,
        "from": call.from_,
        "to": call.to,
        "status": call.status,
        "start_time": format_datetime(call.started_at) if call.started_at else None,
        "direction": call.direction,
        "api_version": "2010-04-01",
    }


def _text(text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "from": text.from_,
        "to": text.to,
        "body": text.body,
        "status": text.status,
        "direction": "outbound-api",
        "error_code": int(text.error_code) if text.error_code else None,
        "num_segments": str(1 + len(text.body) // 161),
    }


def _error(status: int, code: int) -> web.Response:
    body = {
        "code": code,
        "message": "refused",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {"Retry-After": "1"} if status == 429 else {}
    return web.json_response(body, status=status, headers=headers)
