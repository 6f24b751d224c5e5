"""The one door for appointments, on PostgreSQL."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest
from django.db import connection

from crm.models import Customer, Rooftop, Vehicle
from scheduling import booking, closing
from scheduling.models import Allocation, Appointment, Closure, OpCode, Transport, TransportOption
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


def test_a_key_of_a_visit_that_is_cancelled_books_again(otto: Rooftop) -> None:
    first = book(otto, at(otto, 9), key="call-1")
    booking.cancel(first, reason="x", actor="t", now=SATURDAY)
    second = book(otto, at(otto, 9), key="call-1")
    assert second.pk != first.pk
    assert second.is_active
    assert book(otto, at(otto, 9), key="call-1").pk == second.pk


def test_a_key_may_be_of_any_length(otto: Rooftop) -> None:
    key = "call-1:" + "very long " * 30
    held = booking.hold(otto, services(otto, "SI"), at(otto, 9), key=key, now=SATURDAY)
    first = booking.book(
        otto,
        who := Customer.objects.get(first_name="Maria"),
        who.vehicles.get(),
        services(otto, "SI"),
        at(otto, 9),
        actor="t",
        source="staff",
        idempotency_key=key,
        held=key,
        now=SATURDAY,
    )
    assert held.arrives_at == first.arrives_at
    assert book(otto, at(otto, 9), key=key).pk == first.pk
    assert book(otto, at(otto, 14), customer="James", key=key + "!").pk != first.pk


def test_a_hold_needs_a_service(otto: Rooftop) -> None:
    assert (
        refusal(lambda: booking.hold(otto, [], at(otto, 9), key="call-1", now=SATURDAY)).code == "no_service"
    )


def test_the_same_move_asked_for_twice_moves_once(otto: Rooftop) -> None:
    seen = book(otto, at(otto, 9))
    for _ in range(2):
        moved = booking.reschedule(seen, at(otto, 14), actor="t", now=SATURDAY, version=seen.version)
        assert (moved.arrives_at, moved.version) == (at(otto, 14), seen.version + 1)
    booking.reschedule(moved, at(otto, 15), actor="Dana", now=SATURDAY)
    again = refusal(lambda: booking.reschedule(seen, at(otto, 14), actor="t", now=SATURDAY, version=1))
    assert again.code == "stale_version"


def test_a_move_may_change_how_they_go_on_meanwhile_also_at_the_same_time(otto: Rooftop) -> None:
    seen = book(otto, at(otto, 9))
    assert seen.transport == Transport.WAITER
    for _ in range(2):
        moved = booking.reschedule(seen, at(otto, 9), transport="loaner", actor="t", now=SATURDAY)
        assert (moved.transport, moved.arrives_at, moved.version) == ("loaner", at(otto, 9), seen.version + 1)
    assert moved.allocations.filter(kind=Allocation.Kind.LOAN).count() == 1
    assert any("loaner" in event.what for event in moved.events.all())
    back = booking.reschedule(moved, at(otto, 14), transport="drop_off", actor="t", now=SATURDAY)
    assert not back.allocations.filter(kind=Allocation.Kind.LOAN).exists()
    back.refresh_from_db()
    assert back.transport == Transport.DROP_OFF


def test_a_store_books_its_own_customers_vehicles_and_services_only(otto: Rooftop) -> None:
    bart = Rooftop.objects.exclude(pk=otto.pk).get(name__startswith="Bart")
    maria = Customer.objects.get(rooftop=otto, first_name="Maria")
    car = maria.vehicles.get()
    foreign = OpCode.objects.get(rooftop=bart, code="SI")
    theirs = Customer.objects.filter(rooftop=bart).first() or Customer.objects.create(rooftop=bart)
    for store, who, item in ((bart, maria, foreign), (otto, maria, foreign), (otto, theirs, None)):
        wish = (store, who, car, [item] if item else services(otto, "SI"), at(otto, 9))
        assert (
            refusal(lambda w=wish: booking.book(*w, actor="t", source="staff", now=SATURDAY)).code  # type: ignore[misc]
            == "wrong_store"
        )
    bay = bart.bays.first()
    closed = refusal(
        lambda: closing.block(otto, at(otto, 9), at(otto, 10), reason="x", now=SATURDAY, bay=bay)
    )
    assert closed.code == "wrong_store"


def test_a_block_says_what_it_takes_and_ends_after_it_starts(otto: Rooftop) -> None:
    bay = otto.bays.first()
    span = (at(otto, 9), at(otto, 10))
    assert refusal(lambda: closing.block(otto, *span, reason="x", now=SATURDAY)).code == "wrong_span"
    for action in (
        lambda: closing.block(otto, *span[::-1], reason="x", now=SATURDAY, bay=bay),
        lambda: closing.close_store(otto, *span[::-1], reason="x", now=SATURDAY),
    ):
        assert refusal(action).sentence == "The end must be after the start."


@pytest.mark.parametrize(
    ("transport", "said"),
    [("waiter", "no more customers who wait can be taken"), ("loaner", "customers who need a loaner")],
)
def test_a_full_transport_is_named_as_people_say_it(otto: Rooftop, transport: str, said: str) -> None:
    TransportOption.objects.filter(rooftop=otto, kind=transport).update(per_day=0)
    who = Customer.objects.get(first_name="Maria")
    wish = (otto, who, who.vehicles.get(), services(otto, "LOF"), at(otto, 9))
    refused = refusal(
        lambda: booking.book(*wish, actor="t", source="staff", transport=transport, now=SATURDAY)
    )
    assert said in refused.sentence
