"""The pictures of docs/pictures/, taken of the running product: `make pictures`.

Where no call has booked yet a caller types to the desk first. Name pages to take only those.
"""

import asyncio
import os
import sys
from pathlib import Path

import django

django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from dealership import demo_call  # noqa: E402
from tests.browser import chromium, log_in, staff_cookie  # noqa: E402
from tests.talking import MARIA  # noqa: E402
from tests.voice.live import phoning  # noqa: E402
from voice import after_calls  # noqa: E402
from voice.models import Call  # noqa: E402

# {call} is the newest call that booked.
PICTURES = {
    "board": "/day/",
    "call": "/calls/{call}/",
    "dashboard": "/dashboard/?period=today",
}
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = {"width": 1200, "height": 800}
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
    call = await sync_to_async(_newest_booking)()
    if call is None:
        await _book(url)
        call = await sync_to_async(_newest_booking)()
    async with chromium() as browser:
        context = await browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
        await log_in(context, url, [await sync_to_async(staff_cookie)("manager")])
        page = await context.new_page()
        for name in names:
            await page.goto(url + PICTURES[name].format(call=call), wait_until="networkidle")
            await page.screenshot(path=FOLDER / f"{name}.png")


async def _book(url: str) -> None:
    async with phoning(url, MARIA) as phone:
        await phone.reply()
        await phone.converse("Hi, I need an oil change for my Civic next Tuesday morning.", ANSWERS)


def _newest_booking() -> int | None:
    after_calls.look_back(now=timezone.now())
    return Call.objects.filter(outcome="booked").values_list("pk", flat=True).order_by("-started_at").first()


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
