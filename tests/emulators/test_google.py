"""Emulated Google, by the real SDK."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import google_auth_httplib2
import httplib2
import pytest
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.emulators.base import Fault
from tests.emulators.google import Google, running_google

pytestmark = pytest.mark.integration

NINE = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY = {
    "summary": "Oil change",
    "start": {"dateTime": "2026-11-24T14:00:00+00:00"},
    "end": {"dateTime": "2026-11-24T15:00:00+00:00"},
    "extendedProperties": {"private": {"visit": "7"}},
}


@pytest.fixture
def google() -> Iterator[Google]:
    with running_google() as server:
        server.calendar("shop@example.com")
        yield server


@pytest.fixture
def events(google: Google) -> Any:
    return connect(google).events()


def connect(google: Google, timeout: float = 2.0) -> Any:
    granted = Credentials(  # type: ignore[no-untyped-call]
        None, refresh_token="refresh-1", token_uri=google.token_uri, client_id="c", client_secret="s"
    )
    http = google_auth_httplib2.AuthorizedHttp(granted, http=httplib2.Http(timeout=timeout))
    return build("calendar", "v3", http=http, client_options={"api_endpoint": google.api_url})


def refused(request: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        request.execute()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


def shop(**options: Any) -> dict[str, Any]:
    return {"calendarId": "shop@example.com", **options}


def test_an_event_is_written_read_changed_and_deleted(google: Google, events: Any) -> None:
    written = events.insert(**shop(body={**BODY, "id": "abc123"})).execute()
    assert written["etag"].startswith('"')
    changed = events.patch(
        **shop(eventId="abc123", body={"extendedProperties": {"private": {"version": "2"}}})
    ).execute()
    assert changed["extendedProperties"]["private"] == {"visit": "7", "version": "2"}
    assert changed["etag"] != written["etag"]
    assert events.delete(**shop(eventId="abc123")).execute() == ""
    assert events.get(**shop(eventId="abc123")).execute()["status"] == "cancelled"
    assert refused(events.delete(**shop(eventId="abc123"))) == (410, "deleted")
    assert (google.writes, google.counts["token"]) == (4, 1)


def test_ids_have_their_letters_and_stay_taken(events: Any) -> None:
    assert refused(events.insert(**shop(body={**BODY, "id": "with-dash"}))) == (400, "invalid")
    assert refused(events.insert(**shop(body={**BODY, "id": "xyz99"}))) == (400, "invalid")
    events.insert(**shop(body={**BODY, "id": "abc123"})).execute()
    assert refused(events.insert(**shop(body={**BODY, "id": "abc123"}))) == (409, "duplicate")
    events.delete(**shop(eventId="abc123")).execute()
    assert refused(events.insert(**shop(body={**BODY, "id": "abc123"}))) == (409, "duplicate")


def test_a_stale_etag_is_refused(google: Google, events: Any) -> None:
    etag = events.insert(**shop(body={**BODY, "id": "abc123"})).execute()["etag"]
    google.calendar("shop@example.com").move("abc123", NINE + HOUR)
    request = events.patch(**shop(eventId="abc123", body={"summary": "x"}))
    request.headers["If-Match"] = etag
    assert refused(request) == (412, "conditionNotMet")
    empty = {**BODY, "end": BODY["start"]}
    assert refused(events.insert(**shop(body=empty))) == (400, "timeRangeEmpty")


def test_a_sync_token_tells_what_changed_since_page_by_page(google: Google, events: Any) -> None:
    calendar = google.calendar("shop@example.com")
    google.page_size = 2
    first = [calendar.add(str(n), NINE, NINE + HOUR)["id"] for n in range(5)]
    seen, page = [], events.list(**shop(singleEvents=True)).execute()
    while "nextPageToken" in page:
        assert "nextSyncToken" not in page
        seen += [event["id"] for event in page["items"]]
        calendar.move(first[-1], NINE + HOUR)  # while the pages are turned
        page = events.list(**shop(singleEvents=True, pageToken=page["nextPageToken"])).execute()
    seen += [event["id"] for event in page["items"]]
    assert seen == first

    calendar.delete(first[0])
    token = page["nextSyncToken"]
    changes = events.list(**shop(singleEvents=True, syncToken=token)).execute()
    assert [(event["id"], event["status"]) for event in changes["items"]] == [
        (first[-1], "confirmed"),
        (first[0], "cancelled"),
    ]
    calendar.token_age += 1
    assert refused(events.list(**shop(singleEvents=True, syncToken=token))) == (410, "fullSyncRequired")
    with_filter = events.list(**shop(syncToken=token, timeMin="2026-01-01T00:00:00Z"))
    assert refused(with_filter) == (400, "invalid")


def test_recurring_events_are_expanded_and_our_own_are_found(google: Google, events: Any) -> None:
    calendar = google.calendar("shop@example.com")
    calendar.add("Lunch", NINE, NINE + HOUR, recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    events.insert(**shop(body=BODY)).execute()
    expanded = events.list(**shop(singleEvents=True)).execute()["items"]
    assert [event["start"]["dateTime"][:10] for event in expanded] == [
        *("2026-11-24", "2026-12-01", "2026-12-08"),
        "2026-11-24",
    ]
    found = events.list(**shop(privateExtendedProperty="visit=7")).execute()
    assert [event["summary"] for event in found["items"]] == ["Oil change"]
    assert "nextSyncToken" not in found


def test_faults_are_answered_as_google_words_them(google: Google, events: Any) -> None:
    for fault, told in (
        (Fault("refuse", "insert", status=403, code="rateLimitExceeded"), (403, "rateLimitExceeded")),
        (Fault("refuse", "insert", status=429, seconds=7), (429, "rateLimitExceeded")),
        (Fault("refuse", "insert", status=500), (500, "backendError")),
    ):
        fault.times = 1
        google.faults = [fault]
        assert refused(events.insert(**shop(body=BODY))) == told
    google.faults = [Fault("refuse", "get", status=401, times=1)]
    google.calendar("shop@example.com").insert({**BODY, "id": "abc123"})
    assert events.get(**shop(eventId="abc123")).execute()["id"] == "abc123"  # the SDK got a new token
    assert google.counts["token"] == 2


def test_an_insert_is_done_although_its_answer_is_lost(google: Google, events: Any) -> None:
    google.faults = [Fault("cut", "insert", times=2)]  # the HTTP library tries once more by itself
    with pytest.raises((OSError, HttpError, httplib2.HttpLib2Error)):
        events.insert(**shop(body={**BODY, "id": "abc123"})).execute()
    assert [event["id"] for event in google.calendar("shop@example.com").standing()] == ["abc123"]


def test_a_revoked_grant_is_refused(google: Google, events: Any) -> None:
    google.revoke()
    with pytest.raises(RefreshError, match="invalid_grant"):
        events.list(**shop()).execute()


def test_channels_push_each_change_until_they_are_stopped(google: Google, events: Any) -> None:
    body = {"id": "channel-1", "type": "web_hook", "address": "https://example.com/hook", "token": "secret"}
    channel = events.watch(**shop(body=body)).execute()
    events.insert(**shop(body=BODY)).execute()
    assert [push["X-Goog-Resource-State"] for push in google.pushes] == ["sync", "exists"]
    assert {push["X-Goog-Channel-Token"] for push in google.pushes} == {"secret"}
    stop = {"id": "channel-1", "resourceId": channel["resourceId"]}
    connect(google).channels().stop(body=stop).execute()
    events.insert(**shop(body=BODY)).execute()
    assert len(google.pushes) == 2


def test_a_failed_calendar_is_told_within_a_good_answer(google: Google) -> None:
    google.calendar("shop@example.com").add("Busy", NINE, NINE + HOUR)
    body = {
        "timeMin": "2026-11-24T00:00:00Z",
        "timeMax": "2026-11-25T00:00:00Z",
        "items": [{"id": "shop@example.com"}, {"id": "nobody@example.com"}],
    }
    answer = connect(google).freebusy().query(body=body).execute()["calendars"]
    assert len(answer["shop@example.com"]["busy"]) == 1
    assert answer["nobody@example.com"]["errors"][0]["reason"] == "notFound"
