"""The day board: one day of one store as its advisors see it, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import md5

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from crm.models import Rooftop, Staff
from scheduling import booking
from scheduling.board_cards import Card, arrange, marks_of
from scheduling.capacity import room_for
from scheduling.lane import Day, Lane, Span, at_wall_time, subtract
from scheduling.lateness import is_past
from scheduling.load import load_lane
from scheduling.models import (
    Allocation,
    Appointment,
    Bay,
    CalendarConnection,
    CalendarOutbox,
    Closure,
    Demand,
    OpeningHours,
    Skill,
    Technician,
    Transport,
)
from scheduling.slots import MINUTE, WRITE_UP, Slot

ADVISORS, BAYS, LIST = "advisors", "bays", "list"
WAYS = {ADVISORS: "Advisors", BAYS: "Bays", LIST: "List"}
OFFERED = 3
SEARCHED = timedelta(days=6)
DAY = timedelta(days=1)
# A change that its calendar will not be told by itself.
UNTOLD = Q(parked_at__isnull=False) | Q(connection__state=CalendarConnection.State.DISCONNECTED)


@dataclass(frozen=True, slots=True)
class Column:
    """One advisor or one bay; both None: visits that nobody has taken on."""

    key: str
    name: str
    note: str
    cards: list[Card]
    advisor: int | None = None
    bay: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """Minutes of a skill: promised, and all that may be promised on this day."""

    name: str
    used: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.used / self.total)) if self.total else 100


@dataclass(frozen=True, slots=True)
class Row:
    moment: datetime
    top: int
    is_hour: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of the day in which the store takes no car."""

    top: int
    length: int
    reason: str


@dataclass(frozen=True, slots=True)
class Board:
    rooftop: Rooftop
    date: date
    way: str
    span: Span | None  # None: closed all day
    columns: list[Column]
    beside: list[Card]  # outside the hours, or without a bay
    listed: list[Card]  # every visit of the day, earliest first
    bars: list[Bar]
    closures: list[str]
    shut: list[Stretch]
    now_at: int | None  # minutes after the board begins, while it is today
    fingerprint: str

    @property
    def length(self) -> int:
        return (self.span[1] - self.span[0]) // MINUTE if self.span else 0

    @property
    def rows(self) -> list[Row]:
        if self.span is None:
            return []
        zone, step = self.rooftop.zone, self.rooftop.grid_minutes
        moments = [self.span[0] + n * step * MINUTE for n in range(-(-self.length // step))]
        return [
            Row(moment, n * step, moment.astimezone(zone).minute == 0) for n, moment in enumerate(moments)
        ]


def build(rooftop: Rooftop, date_: date, *, way: str, now: datetime) -> Board:
    """The board of a calendar day at the store. now: aware UTC."""
    seen = fingerprint(rooftop, date_, now)  # first: what changes meanwhile is drawn a moment later
    lane = load_lane(rooftop, date_ - DAY, date_, now=now)
    day = lane.day(date_)
    span = _span(day, rooftop) if day and day.open_spans else None
    first, last = _visits_between(lane, date_)
    visits = list(_visits(rooftop, date_, (first, last)))
    listed = [_card(visit, visit.arrives_at, visit.arrives_at + WRITE_UP, now) for visit in visits]
    taken = _taken_by_others(rooftop, (first, last), now)
    columns = _bays(rooftop, visits, taken, now) if way == BAYS else _advisors(rooftop, listed, taken)
    if span:
        columns = [_arranged(column, span) for column in columns]
    shown = {card.visit.pk for column in columns for card in column.cards if card.visit} if span else set()
    closures = list(Closure.objects.filter(rooftop=rooftop, starts_at__lt=last, ends_at__gt=first))
    return Board(
        rooftop=rooftop,
        date=date_,
        way=way,
        span=span,
        columns=[column for column in columns if column.advisor or column.bay or column.cards],
        beside=[card for card in listed if card.visit and card.visit.pk not in shown],
        listed=listed,
        bars=_bars(day) if day and span else [],
        closures=[closure.reason for closure in closures],
        shut=_shut(day, span, closures) if day and span else [],
        now_at=_now_at(span, now),
        fingerprint=seen,
    )


# --- the hours ----------------------------------------------------------------------------


def _span(day: Day, rooftop: Rooftop) -> Span:
    """From the opening, or a little earlier so that arrivals lie on the board's grid, until closing."""
    grid = rooftop.grid_minutes * MINUTE
    first = at_wall_time(day.date, day.rule.first_arrival, rooftop.zone)
    steps = -((day.opens_at - first) // grid)
    return first - steps * grid, day.closes_at


def _visits_between(lane: Lane, date_: date) -> Span:
    """The moments whose visits belong to this date: a night after midnight is the day's before."""
    begins, ends = (at_wall_time(each, datetime.min.time(), lane.zone) for each in (date_, date_ + DAY))
    before, day = lane.day(date_ - DAY), lane.day(date_)
    return max(begins, before.closes_at if before else begins), max(ends, day.closes_at if day else ends)


def _shut(day: Day, span: Span, closures: list[Closure]) -> list[Stretch]:
    def reason(shut: Span) -> str:
        return next((row.reason for row in closures if row.starts_at < shut[1] and shut[0] < row.ends_at), "")

    return [
        Stretch((starts - span[0]) // MINUTE, (ends - starts) // MINUTE, reason((starts, ends)) or "Closed")
        for starts, ends in subtract([span], day.open_spans)
    ]


def _now_at(span: Span | None, now: datetime) -> int | None:
    return (now - span[0]) // MINUTE if span and span[0] <= now < span[1] else None


# --- what stands on it --------------------------------------------------------------------


def _of_day(rooftop: Rooftop, date_: date, between: Span) -> QuerySet[Appointment]:
    """What comes between these moments, and keys that were dropped before but are for the work of this day."""
    keys = Demand.objects.filter(
        rooftop=rooftop, day=date_, appointment__transport=Transport.KEY_DROP
    ).values_list("appointment", flat=True)
    in_time = Q(arrives_at__gte=between[0], arrives_at__lt=between[1])
    return Appointment.objects.filter(in_time | Q(pk__in=list(keys)), rooftop=rooftop)


def _visits(rooftop: Rooftop, date_: date, between: Span) -> QuerySet[Appointment]:
    """All of the day but the cancelled ones."""
    work = Allocation.objects.filter(kind=Allocation.Kind.WORK).order_by("starts_at")
    untold = CalendarOutbox.objects.filter(UNTOLD, appointment=OuterRef("pk"))
    return (
        _of_day(rooftop, date_, between)
        .exclude(status=Appointment.Status.CANCELLED)
        .select_related("rooftop", "customer", "vehicle", "advisor")
        .prefetch_related("lines__op_code", Prefetch("allocations", work))
        .annotate(is_untold=Exists(untold))
        .order_by("arrives_at", "pk")
    )


def _taken_by_others(rooftop: Rooftop, between: Span, now: datetime) -> list[Allocation]:
    """What takes an advisor or a bay on this day without a visit: blocks, and callers who are deciding."""
    taken = _taken_without_a_visit(rooftop, between, now)
    return list(taken.filter(Q(advisor__isnull=False) | Q(bay__isnull=False)))


def _taken_without_a_visit(rooftop: Rooftop, between: Span, now: datetime) -> QuerySet[Allocation]:
    """Technicians' time off, too, which shortens the bars."""
    return Allocation.objects.filter(
        Q(hold__isnull=True) | Q(hold__expires_at__gt=now),
        rooftop=rooftop,
        appointment__isnull=True,
        starts_at__lt=between[1],
        ends_at__gt=between[0],
    )


def _card(visit: Appointment, starts_at: datetime, ends_at: datetime, now: datetime, part: int = 0) -> Card:
    marks = marks_of(visit, now, is_untold=getattr(visit, "is_untold", False))
    return Card(f"visit-{visit.pk}-{part}", starts_at, ends_at, visit, marks=marks)


def _other(taken: Allocation) -> Card:
    return Card(f"taken-{taken.pk}", taken.starts_at, taken.ends_at, taken=taken)


def _arranged(column: Column, span: Span) -> Column:
    return Column(
        column.key, column.name, column.note, arrange(column.cards, span), column.advisor, column.bay
    )


def _advisors(rooftop: Rooftop, listed: list[Card], taken: Iterable[Allocation]) -> list[Column]:
    people = list(Staff.objects.filter(rooftop=rooftop, role=Staff.Role.ADVISOR).order_by("name", "pk"))
    known = {person.pk for person in people}
    cards = defaultdict[int | None, list[Card]](list)
    for card in listed:
        chosen = card.visit.advisor_id if card.visit else None
        cards[chosen if chosen in known else None].append(card)
    for row in taken:
        if row.advisor_id:
            cards[row.advisor_id].append(_other(row))
    columns = [
        Column(f"advisor-{person.pk}", person.name, "", cards[person.pk], advisor=person.pk)
        for person in people
    ]
    return [*columns, Column("advisor-none", "No advisor", "", cards[None])]


def _bays(
    rooftop: Rooftop, visits: Iterable[Appointment], taken: Iterable[Allocation], now: datetime
) -> list[Column]:
    cards = defaultdict[int | None, list[Card]](list)
    for visit in visits:
        for part, work in enumerate(visit.allocations.all()):
            cards[work.bay_id].append(_card(visit, work.starts_at, work.ends_at, now, part))
    for row in taken:
        cards[row.bay_id].append(_other(row))
    return [
        Column(f"bay-{bay.pk}", bay.name, bay.get_bay_type_display(), cards[bay.pk], bay=bay.pk)
        for bay in Bay.objects.filter(rooftop=rooftop).order_by("bay_type", "name")
    ]


def _bars(day: Day) -> list[Bar]:
    budget = day.budget()
    bars = []
    for skill in Skill:
        people = [person for person in day.lane.technicians if skill in person.skills]
        total = sum(day.promisable_minutes(person) for person in people)
        if people:
            room = room_for(skill, day.demand, budget)
            bars.append(Bar(skill.label, round(max(0.0, total - room)), round(total)))
    return bars


# --- what may have changed ----------------------------------------------------------------


def fingerprint(rooftop: Rooftop, date_: date, now: datetime) -> str:
    """Changes when something on the board does: asked for every second or two by every open board."""
    zone = rooftop.zone
    # A day more on each side: nights after midnight belong to the day before.
    first, last = (at_wall_time(date_ + n * DAY, datetime.min.time(), zone) for n in (-1, 2))
    visits = _of_day(rooftop, date_, (first, last))
    others = _taken_without_a_visit(rooftop, (first, last), now)
    untold = CalendarOutbox.objects.filter(UNTOLD, appointment__in=visits.values("pk"))
    closures = Closure.objects.filter(rooftop=rooftop, starts_at__lt=last, ends_at__gt=first)
    facts = [
        [
            (pk, version, is_past(arrives_at, now), ready_at <= now)
            for pk, version, arrives_at, ready_at in visits.order_by("pk").values_list(
                "pk", "version", "arrives_at", "ready_at"
            )
        ],
        sorted(others.values_list("pk", "starts_at", "ends_at")),
        sorted(untold.values_list("pk")),
        sorted(closures.values_list("pk", "starts_at", "ends_at")),
        _what_can_be_done(rooftop, date_, now),
    ]
    return md5(repr(facts).encode(), usedforsecurity=False).hexdigest()


def _what_can_be_done(rooftop: Rooftop, date_: date, now: datetime) -> list[object]:
    """Hours, people and what callers hold of the day's hours, as the bars count them."""
    held = Demand.objects.filter(rooftop=rooftop, day=date_, hold__expires_at__gt=now)
    hours = OpeningHours.objects.filter(rooftop=rooftop).order_by("pk")
    people = Technician.objects.filter(rooftop=rooftop).order_by("pk", "shifts__pk")
    shifts = ("shifts__weekday", "shifts__starts", "shifts__ends")
    return [
        list(held.order_by("pk").values_list("pk", "minutes")),
        list(hours.values_list()),
        list(people.values_list("pk", "skills", "proficiency", *shifts)),
    ]


# --- where else ---------------------------------------------------------------------------


def nearest_openings(
    visit: Appointment, wanted: datetime, *, now: datetime, advisor: int | None = None
) -> list[Slot]:
    """The openings for this visit that are closest to a time it cannot have, earliest first.

    With an advisor (a Staff id) only theirs, where there are any.
    """
    day = wanted.astimezone(visit.rooftop.zone).date()
    slots = booking.openings(
        visit.rooftop,
        [line.op_code for line in visit.lines.select_related("op_code")],
        day,
        day + SEARCHED,
        now=now,
        transport=visit.transport,
        advisor=advisor or visit.advisor_id,
        moving=visit,
    )
    elsewhere = [slot for slot in slots if slot.arrives_at != visit.arrives_at]
    own = [slot for slot in elsewhere if slot.advisor_id == advisor] if advisor else elsewhere
    nearest = sorted(own or elsewhere, key=lambda slot: abs(slot.arrives_at - wanted))[:OFFERED]
    return sorted(nearest, key=lambda slot: slot.arrives_at)
