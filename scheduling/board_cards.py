"""The cards of the day board: how long each is, what marks it carries, which stand side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from scheduling.lane import Span
from scheduling.lateness import is_late
from scheduling.models import Allocation, Appointment, Transport
from scheduling.slots import MINUTE

SHORTEST = 15  # minutes: what is shorter is drawn as long, or nobody could read it
Status = Appointment.Status

# Material Symbols, by transport.
ICONS: dict[str, str] = {
    Transport.WAITER: "chair",
    Transport.DROP_OFF: "directions_car",
    Transport.KEY_DROP: "key",
    Transport.SHUTTLE: "airport_shuttle",
    Transport.LOANER: "car_rental",
    Transport.PICKUP: "local_shipping",
    Transport.TOW_IN: "auto_towing",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to see to, or how far the visit is. code names its colour."""

    code: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A visit in a column; or what else takes the column, a block or a hold. top and length are minutes."""

    key: str  # of the element: found again when the board is drawn anew
    starts_at: datetime
    ends_at: datetime
    visit: Appointment | None = None
    taken: Allocation | None = None
    marks: tuple[Mark, ...] = ()
    top: int = 0
    length: int = 0
    lane: int = 0
    lanes: int = 1

    @property
    def lead(self) -> int:
        """Minutes from the arrival to where the card begins."""
        return (self.starts_at - self.visit.arrives_at) // MINUTE if self.visit else 0

    @property
    def icon(self) -> str:
        return ICONS[self.visit.transport] if self.visit else "block"

    @property
    def minutes(self) -> int:
        """Of the work, without setting up."""
        return sum(line.minutes for line in self.visit.lines.all()) if self.visit else 0

    @property
    def services(self) -> str:
        return ", ".join(str(line.op_code) for line in self.visit.lines.all()) if self.visit else ""

    @property
    def is_movable(self) -> bool:
        return self.visit is not None and self.visit.is_active


def marks_of(visit: Appointment, now: datetime, *, is_untold: bool) -> tuple[Mark, ...]:
    return tuple(_marks(visit, now, is_untold))


def _marks(visit: Appointment, now: datetime, is_untold: bool) -> Iterator[Mark]:
    if visit.status == Status.BOOKED:
        yield Mark("unconfirmed", "contact_support", "Unconfirmed")
    if is_late(visit, now):
        yield Mark("late", "alarm", "Late")
    if visit.status == Status.CHECKED_IN:
        yield Mark("here", "where_to_vote", "Here")
        if visit.ready_at <= now:
            yield Mark("late", "timer_off", "Promised for earlier")
    if visit.status == Status.COMPLETED:
        yield Mark("done", "check_circle", "Done")
    if visit.status == Status.NO_SHOW:
        yield Mark("missed", "person_off", "Did not come")
    if visit.overbook_reason:
        yield Mark("beyond", "priority_high", "Beyond capacity")
    if is_untold:
        yield Mark("untold", "sync_problem", "Calendar does not know")


def arrange(cards: Iterable[Card], board: Span) -> list[Card]:
    """Where each stands in its column. Those that overlap stand side by side."""
    return _side_by_side([_stretched(card, board) for card in cards if _meets(card, board)])


def _meets(card: Card, board: Span) -> bool:
    return card.starts_at < board[1] and board[0] < card.ends_at


def _stretched(card: Card, board: Span) -> Card:
    top = (max(card.starts_at, board[0]) - board[0]) // MINUTE
    end = (min(card.ends_at, board[1]) - board[0]) // MINUTE
    return replace(card, top=top, length=max(SHORTEST, end - top))


def _side_by_side(cards: list[Card]) -> list[Card]:
    placed: list[Card] = []
    group: list[Card] = []  # they hang together by overlapping
    ends: list[int] = []  # of the last card in each lane of the group
    for card in sorted(cards, key=lambda card: (card.top, card.key)):
        if ends and card.top >= max(ends):
            placed += [replace(each, lanes=len(ends)) for each in group]
            group, ends = [], []
        lane = next((n for n, end in enumerate(ends) if end <= card.top), len(ends))
        ends[lane : lane + 1] = [card.top + card.length]
        group.append(replace(card, lane=lane))
    return placed + [replace(each, lanes=len(ends)) for each in group]
