"""What PostgreSQL itself refuses, whoever writes: an import, a task, a slip in our own code."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from crm.models import (
    Customer,
    FollowUpTask,
    Ownership,
    Phone,
    RepairOrder,
    Rooftop,
    RooftopNumber,
    Staff,
    Vehicle,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
VIN = "1HGCM82633A004352"


@pytest.fixture
def otto() -> Rooftop:
    """A rooftop with one of everything, all of it right."""
    otto = Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")
    RooftopNumber.objects.create(rooftop=otto, number="+12125550100")
    Staff.objects.create(rooftop=otto, name="Dana Brooks", role=Staff.Role.ADVISOR)
    Phone.objects.create(number="+12125550143")
    maria = Customer.objects.create(rooftop=otto, first_name="Maria")
    civic = Vehicle.objects.create(rooftop=otto, vin=VIN)
    Ownership.objects.create(customer=maria, vehicle=civic)
    RepairOrder.objects.create(rooftop=otto, number="R1", customer=maria, vehicle=civic, opened_at=NOON)
    FollowUpTask.objects.create(rooftop=otto, kind="callback", summary="Call back.", due_at=NOON)
    return otto


REFUSED: list[tuple[str, type[Any], dict[str, Any]]] = [
    ("email_has_its_form", Customer, {"email": "nora"}),
    ("email_has_its_form", Customer, {"email": "nora@example.com, ben@example.com"}),
    ("born_after_1899", Customer, {"date_of_birth": date(84, 5, 17)}),
    ("born_after_1899", Customer, {"date_of_birth": date(1899, 12, 31)}),
    ("state_is_two_letters", Customer, {"state": "ny"}),
    ("state_is_two_letters", Customer, {"state": "ZZ"}),
    ("zip_code_has_its_form", Customer, {"zip_code": "1220"}),
    ("zip_code_has_its_form", Customer, {"zip_code": "12207-12"}),
    ("front_desk_number_is_e164", Rooftop, {"front_desk_number": "(212) 555-0100"}),
    ("grid_is_5_to_60_minutes", Rooftop, {"grid_minutes": 0}),
    ("grid_is_5_to_60_minutes", Rooftop, {"grid_minutes": 90}),
    ("rooftop_number_is_e164", RooftopNumber, {"number": "2125550100"}),
    ("staff_phone_number_is_e164", Staff, {"phone_number": "extension 201"}),
    ("phone_is_e164", Phone, {"number": "+0125550143"}),
    ("task_phone_number_is_e164", FollowUpTask, {"phone_number": "2125550143"}),
    ("vin_has_its_form", Vehicle, {"vin": VIN.lower()}),
    ("vin_has_its_form", Vehicle, {"vin": "1HGCM82633AOO4352"}),
    ("year_is_a_model_year", Vehicle, {"year": 19}),
    ("year_is_a_model_year", Vehicle, {"year": 2101}),
    ("ownership_ends_after_start", Ownership, {"since": date(2026, 2, 1), "until": date(2026, 1, 31)}),
    ("repair_order_status_is_known", RepairOrder, {"status": "lost"}),
    ("repair_order_is_closed_at_a_time", RepairOrder, {"status": "closed"}),
    ("repair_order_is_closed_at_a_time", RepairOrder, {"closed_at": NOON}),
    (
        "repair_order_closes_after_opening",
        RepairOrder,
        {"status": "closed", "closed_at": NOON - timedelta(minutes=1)},
    ),
]


@pytest.mark.parametrize(("constraint", "model", "wrong"), REFUSED)
def test_a_row_that_cannot_be_is_refused(
    otto: Rooftop, constraint: str, model: type[Any], wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**wrong)


RIGHT: list[tuple[type[Any], dict[str, Any]]] = [
    (Customer, {"email": "nora@example.com", "date_of_birth": date(1900, 1, 1), "state": "NY"}),
    (Customer, {"email": "", "date_of_birth": None, "zip_code": "12207-1234"}),
    (Rooftop, {"front_desk_number": "+12125550100"}),
    (Vehicle, {"vin": "", "year": 1900}),
    (Ownership, {"since": date(2026, 2, 1), "until": date(2026, 2, 1)}),
    (RepairOrder, {"status": "closed", "closed_at": NOON}),
    (FollowUpTask, {"phone_number": "+442071838750"}),
]


@pytest.mark.parametrize(("model", "right"), RIGHT)
def test_a_row_at_the_edge_of_what_can_be_is_kept(
    otto: Rooftop, model: type[Any], right: dict[str, Any]
) -> None:
    assert model.objects.update(**right) == 1


@pytest.mark.parametrize(
    ("constraint", "twice"),
    [
        ("one_vin_per_rooftop", lambda otto: Vehicle(rooftop=otto, vin=VIN)),
        (
            "one_repair_order_per_number",
            lambda otto: RepairOrder(
                rooftop=otto, number="R1", customer=otto.customers.get(), vehicle=otto.vehicles.get()
            ),
        ),
    ],
)
def test_what_is_one_of_a_kind_at_a_rooftop_stays_so(
    otto: Rooftop, constraint: str, twice: Callable[[Rooftop], Any]
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        twice(otto).save()


def test_another_rooftop_may_know_the_same_car_and_any_number_of_cars_may_lack_a_vin(otto: Rooftop) -> None:
    bart = Rooftop.objects.create(name="Bart's Automotive", time_zone="America/Phoenix")
    Vehicle.objects.create(rooftop=bart, vin=VIN)
    for _ in range(2):
        Vehicle.objects.create(rooftop=otto)
    assert Vehicle.objects.count() == 4


def test_a_caller_whose_network_sends_no_number_is_promised_a_callback_all_the_same(otto: Rooftop) -> None:
    task = FollowUpTask.objects.create(
        rooftop=otto,
        kind="callback",
        summary="Call back.",
        due_at=NOON,
        phone_number="sip:ann@pbx.example.com",
    )
    assert FollowUpTask.objects.get(pk=task.pk).phone_number == ""


def test_rows_from_before_the_constraints_are_repaired_and_nothing_that_was_written_is_lost(
    otto: Rooftop,
) -> None:
    repair = import_module("crm.migrations.0005_repair_impossible_rows").repair
    with transaction.atomic():
        _without_constraints()
        Customer.objects.update(email="at nora's", date_of_birth=date(84, 5, 17), notes="Likes coffee.")
        Vehicle.objects.update(year=19)
        RepairOrder.objects.update(status="closed", status_changed_at=NOON + timedelta(hours=2))
        FollowUpTask.objects.update(phone_number="anonymous")
        repair(apps, None)

    maria, order = Customer.objects.get(), RepairOrder.objects.get()
    assert (maria.email, maria.date_of_birth) == ("", None)
    assert maria.notes == "Likes coffee.\nE-mail as it was written: at nora's"
    assert order.closed_at == NOON + timedelta(hours=2)
    assert Vehicle.objects.get().year is None
    assert FollowUpTask.objects.get().phone_number == ""


def _without_constraints() -> None:
    """Until the end of the test, whose transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # foreign keys that still wait bar ALTER TABLE
        for name, model, _ in REFUSED:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT IF EXISTS {name}")
