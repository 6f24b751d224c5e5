"""How times, days and lists are said aloud, and the same thing in more ways than one. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zlib import crc32

from voice.conversation.states import Conversation


def vary(wordings: Sequence[str], conversation: Conversation) -> str:
    """The one of these that this call has not heard for longest; which is the first goes by the call.

    So no two turns after each other have the same one, and a turn that is thought again has its own.
    """
    heard = [message.text for message in conversation.history if message.speaker == "desk"]
    first = crc32(conversation.call_sid.encode()) % len(wordings)
    return min((*wordings[first:], *wordings[:first]), key=lambda wording: _last_heard(wording, heard))


def _last_heard(wording: str, heard: Sequence[str]) -> int:
    return max((at for at, text in enumerate(heard) if wording in text), default=-1)


def say_time(moment: time) -> str:
    """9:00 → "9 AM", 14:30 → "2:30 PM", 12:00 → "noon"."""
    if moment == time(12):
        return "noon"
    hour = (moment.hour - 1) % 12 + 1
    half = "AM" if moment.hour < 12 else "PM"
    return f"{hour}:{moment.minute:02} {half}" if moment.minute else f"{hour} {half}"


def say_date(day: date) -> str:
    """ "Tuesday, November 24th"."""
    return f"{day:%A}, {day:%B} {ordinal(day.day)}"


def say_moment(local: datetime) -> str:
    """A store-local moment: "Tuesday, November 24th at 9:30 AM"."""
    return f"{say_date(local.date())} at {say_time(local.time())}"


def ordinal(number: int) -> str:
    if number in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def say_list(items: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def say_day(day: date, today: date) -> str:
    """A day in passing: with "today" or "tomorrow" before the date where that helps."""
    near = {today: "today, ", today + timedelta(days=1): "tomorrow, "}.get(day, "")
    return near + say_date(day)


def say_services(names: Sequence[str]) -> str:
    """ "an oil change and a tire rotation"."""
    return say_list([f"{article(name)} {name}".strip() for name in names])


def article(name: str) -> str:
    is_plural = name.endswith("s") and not name.endswith(("ss", "is"))
    if name.startswith("four ") or is_plural:
        return ""
    return "an" if name[0] in "aeiou" else "a"
