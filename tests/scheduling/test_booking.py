"""The one door for appointments, on PostgreSQL."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from crm.models import Customer, Rooftop, Vehicle
from scheduling import booking, closing
from scheduling.models import Allocation, Appointment, Closure, OpCode
from scheduling.refusals import Refusal
from tests.factories import SATURDAY, make_demo_store

TUESDAY = date(2026, 11, 24)


@pytest.fixture
def otto(db: None) -> Rooftop:
    return make_demo_store()


def at(rooftop: Rooftop, hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), rooftop.zone).astimezone(UTC)


def services(rooftop: Rooftop, *codes: str) -> list[OpCode]:
    return [OpCode.objects.get(rooftop=rooftop, code=code) for code in codes]


def book(
    rooftop: Rooftop,
    arrives_at: datetime,
    *codes: str,
    customer: str = "Maria",
    key: str | None = None,
    now: datetime = SATURDAY,
) -> Appointment:
    who = Customer.objects.get(rooftop=rooftop, first_name=customer)
    vehicle = who.vehicles.first()
    assert isinstance(vehicle, Vehicle)
    return booking.book(
        rooftop,
        who,
        vehicle,
        services(rooftop, *(codes or ("SI",))),
        arrives_at,
        actor="test",
        source=Appointment.Source.STAFF,
        idempotency_key=key,
        now=now,
    )


def refusal(action: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        action()
    return caught.value


def test_a_booking_writes_lines_work_history_and_a_number(otto: Rooftop) -> None:
    appointment = book(otto, at(otto, 9), "LOF", "BRKI")
    assert appointment.confirmation_number.isdigit()
    assert len(appointment.confirmation_number) == 6
    assert [line.op_code.code for line in appointment.lines.all()] == ["LOF", "BRKI"]
    work = list(appointment.allocations.filter(kind="work"))
    assert work[0].starts_at == at(otto, 9, 15)
    assert work[0].ends_at == work[1].starts_at
    assert appointment.ready_at == work[-1].ends_at
    assert appointment.events.get().what == "booked for Tuesday, November 24, 9:00 AM"


def test_the_second_wish_for_the_only_lane_is_refused_by_name(otto: Rooftop) -> None:
    first = book(otto, at(otto, 9))
    refused = refusal(lambda: book(otto, at(otto, 9), customer="James"))
    assert refused.code == "slot_taken"
    assert first.confirmation_number in refused.sentence
    assert "Maria Lopez" in refused.sentence
    assert Appointment.objects.count() == 1


def test_a_repeated_key_returns_what_it_first_wrote(otto: Rooftop) -> None:
    first = book(otto, at(otto, 9), key="call-1")
    assert book(otto, at(otto, 9), key="call-1").pk == first.pk
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("day", "hour", "code"),
    [
        (date(2026, 11, 21), 10, "too_soon"),
        (date(2027, 3, 1), 9, "beyond_horizon"),
        (date(2026, 11, 22), 9, "closed"),
        (date(2026, 11, 26), 9, "closed"),
        (TUESDAY, 17, "closed"),
    ],
)
def test_what_the_store_cannot_keep_is_refused_with_its_reason(
    otto: Rooftop, day: date, hour: int, code: str
) -> None:
    refused = refusal(lambda: book(otto, at(otto, hour, 15, day)))
    assert refused.code == code
    assert Appointment.objects.count() == 0


def test_a_booking_needs_a_service(otto: Rooftop) -> None:
    maria = Customer.objects.get(first_name="Maria")
    vehicle = maria.vehicles.get()
    refused = refusal(
        lambda: booking.book(otto, maria, vehicle, [], at(otto, 9), actor="t", source="staff", now=SATURDAY)
    )
    assert refused.code == "no_service"


def test_moving_keeps_row_and_number_and_frees_the_old_time(otto: Rooftop) -> None:
    appointment = book(otto, at(otto, 9))
    moved = booking.reschedule(
        appointment, at(otto, 14), actor="Dana", now=SATURDAY, version=appointment.version
    )
    assert (moved.pk, moved.confirmation_number) == (appointment.pk, appointment.confirmation_number)
    assert moved.version == appointment.version + 1
    assert [event.actor for event in moved.events.all()] == ["test", "Dana"]
    book(otto, at(otto, 9), customer="James")


def test_moving_by_a_quarter_of_an_hour_does_not_clash_with_itself(otto: Rooftop) -> None:
    appointment = book(otto, at(otto, 9))
    assert booking.reschedule(appointment, at(otto, 9, 15), actor="t", now=SATURDAY).arrives_at == at(
        otto, 9, 15
    )


def test_a_move_onto_a_taken_time_changes_nothing(otto: Rooftop) -> None:
    book(otto, at(otto, 9))
    other = book(otto, at(otto, 14), customer="James")
    assert (
        refusal(lambda: booking.reschedule(other, at(otto, 9), actor="t", now=SATURDAY)).code == "slot_taken"
    )
    other.refresh_from_db()
    assert other.arrives_at == at(otto, 14)
    assert other.allocations.get(kind="work").starts_at == at(otto, 14, 15)


def test_a_stale_version_is_refused(otto: Rooftop) -> None:
    appointment = book(otto, at(otto, 9))
    booking.reschedule(appointment, at(otto, 14), actor="t", now=SATURDAY)
    refused = refusal(
        lambda: booking.reschedule(appointment, at(otto, 15), actor="t", now=SATURDAY, version=1)
    )
    assert refused.code == "stale_version"


def test_cancelling_frees_everything_and_twice_is_once(otto: Rooftop) -> None:
    appointment = book(otto, at(otto, 9))
    cancelled = booking.cancel(appointment, reason="sold the car", actor="t", now=SATURDAY)
    assert (cancelled.status, cancelled.cancel_reason) == (Appointment.Status.CANCELLED, "sold the car")
    assert not Allocation.objects.exists()
    assert (
        booking.cancel(appointment, reason="again", actor="t", now=SATURDAY).cancel_reason == "sold the car"
    )
    assert (
        refusal(lambda: booking.reschedule(appointment, at(otto, 10), actor="t", now=SATURDAY)).code
        == "not_active"
    )


def test_a_closure_made_after_the_offer_still_wins(otto: Rooftop) -> None:
    Closure.objects.create(rooftop=otto, starts_at=at(otto, 8), ends_at=at(otto, 12), reason="Flood")
    assert refusal(lambda: book(otto, at(otto, 9))).code == "closed"


def test_the_constraint_refuses_an_overlap_that_nobody_checked(otto: Rooftop) -> None:
    appointment = book(otto, at(otto, 9))
    work = appointment.allocations.get(kind="work")
    for shift, is_allowed in ((timedelta(minutes=5), False), (work.ends_at - work.starts_at, True)):
        row = Allocation(
            rooftop=otto,
            appointment=appointment,
            technician=work.technician,
            bay=work.bay,
            starts_at=work.starts_at + shift,
            ends_at=work.ends_at + shift,
        )
        if is_allowed:
            row.save()
            continue
        with pytest.raises(IntegrityError, match="double_booked"), transaction.atomic():
            row.save()


@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
def test_of_many_callers_at_once_exactly_one_gets_the_last_opening() -> None:
    otto = make_demo_store()
    names = ("Maria", "James", "Susan", "Grace", "Carlos", "Emily")
    start = threading.Barrier(len(names))
    outcomes: list[str] = []

    def want(name: str) -> None:
        start.wait()
        try:
            book(otto, at(otto, 9), customer=name)
            outcomes.append("booked")
        except Refusal as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    callers = [threading.Thread(target=want, args=(name,)) for name in names]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(outcomes) == ["booked"] + ["slot_taken"] * (len(names) - 1)
    assert Appointment.objects.count() == 1
    assert Allocation.objects.filter(kind="work").count() == 1


def test_a_move_onto_a_day_on_which_the_vehicle_comes_anyway_is_refused(otto: Rooftop) -> None:
    book(otto, at(otto, 9))
    other = book(otto, at(otto, 9, day=date(2026, 11, 25)))
    refused = refusal(lambda: booking.reschedule(other, at(otto, 14), actor="t", now=SATURDAY))
    assert refused.code == "already_booked_that_day"


def test_a_no_show_is_judged_by_the_time_to_which_it_was_moved_meanwhile(otto: Rooftop) -> None:
    seen = book(otto, at(otto, 9))
    booking.reschedule(seen, at(otto, 14), actor="t", now=SATURDAY)
    refused = refusal(lambda: booking.no_show(seen, actor="t", now=at(otto, 10)))
    assert refused.code == "too_soon"
    assert seen.allocations.exists()


def test_time_off_is_refused_while_cars_that_are_left_need_the_hours(otto: Rooftop) -> None:
    """Only one technician inspects; the day is full of inspections without an hour."""
    inspector = otto.technicians.get(skills__contains=["inspection"])
    for name in ("Maria", "James", "Susan", "Grace"):
        who = Customer.objects.get(rooftop=otto, first_name=name)
        vehicle = who.vehicles.first()
        assert vehicle
        booking.book(
            otto,
            who,
            vehicle,
            services(otto, "SI"),
            at(otto, 8, 15),
            actor="t",
            source="staff",
            transport="key_drop",
            now=SATURDAY,
        )
    afternoon = (at(otto, 10), at(otto, 18))
    refused = refusal(
        lambda: closing.block(otto, *afternoon, reason="dentist", technician=inspector, now=SATURDAY)
    )
    assert refused.code == "slot_taken"
    closing.block(otto, at(otto, 16), at(otto, 18), reason="dentist", technician=inspector, now=SATURDAY)


def test_a_vehicle_that_is_here_is_not_moved_to_another_time(otto: Rooftop) -> None:
    appointment = booking.check_in(book(otto, at(otto, 9)), actor="t", now=SATURDAY)
    refused = refusal(lambda: booking.reschedule(appointment, at(otto, 14), actor="t", now=SATURDAY))
    assert refused.code == "wrong_status"
