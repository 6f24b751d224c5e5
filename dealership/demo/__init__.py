"""The demo store: Otto's Auto and Bart's Automotive, deterministic but for today's date.

    menu.py      the menu as a table
    store.py     a rooftop: hours, holidays, bays, people; the log-ins
    people.py    customers and their vehicles
    fixtures.py  what happened and what is booked
    scale.py     as many customers and appointments as a load test needs

Names, prices and minutes are invented; the telephone numbers are from the range reserved for fiction.
"""

from datetime import datetime

from django.db import transaction

from crm.models import Rooftop
from dealership.demo.fixtures import APPOINTMENTS, RACE, write_appointments, write_history
from dealership.demo.people import write_people
from dealership.demo.store import LOG_INS, holidays, write_log_ins, write_rooftop

__all__ = [
    "APPOINTMENTS",
    "BART",
    "LOG_INS",
    "OTTO",
    "RACE",
    "create",
    "holidays",
    "write_log_ins",
    "write_stores",
]

OTTO = "Otto's Auto"
BART = "Bart's Automotive"


def create(*, now: datetime, **passwords: str | None) -> bool:
    """Write the demo store unless it is there; False when it was. now is aware UTC.

    Passwords, by log-in, are set again each time, so that what var/ says is always true; None leaves a
    log-in's as it is.
    """
    with transaction.atomic():
        is_new = not Rooftop.objects.filter(name=OTTO).exists()
        if is_new:
            write_appointments(write_stores(now), now)
        write_log_ins(**passwords)
    return is_new


def write_stores(now: datetime) -> Rooftop:
    """Both stores, Otto's customers and what happened to them, but nothing booked; Otto's Auto."""
    otto = write_rooftop(OTTO, "America/New_York", "18 Harbor Street, Albany, New York", "+12125550100", now)
    write_rooftop(BART, "America/Phoenix", "402 Mesa Road, Phoenix, Arizona", "+16025550100", now)
    write_people(otto, now.astimezone(otto.zone).date())
    write_history(otto, now)
    return otto
