"""Of all openings the two or three that are worth saying. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling.slots import Slot

LOAD_STEPS = 3  # half-days are alike in load within a third of their hours


def choose_offers(
    slots: Sequence[Slot],
    zone: ZoneInfo,
    *,
    wanted: time | None = None,
    advisor: int | None = None,
    count: int = 3,
) -> list[Slot]:
    """At most count of the openings (given and returned in time order), in different half-days if there are.

    With a wished time of day those nearest to it; else the first opening, and beside it the
    half-days with the most room. In one half-day the preferred advisor's openings come first.
    """
    if not slots:
        return []
    start = slots[0].arrives_at.astimezone(zone)
    target = datetime.combine(start.date(), wanted, tzinfo=zone) if wanted else start
    best_first = sorted(
        slots,
        key=lambda slot: (
            abs(slot.arrives_at - target) if wanted else int(slot.load * LOAD_STEPS),
            advisor is not None and slot.advisor_id != advisor,
            slot.arrives_at,
        ),
    )
    if not wanted:
        half_day = [slot for slot in slots if _half_day(slot, zone) == _half_day(slots[0], zone)]
        best_first.insert(0, next((slot for slot in half_day if slot.advisor_id == advisor), slots[0]))
    apart = timedelta(0) if wanted else timedelta(hours=1)
    chosen: list[Slot] = []
    for is_same_half_allowed in (False, True):
        for slot in best_first:
            new_half = all(_half_day(slot, zone) != _half_day(other, zone) for other in chosen)
            is_apart = all(abs(slot.arrives_at - other.arrives_at) >= apart for other in chosen)
            if len(chosen) < count and slot not in chosen and is_apart and (new_half or is_same_half_allowed):
                chosen.append(slot)
    return sorted(chosen, key=lambda slot: slot.arrives_at)


def _half_day(slot: Slot, zone: ZoneInfo) -> tuple[date, bool]:
    local = slot.arrives_at.astimezone(zone)
    return local.date(), local.hour >= 12
