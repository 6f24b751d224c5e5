"""Google on loopback: its OAuth token endpoint and Calendar v3, with people who edit behind our back.

Faults know the places "token", "freebusy", "insert", "get", "patch", "delete", "list", "watch" and "stop".
Here "refuse" takes a code, Google's reason, and tells seconds as Retry-After; "cut" does what was asked and
loses the answer; "error" makes each calendar of a free/busy answer, or a list, fail within HTTP 200. With
the code "empty" that list says neither where it goes on nor that it ends.

A channel's pushes are kept in google.pushes, one a change; the test delivers, loses or repeats them.
"""

import asyncio
import hashlib
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.emulators.base import Emulator, Fault, Lost, drop
from tests.emulators.google_events import CalendarEvents, Refused

PAGE = "<!DOCTYPE html><html><body>That's an error.</body></html>"
USAGE = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}
WRITES = ("insert", "patch", "delete")
NO_LIST = {"kind": "calendar#events", "items": []}
NO_REASON = {"domain": "global", "reason": "internalError"}


@dataclass(slots=True)
class Google(Emulator):
    """refresh_tokens: the grants that stand. codes: what a consent page hands out, with its challenge."""

    calendars: dict[str, CalendarEvents] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=lambda: {"refresh-1"})
    access_tokens: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    pushes: list[dict[str, str]] = field(default_factory=list)
    page_size: int = 250

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/calendar/v3/"

    @property
    def token_uri(self) -> str:
        return f"{self.base_url}/token"

    @property
    def writes(self) -> int:
        return sum(self.counts[where] for where in WRITES)

    def calendar(self, key: str) -> CalendarEvents:
        return self.calendars.setdefault(key, CalendarEvents())

    def forget_everything(self) -> None:
        """As new, on the same port."""
        for kept in (self.calendars, self.faults, self.counts, self.requests, self.channels, self.pushes):
            kept.clear()
        self.refresh_tokens, self.page_size = {"refresh-1"}, 250

    def revoke(self) -> None:
        """The owner takes the grant back."""
        self.refresh_tokens.clear()
        self.access_tokens.clear()

    def consent(self, challenge: str = "") -> str:
        """The owner agrees: the code that comes back to the redirect address."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = challenge
        return code

    def routes(self) -> list[web.RouteDef]:
        events = "/calendar/v3/calendars/{calendar}/events"
        return [
            web.post("/token", self.token),
            web.post("/calendar/v3/freeBusy", self.free_busy),
            web.post("/calendar/v3/channels/stop", self.stop_channel),
            web.post(f"{events}/watch", self.watch),
            web.get(events, self.list_events),
            web.post(events, self.insert),
            web.get(f"{events}/{{event}}", self.get_event),
            web.patch(f"{events}/{{event}}", self.patch),
            web.delete(f"{events}/{{event}}", self.delete),
        ]

    # --- OAuth ----------------------------------------------------------------------------

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = dict(await request.post())
        fault = self.record("token", request, form)
        if fault and (spoilt := await self._before(fault, request)):
            return spoilt
        granted: dict[str, Any] = {}
        match form.get("grant_type"):
            case "refresh_token":
                is_good = form.get("refresh_token") in self.refresh_tokens
            case "authorization_code":
                is_good = self._takes_code(str(form.get("code")), str(form.get("code_verifier", "")))
                granted["refresh_token"] = secrets.token_urlsafe(8)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                is_good = str(form.get("assertion", "")).count(".") == 2
            case _:
                return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if not is_good:
            said = "Token has been expired or revoked."
            return web.json_response({"error": "invalid_grant", "error_description": said}, status=400)
        if granted:
            self.refresh_tokens.add(granted["refresh_token"])
        access = secrets.token_urlsafe(8)
        self.access_tokens.add(access)
        return web.json_response(
            {
                "access_token": access,
                "expires_in": 3599,
                "token_type": "Bearer",
                "scope": "calendar",
                **granted,
            }
        )

    def _takes_code(self, code: str, verifier: str) -> bool:
        if code not in self.codes:
            return False
        challenge = self.codes.pop(code)
        hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        return not challenge or challenge == hashed

    # --- events ---------------------------------------------------------------------------

    async def insert(self, request: web.Request) -> web.StreamResponse:
        return await self._serve("insert", request, lambda calendar, _, body: calendar.insert(body))

    async def get_event(self, request: web.Request) -> web.StreamResponse:
        return await self._serve("get", request, lambda calendar, key, _: calendar.get(key))

    async def patch(self, request: web.Request) -> web.StreamResponse:
        match = request.headers.get("If-Match")
        return await self._serve(
            "patch", request, lambda calendar, key, body: calendar.patch(key, body, match)
        )

    async def delete(self, request: web.Request) -> web.StreamResponse:
        return await self._serve("delete", request, lambda calendar, key, _: calendar.delete(key))

    async def list_events(self, request: web.Request) -> web.StreamResponse:
        query, private = dict(request.query), request.query.getall("privateExtendedProperty", [])
        query["maxResults"] = str(min(int(query.get("maxResults", "250")), self.page_size))
        return await self._serve("list", request, lambda calendar, *_: calendar.page(query, private))

    async def watch(self, request: web.Request) -> web.StreamResponse:
        def begin(_: CalendarEvents, __: str, body: dict[str, Any]) -> dict[str, Any]:
            if body["id"] in self.channels:
                raise Refused(400, "channelIdNotUnique", "Channel id is not unique")
            seconds = int(body.get("params", {}).get("ttl", "604800"))
            expires = round((datetime.now(UTC).timestamp() + seconds) * 1000)
            channel = {"kind": "api#channel", "id": body["id"], "resourceId": secrets.token_hex(8)}
            channel |= {"token": body.get("token", ""), "expiration": str(expires)}
            self.channels[body["id"]] = {**channel, "calendar": request.match_info["calendar"], "number": 1}
            self._push(self.channels[body["id"]], "sync")
            return channel

        return await self._serve("watch", request, begin)

    async def stop_channel(self, request: web.Request) -> web.StreamResponse:
        def stop(_: CalendarEvents, __: str, body: dict[str, Any]) -> None:
            if self.channels.pop(body["id"], None) is None:
                raise Refused(404, "notFound", "Channel not found")

        return await self._serve("stop", request, stop)

    async def free_busy(self, request: web.Request) -> web.StreamResponse:
        fault = self.next_fault("freebusy")
        failed = {"busy": [], "errors": [{"domain": "global", "reason": "internalError"}]}

        def answer(_: CalendarEvents, __: str, body: dict[str, Any]) -> dict[str, Any]:
            wanted = [item["id"] for item in body["items"]]
            return {
                "kind": "calendar#freeBusy",
                "calendars": {key: failed if fault else self._busy(key) for key in wanted},
            }

        return await self._serve("freebusy", request, answer)

    def _busy(self, key: str) -> dict[str, Any]:
        if key not in self.calendars:
            return {"busy": [], "errors": [{"domain": "global", "reason": "notFound"}]}
        shown = self.calendars[key].page({"singleEvents": "true", "maxResults": "2500"}, [])["items"]
        opaque = [event for event in shown if event.get("transparency") != "transparent"]
        return {
            "busy": [
                {"start": event["start"]["dateTime"], "end": event["end"]["dateTime"]}
                for event in opaque
                if "dateTime" in event["start"]
            ]
        }

    async def _serve(self, where: str, request: web.Request, work: Any) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else {}
        fault = self.record(where, request, body)
        if fault and (spoilt := await self._before(fault, request)):
            return spoilt
        try:
            if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.access_tokens:
                raise Refused(401, "authError", "Invalid Credentials")
            key = request.match_info.get("calendar", "")
            if key and key not in self.calendars:
                raise Refused(404, "notFound", "Not Found")
            calendar = self.calendars.get(key, CalendarEvents())
            answer = work(calendar, request.match_info.get("event", ""), body)
        except Refused as refused:
            if fault and fault.kind == "cut":
                drop(request)
            return refusal(refused)
        if where in WRITES:
            self.tell_channels(key)
        if fault and fault.kind == "cut":
            drop(request)
        if answer is None:
            return web.Response(status=204)
        return web.json_response(answer, headers={"ETag": answer.get("etag", "")})

    async def _before(self, fault: Fault, request: web.Request) -> web.StreamResponse | None:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "stall":
                await self.stall()
                raise Lost
            case "drop":
                drop(request)
            case "garbage":
                return web.Response(text=PAGE, content_type="text/html")
            case "error" if fault.where == "list":
                return web.json_response(NO_LIST if fault.code == "empty" else {"errors": [NO_REASON]})
            case "refuse":
                code = fault.code or {401: "authError", 403: "forbidden", 429: "rateLimitExceeded"}.get(
                    fault.status, "backendError"
                )
                after = {"Retry-After": f"{fault.seconds:.0f}"} if fault.seconds else {}
                return refusal(Refused(fault.status, code), after)
        return None

    # --- pushes ---------------------------------------------------------------------------

    def tell_channels(self, calendar: str) -> None:
        """Something changed there, by us or by a person."""
        for channel in self.channels.values():
            if channel["calendar"] == calendar:
                self._push(channel, "exists")

    def _push(self, channel: dict[str, Any], state: str) -> None:
        channel["number"] += 7  # it grows, but not by one
        self.pushes.append(
            {
                "X-Goog-Channel-ID": channel["id"],
                "X-Goog-Channel-Token": channel["token"],
                "X-Goog-Channel-Expiration": channel["expiration"],
                "X-Goog-Resource-ID": channel["resourceId"],
                "X-Goog-Resource-State": state,
                "X-Goog-Message-Number": str(channel["number"]),
            }
        )


def refusal(refused: Refused, headers: dict[str, str] | None = None) -> web.Response:
    domain = "usageLimits" if refused.reason in USAGE else "global"
    error = {"domain": domain, "reason": refused.reason, "message": refused.message}
    body = {"error": {"code": refused.status, "message": refused.message, "errors": [error]}}
    return web.json_response(body, status=refused.status, headers=headers)


@contextmanager
def running_google() -> Iterator[Google]:
    """Google on a thread of its own, for tests that block: the SDK does, and so do our workers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    google = Google()
    asyncio.run_coroutine_threadsafe(google.__aenter__(), loop).result(10)
    try:
        yield google
    finally:
        asyncio.run_coroutine_threadsafe(google.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
