"""What the caller hears about the store: hours, address, rides and prices. Pure."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from voice.conversation.facts import Store
from voice.conversation.saying import article, say_date, say_list, say_time
from voice.conversation.states import Offer
from voice.conversation.transports import DROP_OFF, LOANER, SHUTTLE, WAITER

RIDES = {  # by scheduling.models.Transport
    "waiter": "wait here for short jobs",
    "drop_off": "leave the car with us",
    "shuttle": "take our shuttle",
    "loaner": "ask for a loaner",
}
KEY_DROP = (
    "You can drop your keys in the box by the door at any hour, with your name and number on the envelope."
)


def hours(store: Store, today: date) -> str:
    """Opening hours of the week from today in one breath, and the next closure within two weeks."""
    weekdays: dict[tuple[time, time], list[int]] = {}
    week = [store.hours_on(today + timedelta(days=n)) for n in range(7)]
    for day in sorted((day for day in week if day), key=lambda day: day.weekday):
        weekdays.setdefault((day.opens, day.closes), []).append(day.weekday)
    parts = [
        f"{_say_weekdays(days)} from {say_time(opens)} to {say_time(closes)}"
        for (opens, closes), days in weekdays.items()
    ]
    text = f"We're open {say_list(parts)}."
    soon = [
        c
        for c in store.closures
        if today <= c.starts_at.astimezone(store.zone).date() <= today + timedelta(days=14)
    ]
    if soon:
        text = f"{text[:-1]}; we're closed on {say_date(soon[0].starts_at.astimezone(store.zone).date())} for {soon[0].reason}."
    return text


def _say_weekdays(days: Sequence[int]) -> str:
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{names[days[0]]} through {names[days[-1]]}"
    return say_list([names[day] for day in days])


def address(store: Store) -> str:
    return f"We're at {store.address}."


def price(name: str, low: int, high: int) -> str:
    """In whole dollars; where the menu has no highest price (0) the lowest is a floor."""
    service = f"{article(name)} {name}".strip()
    what = service.capitalize()
    if low == high == 0:
        return f"There's no charge for {service}."
    if low > high:
        return f"{what} starts at {low} dollars, depending on what it needs."
    if low == 0:
        return f"{what} is up to {high} dollars, depending on what we find."
    if high == low:
        return f"{what} is {low} dollars."
    return f"{what} usually runs from {low} to {high} dollars."


def transport(store: Store) -> str:
    """How to get around while the car is here."""
    rides = [RIDES[kind] for kind in RIDES if kind in store.rides]
    shuttle = store.rides.get("shuttle", ())
    said = f"You can {say_list(rides, 'or')}." if rides else "Please arrange your own ride."
    if shuttle:
        said = f"{said[:-1]}; the shuttle leaves at {say_list([say_time(at) for at in shuttle])}."
    return said


# How the caller goes on while the car is here: in a read-back, and where it cannot be had.
MEANWHILE = {
    WAITER: ", while you wait",
    SHUTTLE: ", with a seat on our shuttle",
    LOANER: ", with a loaner car",
}
NOT_TO_BE_HAD = {
    WAITER: "We can't do that while you wait",
    SHUTTLE: "Our shuttle can't take you then",
    LOANER: "I have no loaner car then",
    DROP_OFF: "We can't keep the car that day",
}
INSTEAD = {DROP_OFF: "but you can leave the car with us", WAITER: "but you can wait while it's done"}


def another_way(wanted: str, way: str) -> str:
    """Both are keys of the two above."""
    return f"{NOT_TO_BE_HAD[wanted]}, {INSTEAD[way]}."


def say_way(offer: Offer) -> str:
    """How the caller goes on meanwhile, where they said it: ", while you wait"."""
    return MEANWHILE.get(offer.transport, "")
