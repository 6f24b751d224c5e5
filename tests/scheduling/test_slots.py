"""Openings from facts, without a database."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.slots import (
    SETUP_MINUTES,
    WRITE_UP,
    BayFacts,
    DayRule,
    Lane,
    Slot,
    Step,
    TechnicianFacts,
    chain,
    choose_offers,
    open_slots,
    slot_at,
    to_utc,
)

ALBANY = ZoneInfo("America/New_York")
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
OIL = Step("express", frozenset({"express"}), 45)
BRAKES = Step("general", frozenset({"general"}), 45)
WEEK = {day: DayRule(time(7), time(18), time(7, 15), time(16, 30)) for day in range(5)}


def make_lane(
    *,
    zone: ZoneInfo = ALBANY,
    days: dict[int, DayRule] | None = None,
    closures: tuple[tuple[datetime, datetime], ...] = (),
    taken: list[tuple[datetime, datetime]] | None = None,
    shifts: tuple[tuple[int, time, time], ...] | None = None,
) -> Lane:
    """One express technician (lunch at noon), one general one, a bay each."""
    day_shifts = shifts or tuple(
        (day, *stretch) for day in range(7) for stretch in ((time(7), time(12)), (time(13), time(18)))
    )
    return Lane(
        zone=zone,
        grid=timedelta(minutes=15),
        lead=timedelta(minutes=60),
        horizon_days=90,
        days=WEEK if days is None else days,
        closures=closures,
        technicians=(
            TechnicianFacts(1, frozenset({"express"}), day_shifts),
            TechnicianFacts(2, frozenset({"general"}), day_shifts),
        ),
        bays=(BayFacts(10, "express"), BayFacts(20, "general")),
        technician_taken={1: taken or []},
        bay_taken={},
    )


def local(slot: Slot) -> time:
    return slot.arrives_at.astimezone(ALBANY).time()


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), ALBANY).astimezone(UTC)


def test_a_day_offers_its_grid_without_lunch_and_late_arrivals() -> None:
    slots = list(open_slots(chain([OIL]), make_lane(), TUESDAY, TUESDAY, now=NOW))
    times = [local(slot) for slot in slots]
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
    slot = slot_at(chain([OIL, BRAKES]), make_lane(), at(8))
    assert slot is not None
    first, second = slot.work
    assert (first.technician_id, second.technician_id) == (1, 2)
    assert first.starts_at == at(8) + WRITE_UP
    assert first.ends_at == second.starts_at
    assert slot.ready_at == second.ends_at


def test_what_is_taken_is_not_offered_but_its_edges_are() -> None:
    lane = make_lane(taken=[(at(9), at(10))])
    # 55 minutes: an arrival at 7:45 works from 8:00 to 8:55; at 8:00 it would run into 9:00.
    assert slot_at(chain([OIL]), lane, at(7, 45)) is not None
    assert slot_at(chain([OIL]), lane, at(8)) is None
    assert slot_at(chain([OIL]), lane, at(9, 45)) is not None


def test_a_closed_afternoon_and_a_training_morning_are_respected() -> None:
    afternoon = make_lane(closures=((at(14), at(23)),))
    assert slot_at(chain([OIL]), afternoon, at(12, 45)) is not None
    assert slot_at(chain([OIL]), afternoon, at(13)) is None
    morning = make_lane(closures=((at(0), at(10)),))
    first = next(iter(open_slots(chain([OIL]), morning, TUESDAY, TUESDAY, now=NOW)))
    assert local(first) == time(10)


def test_lead_time_and_horizon_bound_the_offers() -> None:
    now = at(9, 5)
    slots = list(open_slots(chain([OIL]), make_lane(), TUESDAY, TUESDAY, now=now))
    assert local(slots[0]) == time(10, 15)
    far = TUESDAY + timedelta(days=120)
    assert not list(open_slots(chain([OIL]), make_lane(), far, far, now=now))


def test_nobody_with_the_skill_means_no_opening() -> None:
    alignment = Step("alignment", frozenset({"general"}), 60)
    assert not list(open_slots(chain([alignment]), make_lane(), TUESDAY, TUESDAY, now=NOW))


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)])
def test_a_night_when_the_clocks_change_offers_every_wall_time_once(day: date) -> None:
    rule = DayRule(time(0), time(23, 59), time(0), time(6))
    lane = make_lane(days={6: rule}, shifts=((6, time(0), time(23, 59)),))
    now = datetime.combine(day - timedelta(days=2), time(12), ALBANY).astimezone(UTC)
    slots = list(open_slots(chain([Step("express", frozenset({"express"}), 20)]), lane, day, day, now=now))
    times = [local(slot) for slot in slots]
    assert len(times) == len(set(times))
    assert [slot.arrives_at for slot in slots] == sorted({slot.arrives_at for slot in slots})
    is_spring = day.month == 3
    assert (time(2, 30) in times) is not is_spring


def test_a_zone_without_summer_time_keeps_its_wall_clock() -> None:
    phoenix = ZoneInfo("America/Phoenix")
    assert to_utc(date(2027, 3, 14), time(2, 30), phoenix) == datetime(2027, 3, 14, 9, 30, tzinfo=UTC)
    assert to_utc(date(2027, 3, 14), time(2, 30), ALBANY) is None


def test_offers_lie_in_different_half_days() -> None:
    slots = list(open_slots(chain([OIL]), make_lane(), TUESDAY, TUESDAY, now=NOW))
    offers = choose_offers(slots, ALBANY)
    assert len(offers) == 3
    assert local(offers[0]) < time(12) <= local(offers[-1])


def test_offers_come_nearest_to_a_wished_time() -> None:
    slots = [
        s for s in open_slots(chain([OIL]), make_lane(), TUESDAY, TUESDAY, now=NOW) if local(s) != time(10)
    ]
    assert [local(slot) for slot in choose_offers(slots, ALBANY, wanted=time(10))] == [
        time(9, 30),
        time(9, 45),
        time(10, 15),
    ]


def test_nothing_open_gives_no_offers() -> None:
    assert choose_offers([], ALBANY) == []


@settings(max_examples=60, deadline=None)
@given(
    taken=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=6),
    minutes=st.sampled_from([20, 35, 50, 110]),
)
def test_no_offer_ever_meets_what_is_taken_or_leaves_a_shift(
    taken: list[tuple[int, int]], minutes: int
) -> None:
    spans = [
        (at(7) + timedelta(minutes=15 * start), at(7) + timedelta(minutes=15 * (start + length)))
        for start, length in taken
    ]
    lane = make_lane(taken=spans)
    for slot in open_slots(
        chain([Step("express", frozenset({"express"}), minutes)]), lane, TUESDAY, TUESDAY, now=NOW
    ):
        (work,) = slot.work
        assert all(work.ends_at <= start or end <= work.starts_at for start, end in spans)
        begins, ends = (moment.astimezone(ALBANY).time() for moment in (work.starts_at, work.ends_at))
        assert ends <= time(12) or begins >= time(13)
        assert ends <= time(18)
