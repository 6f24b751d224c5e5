"""One call at emulated Twilio: it follows TwiML until somebody hangs up."""

import asyncio
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.emulators import twilio_verbs, twiml
from tests.emulators.media_stream import Stream
from tests.emulators.twilio_webhooks import Fields, resolve
from tests.emulators.twiml import BadDocument, Document

if TYPE_CHECKING:
    from tests.emulators.twilio import Twilio

ENDED = ("completed", "busy", "failed", "no-answer", "canceled")
APPLICATION_ERROR = "An application error has occurred."  # what callers hear when no TwiML comes


@dataclass(frozen=True, slots=True)
class Phone:
    """Who has a number: how it answers, for how long it talks, and what machine it is.

    answers: completed, busy, no-answer, failed. answered_by: human, fax, unknown, or machine_…
    """

    answers: str = "completed"
    seconds: float = 0.0
    answered_by: str = "human"


@dataclass(slots=True, eq=False)
class Call:
    """said: what <Say> spoke. verbs: the names of those begun, in order; verb_times: when, on the line's
    clock. dialled: the legs of <Dial>."""

    twilio: "Twilio"
    direction: str
    from_: str
    to: str
    options: dict[str, Any] = field(default_factory=dict)  # of the REST request that made it
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    parent: "Call | None" = None
    status: str = "queued"
    started_at: datetime | None = None  # None until it is dialled
    said: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    verb_times: list[float] = field(default_factory=list)
    dialled: "list[Call]" = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    left_message: str | bytes = ""  # what <Record> will hear
    began: float = 0.0
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _events: int = 0
    _task: asyncio.Task[None] | None = None
    _limit: asyncio.Task[None] | None = None
    _last_callback: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    # --- what a test does -----------------------------------------------------------------

    async def streaming(self, within: float = 5.0) -> Stream:
        """Wait for the media stream to be open; the newest one."""
        async with asyncio.timeout(within):
            while not (self.streams and self.streams[-1].is_open):
                if self.is_over:
                    raise AssertionError(f"the call was {self.status}, having heard {self.said}")
                await self._news.wait()
        return self.streams[-1]

    async def press(self, *digits: str) -> None:
        for digit in digits:
            if self.streams and self.streams[-1].is_open:
                await self.streams[-1].press(digit)
            else:
                self.keys.put_nowait(digit)

    async def hang_up(self) -> None:
        """The person leaves: stop on the stream, then the callback."""
        await self.end("completed")

    async def over(self, within: float = 20.0) -> str:
        """Wait for the end and its callbacks; return the last status."""
        async with asyncio.timeout(within):
            while not self.is_over:
                await self._news.wait()
            await self.callbacks_sent()
        return self.status

    async def callbacks_sent(self) -> None:
        if self._last_callback is not None:
            await asyncio.wait([self._last_callback])

    @property
    def is_over(self) -> bool:
        return self.status in ENDED

    # --- how it goes ----------------------------------------------------------------------

    def start(self, doing: Awaitable[None]) -> None:
        self.began = self.twilio.clock.now()
        self.started_at = self.twilio.wall_clock()
        self._task = asyncio.ensure_future(self._run(doing))
        if limit := self.options.get("TimeLimit"):
            self.limit(float(limit))

    def limit(self, seconds: float) -> None:
        """The call ends so long after it began."""
        if self._limit is not None:
            self._limit.cancel()
        self._limit = asyncio.ensure_future(self._end_after(seconds))

    async def follow(self, document: Document | None) -> None:
        while document is not None:
            document = await self._follow(document)

    async def fetch(
        self, url: str, kind: str = "voice", method: str = "POST", **more: str
    ) -> Document | None:
        """Ask a webhook for TwiML, then its fallback; None when the call cannot go on."""
        post = await self.twilio.webhooks.send(kind, url, {**self.fields(), **more}, method)
        failure = "" if post.is_ok else "11200" if post.status else "11205"
        if not failure:
            try:
                return twiml.read(post.body, url, post.content_type)
            except BadDocument as error:
                failure = error.code
        self.twilio.warn(failure, url)
        fallback = str(self.options.get("FallbackUrl", ""))
        if fallback and kind != "fallback":
            return await self.fetch(fallback, "fallback", ErrorCode=failure, ErrorUrl=url)
        self.said.append(APPLICATION_ERROR)
        return None

    async def update(self, *, document: Document | None = None, url: str = "", status: str = "") -> None:
        """What the REST API does to a live call: other TwiML, or its end."""
        if status:
            await self.end(status if self.status in ("queued", "ringing") else "completed")
            return
        await self._interrupt()
        self._task = asyncio.ensure_future(self._run(self._go_on(document, url)))

    async def end(self, status: str) -> None:
        if self.is_over:
            return
        await self._interrupt()
        self._finish(status)

    def fields(self) -> Fields:
        """The standard parameters of a voice webhook."""
        parent = {"ParentCallSid": self.parent.sid} if self.parent else {}
        return {
            "CallSid": self.sid,
            "AccountSid": self.twilio.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": self.status,
            "Direction": self.direction,
            "ApiVersion": "2010-04-01",
            "FromCountry": "US",
            "ToCountry": "US",
            **parent,
            **self.options.get("extra", {}),
        }

    def progress(self, event: str, status: str, **more: str) -> None:
        """Move on, and tell the status callback if it asked for this event."""
        self.status = status
        self.tell()
        url = str(self.options.get("StatusCallback", ""))
        if not url or event not in (self.options.get("StatusCallbackEvent") or ["completed"]):
            return
        fields = {
            **self.fields(),
            "Timestamp": format_datetime(datetime.now(UTC)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._events),
            **more,
        }
        self._events += 1
        self.post_later(
            "call-status", url, {**fields, "CallStatus": "initiated"} if event == "initiated" else fields
        )

    def post_later(self, kind: str, url: str, fields: Fields) -> None:
        """Callbacks of one call go out one after the other, beside the call."""
        before = self._last_callback

        async def post() -> None:
            if before is not None:
                await asyncio.wait([before])
            await self.twilio.webhooks.notify(kind, url, fields)

        self._last_callback = asyncio.ensure_future(post())

    async def _run(self, doing: Awaitable[None]) -> None:
        await doing
        if not self.is_over:
            self._finish("completed")

    async def _go_on(self, document: Document | None, url: str) -> None:
        await self.follow(document or await self.fetch(url))

    async def _end_after(self, seconds: float) -> None:
        await self.twilio.clock.sleep_until(self.began + seconds)
        await self.end("completed")

    async def _interrupt(self) -> None:
        for leg in self.dialled:
            await leg.end("completed")
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _finish(self, status: str) -> None:
        if self._limit is not None and self._limit is not asyncio.current_task():
            self._limit.cancel()
        seconds = max(0, round(self.twilio.clock.now() - self.began))
        lasted = {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60))}
        self.progress("completed", status, **(lasted if status == "completed" else {}), SipResponseCode="200")
        for recording in self.recordings:
            self.twilio.finish_recording(recording)

    def tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    # --- TwiML ----------------------------------------------------------------------------

    async def _follow(self, document: Document) -> Document | None:
        """Run the verbs; return the document that replaces this one, or None at its end."""
        for verb in document.verbs:
            self.verbs.append(verb.name)
            self.verb_times.append(self.twilio.clock.now())
            match verb.name:
                case "Hangup" | "Reject":
                    busy = verb.name == "Reject" and verb.get("reason") == "busy"
                    self._finish("busy" if busy else "completed")
                    return None
                case "Redirect":
                    return await self.fetch(
                        resolve(document.url, verb.text), method=verb.get("method", "POST")
                    )
            following = await twilio_verbs.run(self, verb, document.url)
            if following is not None:
                kind, address, fields = following
                method = verb.get("method", "POST")
                return await self.fetch(resolve(document.url, address), kind, method, **fields)
            if self.is_over:
                return None
        return None

    async def wait(self, seconds: float) -> None:
        await self.twilio.clock.sleep_until(self.twilio.clock.now() + seconds)

    def leg(self, number: str, caller_id: str, options: dict[str, Any]) -> "Call":
        """The other call that <Dial> makes."""
        leg = Call(self.twilio, "outbound-dial", caller_id, number, options, parent=self)
        self.twilio.calls[leg.sid] = leg
        return leg

    async def ring_as_leg(self) -> bool:
        """Ring; whisper what the Number's url says; talk. True when the two were connected."""
        self.began, self.started_at = self.twilio.clock.now(), self.twilio.wall_clock()
        phone = self.twilio.phone(self.to)
        self.progress("initiated", "queued")
        self.progress("ringing", "ringing")
        if phone.answers != "completed":
            self._finish(phone.answers)
            return False
        self.progress("answered", "in-progress")
        if self.options["Url"]:
            await self.follow(await self.fetch(str(self.options["Url"]), "whisper"))
        was_bridged = not self.is_over
        if was_bridged:
            await self.wait(phone.seconds)
            self._finish("completed")
        return was_bridged
