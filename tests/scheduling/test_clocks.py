"""Openings against the clock on the wall, in every US zone, on the nights when clocks change.

The expected openings are worked out minute by minute from what the wall shows, by slow_model.py.
"""

import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.lane import BayFacts, DayRule, Lane, TechnicianFacts, at_wall_time
from scheduling.slots import Slot, Step, Visit, open_slots
from tests.scheduling.slow_model import DAY, WRITE_UP, minute_of, moment_of, stretch, wall_clock

# Those of zone.tab for the fifty states, Puerto Rico, the Virgin Islands, Guam, Saipan and Samoa.
ZONES = (
    "America/New_York",
    "America/Detroit",
    "America/Kentucky/Louisville",
    "America/Kentucky/Monticello",
    "America/Indiana/Indianapolis",
    "America/Indiana/Vincennes",
    "America/Indiana/Winamac",
    "America/Indiana/Marengo",
    "America/Indiana/Petersburg",
    "America/Indiana/Vevay",
    "America/Indiana/Tell_City",
    "America/Indiana/Knox",
    "America/Chicago",
    "America/Menominee",
    "America/North_Dakota/Center",
    "America/North_Dakota/New_Salem",
    "America/North_Dakota/Beulah",
    "America/Denver",
    "America/Boise",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Juneau",
    "America/Sitka",
    "America/Metlakatla",
    "America/Yakutat",
    "America/Nome",
    "America/Adak",
    "America/Puerto_Rico",
    "America/St_Thomas",
    "Pacific/Honolulu",
    "Pacific/Guam",
    "Pacific/Saipan",
    "Pacific/Pago_Pago",
)
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
DATES = (
    *(day + DAY * shift for day in (SPRING, AUTUMN) for shift in (-1, 0, 1)),
    date(2027, 6, 16),
    date(2027, 12, 31),
)
HOURS = (  # opens, closes, first arrival, last arrival
    (time(7), time(18), time(7, 15), time(16, 30)),
    (time(8), time(13), time(8), time(13)),
    (time(18), time(2, 30), time(18, 30), time(1, 45)),
    (time(22), time(6), time(22, 15), time(4)),
    (time(22), time(6), time(0, 30), time(5)),
    (time(0), time(0), time(0), time(23, 30)),
    (time(6), time(6), time(6), time(5, 15)),
    (time(2, 30), time(11), time(2, 30), time(9)),
    (time(1, 15), time(9), time(1, 30), time(8)),
)
# Ten thousand in all; HYPOTHESIS_DEPTH=34 asks as many in each zone.
WISHES_PER_ZONE = -(-10_000 * int(os.environ.get("HYPOTHESIS_DEPTH", "1")) // len(ZONES))
LONG_BEFORE = datetime(2027, 1, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wish:
    zone: ZoneInfo
    day: date
    hours: tuple[time, time, time, time]
    minutes: int
    grid: int
    transport: str
    lead: int
    now: datetime
    horizon: int

    @classmethod
    def at_random(cls, zone: ZoneInfo, dice: random.Random) -> "Wish":
        day = dice.choice(DATES)
        tonight = datetime.combine(day, time(), zone).astimezone(UTC)
        soon = tonight + timedelta(minutes=dice.randrange(-120, 1800))
        return cls(
            zone,
            day,
            dice.choice(HOURS),
            dice.choice((30, 45, 60, 90, 120, 240)),
            dice.choice((15, 15, 30, 20)),
            dice.choice(("waiter", "drop_off")),
            dice.choice((0, 60, 180)),
            dice.choice((LONG_BEFORE, tonight - timedelta(days=1), soon, soon)),
            dice.choice((0, 1, 400)),
        )

    def lane(self) -> Lane:
        opens, closes, first, last = self.hours
        rules = tuple(DayRule(weekday, opens, closes, first, last) for weekday in range(7))
        shifts = tuple((weekday, opens, closes) for weekday in range(7))
        return Lane(
            zone=self.zone,
            grid=timedelta(minutes=self.grid),
            lead=timedelta(minutes=self.lead),
            horizon_days=self.horizon,
            rules=rules,
            technicians=(TechnicianFacts(1, frozenset({"express"}), shifts),),
            bays=(BayFacts(1, "express"),),
            advisors=(1,),
        )

    def openings(self) -> list[Slot]:
        visit = Visit((Step("express", frozenset({"express"}), self.minutes),), self.transport)
        return list(open_slots(visit, self.lane(), self.day, self.day, now=self.now))

    def expected(self) -> list[datetime]:
        """What the night before still offers on this day, and all of this day's hours."""
        if self.hours[0] < self.hours[1]:
            return self._expected_of(self.day)
        night = [
            at for at in self._expected_of(self.day - DAY) if at.astimezone(self.zone).date() == self.day
        ]
        return night + self._expected_of(self.day)

    def _expected_of(self, day: date) -> list[datetime]:
        """By the wall: on the grid from the first arrival, and all work done before the clock says close."""
        opens, closes, first, last = self.hours
        is_over_midnight = closes <= opens
        begin, end = (
            datetime.combine(day + DAY if is_over_midnight and wall < opens else day, wall)
            for wall in (first, last)
        )
        hours = stretch(self.zone, day, opens, closes)
        budget = len(hours) * 0.85
        seen: set[datetime] = set()
        found = []
        for minute in hours:
            wall = wall_clock(self.zone, minute)
            if wall in seen:
                continue  # the second time that the clock shows this
            seen.add(wall)
            is_on_grid = begin <= wall <= end and (wall - begin) % timedelta(minutes=self.grid) == timedelta()
            is_done_in_time = minute + WRITE_UP + self.minutes <= hours.stop
            if is_on_grid and is_done_in_time and self.minutes <= budget and self._is_bookable(minute):
                found.append(moment_of(minute))
        return found

    def _is_bookable(self, minute: int) -> bool:
        moment = moment_of(minute)
        last_day = self.now.astimezone(self.zone).date() + timedelta(days=self.horizon)
        is_early_enough = moment >= self.now + timedelta(minutes=self.lead)
        return is_early_enough and moment.astimezone(self.zone).date() <= last_day


@pytest.mark.parametrize("name", ZONES)
def test_ten_thousand_wishes_find_what_the_clock_on_the_wall_allows(name: str) -> None:
    dice = random.Random(name)
    zone = ZoneInfo(name)
    offered = 0
    for _ in range(WISHES_PER_ZONE):
        wish = Wish.at_random(zone, dice)
        slots = wish.openings()
        arrivals = [slot.arrives_at for slot in slots]
        assert arrivals == wish.expected(), wish
        assert max(Counter(arrivals).values(), default=1) == 1, wish
        for slot in slots:
            assert slot.day in (wish.day - DAY, wish.day)
            hours = stretch(zone, slot.day, wish.hours[0], wish.hours[1])
            assert minute_of(slot.ready_at) <= hours.stop, wish
        offered += len(arrivals)
    assert offered > WISHES_PER_ZONE


@pytest.mark.parametrize(
    ("name", "day", "length"),
    [
        ("America/New_York", SPRING, 23),
        ("America/New_York", AUTUMN, 25),
        ("America/Phoenix", SPRING, 24),
        ("Pacific/Honolulu", AUTUMN, 24),
        ("America/Adak", SPRING, 23),
    ],
)
def test_a_day_round_the_clock_is_as_long_as_the_night_makes_it(name: str, day: date, length: int) -> None:
    assert len(stretch(ZoneInfo(name), day, time(0), time(0))) == length * 60


def test_a_wall_time_that_the_clocks_skip_is_the_moment_of_the_jump() -> None:
    zone = ZoneInfo("America/New_York")
    jump = datetime(2027, 3, 14, 7, tzinfo=UTC)
    assert at_wall_time(SPRING, time(2), zone) == jump
    assert at_wall_time(SPRING, time(2, 30), zone) == jump
    assert at_wall_time(SPRING, time(2, 59), zone) == jump
    assert at_wall_time(SPRING, time(3), zone) == jump
