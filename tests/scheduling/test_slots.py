"""Openings from facts, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.capacity import is_feasible
from scheduling.lane import (
    Arrival,
    BayFacts,
    DayRule,
    Lane,
    Taken,
    TechnicianFacts,
    TransportRule,
    to_utc,
)
from scheduling.offers import choose_offers
from scheduling.slots import (
    SETUP_MINUTES,
    WRITE_UP,
    Slot,
    Step,
    Visit,
    chain,
    open_slots,
    slot_at,
)

ALBANY = ZoneInfo("America/New_York")
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
OIL = Step("express", frozenset({"express"}), 45)
BRAKES = Step("general", frozenset({"general"}), 45)
WEEK = tuple(DayRule(day, time(7), time(18), time(7, 15), time(16, 30)) for day in range(5))


def make_lane(**changes: Any) -> Lane:
    """One express technician, one general one, a bay each; both at lunch from twelve to one."""
    shifts = tuple(
        (day, *stretch) for day in range(7) for stretch in ((time(7), time(12)), (time(13), time(18)))
    )
    lane = Lane(
        zone=ALBANY,
        grid=timedelta(minutes=15),
        lead=timedelta(minutes=60),
        horizon_days=90,
        rules=WEEK,
        technicians=(
            TechnicianFacts(1, frozenset({"express"}), shifts),
            TechnicianFacts(2, frozenset({"general"}), shifts),
        ),
        bays=(BayFacts(10, "express"), BayFacts(20, "general")),
    )
    return replace(lane, **changes)


def taken(*spans: tuple[datetime, datetime]) -> Taken:
    """The express technician's time."""
    return Taken(technicians={1: list(spans)})


def visit(*steps: Step, transport: str = "waiter", codes: tuple[str, ...] = ()) -> Visit:
    return Visit(chain(steps), transport, codes)


def openings(lane: Lane, wish: Visit, day: date = TUESDAY, *, now: datetime = NOW) -> list[Slot]:
    return list(open_slots(wish, lane, day, day, now=now))


def ask(lane: Lane, wish: Visit, moment: datetime) -> Slot | str:
    day = lane.day(moment.astimezone(lane.zone).date())
    assert day is not None
    return slot_at(wish, day, moment)


def local(slot: Slot) -> time:
    return slot.arrives_at.astimezone(ALBANY).time()


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), ALBANY).astimezone(UTC)


def test_a_day_offers_its_grid_without_lunch_and_late_arrivals() -> None:
    times = [local(slot) for slot in openings(make_lane(), visit(OIL))]
    assert times[0] == time(7, 15)
    assert times[-1] == time(16, 30)
    # 55 minutes of work from 15 minutes after the arrival must end by noon or begin after one.
    assert time(10, 45) in times
    assert time(11, 0) not in times
    assert time(12, 45) in times


def test_a_visit_is_one_chain_with_setup_counted_once() -> None:
    steps = chain([OIL, OIL, BRAKES])
    assert [(step.skill, step.minutes) for step in steps] == [
        ("express", 90 + SETUP_MINUTES),
        ("general", 45),
    ]


def test_a_visit_without_a_service_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one service"):
        chain([])


def test_two_skills_are_done_one_after_the_other() -> None:
    slot = ask(make_lane(), visit(OIL, BRAKES), at(8))
    assert isinstance(slot, Slot)
    first, second = slot.work
    assert (first.technician_id, second.technician_id) == (1, 2)
    assert first.starts_at == at(8) + WRITE_UP
    assert first.ends_at == second.starts_at
    assert slot.ready_at == second.ends_at


def test_a_quick_technician_needs_less_time() -> None:
    lane = make_lane()
    quick = replace(lane.technicians[0], proficiency=1.25)
    slot = ask(replace(lane, technicians=(quick, lane.technicians[1])), visit(OIL), at(8))
    assert isinstance(slot, Slot)
    assert slot.ready_at == at(8) + WRITE_UP + timedelta(minutes=44)


def test_what_is_taken_is_not_offered_but_its_edges_are() -> None:
    lane = make_lane(taken=taken((at(9), at(10))))
    # 55 minutes: an arrival at 7:45 works from 8:00 to 8:55; at 8:00 it would run into 9:00.
    assert isinstance(ask(lane, visit(OIL), at(7, 45)), Slot)
    assert ask(lane, visit(OIL), at(8)) == "slot_taken"
    assert isinstance(ask(lane, visit(OIL), at(9, 45)), Slot)


def test_a_closed_afternoon_and_a_training_morning_are_respected() -> None:
    afternoon = make_lane(closures=((at(14), at(23)),))
    assert isinstance(ask(afternoon, visit(OIL), at(12, 45)), Slot)
    assert ask(afternoon, visit(OIL), at(13)) == "slot_taken"
    assert ask(afternoon, visit(OIL), at(14, 15)) == "closed"
    morning = make_lane(closures=((at(0), at(10)),))
    assert local(openings(morning, visit(OIL))[0]) == time(10)


def test_lead_time_and_horizon_bound_the_offers() -> None:
    assert local(openings(make_lane(), visit(OIL), now=at(9, 5))[0]) == time(10, 15)
    assert not openings(make_lane(), visit(OIL), TUESDAY + timedelta(days=120))


def test_nobody_with_the_skill_means_no_opening() -> None:
    alignment = visit(Step("alignment", frozenset({"general"}), 60))
    assert not openings(make_lane(), alignment)
    assert ask(make_lane(), alignment, at(9)) == "no_skill"


def test_a_single_arrival_a_day_is_one() -> None:
    rule = replace(WEEK[1], first_arrival=time(9), last_arrival=time(9))
    assert [local(slot) for slot in openings(make_lane(rules=(rule,)), visit(OIL))] == [time(9)]


def test_hours_hold_only_while_they_are_valid() -> None:
    winter = replace(WEEK[1], valid_to=TUESDAY - timedelta(days=1))
    summer = replace(WEEK[1], valid_from=TUESDAY, first_arrival=time(9))
    assert local(openings(make_lane(rules=(winter, summer)), visit(OIL))[0]) == time(9)


def test_hours_for_a_season_win_over_the_standing_ones_and_a_single_day_over_both() -> None:
    season = replace(
        WEEK[1], valid_from=date(2026, 11, 1), valid_to=date(2026, 12, 31), first_arrival=time(8)
    )
    single = replace(WEEK[1], valid_from=TUESDAY, valid_to=TUESDAY, opens=time(10), closes=time(14))
    single = replace(single, first_arrival=time(10), last_arrival=time(12))
    rules = (*WEEK, season, single)
    assert local(openings(make_lane(rules=rules), visit(OIL))[0]) == time(10)
    a_week_on = openings(make_lane(rules=rules), visit(OIL), TUESDAY + timedelta(days=7))
    assert local(a_week_on[0]) == time(8)


def test_time_off_takes_a_technician_out() -> None:
    spans = [(at(7), at(12))]
    lane = make_lane(taken=Taken(technicians={1: spans}, time_off={1: spans}))
    assert local(openings(lane, visit(OIL))[0]) == time(12, 45)


def test_a_write_up_needs_a_free_advisor() -> None:
    lane = make_lane(
        advisors=(7, 8), taken=Taken(advisors={7: [(at(9), at(9, 15))], 8: [(at(9), at(9, 15))]})
    )
    assert ask(lane, visit(OIL), at(9)) == "slot_taken"
    slot = ask(lane, visit(OIL), at(9, 15))
    assert isinstance(slot, Slot)
    assert slot.advisor_id in (7, 8)
    assert isinstance(ask(lane, visit(OIL, transport="key_drop"), at(9)), Slot)


# --- capacity and caps --------------------------------------------------------------------


def test_a_day_s_budget_leaves_the_reserve_for_walk_ins() -> None:
    # Of ten hours 85 % may be promised: 510 minutes.
    busy = [(at(7), at(12)), (at(13), at(16))]
    assert ask(make_lane(taken=taken(*busy)), visit(OIL), at(16)) == "slot_taken"
    assert isinstance(ask(make_lane(taken=taken((at(7), at(11)))), visit(OIL), at(15, 45)), Slot)


def test_drop_offs_are_promised_by_the_day_until_its_hours_are_full() -> None:
    big = visit(Step("express", frozenset({"express"}), 190), transport="drop_off")
    slot = ask(make_lane(), big, at(8))
    assert isinstance(slot, Slot)
    assert (slot.work, slot.demand, slot.ready_at) == ((), {"express": 200.0}, at(18))
    assert isinstance(ask(make_lane(demand={TUESDAY: {"express": 305.0}}), big, at(8)), Slot)
    assert ask(make_lane(demand={TUESDAY: {"express": 315.0}}), big, at(8)) == "slot_taken"


def test_a_late_drop_off_must_still_be_done_before_closing() -> None:
    big = visit(Step("express", frozenset({"express"}), 190), transport="drop_off")
    assert ask(make_lane(), big, at(15)) == "closed"


def test_who_waits_cannot_take_the_hours_promised_to_who_left_the_car() -> None:
    lane = make_lane(demand={TUESDAY: {"express": 470.0}})
    assert ask(lane, visit(OIL), at(9)) == "slot_taken"
    assert isinstance(ask(lane, visit(BRAKES), at(9)), Slot)


def test_a_technician_with_two_skills_counts_once() -> None:
    lane = make_lane()
    both = replace(lane.technicians[0], skills=frozenset({"express", "general"}))
    alone = replace(lane, technicians=(both,))
    wish = visit(Step("general", frozenset({"general"}), 190), transport="drop_off")
    assert isinstance(ask(alone, wish, at(8)), Slot)
    assert ask(replace(alone, demand={TUESDAY: {"express": 320.0}}), wish, at(8)) == "slot_taken"


def test_waiters_are_capped_by_the_half_hour() -> None:
    rules = {"waiter": TransportRule("waiter", per_half_hour=2)}
    two = (Arrival(at(9), "waiter"), Arrival(at(9, 15), "waiter"))
    assert ask(make_lane(transports=rules, arrivals=two), visit(OIL), at(9, 15)) == "transport_full"
    assert isinstance(ask(make_lane(transports=rules, arrivals=two), visit(OIL), at(9, 30)), Slot)


def test_the_shuttle_has_seats_and_leaves_without_latecomers() -> None:
    rules = {"shuttle": TransportRule("shuttle", departures=(time(8), time(9)), seats=1)}
    wish = visit(OIL, transport="shuttle")
    assert isinstance(ask(make_lane(transports=rules), wish, at(7, 45)), Slot)
    full = make_lane(transports=rules, arrivals=(Arrival(at(7, 30), "shuttle"),))
    assert ask(full, wish, at(7, 45)) == "transport_full"
    assert isinstance(ask(full, wish, at(8)), Slot)
    assert ask(make_lane(transports=rules), wish, at(9)) == "transport_full"


def test_a_loaner_is_one_of_the_pool() -> None:
    wish = visit(OIL, transport="loaner")
    slot = ask(make_lane(loaners=(3,)), wish, at(9))
    assert isinstance(slot, Slot)
    assert slot.loaner_id == 3
    assert (
        ask(make_lane(loaners=(3,), taken=Taken(loaners={3: [(at(8), at(10))]})), wish, at(9))
        == "transport_full"
    )


def test_a_service_with_a_cap_is_full_for_the_day() -> None:
    lane = make_lane(code_caps={"DIAG": 1}, arrivals=(Arrival(at(8), "waiter", ("DIAG",)),))
    assert not openings(lane, visit(OIL, codes=("DIAG",)))
    assert openings(lane, visit(OIL, codes=("LOF",)))


@settings(max_examples=200, deadline=None)
@given(
    demand=st.dictionaries(st.sampled_from("abc"), st.integers(0, 6), max_size=3),
    people=st.lists(
        st.tuples(st.frozensets(st.sampled_from("abc"), min_size=1), st.integers(0, 4)), max_size=3
    ),
)
def test_feasibility_agrees_with_trying_every_assignment(
    demand: dict[str, int], people: list[tuple[frozenset[str], int]]
) -> None:
    def can(left: dict[str, int], rest: list[tuple[frozenset[str], int]]) -> bool:
        if not any(left.values()):
            return True
        if not rest:
            return False
        (skills, minutes), *others = rest
        if minutes == 0:
            return can(left, others)
        tries = [skill for skill in skills if left.get(skill, 0) > 0]
        return can(left, others) or any(
            can({**left, skill: left[skill] - 1}, [(skills, minutes - 1), *others]) for skill in tries
        )

    assert is_feasible(demand, people) == can(dict(demand), people)


# --- clocks -------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)])
def test_a_night_when_the_clocks_change_offers_every_wall_time_once(day: date) -> None:
    lane = make_lane(rules=(DayRule(6, time(0), time(23, 59), time(0), time(6)),))
    person = replace(lane.technicians[0], shifts=((6, time(0), time(23, 59)),))
    wish = visit(Step("express", frozenset({"express"}), 20))
    now = datetime.combine(day - timedelta(days=2), time(12), ALBANY).astimezone(UTC)
    slots = openings(replace(lane, technicians=(person,)), wish, day, now=now)
    times = [local(slot) for slot in slots]
    assert len(times) == len(set(times))
    assert [slot.arrives_at for slot in slots] == sorted({slot.arrives_at for slot in slots})
    is_spring = day.month == 3
    assert (time(2, 30) in times) is not is_spring


def test_a_zone_without_summer_time_keeps_its_wall_clock() -> None:
    phoenix = ZoneInfo("America/Phoenix")
    assert to_utc(date(2027, 3, 14), time(2, 30), phoenix) == datetime(2027, 3, 14, 9, 30, tzinfo=UTC)
    assert to_utc(date(2027, 3, 14), time(2, 30), ALBANY) is None


def test_a_store_that_opens_over_midnight_keeps_its_night() -> None:
    lane = make_lane(rules=(DayRule(1, time(20), time(4), time(20), time(2)),))
    person = replace(lane.technicians[0], shifts=((1, time(20), time(4)),))
    slots = openings(replace(lane, technicians=(person,)), visit(OIL))
    assert slots[0].arrives_at == at(20)
    assert slots[-1].arrives_at == at(2, 0, TUESDAY + timedelta(days=1))
    assert len({slot.arrives_at for slot in slots}) == len(slots)


def test_what_is_open_on_a_day_begins_with_the_end_of_the_night_before() -> None:
    """Asked for Wednesday, a store that is open from Tuesday 20:00 until 4:00 still has 1:00."""
    lane = make_lane(rules=(DayRule(1, time(20), time(4), time(20), time(2)),))
    person = replace(lane.technicians[0], shifts=((1, time(20), time(4)),))
    slots = openings(replace(lane, technicians=(person,)), visit(OIL), TUESDAY + timedelta(days=1))
    assert [local(slot) for slot in slots][:2] == [time(0), time(0, 15)]
    assert local(slots[-1]) == time(2)


# --- offers -------------------------------------------------------------------------------


def test_offers_lie_in_different_half_days() -> None:
    offers = choose_offers(openings(make_lane(), visit(OIL)), ALBANY)
    assert len(offers) == 3
    assert local(offers[0]) < time(12) <= local(offers[-1])


def test_offers_come_nearest_to_a_wished_time_and_from_the_other_half_too() -> None:
    slots = [slot for slot in openings(make_lane(), visit(OIL)) if local(slot) != time(10)]
    assert [local(slot) for slot in choose_offers(slots, ALBANY, wanted=time(10))] == [
        time(9, 45),
        time(10, 15),
        time(12, 45),
    ]


def test_a_full_half_day_is_offered_after_an_empty_one() -> None:
    busy = [(at(8, day=TUESDAY + timedelta(days=n)), at(11, day=TUESDAY + timedelta(days=n))) for n in (1, 2)]
    lane = make_lane(taken=Taken(technicians={1: busy, 2: busy}))
    slots = list(open_slots(visit(OIL), lane, TUESDAY, TUESDAY + timedelta(days=2), now=NOW))
    offers = [slot.arrives_at.astimezone(ALBANY) for slot in choose_offers(slots, ALBANY)]
    # Tuesday morning and afternoon, then Wednesday afternoon: its morning is taken for the most part.
    assert [(offer.date() - TUESDAY, offer.hour < 12) for offer in offers] == [
        (timedelta(0), True),
        (timedelta(0), False),
        (timedelta(days=1), False),
    ]


def test_the_first_opening_is_offered_however_full_its_half_day() -> None:
    lane = make_lane(taken=Taken(technicians={1: [(at(7), at(10))], 2: [(at(7), at(12))]}))
    offers = choose_offers(list(open_slots(visit(OIL), lane, TUESDAY, date(2026, 12, 4), now=NOW)), ALBANY)
    assert offers[0].arrives_at == at(9, 45)


def test_what_is_promised_by_the_day_weighs_on_both_halves() -> None:
    lane = make_lane(demand={TUESDAY: {"general": 480.0}})
    assert {round(slot.load, 1) for slot in openings(lane, visit(OIL))} == {0.4}


ANNE, BEN = 100, 200


def test_the_preferred_advisor_writes_up_when_free() -> None:
    lane = make_lane(advisors=(ANNE, BEN))
    wish = replace(visit(OIL), advisor=BEN)
    assert {slot.advisor_id for slot in openings(lane, wish)} == {BEN}
    busy = replace(lane, taken=Taken(advisors={BEN: [(at(7), at(9))]}))
    assert openings(busy, wish)[0].advisor_id == ANNE


def test_else_the_advisor_with_the_most_free_time_writes_up() -> None:
    one_hour, two_pieces = [(at(9), at(10))], [(at(9), at(9, 15)), (at(11), at(11, 15))]
    lane = make_lane(advisors=(ANNE, BEN), taken=Taken(advisors={ANNE: one_hour, BEN: two_pieces}))
    assert openings(lane, visit(OIL))[0].advisor_id == BEN
    lane = make_lane(advisors=(ANNE, BEN), taken=Taken(advisors={ANNE: two_pieces}))
    assert openings(lane, visit(OIL))[0].advisor_id == BEN


def test_openings_with_the_preferred_advisor_come_first() -> None:
    lane = make_lane(advisors=(ANNE, BEN), taken=Taken(advisors={BEN: [(at(7), at(9)), (at(12), at(14))]}))
    slots = openings(lane, replace(visit(OIL), advisor=BEN))
    morning, *_, afternoon = choose_offers(slots, ALBANY, advisor=BEN)
    assert (morning.advisor_id, local(morning)) == (BEN, time(9))
    assert (afternoon.advisor_id, local(afternoon)) == (BEN, time(14))


def test_nothing_open_gives_no_offers() -> None:
    assert choose_offers([], ALBANY) == []


@settings(max_examples=60, deadline=None)
@given(
    busy=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=6),
    minutes=st.sampled_from([20, 35, 50, 110]),
)
def test_no_offer_ever_meets_what_is_taken_or_leaves_a_shift(
    busy: list[tuple[int, int]], minutes: int
) -> None:
    spans = [
        (at(7) + timedelta(minutes=15 * start), at(7) + timedelta(minutes=15 * (start + length)))
        for start, length in busy
    ]
    for slot in openings(
        make_lane(taken=taken(*spans)), visit(Step("express", frozenset({"express"}), minutes))
    ):
        (work,) = slot.work
        assert all(work.ends_at <= start or end <= work.starts_at for start, end in spans)
        begins, ends = (moment.astimezone(ALBANY).time() for moment in (work.starts_at, work.ends_at))
        assert ends <= time(12) or begins >= time(13)
        assert ends <= time(18)
