"""Which reminders, and when: on wall clocks, over nights on which the clocks change."""

import os
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders import due
from reminders.due import Promise, Rules

NEW_YORK, PHOENIX = ZoneInfo("America/New_York"), ZoneInfo("America/Phoenix")
GUAM, HONOLULU = ZoneInfo("Pacific/Guam"), ZoneInfo("Pacific/Honolulu")
DAY = timedelta(days=1)
USUAL = Rules()
EVERY_WAY = int(os.environ.get("REMINDERS", "400"))  # make reminders-kill: 10000


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def told(promise: Promise, *zones: ZoneInfo, now: datetime | None = None, rules: Rules = USUAL) -> list[str]:
    """As "call Mon 10:00", on the store's clock."""
    zones = zones or (NEW_YORK,)
    found = due.reminders_for(promise, zones, rules, now=now or promise.made_at)
    return [f"{item.kind} {item.at.astimezone(zones[0]):%m-%d %H:%M}" for item in found]


def test_a_visit_is_confirmed_rung_for_and_texted() -> None:
    promise = Promise(at("2027-03-10T10:30"), made_at=at("2027-03-01T12:00"))
    assert told(promise) == ["confirmation 03-01 12:00", "call 03-09 10:30", "text 03-10 08:30"]


def test_booked_within_a_day_it_is_only_confirmed() -> None:
    promise = Promise(at("2027-03-10T10:30"), made_at=at("2027-03-09T10:30"))
    assert told(promise) == ["confirmation 03-09 10:30"]


def test_a_move_is_told_and_reminded_of_anew() -> None:
    promise = Promise(at("2027-03-10T10:30"), made_at=at("2027-03-01T12:00"), is_changed=True)
    assert told(promise)[0] == "change 03-01 12:00"
    assert len(told(promise)) == 3


def test_a_cancellation_is_told_and_nothing_else() -> None:
    promise = Promise(
        at("2027-03-10T10:30"), made_at=at("2027-03-01T12:00"), is_changed=True, is_cancelled=True
    )
    assert told(promise) == ["change 03-01 12:00"]


def test_a_confirmation_that_comes_days_late_is_left_out() -> None:
    promise = Promise(at("2027-03-10T10:30"), made_at=at("2027-03-01T12:00"))
    assert told(promise, now=at("2027-03-03T12:00")) == ["call 03-09 10:30", "text 03-10 08:30"]


@pytest.mark.parametrize(
    ("arrives", "rings"),
    [
        ("2027-03-10T07:15", "03-09 09:00"),
        ("2027-03-10T19:30", "03-09 18:45"),
        ("2027-03-10T00:30", "03-09 09:00"),  # keys at night: the day before is the day before
        ("2027-03-08T08:00", "03-07 09:00"),  # on a Sunday, when the store is closed
    ],
)
def test_the_call_is_held_to_decent_hours(arrives: str, rings: str) -> None:
    assert told(Promise(at(arrives), made_at=at("2027-03-01T12:00")))[1] == f"call {rings}"


def test_the_text_two_hours_before_wakes_nobody() -> None:
    promise = Promise(at("2027-03-10T07:15"), made_at=at("2027-03-01T12:00"))
    assert told(promise)[2] == "text 03-09 20:45"


@pytest.mark.parametrize(
    ("zone", "arrives", "rings"),
    [
        # 24 hours before this one it is seven in the morning.
        (NEW_YORK, "2027-03-14T10:00", datetime(2027, 3, 13, 15, 0, tzinfo=UTC)),
        (NEW_YORK, "2027-03-15T10:00", datetime(2027, 3, 14, 14, 0, tzinfo=UTC)),
        (NEW_YORK, "2027-11-07T10:00", datetime(2027, 11, 6, 14, 0, tzinfo=UTC)),
        (NEW_YORK, "2027-11-08T10:00", datetime(2027, 11, 7, 15, 0, tzinfo=UTC)),
        (PHOENIX, "2027-03-14T10:00", datetime(2027, 3, 13, 17, 0, tzinfo=UTC)),
        (PHOENIX, "2027-11-07T10:00", datetime(2027, 11, 6, 17, 0, tzinfo=UTC)),
    ],
)
def test_the_call_keeps_its_wall_time_over_a_change_of_the_clocks(
    zone: ZoneInfo, arrives: str, rings: datetime
) -> None:
    assert due.call_due(at(arrives, zone), [zone], Rules()) == rings


def test_a_customer_in_another_zone_is_rung_when_it_is_day_there_too() -> None:
    arrives = at("2027-03-10T10:00")
    rings = due.call_due(arrives, [NEW_YORK, HONOLULU], Rules())
    assert rings is not None
    assert f"{rings.astimezone(HONOLULU):%H:%M}" == "09:00"


def test_half_the_world_away_the_outer_hours_must_do() -> None:
    rings = due.call_due(at("2027-06-10T10:00"), [NEW_YORK, GUAM], Rules())
    assert rings is not None
    assert (rings.astimezone(NEW_YORK).hour, rings.astimezone(GUAM).hour) == (18, 8)


def test_a_batch_rings_everybody_at_one_hour() -> None:
    rules = Rules.read("09:00-19:00", 18, "America/Phoenix")
    promise = Promise(at("2027-03-10T10:30"), made_at=at("2027-03-01T12:00"))
    assert told(promise, rules=rules)[1] == "call 03-09 18:45"  # 18:00 in Phoenix is 20:00 in New York
    rules = Rules.read("09:00-19:00", 17, "")
    assert told(promise, rules=rules)[1] == "call 03-09 17:00"


@pytest.mark.parametrize(
    ("window", "hour", "zone"),
    [
        ("nine to five", None, ""),
        ("19:00-09:00", None, ""),
        ("09:00-19:00", 24, ""),
        ("09:00-19:00", 9, "Mars"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_a_sentence(
    window: str, hour: int | None, zone: str
) -> None:
    with pytest.raises(ValueError, match=r"write|within"):
        Rules.read(window, hour, zone)


def test_no_setting_rings_people_at_night() -> None:
    assert Rules.read("00:00-23:59", None, "").hours == due.OUTER


def test_an_area_code_tells_its_zones() -> None:
    assert due.zones_of("+18085550143") == (HONOLULU,)
    assert due.zones_of("+16845550143") == ()


# --- whatever is booked -------------------------------------------------------------------

QUARTER = timedelta(minutes=15)

ZONES = [
    ZoneInfo(f"America/{name}")
    for name in (
        *("New_York", "Detroit", "Chicago", "Denver", "Boise", "Phoenix", "Los_Angeles", "Anchorage", "Adak"),
        *("Puerto_Rico", "Indiana/Indianapolis", "Indiana/Knox", "North_Dakota/Center"),
    )
] + [HONOLULU, GUAM, ZoneInfo("Pacific/Pago_Pago")]
NIGHTS = [date(2027, 3, 14), date(2027, 11, 7)]
NUMBERS = ["+12125550143", "+13125550143", "+13035550143", "+16025550143", "+12135550143", "+19075550143"]
NUMBERS += ["+18085550143", "+17875550143", "+18505550143", "+15135550143"]
NUMBERS += ["+16712341234", "+16846331234", "+16705550143"]  # Guam, Samoa, Saipan


def decent(day: date, zones: list[ZoneInfo], opens: time, closes: time) -> list[datetime]:
    """Quarter by quarter of this day of the store: when it is such an hour on every clock."""
    first = datetime.combine(day, time(0), zones[0]).astimezone(UTC)
    quarters = [first + n * QUARTER for n in range(25 * 4)]
    return [
        moment
        for moment in quarters
        if moment.astimezone(zones[0]).date() == day
        and all(opens <= moment.astimezone(zone).time() < closes for zone in zones)
    ]


def must_ring(arrives: datetime, zones: list[ZoneInfo], rules: Rules) -> tuple[time, time, datetime]:
    """Between which wall times, and how near to what: thought out without reminders/due.py."""
    local = arrives.astimezone(zones[0])
    day = local.date() - DAY
    wanted = local.time() if rules.batch_hour is None else time(rules.batch_hour)
    opens, closes = rules.hours.opens, rules.hours.closes
    if not decent(day, zones, opens, closes):
        opens, closes = time(8), time(21)
    moment = datetime.combine(day, wanted.replace(fold=0), zones[0]).astimezone(UTC)
    return opens, closes, min(decent(day, zones, opens, closes), key=lambda one: abs(one - moment))


@settings(max_examples=EVERY_WAY, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    number=st.sampled_from(NUMBERS),
    day=st.sampled_from(NIGHTS).flatmap(lambda night: st.integers(-3, 3).map(lambda n: night + n * DAY))
    | st.dates(date(2027, 1, 1), date(2027, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
    ahead=st.timedeltas(timedelta(hours=49), timedelta(days=90)),
    rules=st.sampled_from(
        [Rules(), Rules(batch_hour=18), Rules(batch_hour=3), Rules.read("10:00-12:00", None, "")]
    ),
)
def test_nobody_is_rung_at_night_passed_over_or_rung_twice(
    zone: ZoneInfo, number: str, day: date, minute: int, ahead: timedelta, rules: Rules
) -> None:
    arrives = (datetime.combine(day, time(0), zone) + timedelta(minutes=minute)).astimezone(UTC)
    zones = [zone, *due.zones_of(number)]
    found = due.reminders_for(Promise(arrives, arrives - ahead), zones, rules, now=arrives - ahead)
    assert sorted(item.kind for item in found) == ["call", "confirmation", "text"]
    for item in found:
        locals_ = [item.at.astimezone(there) for there in zones]
        if item.kind == "call":
            assert locals_[0].date() == arrives.astimezone(zone).date() - DAY
            opens, closes, nearest = must_ring(arrives, zones, rules)
            assert all(opens <= local.time() < closes for local in locals_)
            assert abs(item.at - nearest) <= QUARTER
            assert due.next_decent(item.at, arrives, zones, rules.hours) == item.at
        if item.kind == "text":
            assert item.at <= arrives - timedelta(hours=2)
            assert all(time(8) <= local.time() < time(21) for local in locals_)
