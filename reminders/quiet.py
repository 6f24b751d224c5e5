"""When a reminder may disturb somebody. Pure."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones

OPENS, CLOSES = time(9), time(19)
MOST_ZONES = 4  # a number that could be anywhere, like a toll-free one, says nothing


def is_quiet(number: str, store_zone: ZoneInfo, now: datetime) -> bool:
    """Is it too early or too late, by the store's clock or by any where this number (E.164) is at home?"""
    return not all(OPENS <= now.astimezone(zone).time() < CLOSES for zone in _zones(number, store_zone))


def _zones(number: str, store_zone: ZoneInfo) -> list[ZoneInfo]:
    names = number_zones.time_zones_for_number(phonenumbers.parse(number))
    if len(names) > MOST_ZONES or number_zones.UNKNOWN_TIMEZONE in names:
        names = ()
    return [store_zone, *map(ZoneInfo, names)]
