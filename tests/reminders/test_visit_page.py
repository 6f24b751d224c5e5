"""The page of one appointment, as its customer and as a stranger meet it."""

import html
import io
import logging
import re
from datetime import timedelta

import pytest
from django.test import Client

from crm.models import Rooftop
from reminders import limits, pages, visit_links
from scheduling import booking
from scheduling.models import Allocation, Appointment, Technician
from tests.factories import SATURDAY
from tests.reminders.store import TUESDAY, WEDNESDAY, make_visit, maria

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(visit: Appointment) -> str:
    return visit_links.path_to(visit)


def shown(path: str, status: int = 200) -> str:
    """The words of a page."""
    answer = Client().get(path)
    assert answer.status_code == status
    return words(answer.content.decode())


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<head>.*</head>|<[^>]+>", " ", page, flags=re.DOTALL)))


def post(path: str, **fields: object) -> tuple[int, str]:
    """Status, and the words of the page that follows."""
    answer = Client().post(path, fields)
    if answer.status_code == 302:
        return 302, shown(answer["Location"])
    return answer.status_code, words(answer.content.decode())


def row(visit: Appointment) -> Appointment:
    return Appointment.objects.get(pk=visit.pk)


# --- what it shows ------------------------------------------------------------------------


def test_it_shows_this_appointment_in_the_stores_time(link: str) -> None:
    page = shown(link)
    for words_ in ("Otto's Auto", "Tuesday, November 24", "8:45 AM", "Oil change", "2019 Honda Civic",
                   "I'll be there", "Move it to another time", "I can't come", "(212) 555-0100"):  # fmt: skip
        assert words_ in page


@pytest.mark.security
def test_it_shows_nothing_else(visit: Appointment, link: str) -> None:
    make_visit(WEDNESDAY)
    everything = Client().get(link).content.decode() + Client().get(f"{link}/move").content.decode()
    for secret in (
        "Maria",
        "Lopez",
        "KLM",
        "555-0143",
        "$",
        "50",
        visit.confirmation_number,
        "Wednesday, November 25 9",
    ):
        assert secret not in words(everything)


@pytest.mark.security
def test_it_is_kept_by_nobody_and_loads_nothing_from_elsewhere(link: str) -> None:
    answer = Client().get(link)
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert re.findall(r'(?:src|href)="(?!/|tel:)', page) == []
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.security
def test_opening_it_changes_nothing(visit: Appointment, link: str) -> None:
    for path in ("", "/move", "/cancel", "/move?day=2026-11-25", "?done=cancelled"):
        assert Client().get(link + path).status_code == 200
        assert Client().head(link + path).status_code == 200
    assert Client().get(f"{link}/confirm").status_code == 405
    assert (row(visit).version, row(visit).status) == (1, "booked")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("cancelled", "This appointment is cancelled"),
        ("checked_in", "Your car is with us"),
        ("completed", "This visit is done"),
        ("no_show", "This appointment's time has passed"),
    ],
)
def test_what_is_over_says_so_and_offers_nothing(
    visit: Appointment, link: str, status: str, sentence: str
) -> None:
    Appointment.objects.update(status=status)
    page = shown(link)
    assert sentence in page
    assert "Move it" not in page
    for path in ("/move", "/cancel"):
        assert Client().get(link + path).status_code == 302
    for path in ("/move", "/cancel", "/confirm"):
        if (status, path) != ("cancelled", "/cancel"):
            fields = {"version": 1, "arrives_at": WEDNESDAY.isoformat()}
            assert post(link + path, **fields)[0] == 409
    assert row(visit).status == status


def test_the_past_says_so(visit: Appointment, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: TUESDAY + timedelta(days=2))
    assert "time has passed" in shown(link)
    assert post(f"{link}/cancel", version=1)[0] == 409
    monkeypatch.setattr("django.utils.timezone.now", lambda: TUESDAY + timedelta(days=31))
    assert "This link has expired" in shown(link, 410)
    assert "Honda" not in shown(link, 410)


def test_an_old_link_leads_to_the_new_time(visit: Appointment, link: str) -> None:
    booking.reschedule(visit, WEDNESDAY, actor="staff", now=SATURDAY)
    page = shown(link)
    assert "Wednesday, November 25" in page
    assert "the appointment was moved" in page


# --- whose link ---------------------------------------------------------------------------


@pytest.mark.security
def test_a_link_opens_one_appointment_only(visit: Appointment, link: str) -> None:
    other = make_visit(WEDNESDAY)
    token = visit_links.token_of(visit.pk)
    for forged in (
        token.replace(f".{visit.pk}", f".{other.pk}"),
        token[:-1],
        token[1:],
        f"{visit.pk}",
        f"x.{visit.pk}",
        "x",
        token.swapcase(),
    ):
        if forged != token:
            assert "leads nowhere" in shown(f"/a/{forged}", 404)


@pytest.mark.security
def test_who_opens_it_too_often_waits(visit: Appointment, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "A_MINUTE", 3)
    assert [Client().get(link).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert Client(REMOTE_ADDR="10.0.0.2").get(link).status_code == 200
    assert post(f"{link}/cancel", version=1)[0] == 429
    assert row(visit).status == "booked"


def test_without_redis_nobody_is_kept_out(link: str, settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9"  # type: ignore[attr-defined]
    assert not limits.is_over("visit-page", "x", a_minute=0)
    assert Client().get(link).status_code == 200


@pytest.mark.security
def test_no_log_keeps_a_link(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    console = next(
        handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler
    )
    log = io.StringIO()
    monkeypatch.setattr(console, "stream", log)
    Client().get(f"{link}x")
    Client().get(f"{link}/confirm")
    Client().post(f"{link}/cancel", {"version": 9})
    Client(enforce_csrf_checks=True).post(f"{link}/cancel")
    assert log.getvalue().count("/a/…") == 4
    assert link[3:20] not in log.getvalue()


@pytest.mark.security
def test_another_site_changes_nothing(visit: Appointment, link: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for path in ("/confirm", "/move", "/cancel"):
        assert (
            strict.post(link + path, {"version": 1, "arrives_at": WEDNESDAY.isoformat()}).status_code == 403
        )
    assert row(visit).version == 1


# --- confirming, moving, cancelling -------------------------------------------------------


def test_confirming(visit: Appointment, link: str) -> None:
    status, page = post(f"{link}/confirm", arrives_at=TUESDAY.isoformat())
    assert (status, row(visit).status) == (302, "confirmed")
    assert "you're confirmed" in page
    assert "I'll be there" not in page
    assert post(f"{link}/confirm", arrives_at=TUESDAY.isoformat())[0] == 302


def test_a_time_that_the_page_never_showed_is_not_confirmed(visit: Appointment, link: str) -> None:
    booking.reschedule(visit, WEDNESDAY, actor="staff", now=SATURDAY)
    status, page = post(f"{link}/confirm", arrives_at=TUESDAY.isoformat())
    assert (status, row(visit).status) == (409, "booked")
    assert "This is how it stands now." in page
    assert "Wednesday, November 25" in page


def test_the_offers_are_real_openings(visit: Appointment, link: str) -> None:
    page = Client().get(f"{link}/move").content.decode()
    offered = re.findall(r'name="arrives_at" value="([^"]+)"', page)
    assert 2 <= len(offered) <= 3
    for moment in offered:
        status, _ = post(f"{link}/move", arrives_at=moment, version=row(visit).version)
        assert status == 302
        assert row(visit).local_arrival.isoformat() == moment
        assert row(visit).status == "booked"


def test_another_day_lists_its_times(link: str) -> None:
    page = Client().get(f"{link}/move?day=2026-11-25").content.decode()
    assert '<option value="2026-11-25" selected>Wed, Nov 25</option>' in page
    assert "2026-11-22" not in page  # a Sunday
    offered = re.findall(r'name="arrives_at" value="(2026-11-25T[^"]+)"', page)
    assert len(offered) > 10
    for nonsense in ("2026-11-22", "x", "9999-99-99"):
        assert Client().get(f"{link}/move?day={nonsense}").status_code == 200


def test_a_time_that_was_taken_meanwhile_shows_the_nearest(visit: Appointment, link: str) -> None:
    make_visit(WEDNESDAY)
    status, page = post(f"{link}/move", arrives_at=WEDNESDAY.isoformat(), version=1)
    assert (status, row(visit).arrives_at) == (409, TUESDAY)
    assert "that time has just been taken. These are the nearest ones." in page
    assert "Wednesday, November 25, " in page


def test_a_page_that_is_older_than_the_appointment_moves_nothing(visit: Appointment, link: str) -> None:
    booking.reschedule(visit, TUESDAY + timedelta(days=2), actor="staff", now=SATURDAY)
    status, page = post(f"{link}/move", arrives_at=WEDNESDAY.isoformat(), version=1)
    assert (status, row(visit).arrives_at) == (409, TUESDAY + timedelta(days=2))
    assert "changed in the meantime" in page
    assert post(f"{link}/cancel", version=1)[0] == 409
    assert row(visit).status == "booked"


@pytest.mark.security
@pytest.mark.parametrize(
    "moment",
    ["2026-11-25T03:00:00-05:00", "2026-11-22T10:00:00-05:00", "2026-11-25T09:01:00-05:00", "2026-11-25T09:00:00",
     "2020-01-01T10:00:00Z", "0001-01-01T00:00:00+14:00", "x", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_only_what_is_open_can_be_had(visit: Appointment, link: str, moment: str) -> None:
    assert post(f"{link}/move", arrives_at=moment, version=1)[0] == 409
    assert row(visit).version == 1


def test_no_time_chosen_says_so(link: str) -> None:
    status, page = post(f"{link}/move", version=1)
    assert status == 400
    assert "choose a time first" in page


def test_a_full_store_says_so(visit: Appointment, link: str) -> None:
    Technician.objects.update(skills=["ev"])
    assert "Nothing is open in the next three weeks." in shown(f"{link}/move")


def test_cancelling_offers_to_move_first(visit: Appointment, link: str) -> None:
    asked = shown(f"{link}/cancel")
    assert asked.index("Move it to another time") < asked.index("Cancel the appointment")
    assert row(visit).status == "booked"
    for _ in range(2):  # a double tap
        status, page = post(f"{link}/cancel", version=1)
        assert (status, row(visit).status) == (302, "cancelled")
        assert "This appointment is cancelled" in page
    assert not Allocation.objects.filter(appointment=visit).exists()
    assert "customer, on the page" in visit.events.values_list("actor", flat=True)


def test_another_stores_name_is_not_shown(link: str) -> None:
    Rooftop.objects.create(name="Bart's", time_zone="America/Phoenix")
    assert "Bart" not in shown(link)
    assert maria().first_name not in shown(link)
