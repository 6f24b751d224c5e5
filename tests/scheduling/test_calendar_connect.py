"""Connecting a calendar in the staff site, its pushes, its channel, and what staff see of it."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from crm.models import Rooftop
from crm.sealing import CannotUnseal, seal, unseal
from scheduling import booking, channels, sync, tasks
from scheduling.calendar_audit import audit, audit_by_night
from scheduling.models import CalendarConnection, CalendarLink, CalendarOutbox, Technician
from scheduling.ports import CalendarError
from tests.emulators.base import Fault
from tests.emulators.google import Google
from tests.factories import make_staff
from tests.scheduling.calendars import NOW, PAT, SHOP, at, book, connect, make_store, settle

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
LIST = "/admin/scheduling/calendarconnection/"
VISITS = "/admin/scheduling/appointment/"
HOOK = "/api/v1/webhooks/google-calendar"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def store() -> Rooftop:
    return make_store()


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("owner"))
    return client


@pytest.fixture
def shop(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store)


def text(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# --- consent ------------------------------------------------------------------------------


def asked_of_google(client: Client, connection: CalendarConnection) -> dict[str, str]:
    answer = client.get(f"{LIST}{connection.pk}/connect/")
    assert answer.status_code == 302
    parts = urlsplit(answer["Location"])
    assert parts.netloc == "accounts.google.com"
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def test_a_calendar_is_connected_by_its_owners_consent(owner: Client, store: Rooftop, google: Google) -> None:
    book(store, at(store, 24, 9))
    owner.post(f"{LIST}add/", {"rooftop": store.pk, "technician": "", "calendar_id": SHOP})
    connection = CalendarConnection.objects.get()
    assert connection.state == "disconnected"
    asked = asked_of_google(owner, connection)
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert (asked["code_challenge_method"], asked["redirect_uri"]) == (
        "S256",
        "http://testserver/calendar/consent",
    )

    code = google.consent(asked["code_challenge"])
    page = text(owner, f"/calendar/consent?state={asked['state']}&code={code}")

    assert "Calendar of Small is connected." in page
    connection.refresh_from_db()
    assert connection.state == "connected"
    assert connection.sealed_grant
    assert not any(token in connection.sealed_grant for token in google.refresh_tokens)
    assert sync.push_due(NOW) == 1  # what was booked before
    assert len(google.calendar(SHOP).standing()) == 1


@pytest.mark.parametrize("what", ["another state", "twice", "another verifier", "no code", "no session"])
def test_a_consent_that_nobody_here_asked_for_is_refused(
    owner: Client, shop: CalendarConnection, google: Google, what: str
) -> None:
    before = shop.sealed_grant
    asked = asked_of_google(owner, shop)
    code = google.consent("somebody else's" if what == "another verifier" else asked["code_challenge"])
    state = "x" if what == "another state" else asked["state"]
    address = f"/calendar/consent?state={state}&code={'' if what == 'no code' else code}"
    if what == "no session":
        owner.logout()
        assert "/admin/login/" in owner.get(address)["Location"]
    elif what == "twice":
        text(owner, address)
        before = CalendarConnection.objects.get().sealed_grant
        assert "Nobody here asked for this" in text(owner, address)
    else:
        page = text(owner, address)
        assert "Nobody here asked for this" in page or "Google gave no access" in page
    assert CalendarConnection.objects.get().sealed_grant == before


def test_nobody_connects_without_the_permission(client: Client, shop: CalendarConnection) -> None:
    client.force_login(User.objects.create_user("advisor", is_staff=True))
    assert client.get(f"{LIST}{shop.pk}/connect/").status_code in (302, 403)
    assert "calendar_consent" not in client.session
    assert client.get("/calendar/consent?state=x&code=y").status_code == 403


@pytest.mark.parametrize("setting", ["GOOGLE_CLIENT_SECRET", "FIELD_ENCRYPTION_KEY"])
def test_what_the_server_lacks_is_told(
    owner: Client, shop: CalendarConnection, settings: Settings, setting: str
) -> None:
    setattr(settings, setting, "" if setting == "GOOGLE_CLIENT_SECRET" else [])
    assert f"{setting} must be set" in text(owner, f"{LIST}{shop.pk}/connect/")


def test_a_grant_opens_with_an_older_key_and_with_no_other(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = ["first"]
    sealed = seal("refresh-1")
    settings.FIELD_ENCRYPTION_KEY = ["second", "first"]
    assert unseal(sealed) == "refresh-1"
    settings.FIELD_ENCRYPTION_KEY = ["second"]
    with pytest.raises(CannotUnseal):
        unseal(sealed)


def test_a_key_that_was_lost_disconnects(shop: CalendarConnection, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = ["another"]
    sync.pull_due(NOW)
    shop.refresh_from_db()
    assert (shop.state, shop.trouble) == ("disconnected", "no_key")


def test_a_service_account_needs_nobodys_consent(
    owner: Client, store: Rooftop, google: Google, settings: Settings, tmp_path: Any
) -> None:
    settings.GOOGLE_SERVICE_ACCOUNT_FILE = make_key(tmp_path, google)
    book(store, at(store, 24, 9))
    owner.post(f"{LIST}add/", {"rooftop": store.pk, "technician": "", "calendar_id": SHOP})
    assert sync.push_due(NOW) == 1
    assert len(google.calendar(SHOP).standing()) == 1
    form = next(request.body for request in google.requests if request.where == "token")
    assert form["grant_type"].endswith("jwt-bearer")


def make_key(folder: Any, google: Google) -> str:
    import json

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "client_email": "desk@example.iam.gserviceaccount.com",
        "private_key": key.decode(),
        "token_uri": google.token_uri,
    }
    path = folder / "key.json"
    path.write_text(json.dumps(account))
    return str(path)


# --- pushes and channels ------------------------------------------------------------------


@pytest.fixture
def watched(shop: CalendarConnection, google: Google, settings: Settings) -> CalendarConnection:
    settings.IS_SERVED_BY_TLS = True
    sync.pull_due(NOW)
    channels.watch_due(NOW)
    shop.refresh_from_db()
    return shop


def push(client: Client, headers: dict[str, str]) -> int:
    return client.post(HOOK, headers=headers).status_code


def test_a_push_makes_the_calendar_be_read(
    client: Client, watched: CalendarConnection, google: Google, django_capture_on_commit_callbacks: Any
) -> None:
    assert push(client, google.pushes[0]) == 204  # the channel opens
    watched.refresh_from_db()
    assert watched.pull_due_at > NOW
    google.tell_channels(SHOP)
    with django_capture_on_commit_callbacks() as callbacks:
        assert push(client, google.pushes[1]) == 204
        assert push(client, google.pushes[1]) == 204
    assert len(callbacks) == 2
    watched.refresh_from_db()
    assert watched.pull_due_at == NOW
    tasks.pull_calendar(watched.pk)
    tasks.pull_calendar(watched.pk)
    assert google.counts["list"] == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Goog-Channel-Token": "guessed"},
        {"X-Goog-Channel-Token": ""},
        {"X-Goog-Channel-Token": "é"},
        {"X-Goog-Channel-ID": "another"},
    ],
)
def test_a_push_without_the_channels_secret_is_refused(
    client: Client, watched: CalendarConnection, google: Google, changed: dict[str, str]
) -> None:
    google.tell_channels(SHOP)
    assert push(client, {**google.pushes[1], **changed}) == 403
    assert client.get(HOOK).status_code == 405
    watched.refresh_from_db()
    assert watched.pull_due_at > NOW


def test_a_channel_is_renewed_before_it_ends_and_the_old_one_stopped(
    watched: CalendarConnection, google: Google
) -> None:
    first = watched.channel_id
    channels.watch_due(NOW)
    assert google.counts["watch"] == 1
    CalendarConnection.objects.update(channel_expires_at=NOW + timedelta(hours=20))
    channels.watch_due(NOW)
    watched.refresh_from_db()
    assert watched.channel_id != first
    assert list(google.channels) == [watched.channel_id]


def test_without_tls_no_channel_is_asked_for(shop: CalendarConnection, google: Google) -> None:
    channels.watch_due(NOW)
    assert google.counts["watch"] == 0


# --- what staff see -----------------------------------------------------------------------


def test_a_visit_says_how_it_stands_with_its_calendar(
    owner: Client, shop: CalendarConnection, store: Rooftop, google: Google
) -> None:
    visit = book(store, at(store, 24, 9))
    page = f"{VISITS}{visit.pk}/change/"
    assert "on its way" in text(owner, page)
    google.faults = [Fault("refuse", "insert", status=400, code="invalid", times=1)]
    sync.push_due(NOW)
    assert "failed: Google does not take it" in text(owner, page)

    again = f"{VISITS}{visit.pk}/calendar/"
    asked = text(owner, again)
    assert "How it stands now: failed: Google does not take it." in asked
    assert CalendarOutbox.objects.get().parked_at, "a page that is only opened changes nothing"
    told = owner.post(again, follow=True).content.decode()
    assert "The calendar is told again." in told
    sync.push_due(NOW)
    assert "in step" in text(owner, page)
    google.revoke()
    sync.pull(shop, NOW)
    booking.confirm(visit, actor="test", now=NOW)
    assert "connect the calendar again" in text(owner, page)
    assert "consent has ended" in text(owner, f"{LIST}")


def test_the_list_of_visits_says_it_too_and_tells_several_again(
    owner: Client, shop: CalendarConnection, store: Rooftop, google: Google
) -> None:
    told = book(store, at(store, 24, 9))
    sync.push_due(NOW)
    with CaptureQueriesContext(connection) as few:
        assert "in step" in text(owner, VISITS)
    google.faults = [Fault("refuse", "insert", status=400, code="invalid", times=2)]
    parked = [book(store, at(store, 24, hour)) for hour in (11, 13)]
    sync.push_due(NOW)
    with CaptureQueriesContext(connection) as many:
        page = text(owner, VISITS)
    assert (page.count("in step"), page.count("failed: Google does not take it")) == (1, 2)
    assert len(many) == len(few)

    chosen = {"action": "tell_calendars_again", "_selected_action": [visit.pk for visit in (told, *parked)]}
    answer = owner.post(VISITS, chosen, follow=True).content.decode()
    assert "The calendar is told again of 3 appointments." in answer
    sync.push_due(NOW)
    assert text(owner, VISITS).count("in step") == 3


def test_without_a_calendar_the_list_says_nothing_of_one(owner: Client, store: Rooftop) -> None:
    book(store, at(store, 24, 9))
    assert "in no calendar" not in text(owner, VISITS)


def test_the_audit_names_each_kind_of_difference(
    shop: CalendarConnection, store: Rooftop, google: Google, capsys: pytest.CaptureFixture[str]
) -> None:
    visits = [book(store, at(store, 24, hour)) for hour in (8, 10, 12, 14)]
    settle(NOW)
    call_command("calendar_audit")
    assert "Calendar of Small: in step" in capsys.readouterr().out

    events = google.calendar(SHOP)
    ids = [CalendarLink.objects.get(appointment=visit).event_id for visit in visits]
    events.delete(ids[0])
    events.move(ids[1], at(store, 26, 10))
    booking.cancel(visits[2], reason="sold", actor="test", now=NOW)
    CalendarOutbox.objects.all().delete()  # what must never happen
    booking.confirm(visits[3], actor="test", now=NOW)
    CalendarOutbox.objects.all().delete()

    assert [(one.code, one.appointment_id) for one in audit(shop, NOW)] == [
        ("missing", visits[0].pk),
        ("moved", visits[1].pk),
        ("stale", visits[3].pk),
        ("extra", visits[2].pk),
    ]
    with pytest.raises(SystemExit):
        call_command("calendar_audit")
    assert f"missing: appointment {visits[0].pk}" in capsys.readouterr().out

    assert audit_by_night(shop.pk, NOW) == 4
    sync.pull_due(NOW)
    settle(NOW + timedelta(minutes=5))
    assert audit(shop, NOW) == []
    visits[1].refresh_from_db()
    assert visits[1].arrives_at == at(store, 26, 10)  # a person's wish, not drift


def test_the_audit_says_when_it_cannot_ask(
    shop: CalendarConnection, google: Google, capsys: pytest.CaptureFixture[str]
) -> None:
    google.faults = [Fault("refuse", "list", status=503)]
    with pytest.raises(CalendarError):
        audit(shop, NOW)
    assert audit_by_night(shop.pk, NOW) == 0
    with pytest.raises(SystemExit):
        call_command("calendar_audit")
    assert "cannot be asked (http_503)" in capsys.readouterr().out


def test_a_technicians_calendar_is_audited_too(store: Rooftop, google: Google) -> None:
    pat = connect(store, Technician.objects.get(name="Pat"))
    sync.pull_due(NOW)
    google.calendar(PAT).add("Dentist", at(store, 24, 9), at(store, 24, 10))
    assert [one.code for one in audit(pat, NOW)] == ["unread"]
    settle(NOW)
    assert audit(pat, NOW) == []


def test_without_a_calendar_there_is_none_to_be_told(owner: Client, store: Rooftop) -> None:
    visit = book(store, at(store, 24, 9))
    assert "Tell the calendar again" not in text(owner, f"/admin/scheduling/appointment/{visit.pk}/change/")
    assert owner.get(f"/admin/scheduling/appointment/{visit.pk}/calendar/").status_code == 403


@pytest.mark.security
def test_who_only_reads_tells_no_calendar(client: Client, shop: CalendarConnection, store: Rooftop) -> None:
    visit = book(store, at(store, 24, 9))
    client.force_login(make_staff("reader", store, "view_appointment"))
    page = f"/admin/scheduling/appointment/{visit.pk}/"
    assert "Tell the calendar again" not in text(client, f"{page}change/")
    assert client.get(f"{page}calendar/").status_code == 403
