"""What failed is noted from anywhere, and noting it never fails or waits."""

import asyncio
import threading
import time
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from crm import faults
from crm.faults import Source
from crm.models import Rooftop, SystemFault
from tests.factories import make_demo_store

FLUSH_SECONDS = 10.0
NOON = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_earlier_faults(django_db_blocker: DjangoDbBlocker) -> None:
    """Written by another connection, they outlive the test that caused them."""
    faults.flush(FLUSH_SECONDS)
    with django_db_blocker.unblock():
        SystemFault.objects.all().delete()


def written() -> list[SystemFault]:
    assert faults.flush(FLUSH_SECONDS)
    return list(SystemFault.objects.all())


@pytest.mark.django_db(transaction=True)
def test_a_fault_is_kept_with_where_and_when() -> None:
    rooftop = Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")
    faults.record(Source.HEARING, "timeout", "No words came back.", rooftop=rooftop, call_sid="CA1", at=NOON)
    (fault,) = written()
    assert (fault.source, fault.code, fault.sentence) == ("hearing", "timeout", "No words came back.")
    assert (fault.rooftop, fault.call_sid, fault.at) == (rooftop, "CA1", NOON)
    assert str(fault) == "Hearing: timeout"


@pytest.mark.django_db(transaction=True)
def test_a_rollback_does_not_take_it_away() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        faults.record(Source.DATABASE, "deadlock", "Tried three times.")
        raise ZeroDivisionError
    assert len(written()) == 1


@pytest.mark.django_db(transaction=True)
async def test_it_is_noted_on_the_event_loop() -> None:
    faults.record(Source.SPEAKING, "http_503", "No voice.")
    assert len(await asyncio.to_thread(written)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_does_not_fit_is_cut_and_what_cannot_be_written_harms_no_other() -> None:
    nobody = Rooftop(pk=987654, name="Never saved", time_zone="America/New_York")
    faults.record(Source.WORKER, "gone", "Its rooftop is not there.", rooftop=nobody)
    faults.record(Source.WORKER, "c\0" * 100, "s" * 1000, call_sid="x" * 100)
    faults.record(Source.WORKER, None, None)  # type: ignore[arg-type]  # by a careless caller
    cut, careless = sorted(written(), key=lambda fault: fault.code != "c" * 40)
    assert (cut.code, cut.sentence, cut.call_sid) == ("c" * 40, "s" * 300, "x" * 64)
    assert careless.code == "None"


@pytest.mark.load
@pytest.mark.django_db(transaction=True)
def test_many_threads_at_once_lose_none() -> None:
    def fail() -> None:
        for number in range(25):
            faults.record(Source.THINKING, f"code_{number}", "Nothing was said.")

    threads = [threading.Thread(target=fail) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written()) == 500


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "WAITING_AT_MOST", 50)
    monkeypatch.setattr(faults, "_writer", faults._Writer())
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE crm_systemfault IN EXCLUSIVE MODE")
        for _ in range(200):
            faults.record(Source.DATABASE, "stuck", "The table is locked.")
        assert time.monotonic() - began < 2
        assert not faults.flush(0.05)
    assert 50 <= len(written()) <= 52


@pytest.mark.django_db
def test_staff_read_faults_and_never_write_them() -> None:
    store = make_demo_store()
    fault = SystemFault.objects.create(
        source=Source.CARRIER, code="http_500", sentence="The carrier did not answer.", rooftop=store
    )
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    page = client.get("/admin/crm/systemfault/").content.decode()
    assert "The carrier did not answer." in page
    address = f"/admin/crm/systemfault/{fault.pk}/change/"
    assert "http_500" in client.get(address).content.decode()
    assert client.post(address, {"code": "none"}).status_code == 403
    assert client.get("/admin/crm/systemfault/add/").status_code == 403
