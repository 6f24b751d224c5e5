"""Two records of one person become one: nothing is lost, nobody is called who refused it."""

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import ManyToManyRel, Model
from django.test import Client

from crm import consent, lookup, merging
from crm.models import (
    Consent,
    Customer,
    CustomerMerge,
    FollowUpTask,
    Ownership,
    Phone,
    RepairOrder,
    Rooftop,
    Staff,
    Vehicle,
)
from dealership import demo
from reminders.models import Text
from scheduling import booking
from scheduling.models import OpCode, WaitlistEntry
from tests.factories import SATURDAY, make_demo_store, works_only_at
from tests.locks import SOMEONE_WAITS
from voice.models import Call, FailedCheck

pytestmark = pytest.mark.django_db

NUMBER = "+12125550143"


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def maria(store: Rooftop) -> Customer:
    return store.customers.get(first_name="Maria")


@pytest.fixture
def twin(store: Rooftop, maria: Customer) -> Customer:
    """Maria again, as the phone desk heard her, with something of every kind."""
    twin = Customer.objects.create(
        rooftop=store, first_name="Marie", last_name="Lopes", notes="Likes coffee", language="es"
    )
    twin.phones.add(Phone.objects.get(number=NUMBER), Phone.objects.create(number="+12125550188"))
    civic = maria.vehicles.get()
    kia = Vehicle.objects.create(rooftop=store, make="Kia", model="Rio")
    Ownership.objects.create(customer=twin, vehicle=civic, since=date(2018, 1, 1))
    Ownership.objects.create(customer=twin, vehicle=kia)
    oil = OpCode.objects.get(rooftop=store, code="LOF")
    slot = booking.openings(store, [oil], SATURDAY.date(), SATURDAY.date(), now=SATURDAY)[0]
    booking.book(store, twin, kia, [oil], slot.arrives_at, actor="x", source="staff", now=SATURDAY)
    RepairOrder.objects.create(rooftop=store, number="R1", customer=twin, vehicle=kia)
    FollowUpTask.objects.create(
        rooftop=store, kind="callback", summary="Ring", customer=twin, due_at=SATURDAY
    )
    WaitlistEntry.objects.create(
        rooftop=store, customer=twin, vehicle=kia, first_day=SATURDAY.date(), last_day=SATURDAY.date()
    )
    call = Call.objects.create(
        rooftop=store, sid="CA1", carrier="browser", customer=twin, started_at=SATURDAY
    )
    FailedCheck.objects.create(call=call).customers.add(twin, maria)
    Text.objects.create(
        rooftop=store, customer=twin, direction="inbound", kind="received", number=NUMBER, body="1", key="t"
    )
    say(twin, True, days_ago=2)
    return twin


def say(customer: Customer, is_granted: bool, *, days_ago: int, number: str = NUMBER) -> None:
    moment = SATURDAY - timedelta(days=days_ago)
    consent.note(customer, number, is_granted, wording="w", source="s", now=moment)


def merge(keep: Customer, other: Customer) -> Customer:
    return merging.merge(keep, other, by="dana", now=SATURDAY)


# --- nothing is lost ----------------------------------------------------------------------


def test_every_row_that_names_a_customer_has_somebody_who_brings_it_over() -> None:
    named = {
        (relation.related_model, relation.field.name)
        for relation in Customer._meta.related_objects
        # What leads through a table of ours is brought over with that table's rows.
        if not (isinstance(relation, ManyToManyRel) and not _is_djangos(relation.through))
    }
    assert merging.handled() == named
    assert [field.name for field in Customer._meta.many_to_many] == ["phones"]


def _is_djangos(through: type[Model] | None) -> bool:
    return through is not None and bool(through._meta.auto_created)


def test_everything_of_the_one_is_the_others_afterwards(maria: Customer, twin: Customer) -> None:
    visit = twin.appointments.get()
    kept = merge(maria, twin)

    assert not Customer.objects.filter(pk=twin.pk).exists()
    for rows in (
        *(kept.appointments, kept.repair_orders, kept.tasks, kept.waitlist_entries),
        *(kept.calls, kept.texts, kept.failed_checks),
    ):
        assert rows.count() == 1
    assert {str(number) for number in kept.phones.all()} == {"(212) 555-0143", "(212) 555-0188"}
    # The car that both had is had once, since the earlier day.
    owned = {str(row.vehicle): row.since for row in kept.ownerships.select_related("vehicle")}
    assert owned == {"2019 Honda Civic": date(2018, 1, 1), "Kia Rio": None}
    assert (kept.first_name, kept.email, kept.notes) == ("Maria", "maria.lopez@example.com", "Likes coffee")
    assert visit.events.order_by("-pk")[0].what == (
        "now of Maria Lopez: two records of one customer were merged"
    )
    trace = CustomerMerge.objects.get()
    assert (trace.kept, trace.gone_id, trace.by, trace.at) == (maria, twin.pk, "dana", SATURDAY)
    assert (trace.gone["name"], trace.gone["language"]) == ("Marie Lopes", "es")
    assert trace.moved["appointment"] == 1


def test_the_empty_is_filled_in_and_callers_find_one_person(maria: Customer, twin: Customer) -> None:
    assert len(lookup.by_phone(maria.rooftop, NUMBER)) == 2
    kept = merge(twin, maria)
    assert (kept.first_name, kept.zip_code, kept.date_of_birth) == ("Marie", "12207", date(1984, 5, 17))
    assert [known.id for known in lookup.by_phone(maria.rooftop, NUMBER)] == [twin.pk]


@pytest.mark.parametrize(("hers", "his"), [((True, 1), (False, 5)), ((False, 5), (True, 1))])
def test_who_refused_in_either_record_is_left_alone(
    maria: Customer, twin: Customer, hers: tuple[bool, int], his: tuple[bool, int]
) -> None:
    Consent.objects.all().delete()
    say(maria, hers[0], days_ago=hers[1])
    say(twin, his[0], days_ago=his[1])
    say(twin, True, days_ago=3, number="+12125550188")
    kept = merge(maria, twin)

    assert consent.latest(kept, NUMBER) == {"voice": False, "sms": False}
    assert consent.is_revoked(kept.rooftop, NUMBER, Consent.Channel.SMS)
    assert consent.latest(kept, "+12125550188") == {"voice": True, "sms": True}
    last = kept.consents.first()
    assert last and last.source == "merge by dana"


def test_customers_of_two_stores_and_one_with_itself_are_refused(maria: Customer) -> None:
    elsewhere = Customer.objects.create(
        rooftop=Rooftop.objects.get(name=demo.BART), first_name="Maria", last_name="Lopez"
    )
    for other in (elsewhere, maria):
        with pytest.raises(merging.MergeRefused):
            merge(maria, other)
    assert Customer.objects.filter(pk__in=[maria.pk, elsewhere.pk]).count() == 2


def test_a_row_that_nobody_brings_over_undoes_the_whole(
    maria: Customer, twin: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {key: carry for key, carry in merging._carriers.items() if key[0] is not WaitlistEntry}
    monkeypatch.setattr(merging, "_carriers", known)
    with pytest.raises(merging.MergeRefused, match="Try again"), transaction.atomic():
        merge(maria, twin)
    assert twin.appointments.count() == twin.waitlist_entries.count() == 1
    assert not CustomerMerge.objects.exists()


# --- the page -----------------------------------------------------------------------------


@pytest.fixture
def advisor(store: Rooftop) -> Client:
    user = User.objects.get(username="advisor")
    Staff.objects.filter(rooftop=store, name="Dana Brooks").update(user=user)
    client = Client()
    client.force_login(user)
    return client


def test_an_advisor_sees_both_and_says_which_stays(advisor: Client, maria: Customer, twin: Customer) -> None:
    address = f"/customers/{maria.pk}/merge/"
    assert f"?with={twin.pk}" in advisor.get(address).content.decode()  # they share a number
    assert f"?with={twin.pk}" in advisor.get(f"{address}?q=Lopes").content.decode()
    both = advisor.get(f"{address}?with={twin.pk}").content.decode()
    for shown in ("Marie Lopes", "Kia Rio", "1 appointment,", "1 repair order,", "2 consents"):
        assert shown in both, shown

    answer = advisor.post(address, {"with": twin.pk, "keep": twin.pk}, follow=True)
    page = answer.content.decode()
    assert f"Record {maria.pk} (Maria Lopez) was merged into this one by Dana Brooks" in page
    assert not Customer.objects.filter(pk=maria.pk).exists()
    assert advisor.post(address, {"with": twin.pk, "keep": twin.pk}).status_code == 404
    old = advisor.get(f"/admin/crm/customer/{maria.pk}/change/")
    assert old.url == f"/admin/crm/customer/{twin.pk}/change/"  # type: ignore[attr-defined]


def test_two_chosen_in_the_list_lead_to_the_page(advisor: Client, maria: Customer, twin: Customer) -> None:
    chosen = {"action": "merge_two", "_selected_action": [maria.pk, twin.pk]}
    answer = advisor.post("/admin/crm/customer/", chosen)
    assert answer.url == f"/customers/{maria.pk}/merge/?with={twin.pk}"  # type: ignore[attr-defined]
    alone = {**chosen, "_selected_action": [maria.pk]}
    assert "Choose two customers" in advisor.post("/admin/crm/customer/", alone, follow=True).content.decode()


@pytest.mark.security
def test_who_may_not_change_customers_or_works_elsewhere_merges_nobody(
    advisor: Client, maria: Customer, twin: Customer
) -> None:
    works_only_at("advisor", maria.rooftop)
    bart = Rooftop.objects.get(name=demo.BART)
    stranger = Customer.objects.create(rooftop=bart, first_name="Bo")
    here = f"/customers/{maria.pk}/merge/"
    assert advisor.get(f"/customers/{stranger.pk}/merge/").status_code == 404
    assert advisor.post(here, {"with": stranger.pk, "keep": maria.pk}).status_code == 404
    assert Client().get(here).status_code == 302
    User.objects.get(username="advisor").groups.clear()
    assert advisor.post(here, {"with": twin.pk, "keep": maria.pk}).status_code == 403
    assert Customer.objects.filter(pk__in=[maria.pk, twin.pk]).count() == 2


# --- meanwhile ----------------------------------------------------------------------------


def refuse_half_way_through_a_merge(keep: Customer, other: Customer) -> None:
    """Somebody says "stop calling" to the record that goes, after its answers were brought over."""

    def in_thread(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE crm_customermerge IN SHARE MODE")
        merger = in_thread(lambda: merge(keep, other))
        assert is_waited_for()
        in_thread(lambda: say(other, False, days_ago=0)).join(20)
    merger.join(20)


def is_waited_for() -> bool:
    """Does another connection wait for a lock, within half a minute?"""
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute(SOMEONE_WAITS)
            row = cursor.fetchone()
            if row and row[0]:
                return True
            time.sleep(0.01)
    return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_an_answer_that_comes_during_a_merge_is_never_lost(
    monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    store = Rooftop.objects.create(name="Store", time_zone="America/New_York")
    ann, anne = (Customer.objects.create(rooftop=store, first_name=name) for name in ("Ann", "Anne"))
    for each in (ann, anne):
        each.phones.add(Phone.objects.get_or_create(number=NUMBER)[0])
    monkeypatch.setattr(merging, "WAIT_MILLISECONDS", 60_000)  # a busy machine is not what is tested
    if not is_guarded:  # the control: the ORM's delete takes what came along with it
        monkeypatch.setattr(merging, "_delete", Customer.delete)
    refuse_half_way_through_a_merge(ann, anne)

    assert Customer.objects.get() == ann
    assert consent.latest(ann, NUMBER) == ({"voice": False, "sms": False} if is_guarded else {})
