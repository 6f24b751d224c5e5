"""The calendars of the emulated Google: events, what changed since when, and people who edit them."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

Event = dict[str, Any]

ALPHABET = set("abcdefghijklmnopqrstuv0123456789")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NOT_TO_SYNC = {"timeMin", "timeMax", "orderBy", "q", "updatedMin", "iCalUID"}  # with no sync token
EXPANDED = 60  # instances of a recurring event


class Refused(Exception):
    """An answer of Google's that is no success: its HTTP status, and the reason as it words it."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.message = status, reason, message or reason


def new_id() -> str:
    return base64.b32hexencode(secrets.token_bytes(15)).decode().lower()


@dataclass(slots=True)
class CalendarEvents:
    """One calendar. Every write gives the event the next number, which is its etag and its place in the log."""

    events: dict[str, Event] = field(default_factory=dict)
    changed_at: dict[str, int] = field(default_factory=dict)  # event id: number of its last change
    token_age: int = 0  # sync tokens of an earlier age are refused with 410
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _tokens: "count[int]" = field(default_factory=lambda: count(1))
    _pages: dict[str, tuple[list[Event], int]] = field(default_factory=dict)
    _instances_of: dict[str, set[str]] = field(default_factory=dict)
    _last: int = 0

    # --- what the API does ----------------------------------------------------------------

    def insert(self, body: Event) -> Event:
        key = body.get("id") or new_id()
        if not (5 <= len(key) <= 1024 and set(key) <= ALPHABET):
            raise Refused(400, "invalid", "Invalid resource id value.")
        if key in self.events:  # deleted ones too
            raise Refused(409, "duplicate", "The requested identifier already exists.")
        body = _merged({}, body)
        _check_times(body)
        return self._write({"status": "confirmed", **body, "id": key, "kind": "calendar#event"})

    def get(self, key: str) -> Event:
        if key not in self.events:
            raise Refused(404, "notFound", "Not Found")
        return self.events[key]

    def patch(self, key: str, body: Event, if_match: str | None) -> Event:
        event = self.get(key)
        if if_match not in (None, "*", event["etag"]):
            raise Refused(412, "conditionNotMet", "Precondition Failed")
        merged = _merged(event, body)
        _check_times(merged)
        return self._write(merged)

    def delete(self, key: str) -> None:
        if self.get(key)["status"] == "cancelled":
            raise Refused(410, "deleted", "Resource has been deleted")
        self._write({**self.events[key], "status": "cancelled"})

    def page(self, query: dict[str, str], private: list[str]) -> dict[str, Any]:
        """One page. What changes while somebody turns pages comes with the next sync token."""
        if page := query.get("pageToken"):
            found, until = self._pages.pop(page)
        else:
            found, until = self._found(query, private), self._last
        size = int(query.get("maxResults", "250"))
        answer: dict[str, Any] = {"kind": "calendar#events", "items": found[:size]}
        if len(found) > size:
            answer["nextPageToken"] = f"page-{next(self._tokens)}"
            self._pages[answer["nextPageToken"]] = (found[size:], until)
        elif not (private or NOT_TO_SYNC & set(query)):
            answer["nextSyncToken"] = f"sync-{self.token_age}-{until}"
        return answer

    def _found(self, query: dict[str, str], private: list[str]) -> list[Event]:
        token, since = query.get("syncToken", ""), 0
        if token:
            if NOT_TO_SYNC & set(query) or private:
                raise Refused(400, "invalid", "Sync token cannot be used with this parameter.")
            age, since = (int(part) for part in token.removeprefix("sync-").split("-"))
            if age != self.token_age:
                raise Refused(
                    410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required."
                )
        return [
            event
            for key, number in sorted(self.changed_at.items(), key=lambda item: item[1])
            if number > since
            for event in self._shown(self.events[key], query.get("singleEvents") == "true")
            if (token or event["status"] != "cancelled" or query.get("showDeleted") == "true")
            and all(_has_private(event, wanted) for wanted in private)
            and _ends_after(event, query.get("timeMin"))
        ]

    # --- what people do -------------------------------------------------------------------

    def add(self, summary: str, start: datetime | date, end: datetime | date, **more: Any) -> Event:
        return self.insert({"summary": summary, "start": _time(start), "end": _time(end), **more})

    def move(self, key: str, start: datetime, end: datetime | None = None) -> Event:
        event = self.get(key)
        length = _moment(event["end"]) - _moment(event["start"])
        return self._write({**event, "start": _time(start), "end": _time(end or start + length)})

    def edit(self, key: str, **changes: Any) -> Event:
        return self._write({**self.get(key), **changes})

    def standing(self) -> list[Event]:
        return [event for event in self.events.values() if event["status"] != "cancelled"]

    # --- within ---------------------------------------------------------------------------

    def _write(self, event: Event) -> Event:
        number = self._last = next(self._numbers)
        updated = EPOCH + timedelta(milliseconds=number)
        event = {
            **event,
            "etag": f'"{number}"',
            "updated": updated.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "sequence": event.get("sequence", -1) + 1,
        }
        self.events[event["id"]] = event
        self.changed_at[event["id"]] = number
        return event

    def _shown(self, event: Event, is_expanded: bool) -> list[Event]:
        if event["status"] == "cancelled" and not event.get("recurrence"):
            # A deletion may come with nothing but this.
            return [{key: event[key] for key in ("kind", "id", "etag", "status", "updated") if key in event}]
        if not (event.get("recurrence") and is_expanded):
            return [event]
        instances = self._instances(event)
        present = {instance["id"] for instance in instances}
        former = self._instances_of.setdefault(event["id"], set())
        former |= present
        gone = {"kind": event["kind"], "etag": event["etag"], "status": "cancelled"}
        return [*instances, *({**gone, "id": key} for key in sorted(former - present - set(self.events)))]

    def _instances(self, event: Event) -> list[Event]:
        zone = ZoneInfo(event["start"].get("timeZone", "UTC"))
        first, length = _moment(event["start"]), _moment(event["end"]) - _moment(event["start"])
        is_day = "date" in event["start"]
        wall = (first if is_day else first.astimezone(zone)).replace(tzinfo=None)
        rule = rrulestr("\n".join(event["recurrence"]), dtstart=wall)
        instances = []
        for begins in list(rule[:EXPANDED]):
            stamp = (
                f"{begins:%Y%m%d}"
                if is_day
                else f"{begins.replace(tzinfo=zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"
            )
            key = f"{event['id']}_{stamp}"
            if key in self.events:
                continue  # somebody changed this one: it is listed by itself
            start: datetime | date = begins.date() if is_day else begins.replace(tzinfo=zone)
            instance = {name: value for name, value in event.items() if name != "recurrence"}
            instance |= {"id": key, "recurringEventId": event["id"], "originalStartTime": _time(start)}
            instance |= {"start": _time(start), "end": _time(start + length)}
            instances.append(instance)
        return instances


def _merged(old: Event, new: Event) -> Event:
    """As PATCH does it: objects into each other, lists replaced, null takes away."""
    both = {
        name: _merged(old.get(name) or {}, value) if isinstance(value, dict) else value
        for name, value in new.items()
    }
    return {name: value for name, value in {**old, **both}.items() if value is not None}


def _time(moment: datetime | date) -> dict[str, str]:
    if isinstance(moment, datetime):
        zone = getattr(moment.tzinfo, "key", "UTC")
        return {"dateTime": moment.isoformat(), "timeZone": zone}
    return {"date": moment.isoformat()}


def _moment(time: dict[str, str]) -> datetime:
    if "date" in time:
        return datetime.fromisoformat(time["date"]).replace(tzinfo=UTC)
    return datetime.fromisoformat(time["dateTime"])


def _check_times(event: Event) -> None:
    if "start" not in event or "end" not in event:
        raise Refused(400, "required", "Missing end time.")
    if any({"date", "dateTime"} <= set(event[end]) for end in ("start", "end")):
        raise Refused(400, "invalid", "Invalid start time.")
    if _moment(event["end"]) <= _moment(event["start"]):
        raise Refused(400, "timeRangeEmpty", "The specified time range is empty.")


def _has_private(event: Event, wanted: str) -> bool:
    name, _, value = wanted.partition("=")
    return bool(event.get("extendedProperties", {}).get("private", {}).get(name) == value)


def _ends_after(event: Event, time_min: str | None) -> bool:
    return time_min is None or "end" not in event or _moment(event["end"]) > datetime.fromisoformat(time_min)
