"""Finding an appointment by the number that the caller was given."""

import pytest

from crm.models import Rooftop
from dealership import demo
from scheduling.lookup import by_confirmation_number
from tests.factories import make_demo_store

pytestmark = pytest.mark.django_db


def test_a_number_finds_its_appointment_at_its_own_store_only() -> None:
    otto = make_demo_store(with_appointments=True)
    bart = Rooftop.objects.get(name=demo.BART)
    appointment = otto.appointments.first()
    assert appointment is not None
    number = appointment.confirmation_number
    assert by_confirmation_number(otto, number) == appointment
    if not bart.appointments.filter(confirmation_number=number).exists():
        assert by_confirmation_number(bart, number) is None


def test_a_cancelled_visit_is_found_with_its_status() -> None:
    otto = make_demo_store(with_appointments=True)
    appointment = otto.appointments.first()
    assert appointment is not None
    otto.appointments.filter(pk=appointment.pk).update(status="cancelled")
    found = by_confirmation_number(otto, appointment.confirmation_number)
    assert found is not None
    assert not found.is_active


@pytest.mark.parametrize("number", ["", "12", "1234567", "12345x", "١٢٣٤٥٦", "1' OR '1'='1"])
def test_what_is_no_number_of_ours_finds_nothing(number: str) -> None:
    assert by_confirmation_number(make_demo_store(with_appointments=True), number) is None
