"""The demo store."""

from datetime import date, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from crm.models import Customer, Rooftop
from dealership import demo
from scheduling.models import Appointment, Closure, OpCode, Technician
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
    appointments = Appointment.objects.filter(rooftop=otto)
    assert appointments.count() == len(demo.APPOINTMENTS)
    assert all(SATURDAY < a.arrives_at < SATURDAY + timedelta(days=30) for a in appointments)


def test_the_store_is_written_once_and_passwords_follow() -> None:
    out = StringIO()
    for password in ("first-pass", "second-pass"):
        call_command("demo_store", advisor_password=password, manager_password="m-pass", stdout=out)
    assert out.getvalue().splitlines() == ["The demo store is written.", "The demo store is already there."]
    assert Customer.objects.filter(first_name="Maria").count() == 1
    advisor = User.objects.get(username="advisor")
    assert advisor.check_password("second-pass")
    assert advisor.is_staff
    assert not advisor.is_superuser


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
