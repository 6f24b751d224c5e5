"""Google Calendar v3 and the owner's consent (OAuth 2). The one importer of Google's SDK."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import google_auth_httplib2
import httplib2
import httpx
from django.conf import settings
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import credentials, service_account
from googleapiclient.discovery import build
from googleapiclient.errors import Error, HttpError

from scheduling.ports import (
    CalendarError,
    Changed,
    Channel,
    Disconnected,
    Gone,
    Page,
    SeenEvent,
    SlowDown,
    Span,
    Stamp,
    Taken,
    TokenExpired,
    VisitEvent,
)

ANSWER_SECONDS = 5.0
PAGE_SIZE = 250
SCOPES = ["https://www.googleapis.com/auth/calendar.events"]
CONSENT_URL = "https://accounts.google.com/o/oauth2/v2/auth"
USAGE = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}
NO_ACCESS = {"insufficientPermissions", "accessNotConfigured", "requiredAccessLevel"}
# What Google says of a grant or client that is no good any more; anything else may be a bad moment.
REFUSED_GRANT = ("invalid_grant", "invalid_client", "unauthorized_client", "deleted_client")

# A grant's access token serves for an hour, whoever of this process asks; a forked one inherits it.
_grants: dict[tuple[str, str], Any] = {}


class GoogleCalendar:
    """See ports.Calendar. refresh_token: the owner's grant; empty for the service account of the settings."""

    def __init__(self, calendar_id: str, *, time_zone: str, refresh_token: str) -> None:
        self._calendar_id, self._zone = calendar_id, ZoneInfo(time_zone)
        with _translated():
            http = google_auth_httplib2.AuthorizedHttp(
                _credentials(refresh_token), http=httplib2.Http(timeout=ANSWER_SECONDS)
            )
            # The discovery document is bundled: nothing is asked here.
            self._service = build(
                "calendar",
                "v3",
                http=http,
                client_options={"api_endpoint": settings.GOOGLE_API_BASE_URL},
                static_discovery=True,
                cache_discovery=False,
            )

    def insert(self, event: VisitEvent) -> SeenEvent:
        body = {"id": event.event_id, **_body(event)}
        return self._seen(self._ask("insert", body=body, sendUpdates="none"))

    def update(self, event: VisitEvent, *, etag: str) -> SeenEvent:
        body = _body(event)
        answer = self._ask(
            "patch", etag=etag, gone=Gone, eventId=event.event_id, body=body, sendUpdates="none"
        )
        return self._seen(answer)

    def get(self, event_id: str) -> SeenEvent:
        return self._seen(self._ask("get", gone=Gone, eventId=event_id))

    def delete(self, event_id: str) -> None:
        # A deletion is answered with nothing; a page of some proxy's is no deletion.
        if self._ask("delete", gone=Gone, eventId=event_id, sendUpdates="none"):
            raise CalendarError("garbage")

    def changes(self, *, sync_token: str, page: str) -> Page:
        # The other parameters must stay the same, or the token is refused.
        found = self._page(
            self._ask(
                "list",
                expired=True,
                singleEvents=True,
                maxResults=PAGE_SIZE,
                syncToken=sync_token or None,
                pageToken=page or None,
            )
        )
        # Neither the end nor another page: an error in an answer that says 200. Unknown, not free.
        if not (found.next_page or found.sync_token):
            raise CalendarError("garbage")
        return found

    def ours(self, desk: str, *, since: datetime, page: str) -> Page:
        return self._page(
            self._ask(
                "list",
                privateExtendedProperty=f"desk={desk}",
                timeMin=since.isoformat(),
                maxResults=PAGE_SIZE,
                pageToken=page or None,
            )
        )

    def watch(self, channel_id: str, *, address: str, token: str, seconds: int) -> Channel:
        body = {"id": channel_id, "type": "web_hook", "address": address, "token": token}
        answer = self._ask("watch", body={**body, "params": {"ttl": str(seconds)}})
        expires_at = datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)
        return Channel(channel_id, answer["resourceId"], expires_at)

    def unwatch(self, channel_id: str, resource_id: str) -> None:
        with _translated(gone=Gone):
            self._service.channels().stop(body={"id": channel_id, "resourceId": resource_id}).execute()

    def _ask(
        self,
        method: str,
        *,
        etag: str = "",
        gone: type[CalendarError] = Disconnected,
        expired: bool = False,
        **options: Any,
    ) -> Any:
        """gone: what 404 means, the event or the calendar; expired: whether 410 is about the sync token."""
        with _translated(gone=gone, expired=expired):
            request = getattr(self._service.events(), method)(calendarId=self._calendar_id, **options)
            if etag:
                request.headers["If-Match"] = etag
            # Not the SDK's own repeating: when to try again stands in our rows.
            return request.execute()

    def _page(self, answer: dict[str, Any]) -> Page:
        with _translated():
            if answer.get("kind") != "calendar#events":
                raise CalendarError("garbage")
            seen = tuple(self._seen(item) for item in answer.get("items", ()))
            return Page(seen, answer.get("nextPageToken", ""), answer.get("nextSyncToken", ""))

    def _seen(self, item: dict[str, Any]) -> SeenEvent:
        with _translated():
            return SeenEvent(
                event_id=item["id"],
                etag=item.get("etag", ""),
                is_deleted=item.get("status") == "cancelled",
                is_all_day="date" in item.get("start", {}),
                is_busy=_is_busy(item),
                span=_span(item, self._zone),
                updated_at=_moment(item["updated"]) if item.get("updated") else None,
                stamp=_stamp(item.get("extendedProperties", {}).get("private", {})),
            )


# --- errors -------------------------------------------------------------------------------


@contextmanager
def _translated(*, gone: type[CalendarError] = Disconnected, expired: bool = False) -> Iterator[None]:
    """Turn what the SDK and its HTTP library raise into our errors. Only codes are told, no content."""
    try:
        yield
    except HttpError as error:
        raise _of_answer(error, gone, expired) from error
    except GoogleAuthError as error:
        if any(word in str(error) for word in REFUSED_GRANT):
            _grants.clear()
            raise Disconnected("invalid_grant", retryable=False) from error
        raise CalendarError(_name(error)) from error
    except TimeoutError as error:
        raise CalendarError("timeout") from error
    except (OSError, HTTPException, httplib2.HttpLib2Error, Error) as error:
        raise CalendarError(_name(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CalendarError("garbage") from error  # an answer that is not what Google sends


def _name(error: Exception) -> str:
    return type(error).__name__[:40]


def _of_answer(error: HttpError, gone: type[CalendarError], expired: bool) -> CalendarError:
    status, reason = error.status_code, _reason(error)
    code = f"http_{status}"
    if status == 429 or (status == 403 and reason in USAGE):
        return SlowDown("quota", retry_after=_retry_after(error))
    if status == 401 or (status == 403 and reason in NO_ACCESS):
        return Disconnected("no_access", retryable=False)
    if status == 404:
        return gone("not_found", retryable=False)
    if status == 410:
        return TokenExpired(code) if expired else Gone(code, retryable=False)
    if status in (409, 412):
        return Taken(code) if status == 409 else Changed(code)
    may_help = status == 408 or status >= 500
    return CalendarError(code, retryable=may_help, retry_after=_retry_after(error))


def _reason(error: HttpError) -> str:
    details = error.error_details
    first = details[0] if isinstance(details, list) and details else {}
    return str(first.get("reason", "")) if isinstance(first, dict) else ""


def _retry_after(error: HttpError) -> float:
    """Seconds; Google sends no dates here."""
    text = str(error.resp.get("retry-after", ""))
    return float(text) if text.isdigit() else 0.0


# --- Google's words and ours --------------------------------------------------------------


def _body(event: VisitEvent) -> dict[str, Any]:
    starts, ends = event.stamp.span
    return {
        "status": "confirmed",
        "summary": event.summary,
        "description": event.description,
        "start": {"dateTime": _text(starts), "timeZone": event.time_zone, "date": None},
        "end": {"dateTime": _text(ends), "timeZone": event.time_zone, "date": None},
        "reminders": {"useDefault": False},
        "extendedProperties": {
            "private": {
                "desk": event.stamp.desk,
                "visit": str(event.stamp.visit_id),
                "version": str(event.stamp.version),
                "span": f"{_text(starts)}/{_text(ends)}",
            }
        },
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _stamp(private: dict[str, str]) -> Stamp | None:
    """None for an event that is not ours, or whose marks somebody broke."""
    try:
        starts, ends = private["span"].split("/")
        span = (datetime.fromisoformat(starts), datetime.fromisoformat(ends))
        return Stamp(private["desk"], int(private["visit"]), int(private["version"]), span)
    except (KeyError, ValueError):
        return None


def _span(item: dict[str, Any], zone: ZoneInfo) -> Span | None:
    """None when there is none, or none that makes sense: one odd event must not stop the others."""
    try:
        starts, ends = (_point(item[end], zone) for end in ("start", "end"))
    except (KeyError, ValueError):
        return None
    return (starts, ends) if ends > starts else None


def _point(point: dict[str, str], zone: ZoneInfo) -> datetime:
    """A whole day begins at the store's midnight; a time without an offset is read in its own zone."""
    if point.get("date"):
        day = datetime.fromisoformat(point["date"]).date()
        return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
    moment = datetime.fromisoformat(point["dateTime"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(point["timeZone"]) if "timeZone" in point else zone)
    return moment.astimezone(UTC)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_busy(item: dict[str, Any]) -> bool:
    """Is the calendar's owner not free? Not when the event says so, nor when they declined it."""
    if item.get("status") == "cancelled" or item.get("transparency") == "transparent":
        return False
    own = [guest for guest in item.get("attendees", ()) if guest.get("self")]
    return not any(guest.get("responseStatus") == "declined" for guest in own)


# --- who may ------------------------------------------------------------------------------


def _credentials(refresh_token: str) -> Any:
    key = (refresh_token, settings.GOOGLE_TOKEN_URI)
    if key not in _grants:
        _grants[key] = _owner(refresh_token) if refresh_token else _service_account()
    return _grants[key]


def _owner(refresh_token: str) -> Any:
    return credentials.Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=refresh_token,
        token_uri=settings.GOOGLE_TOKEN_URI,
        client_id=settings.GOOGLE_CLIENT_ID,
        client_secret=settings.GOOGLE_CLIENT_SECRET,
    )


def _service_account() -> Any:
    make: Callable[..., Any] = service_account.Credentials.from_service_account_file
    try:
        return make(settings.GOOGLE_SERVICE_ACCOUNT_FILE, scopes=SCOPES)
    except (OSError, ValueError) as error:
        raise Disconnected("no_service_account", retryable=False) from error


def consent_url(*, state: str, challenge: str, redirect_uri: str) -> str:
    """Where the calendar's owner agrees. challenge: PKCE, S256."""
    asked = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        # Only so does a refresh token come, also for who agreed before.
        "access_type": "offline",
        "prompt": "consent",
    }
    return f"{CONSENT_URL}?{urlencode(asked)}"


def exchange(code: str, *, verifier: str, redirect_uri: str) -> str:
    """The refresh token for a code that the consent page handed out. Raises CalendarError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
        "client_id": settings.GOOGLE_CLIENT_ID,
        "client_secret": settings.GOOGLE_CLIENT_SECRET,
    }
    try:
        answer = httpx.post(settings.GOOGLE_TOKEN_URI, data=form, timeout=ANSWER_SECONDS)
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise CalendarError(_name(error)) from error
    if answer.status_code != 200 or not isinstance(body, dict) or not body.get("refresh_token"):
        raise Disconnected("no_grant", retryable=False)
    return str(body["refresh_token"])
