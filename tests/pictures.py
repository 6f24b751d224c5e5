"""The pictures of docs/pictures/, taken of the running product: `make pictures`.

Where no call has booked yet a caller types to the desk first, and a day with little on it is booked
fuller: this writes into the demo store. Name pages to take only those.
"""

import asyncio
import os
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import django

django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from crm.models import Ownership, Rooftop  # noqa: E402
from dealership import demo, demo_call  # noqa: E402
from scheduling import booking  # noqa: E402
from scheduling.models import Appointment, OpCode  # noqa: E402
from scheduling.refusals import Refusal  # noqa: E402
from tests.browser import chromium, log_in, staff_cookie  # noqa: E402
from tests.talking import MARIA  # noqa: E402
from tests.voice.live import phoning  # noqa: E402
from voice import after_calls  # noqa: E402
from voice.models import Call  # noqa: E402

# {call} is the newest call that booked, {day} a day with visits in every column.
PICTURES = {
    "board": "/day/{day}/",
    "call": "/calls/{call}/",
    "dashboard": "/dashboard/?period=today",
}
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = {"width": 1200, "height": 800}
BUSY = 12  # visits
# What a busy day is booked with: service, how they come.
BOOKED = (
    *(("LOF", "waiter"), ("BRKF", "drop_off"), ("DIAG", "drop_off"), ("TROT", "waiter")),
    *(("COOL", "shuttle"), ("SI", "waiter"), ("M30", "loaner"), ("BATT", "waiter")),
)
OPENS, HOURS = time(7, 30), 6
LARGEST = 150_000  # bytes
ANSWERS = (
    (r"shall i book", "Yes, please."),
    (demo_call.OFFERED, "The first one, please."),
    (r"anything else", "No, thank you, goodbye."),
    (r"is this maria", "Yes, this is Maria."),
    (r"may we|call and text", "Yes."),
)


async def take(names: list[str]) -> None:
    url = settings.PUBLIC_BASE_URL
    day = await sync_to_async(_busy_day)()
    call = await sync_to_async(_newest_booking)()
    if call is None:
        await _book(url)
        call = await sync_to_async(_newest_booking)()
    async with chromium() as browser:
        context = await browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
        await log_in(context, url, [await sync_to_async(staff_cookie)("manager")])
        page = await context.new_page()
        for name in names:
            await page.goto(url + PICTURES[name].format(call=call, day=day), wait_until="networkidle")
            await page.screenshot(path=FOLDER / f"{name}.png")


async def _book(url: str) -> None:
    async with phoning(url, MARIA) as phone:
        await phone.reply()
        await phone.converse("Hi, I need an oil change for my Civic next Tuesday morning.", ANSWERS)


def _newest_booking() -> int | None:
    after_calls.look_back(now=timezone.now())
    return Call.objects.filter(outcome="booked").values_list("pk", flat=True).order_by("-started_at").first()


def _busy_day() -> date:
    """The next day that the store is open, with BUSY visits."""
    store, now = Rooftop.objects.get(name=demo.OTTO), timezone.now()
    tomorrow = now.astimezone(store.zone).date() + timedelta(days=1)
    oil = [OpCode.objects.get(rooftop=store, code="LOF")]
    openings = booking.openings(store, oil, tomorrow, tomorrow + timedelta(days=6), now=now)
    day = openings[0].arrives_at.astimezone(store.zone).date()
    begins = datetime.combine(day, OPENS, tzinfo=store.zone)
    missing = BUSY - store.appointments.active().filter(arrives_at__date=day).count()
    owned = Ownership.objects.filter(customer__rooftop=store, until=None).exclude(vehicle__make="Tesla")
    in_order = owned.select_related("customer", "vehicle").order_by("customer__first_name")
    for n, each in enumerate(in_order):  # no oil change for a car without oil
        if missing > 0:
            missing -= _book_one(each, begins + timedelta(minutes=45 * n % (60 * HOURS)), n, now)
    return day


def _book_one(owned: Ownership, wished: datetime, n: int, now: datetime) -> bool:
    """At the opening of this day that is nearest to the wish; every second one is confirmed."""
    code, transport = BOOKED[n % len(BOOKED)]
    store, day = owned.customer.rooftop, wished.date()
    services = [OpCode.objects.get(rooftop=store, code=code)]
    open_ = booking.openings(store, services, day, day, now=now, transport=transport)
    if not open_:
        return False
    slot = min(open_, key=lambda slot: abs(slot.arrives_at - wished))
    try:
        visit = booking.book(
            store,
            owned.customer,
            owned.vehicle,
            services,
            slot.arrives_at,
            actor="phone desk" if n % 3 else "advisor",
            source=Appointment.Source.DEMO,
            transport=transport,
            now=now,
        )
    except Refusal:  # their car comes on that day already
        return False
    if n % 2:
        booking.confirm(visit, actor="customer, by text", now=now)
    return True


def main() -> int:
    names = sys.argv[1:] or list(PICTURES)
    if unknown := [name for name in names if name not in PICTURES]:
        print(f"No such picture: {', '.join(unknown)}. There are {', '.join(PICTURES)}.", file=sys.stderr)
        return 2
    os.makedirs(FOLDER, exist_ok=True)
    asyncio.run(take(names))
    large = [name for name in names if (FOLDER / f"{name}.png").stat().st_size > LARGEST]
    if large:
        print(f"Larger than {LARGEST:,} bytes: {', '.join(large)}. Make SIZE smaller.", file=sys.stderr)
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
