"""Full days of a rooftop, worked out once by the rules of slots.py and then written many times."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from crm.models import Rooftop
from scheduling.lane import Arrival, Lane, Span, Taken
from scheduling.load import load_lane, visit_for
from scheduling.models import OpCode
from scheduling.slots import WRITE_UP, Slot, Visit, open_slots

SATURDAY = 5
SEED = 20_190_101
PLANS_PER_WEEKDAY = 4
TRIES = 60  # services asked for until a day counts as full


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit at wall times like 09:15; people and things by their position at the rooftop."""

    arrives: str
    written_up: str
    ready: str
    transport: str
    op_code: int
    advisor: int | None
    work: tuple[tuple[int, int, str, str], ...]  # technician, bay, from, until
    demand: tuple[tuple[str, int], ...]


def plan_days(rooftop: Rooftop, *, now: datetime) -> dict[bool, list[list[PlannedVisit]]]:
    """Some full days; for Saturdays under True, for other weekdays under False. No two visits clash."""
    first = now.astimezone(rooftop.zone).date() + timedelta(days=1)
    lane = load_lane(rooftop, first, first + timedelta(days=30), now=now)
    op_codes = list(OpCode.objects.filter(rooftop=rooftop).order_by("pk"))
    chance = random.Random(SEED)
    return {
        is_saturday: [
            _fill(lane, _whole_day(lane, first, is_saturday), op_codes, chance, now)
            for _ in range(PLANS_PER_WEEKDAY)
        ]
        for is_saturday in (False, True)
    }


def _whole_day(lane: Lane, first: date, is_saturday: bool) -> date:
    """The next day with hours and no closure."""
    for days in range(30):
        day = lane.day(first + timedelta(days=days))
        if day is None or (day.date.weekday() == SATURDAY) != is_saturday:
            continue
        if day.open_spans == [(day.opens_at, day.closes_at)]:
            return day.date
    raise ValueError("No whole day in the next month.")


def _fill(
    empty: Lane, date_: date, op_codes: Sequence[OpCode], chance: random.Random, now: datetime
) -> list[PlannedVisit]:
    """Ask for services in a random order, each as early as it goes, until nothing fits."""
    technicians = {person.id: index for index, person in enumerate(empty.technicians)}
    bays = {bay.id: index for index, bay in enumerate(empty.bays)}
    advisors = {advisor: index for index, advisor in enumerate(empty.advisors)}
    lane, visits = empty, []
    for _ in range(TRIES):
        index = chance.randrange(len(op_codes))
        visit = visit_for([op_codes[index]])
        slot = next(iter(open_slots(visit, lane, date_, date_, now=now)), None)
        if slot is None:
            continue
        lane = _with(lane, date_, visit, slot)
        visits.append(
            PlannedVisit(
                arrives=_wall(slot.arrives_at, lane),
                written_up=_wall(slot.arrives_at + WRITE_UP, lane),
                ready=_wall(slot.ready_at, lane),
                transport=str(visit.transport),
                op_code=index,
                advisor=advisors.get(slot.advisor_id) if slot.advisor_id else None,
                work=tuple(
                    (
                        technicians[work.technician_id],
                        bays[work.bay_id],
                        _wall(work.starts_at, lane),
                        _wall(work.ends_at, lane),
                    )
                    for work in slot.work
                ),
                demand=tuple((str(skill), round(minutes)) for skill, minutes in slot.demand.items()),
            )
        )
    return visits


def _with(lane: Lane, date_: date, visit: Visit, slot: Slot) -> Lane:
    """The lane after this visit was booked."""
    technicians, bays, advisors = (
        defaultdict[int, list[Span]](list, {key: list(spans) for key, spans in taken.items()})
        for taken in (lane.taken.technicians, lane.taken.bays, lane.taken.advisors)
    )
    for work in slot.work:
        technicians[work.technician_id].append((work.starts_at, work.ends_at))
        bays[work.bay_id].append((work.starts_at, work.ends_at))
    if slot.advisor_id:
        advisors[slot.advisor_id].append((slot.arrives_at, slot.arrives_at + WRITE_UP))
    demand = dict(lane.demand.get(date_, {}))
    for skill, minutes in slot.demand.items():
        demand[skill] = demand.get(skill, 0.0) + minutes
    return replace(
        lane,
        taken=Taken(technicians, bays, advisors),
        arrivals=(*lane.arrivals, Arrival(slot.arrives_at, visit.transport, visit.codes)),
        demand={date_: demand},
    )


def _wall(moment: datetime, lane: Lane) -> str:
    return f"{moment.astimezone(lane.zone):%H:%M}"
