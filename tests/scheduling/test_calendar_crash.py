"""A worker dies while it applies what people did in the calendar: nothing is done twice, nothing is lost."""

from datetime import datetime, timedelta

import pytest

from crm.models import FollowUpTask, Rooftop
from scheduling import calendar_edits, sync
from scheduling.calendar_audit import audit
from scheduling.models import Appointment, CalendarConnection, CalendarLink
from scheduling.ports import Page, SeenEvent
from tests.emulators.google import Google
from tests.scheduling.calendars import NOW, SHOP, at, book, connect, make_store, settle

pytestmark = [pytest.mark.django_db, pytest.mark.integration]

HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=10)
LEFT = 4  # changes that people made


class Killed(BaseException):
    pass


@pytest.fixture
def store() -> Rooftop:
    return make_store()


@pytest.fixture
def shop(store: Rooftop, google: Google) -> CalendarConnection:
    return connect(store)


@pytest.fixture
def wishes(store: Rooftop, shop: CalendarConnection, google: Google) -> list[Appointment]:
    """Two visits that a person moved, one moved to where nobody works, one deleted."""
    events = google.calendar(SHOP)
    visits = [book(store, at(store, 24, hour)) for hour in (9, 10, 11, 12)]
    sync.push_due(NOW)
    sync.pull_due(NOW)
    for visit, moved_to in zip(
        visits, (at(store, 25, 9), at(store, 25, 10), at(store, 25, 22)), strict=False
    ):
        events.move(event_of(visit), moved_to)
    events.delete(event_of(visits[3]))
    return visits


def event_of(visit: Appointment) -> str:
    return CalendarLink.objects.get(appointment=visit).event_id


def pull(connection: CalendarConnection) -> None:
    CalendarConnection.objects.update(pull_due_at=LATER)
    sync.pull_due(LATER, connection_id=connection.pk)


def die_in_the_midst(shop: CalendarConnection, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A worker reads, applies so many changes, and is killed: nothing is tidied up behind it."""
    take, applied = calendar_edits.take, 0

    def take_and_die(connection: CalendarConnection, event: SeenEvent, now: datetime) -> None:
        nonlocal applied
        take(connection, event, now)
        applied += 1
        if applied == after:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(calendar_edits, "take", take_and_die)
        pull(shop)
    CalendarConnection.objects.update(pulling_until=LATER + sync.PULL_CLAIM)


def read_again(shop: CalendarConnection) -> None:
    """Once the dead worker's claim has ended."""
    pull(shop)
    assert CalendarConnection.objects.get(pk=shop.pk).pulled_at == NOW, "it is still claimed"
    sync.pull_due(LATER + sync.PULL_CLAIM, connection_id=shop.pk)


def moves(visits: list[Appointment]) -> list[int]:
    return [visit.events.filter(actor="calendar", what__startswith="moved").count() for visit in visits]


@pytest.mark.parametrize("after", range(1, LEFT + 1))
def test_what_a_killed_worker_had_applied_is_not_applied_twice_and_nothing_is_lost(
    shop: CalendarConnection, wishes: list[Appointment], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    die_in_the_midst(shop, monkeypatch, after)
    sync.push_due(LATER)  # another worker goes on with what the dead one had decided
    read_again(shop)
    assert moves(wishes) == [1, 1, 0, 0]
    settle(LATER + HOUR)
    summaries = sorted(FollowUpTask.objects.values_list("summary", flat=True))
    assert len(summaries) == 2
    assert any("cannot be kept" in summary for summary in summaries)
    assert any("deleted it" in summary for summary in summaries)
    assert audit(shop, LATER + HOUR) == []


def test_a_token_that_is_saved_first_loses_what_a_killed_worker_had_not_applied(
    shop: CalendarConnection, wishes: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    take_all = sync._take_all

    def too_early(connection: CalendarConnection, page: Page, now: datetime) -> None:
        sync._remember(connection, page, connection.sync_token, NOW)
        take_all(connection, page, now)

    with monkeypatch.context() as patched:
        patched.setattr(sync, "_take_all", too_early)
        die_in_the_midst(shop, patched, after=1)
    read_again(shop)
    assert moves(wishes) == [1, 0, 0, 0]
