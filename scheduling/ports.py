"""The border to a calendar that people look at: what it is told, and what it tells.

Events:
    VisitEvent    one of our visits, as we want it to stand there
    SeenEvent     an event as it stands there, ours or somebody else's

Errors:
    CalendarError            the calendar failed; retryable says whether again may help
    ├── Disconnected         nothing works until a person connects it again
    ├── SlowDown             we ask too much: everything of this calendar waits
    ├── Changed              somebody changed the event since we last saw it
    ├── Taken                there is, or was, an event with this id
    ├── Gone                 there is no such event any more
    └── TokenExpired         the sync token is too old: everything must be listed again
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Span = tuple[datetime, datetime]


class CalendarError(Exception):
    """code is for programs, like http_503; retry_after is in seconds, 0 when the calendar named none."""

    def __init__(self, code: str, *, retryable: bool = True, retry_after: float = 0.0) -> None:
        super().__init__(code)
        self.code, self.retryable, self.retry_after = code, retryable, retry_after


class Disconnected(CalendarError):
    pass


class SlowDown(CalendarError):
    pass


class Changed(CalendarError):
    pass


class Taken(CalendarError):
    pass


class Gone(CalendarError):
    pass


class TokenExpired(CalendarError):
    pass


@dataclass(frozen=True, slots=True)
class Stamp:
    """What we write into an event of ours where people do not see it.

    desk is the connection's key, version the visit's; span is what we wrote as its time, aware UTC.
    """

    desk: str
    visit_id: int
    version: int
    span: Span


@dataclass(frozen=True, slots=True)
class VisitEvent:
    """time_zone is the store's, as IANA names it."""

    event_id: str
    summary: str
    description: str
    time_zone: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """span: aware UTC; None when the event has no time that can be read, as a deleted one may.

    updated_at is the calendar's own clock. is_busy: whoever owns the calendar is not free meanwhile.
    """

    event_id: str
    etag: str = ""
    is_deleted: bool = False
    is_all_day: bool = False
    is_busy: bool = False
    span: Span | None = None
    updated_at: datetime | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """next_page is empty on the last page, and only that one has a sync_token."""

    events: tuple[SeenEvent, ...]
    next_page: str = ""
    sync_token: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    channel_id: str
    resource_id: str
    expires_at: datetime


class Calendar(Protocol):
    """One calendar. Every method asks over the network, for ANSWER_SECONDS at most, and raises CalendarError.

    Whole days are read on the clock named by time_zone. Not to be shared by threads.
    """

    def insert(self, event: VisitEvent) -> SeenEvent:
        """Raises Taken when the id was ever used."""

    def update(self, event: VisitEvent, *, etag: str) -> SeenEvent:
        """Raises Changed when the event is not the one of etag any more, Gone when there is none."""

    def get(self, event_id: str) -> SeenEvent:
        """A deleted event may come as such, or raise Gone."""

    def delete(self, event_id: str) -> None:
        """Raises Gone when it is not there."""

    def changes(self, *, sync_token: str, page: str) -> Page:
        """What changed since sync_token, or everything that stands when it is empty. Raises TokenExpired."""

    def ours(self, desk: str, *, since: datetime, page: str) -> Page:
        """Events with the stamp of desk that end after since."""

    def watch(self, channel_id: str, *, address: str, token: str, seconds: int) -> Channel:
        """Ask for a POST to address after each change."""

    def unwatch(self, channel_id: str, resource_id: str) -> None: ...
