"""Holds, drop-offs, statuses, closures and blocks, through the one door on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission, User

from crm.models import Customer, FollowUpTask, RepairOrder, Rooftop, Vehicle
from scheduling import booking, closing
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    Demand,
    Hold,
    OpCode,
    Technician,
    Transport,
    TransportOption,
    WaitlistEntry,
)
from scheduling.refusals import Refusal
from tests.factories import SATURDAY, make_demo_store

TUESDAY = date(2026, 11, 24)
Status = Appointment.Status


@pytest.fixture
def otto(db: None) -> Rooftop:
    return make_demo_store()


def at(rooftop: Rooftop, hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), rooftop.zone).astimezone(UTC)


def services(rooftop: Rooftop, *codes: str) -> list[OpCode]:
    return [OpCode.objects.get(rooftop=rooftop, code=code) for code in codes]


def book(
    rooftop: Rooftop, arrives_at: datetime, *codes: str, name: str = "Maria", **more: object
) -> Appointment:
    customer = Customer.objects.get(rooftop=rooftop, first_name=name)
    vehicle = customer.vehicles.first()
    assert isinstance(vehicle, Vehicle)
    return booking.book(
        rooftop,
        customer,
        vehicle,
        services(rooftop, *(codes or ("SI",))),
        arrives_at,
        actor="test",
        source=Appointment.Source.STAFF,
        now=SATURDAY,
        **more,  # type: ignore[arg-type]
    )


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        action()
    return caught.value.code


# --- transport ----------------------------------------------------------------------------


def test_who_waits_takes_a_bay_and_who_leaves_the_car_takes_hours(otto: Rooftop) -> None:
    waits = book(otto, at(otto, 9), "LOF")
    leaves = book(otto, at(otto, 9), "BRKF", name="James")
    assert (waits.transport, leaves.transport) == (Transport.WAITER, Transport.DROP_OFF)
    assert waits.allocations.filter(kind="work").count() == 1
    assert not leaves.allocations.filter(kind="work").exists()
    demand = leaves.demands.get()
    assert (demand.day, demand.skill, demand.minutes) == (TUESDAY, "general", 130)
    assert leaves.ready_at == at(otto, 18)


def test_two_write_ups_at_once_go_to_different_advisors(otto: Rooftop) -> None:
    first = book(otto, at(otto, 9), "LOF")
    second = book(otto, at(otto, 9), "BRKI", name="James")
    assert first.advisor is not None
    assert second.advisor is not None
    assert first.advisor != second.advisor


def test_two_may_wait_in_half_an_hour_and_the_third_is_told(otto: Rooftop) -> None:
    book(otto, at(otto, 9), "LOF")
    book(otto, at(otto, 9, 15), "BRKI", name="James")
    assert code_of(lambda: book(otto, at(otto, 9, 15), "SI", name="Susan")) == "transport_full"
    assert book(otto, at(otto, 9, 15), "SI", name="Susan", transport="drop_off").transport == "drop_off"


def test_a_loaner_is_taken_with_the_visit_and_given_back_with_it(otto: Rooftop) -> None:
    otto.loaners.exclude(pk=otto.loaners.earliest("pk").pk).delete()
    TransportOption.objects.filter(rooftop=otto, kind="loaner").update(per_day=None)
    visit = book(otto, at(otto, 9), transport="loaner")
    assert visit.allocations.filter(kind="loan").count() == 1
    assert code_of(lambda: book(otto, at(otto, 10), name="James", transport="loaner")) == "transport_full"
    booking.cancel(visit, reason="x", actor="test", now=SATURDAY)
    assert book(otto, at(otto, 10), name="James", transport="loaner").is_active


@pytest.mark.parametrize("transport", ["pickup", "teleport"])
def test_a_way_to_go_on_that_the_store_does_not_offer_is_refused(otto: Rooftop, transport: str) -> None:
    with pytest.raises(Refusal) as caught:
        book(otto, at(otto, 9), transport=transport)
    assert caught.value.code == "not_offered"
    assert "Choose one of: " in caught.value.sentence
    assert "shuttle" in caught.value.sentence.lower()


def test_nobody_waits_for_what_takes_too_long(otto: Rooftop) -> None:
    assert code_of(lambda: book(otto, at(otto, 9), "BRKF", transport="waiter")) == "cannot_wait"
    long, day = services(otto, "BRKF"), (TUESDAY, TUESDAY)
    assert not booking.openings(otto, long, *day, now=SATURDAY, transport="waiter")
    assert booking.openings(otto, long, *day, now=SATURDAY)


def test_who_did_not_come_twice_in_a_year_gets_no_loaner(otto: Rooftop) -> None:
    for day in (25, 27):
        visit = book(otto, at(otto, 9, day=date(2026, 11, day)))
        booking.no_show(visit, actor="Dana", now=at(otto, 10, day=date(2026, 11, day)))
        if day == 25:
            booking.cancel(book(otto, at(otto, 9), transport="loaner"), reason="x", actor="t", now=SATURDAY)
    assert code_of(lambda: book(otto, at(otto, 9), transport="loaner")) == "no_loaner"
    Appointment.objects.update(arrives_at=at(otto, 9, day=date(2025, 11, 1)))
    Appointment.objects.update(ready_at=at(otto, 10, day=date(2025, 11, 1)))
    assert book(otto, at(otto, 9), transport="loaner").is_active


def test_a_store_that_is_open_over_midnight_offers_the_end_of_its_night(otto: Rooftop) -> None:
    otto.opening_hours.filter(weekday=1).update(
        opens=time(20), closes=time(4), first_arrival=time(20), last_arrival=time(2)
    )
    for person in otto.technicians.all():
        person.shifts.filter(weekday=1).delete()
        person.shifts.create(weekday=1, starts=time(20), ends=time(4))
    wednesday = date(2026, 11, 25)
    slots = booking.openings(otto, services(otto, "SI"), wednesday, wednesday, now=SATURDAY)
    assert at(otto, 1, day=wednesday) in [slot.arrives_at for slot in slots]
    taken = book(otto, at(otto, 1, day=wednesday))
    slots = booking.openings(otto, services(otto, "SI"), wednesday, wednesday, now=SATURDAY)
    assert taken.arrives_at not in [slot.arrives_at for slot in slots]


def test_drop_offs_fill_a_day_and_no_further(otto: Rooftop) -> None:
    for name in ("Maria", "James", "Susan", "David", "Grace", "Carlos", "Emily", "Alan"):
        try:
            book(otto, at(otto, 8), "M60", name=name, transport="key_drop")
        except Refusal as refused:
            assert refused.code == "slot_taken"
            break
    else:
        pytest.fail("eight four-hour services fitted into one day of three technicians")
    promised = sum(Demand.objects.filter(day=TUESDAY).values_list("minutes", flat=True))
    # Hank, Lena and Omar: eight hours each, 85 % of them.
    assert promised <= 3 * 8 * 60 * 0.85 < promised + 250


def test_carried_over_work_counts_against_the_day(otto: Rooftop) -> None:
    Demand.objects.create(rooftop=otto, day=TUESDAY, skill="general", minutes=1200)
    assert code_of(lambda: book(otto, at(otto, 8), "M30")) == "slot_taken"


def test_an_included_service_takes_no_time(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9), "LOF", "MPI")
    assert [line.minutes for line in visit.lines.order_by("pk")] == [45, 0]
    assert visit.ready_at == at(otto, 9, 15) + timedelta(minutes=62)  # 55 minutes at proficiency 0.9


def test_diagnoses_are_four_a_day(otto: Rooftop) -> None:
    for name, hour in (("Maria", 8), ("James", 9), ("Susan", 10), ("Grace", 11)):
        book(otto, at(otto, hour, 30), "DIAG", name=name, transport="drop_off")
    assert (
        code_of(lambda: book(otto, at(otto, 14), "DIAG", name="Emily", transport="drop_off")) == "slot_taken"
    )


# --- holds --------------------------------------------------------------------------------


def test_a_hold_keeps_the_opening_for_its_caller_only(otto: Rooftop) -> None:
    booking.hold(otto, services(otto, "SI"), at(otto, 9), key="call-1", now=SATURDAY)
    assert code_of(lambda: book(otto, at(otto, 9), name="James")) == "slot_taken"
    assert book(otto, at(otto, 9), held="call-1").is_active
    assert not Hold.objects.exists()


def test_a_hold_expires_and_is_swept_by_the_next_write(otto: Rooftop) -> None:
    booking.hold(otto, services(otto, "SI"), at(otto, 9), key="call-1", now=SATURDAY - timedelta(minutes=4))
    assert at(otto, 9) in [
        s.arrives_at for s in booking.openings(otto, services(otto, "SI"), TUESDAY, TUESDAY, now=SATURDAY)
    ]
    assert book(otto, at(otto, 9), name="James").is_active
    assert not Hold.objects.exists()


def test_a_hold_ends_after_exactly_three_minutes(otto: Rooftop) -> None:
    def is_open(now: datetime) -> bool:
        slots = booking.openings(otto, services(otto, "SI"), TUESDAY, TUESDAY, now=now)
        return at(otto, 9) in [slot.arrives_at for slot in slots]

    held = booking.hold(otto, services(otto, "SI"), at(otto, 9), key="call-1", now=SATURDAY)
    end = SATURDAY + timedelta(minutes=3)
    assert held.expires_at == end
    assert not is_open(end - timedelta(microseconds=1))
    assert is_open(end)


def test_a_second_hold_with_the_same_key_moves_it(otto: Rooftop) -> None:
    for hour in (9, 14):
        booking.hold(otto, services(otto, "SI"), at(otto, hour), key="call-1", now=SATURDAY)
    assert Hold.objects.get().arrives_at == at(otto, 14)
    assert book(otto, at(otto, 9)).is_active


def test_a_hold_counts_as_a_drop_off_too(otto: Rooftop) -> None:
    Demand.objects.create(rooftop=otto, day=TUESDAY, skill="general", minutes=900)
    booking.hold(otto, services(otto, "M60"), at(otto, 8), key="call-1", now=SATURDAY)
    assert code_of(lambda: book(otto, at(otto, 8, 15), "M60")) == "slot_taken"


# --- the day ------------------------------------------------------------------------------


def test_from_confirmed_to_completed_with_a_repair_order(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9))
    assert booking.confirm(visit, actor="phone desk", now=SATURDAY).status == Status.CONFIRMED
    checked_in = booking.check_in(visit, actor="Dana", now=at(otto, 9))
    order = RepairOrder.objects.get()
    assert (checked_in.status, checked_in.repair_order) == (Status.CHECKED_IN, order)
    assert booking.complete(visit, actor="Dana", now=at(otto, 12)).status == Status.COMPLETED
    order.refresh_from_db()
    assert (order.status, order.closed_at) == (RepairOrder.Status.CLOSED, at(otto, 12))
    assert [event.what for event in visit.events.all()][1:] == ["confirmed", "checked in", "completed"]


def test_who_is_done_early_frees_the_rest_of_the_time(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9), "LOF", "BRKI", transport="waiter")
    booking.check_in(visit, actor="Dana", now=at(otto, 9))
    booking.complete(visit, actor="Dana", now=at(otto, 9, 40))
    assert max(visit.allocations.values_list("ends_at", flat=True)) == at(otto, 9, 40)
    assert not visit.allocations.filter(starts_at__gte=at(otto, 9, 40)).exists()


def test_a_loaner_is_back_when_the_visit_is_completed(otto: Rooftop) -> None:
    otto.loaners.exclude(pk=otto.loaners.earliest("pk").pk).delete()
    visit = book(otto, at(otto, 9), transport="loaner")
    booking.check_in(visit, actor="Dana", now=at(otto, 9))
    booking.complete(visit, actor="Dana", now=at(otto, 12))
    assert book(otto, at(otto, 14), name="James", transport="loaner").is_active


def test_a_car_that_is_here_can_be_taken_away_until_work_begins(otto: Rooftop) -> None:
    visit = booking.check_in(book(otto, at(otto, 9)), actor="Dana", now=at(otto, 9))
    RepairOrder.objects.update(status="in_work")
    begun = code_of(lambda: booking.cancel(visit, reason="x", actor="Dana", now=at(otto, 9, 20)))
    assert begun == "wrong_status"
    RepairOrder.objects.update(status="checked_in")
    booking.cancel(visit, reason="x", actor="Dana", now=at(otto, 9, 20))
    order = RepairOrder.objects.get()
    assert (order.status, order.closed_at) == ("closed", at(otto, 9, 20))


def test_a_number_that_staff_gave_to_another_order_stands_in_nobodys_way(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9))
    staffs = RepairOrder.objects.create(
        rooftop=otto,
        number=f"R{visit.confirmation_number}",
        customer=visit.customer,
        vehicle=visit.vehicle,
    )
    checked_in = booking.check_in(visit, actor="Dana", now=at(otto, 9))
    assert checked_in.repair_order
    assert checked_in.repair_order.number == f"{staffs.number}-2"


def test_a_visit_that_was_moved_meanwhile_is_checked_in_and_completed_as_it_is_now(otto: Rooftop) -> None:
    seen = book(otto, at(otto, 9))
    booking.reschedule(seen, at(otto, 14), actor="phone desk", now=SATURDAY)
    here = booking.check_in(seen, actor="Dana", now=at(otto, 14))
    assert here.repair_order
    assert (here.arrives_at, here.version) == (at(otto, 14), 3)
    assert here.repair_order.promised_at == here.ready_at
    done = booking.complete(seen, actor="Dana", now=at(otto, 16))
    assert (done.status, done.version) == (Status.COMPLETED, 4)


def test_a_status_is_reached_once_and_only_from_where_it_may(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9))
    booking.check_in(visit, actor="Dana", now=at(otto, 9))
    booking.check_in(visit, actor="Dana", now=at(otto, 9))
    assert RepairOrder.objects.count() == 1
    assert code_of(lambda: booking.confirm(visit, actor="Dana", now=at(otto, 9))) == "wrong_status"
    assert code_of(lambda: booking.no_show(visit, actor="Dana", now=at(otto, 10))) == "wrong_status"


def test_a_no_show_frees_the_bay_after_half_an_hour_and_is_followed_up(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9))
    assert code_of(lambda: booking.no_show(visit, actor="Dana", now=at(otto, 9, 20))) == "too_soon"
    booking.no_show(visit, actor="Dana", now=at(otto, 9, 31))
    assert not Allocation.objects.exists()
    assert FollowUpTask.objects.get().kind == FollowUpTask.Kind.OUTREACH


def test_the_same_vehicle_comes_once_a_day(otto: Rooftop) -> None:
    first = book(otto, at(otto, 9))
    with pytest.raises(Refusal) as caught:
        book(otto, at(otto, 14))
    assert caught.value.code == "already_booked_that_day"
    assert first.confirmation_number in caught.value.sentence


def wait_for(otto: Rooftop, name: str, *codes: str) -> None:
    customer = Customer.objects.get(rooftop=otto, first_name=name)
    entry = WaitlistEntry.objects.create(
        rooftop=otto,
        customer=customer,
        vehicle=customer.vehicles.earliest("pk"),
        first_day=TUESDAY,
        last_day=TUESDAY,
    )
    entry.op_codes.set(services(otto, *codes))


def test_hours_that_come_free_make_a_task_for_the_first_who_could_use_them(otto: Rooftop) -> None:
    """Susan waits longest, but the alignment rack is out of order."""
    visit = book(otto, at(otto, 9))
    rack = Bay.objects.get(rooftop=otto, bay_type="alignment")
    closing.block(otto, at(otto, 7), at(otto, 18), reason="broken", now=SATURDAY, bay=rack)
    wait_for(otto, "Susan", "SI", "ALGN")
    wait_for(otto, "James", "TROT")
    booking.cancel(visit, reason="x", actor="test", now=SATURDAY)
    task = FollowUpTask.objects.get()
    assert (task.kind, str(task.customer)[:5]) == (FollowUpTask.Kind.WAITLIST, "James")


def test_hours_that_are_over_are_offered_to_nobody(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 15, 30))
    wait_for(otto, "James", "SI")
    booking.cancel(visit, reason="x", actor="test", now=at(otto, 16))
    assert not FollowUpTask.objects.exists()


# --- the store's own time -----------------------------------------------------------------


def test_a_closure_lists_who_is_affected_makes_their_tasks_and_wins_over_a_hold(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 9))
    booking.hold(otto, services(otto, "LOF"), at(otto, 10), key="call-1", now=SATURDAY)
    _, affected = closing.close_store(otto, at(otto, 8), at(otto, 12), reason="Flood", now=SATURDAY)
    assert affected == [visit]
    assert FollowUpTask.objects.get().kind == FollowUpTask.Kind.CONFLICT
    visit.refresh_from_db()
    assert visit.is_active
    assert code_of(lambda: book(otto, at(otto, 10), "LOF", name="James", held="call-1")) == "closed"


def test_a_bay_and_a_technician_can_be_taken_out_unless_somebody_is_on_it(otto: Rooftop) -> None:
    lane = Bay.objects.get(rooftop=otto, bay_type="inspection")
    closing.block(otto, at(otto, 13), at(otto, 18), reason="lift service", now=SATURDAY, bay=lane)
    assert code_of(lambda: book(otto, at(otto, 14))) == "slot_taken"
    visit = book(otto, at(otto, 9))
    omar = Technician.objects.get(rooftop=otto, name="Omar Haddad")
    with pytest.raises(Refusal, match=visit.confirmation_number):
        closing.block(otto, at(otto, 8), at(otto, 11), reason="dentist", now=SATURDAY, technician=omar)
    booking.cancel(visit, reason="x", actor="test", now=SATURDAY)
    closing.block(otto, at(otto, 8), at(otto, 11), reason="dentist", now=SATURDAY, technician=omar)
    assert code_of(lambda: book(otto, at(otto, 9))) == "slot_taken"


def test_only_a_person_with_the_permission_books_beyond_capacity(otto: Rooftop) -> None:
    book(otto, at(otto, 9))
    dana = User.objects.create_user("dana")
    attempt = {"name": "James", "overbook_reason": "promised by the owner", "by": dana}
    assert code_of(lambda: book(otto, at(otto, 9), **attempt)) == "not_allowed"  # type: ignore[arg-type]
    dana.user_permissions.add(Permission.objects.get(codename="overbook"))
    attempt["by"] = User.objects.get(pk=dana.pk)
    visit = book(otto, at(otto, 9), **attempt)  # type: ignore[arg-type]
    assert visit.overbook_reason == "promised by the owner"
    assert not visit.allocations.exists()
    assert "beyond capacity" in visit.events.get().what


# --- keys -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hour", "for_day"), [(22, 20, 23), (23, 22, 24), (24, 3, 24), (24, 17, 25), (25, 20, 27)]
)
def test_keys_are_dropped_at_any_hour_for_the_next_day_that_is_open(
    otto: Rooftop, day: int, hour: int, for_day: int
) -> None:
    """The 22nd is a Sunday, the 26th Thanksgiving."""
    visit = book(otto, at(otto, hour, day=date(2026, 11, day)), transport="key_drop")
    assert visit.demands.get().day == date(2026, 11, for_day)
    assert visit.ready_at == at(otto, 18, day=date(2026, 11, for_day))


def test_keys_of_the_night_count_with_those_of_their_day(otto: Rooftop) -> None:
    TransportOption.objects.filter(rooftop=otto, kind="key_drop").update(per_day=1)
    book(otto, at(otto, 22, day=date(2026, 11, 23)), transport="key_drop")
    assert code_of(lambda: book(otto, at(otto, 9), name="James", transport="key_drop")) == "transport_full"
    assert code_of(lambda: book(otto, at(otto, 3), name="James", transport="key_drop")) == "transport_full"
    assert book(otto, at(otto, 17), name="James", transport="key_drop").is_active


def test_who_drops_keys_at_night_is_missed_when_the_store_has_opened(otto: Rooftop) -> None:
    visit = book(otto, at(otto, 22, day=date(2026, 11, 23)), transport="key_drop")
    assert code_of(lambda: booking.no_show(visit, actor="Dana", now=at(otto, 7, 29))) == "too_soon"
    assert booking.no_show(visit, actor="Dana", now=at(otto, 7, 30)).status == Status.NO_SHOW


# --- hours that are over ------------------------------------------------------------------


def test_cars_that_come_late_are_not_promised_the_hours_before_them(otto: Rooftop) -> None:
    """The only inspector has 75 minutes after 15:45: one inspection of 55, not four."""
    book(otto, at(otto, 15, 30), name="Maria", transport="drop_off")
    late = [("James", 15, 30), ("Susan", 15, 45), ("Grace", 15, 45)]
    for name, hour, minute in late:
        wish = (otto, at(otto, hour, minute))
        assert code_of(lambda w=wish, n=name: book(*w, name=n, transport="drop_off")) == "slot_taken"  # type: ignore[misc]
    assert book(otto, at(otto, 9), name="James", transport="drop_off").is_active


def test_who_waits_does_not_take_the_hour_that_a_late_car_needs(otto: Rooftop) -> None:
    book(otto, at(otto, 15, 30), name="Maria", transport="drop_off")
    assert code_of(lambda: book(otto, at(otto, 15, 45), name="James")) == "slot_taken"
    assert book(otto, at(otto, 14, 15), name="James").is_active


def test_the_hours_that_a_late_car_needs_are_not_taken_out(otto: Rooftop) -> None:
    book(otto, at(otto, 15, 30), transport="drop_off")
    omar = Technician.objects.get(rooftop=otto, name="Omar Haddad")
    afternoon = (at(otto, 16), at(otto, 17))
    refused = code_of(
        lambda: closing.block(otto, *afternoon, reason="dentist", now=SATURDAY, technician=omar)
    )
    assert refused == "slot_taken"
    assert closing.block(otto, at(otto, 8), at(otto, 12), reason="dentist", now=SATURDAY, technician=omar).pk


def test_a_day_that_closes_too_early_for_what_it_has_promised_takes_nothing_more(otto: Rooftop) -> None:
    """The inspection at 15:30 cannot be worked any more; until somebody has moved it, people decide."""
    book(otto, at(otto, 15, 30), name="Maria", transport="drop_off")
    closing.close_store(otto, at(otto, 16), at(otto, 23), reason="Storm", now=SATURDAY)
    for transport in ("drop_off", "waiter"):
        wish = {"name": "James", "transport": transport}
        assert code_of(lambda w=wish: book(otto, at(otto, 9), **w)) == "slot_taken"  # type: ignore[misc]
