"""The demo store."""

from datetime import date, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from crm.models import Consent, Customer, RecallCheck, RepairOrder, Rooftop, Staff, Vehicle
from crm.vin import check_digit
from dealership import demo
from scheduling import booking
from scheduling.models import Appointment, Closure, Demand, OpCode, Technician, WaitlistEntry
from scheduling.refusals import Refusal
from tests.factories import SATURDAY, make_demo_store

pytestmark = pytest.mark.django_db


def test_two_rooftops_in_two_zones_with_the_whole_menu() -> None:
    make_demo_store()
    zones = {rooftop.name: rooftop.time_zone for rooftop in Rooftop.objects.all()}
    assert zones == {"Otto's Auto": "America/New_York", "Bart's Automotive": "America/Phoenix"}
    assert OpCode.objects.filter(rooftop__name="Otto's Auto").count() == 20
    assert Technician.objects.filter(rooftop__name="Otto's Auto").count() == 6


def test_appointments_lie_on_open_days_from_today_and_never_overlap() -> None:
    otto = make_demo_store(with_appointments=True)
    appointments = Appointment.objects.active().filter(rooftop=otto)
    assert appointments.count() == len(demo.APPOINTMENTS)
    assert all(SATURDAY < a.arrives_at < SATURDAY + timedelta(days=30) for a in appointments)


def test_the_store_is_written_once_and_passwords_follow() -> None:
    out = StringIO()
    for password in ("first-pass", "second-pass"):
        passwords = {"advisor_password": password, "manager_password": "m-pass", "owner_password": "o-pass"}
        call_command("demo_store", **passwords, stdout=out)
    assert out.getvalue().splitlines() == ["The demo store is written.", "The demo store is already there."]
    assert Customer.objects.filter(first_name="Maria").count() == 1
    advisor = User.objects.get(username="advisor")
    assert advisor.check_password("second-pass")
    assert advisor.is_staff
    assert not advisor.is_superuser


def test_alone_it_makes_the_log_ins_and_shows_them_once(settings: Settings) -> None:
    for name in demo.LOG_INS:
        setattr(settings, f"DEMO_{name.upper()}_PASSWORD", "")
    out = StringIO()
    call_command("demo_store", stdout=out)
    call_command("demo_store", stdout=out)

    written, *log_ins, there = out.getvalue().splitlines()
    assert (written, there) == ("The demo store is written.", "The demo store is already there.")
    shown = dict(line.removeprefix("Log-in: ").split(" / ") for line in log_ins)
    assert set(shown) == {"advisor", "manager", "owner"}
    for name, password in shown.items():
        assert len(password) >= 12
        answer = Client().post("/admin/login/", {"username": name, "password": password})
        assert answer.status_code == 302


def test_it_takes_the_passwords_that_make_run_has_made(settings: Settings) -> None:
    for name in demo.LOG_INS:
        setattr(settings, f"DEMO_{name.upper()}_PASSWORD", f"of-the-{name}")
    out = StringIO()
    call_command("demo_store", stdout=out)
    assert out.getvalue().splitlines() == ["The demo store is written."]
    assert User.objects.get(username="manager").check_password("of-the-manager")

    call_command("demo_store", advisor_password="another", stdout=out)
    assert User.objects.get(username="advisor").check_password("another")


def everything_ahead(otto: Rooftop) -> list[tuple[str, ...]]:
    visits = Appointment.objects.filter(rooftop=otto).select_related("customer")
    return [
        (visit.confirmation_number, str(visit.arrives_at), str(visit.customer), str(visit.advisor))
        for visit in visits.order_by("confirmation_number")
    ]


def test_two_stores_of_the_same_moment_are_alike_to_the_last_number() -> None:
    with transaction.atomic():
        first = everything_ahead(make_demo_store(with_appointments=True))
        transaction.set_rollback(True)
    assert not Appointment.objects.exists()
    assert everything_ahead(make_demo_store(with_appointments=True)) == first
    assert first[0][0] == "090001"


def test_holidays_follow_their_rules() -> None:
    by_reason = {reason: (day, start, end) for day, start, end, reason in demo.holidays(2027)}
    assert by_reason["Training morning"][0] == date(2027, 1, 20)
    assert by_reason["Memorial Day"][0] == date(2027, 5, 31)
    assert by_reason["Independence Day"][0] == date(2027, 7, 5)
    assert by_reason["Labor Day"][0] == date(2027, 9, 6)
    assert {reason: day for day, _, _, reason in demo.holidays(2026)}["Thanksgiving"] == date(2026, 11, 26)


def test_half_days_are_closed_by_the_store_s_own_clock() -> None:
    otto = make_demo_store()
    eve = Closure.objects.get(rooftop=otto, reason="Christmas Eve", starts_at__year=2026)
    assert eve.starts_at.astimezone(ZoneInfo("America/New_York")).hour == 14


def test_everything_written_passes_its_own_validation() -> None:
    otto = make_demo_store()
    for rooftop in Rooftop.objects.all():
        rooftop.full_clean()
        rooftop.numbers.get().full_clean()
    for customer in Customer.objects.filter(rooftop=otto):
        customer.full_clean()
        for phone in customer.phones.all():
            phone.full_clean(validate_unique=False)
    for vehicle in Vehicle.objects.filter(rooftop=otto):
        vehicle.full_clean()
        assert vehicle.vin[8] == check_digit(vehicle.vin)
        assert vehicle.plate


# --- the fixture cases --------------------------------------------------------------------


def test_a_household_shares_a_telephone_and_an_owner_has_two_alike() -> None:
    otto = make_demo_store()
    sharing = Customer.objects.filter(rooftop=otto, phones__number="+12125550145")
    assert {person.first_name for person in sharing} == {"Susan", "David"}
    alike = [str(vehicle) for vehicle in Customer.objects.get(first_name="Alan").vehicles.all()]
    assert alike == ["2020 Subaru Outback"] * 2


def test_a_sold_vehicle_has_a_former_and_a_present_owner() -> None:
    make_demo_store()
    sold = Vehicle.objects.get(make="Mazda")
    owners = {owned.customer.first_name: owned.until for owned in sold.ownerships.all()}
    assert owners["Ben"] is None
    assert owners["Ruth"] == sold.ownerships.get(customer__first_name="Ben").since


def test_the_newest_word_of_frank_is_no() -> None:
    make_demo_store()
    words = Consent.objects.filter(customer__first_name="Frank", channel=Consent.Channel.VOICE)
    assert [consent.is_granted for consent in words] == [False, True]


def test_tina_did_not_come_twice_within_a_year() -> None:
    make_demo_store(with_appointments=True)
    missed = Appointment.objects.filter(customer__first_name="Tina", status=Appointment.Status.NO_SHOW)
    assert missed.filter(arrives_at__gt=SATURDAY - timedelta(days=365)).count() == 2


def test_one_repair_order_stands_at_each_status_and_has_a_promise() -> None:
    make_demo_store(with_appointments=True)
    orders = RepairOrder.objects.exclude(status=RepairOrder.Status.CLOSED)
    statuses = set(RepairOrder.Status) - {RepairOrder.Status.CLOSED}
    assert {order.status for order in orders} == statuses
    assert orders.count() == len(statuses)
    assert all(order.promised_at for order in orders)
    assert orders.filter(promised_at__lt=SATURDAY).exists()


def test_work_is_carried_over_a_recall_has_no_remedy_and_somebody_speaks_spanish() -> None:
    otto = make_demo_store()
    carried = Demand.objects.filter(appointment__isnull=True, hold__isnull=True)
    assert {row.day for row in carried} == {SATURDAY.date()}
    assert RecallCheck.objects.filter(has_remedy=False).count() == 1
    assert Customer.objects.filter(rooftop=otto, language="es").count() == 1


def test_two_race_for_one_slot_and_the_slower_one_is_on_the_waitlist() -> None:
    otto = make_demo_store(with_appointments=True)
    ruth, ben = (otto.customers.get(first_name=name) for name in demo.RACE)
    won = Appointment.objects.active().get(customer=ruth)
    entry = WaitlistEntry.objects.get(rooftop=otto)
    assert entry.customer == ben
    assert entry.first_day == entry.last_day == won.local_arrival.date()
    assert not Appointment.objects.filter(customer=ben).exists()

    inspection = list(entry.op_codes.all())
    assert inspection == [line.op_code for line in won.lines.all()]
    ask = (otto, ben, entry.vehicle, inspection, won.arrives_at)
    with pytest.raises(Refusal) as refused:
        booking.book(*ask, actor="test", source="staff", now=SATURDAY)
    assert refused.value.code == "slot_taken"

    booking.cancel(won, reason="Sold the car.", actor="test", now=SATURDAY)
    assert otto.tasks.get(kind="waitlist").customer == ben
    assert booking.book(*ask, actor="test", source="staff", now=SATURDAY).is_active


def test_mike_is_two_people() -> None:
    otto = make_demo_store()
    mikes = Staff.objects.filter(rooftop=otto, aliases__contains=["Mike"])
    assert {person.name for person in mikes} == {"Mike Alvarez", "Mike Chen"}


def test_every_vehicle_has_readings_that_grow_and_some_have_history_and_declined_work() -> None:
    otto = make_demo_store(with_appointments=True)
    for vehicle in Vehicle.objects.filter(rooftop=otto):
        miles = [reading.miles for reading in vehicle.odometer_readings.all()]
        assert len(miles) == 3
        assert miles == sorted(miles, reverse=True)
    assert RepairOrder.objects.filter(status=RepairOrder.Status.CLOSED, vehicle__make="Honda").exists()
    assert Vehicle.objects.filter(declined_services__amount__gt=0).exists()
