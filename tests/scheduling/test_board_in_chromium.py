"""The day board in a real browser: a card is carried by hand and by keys, and the board is alive."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from playwright.async_api import Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from crm.models import Rooftop, Staff
from scheduling.models import Appointment
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import SATURDAY, make_demo_store
from tests.scheduling.test_day_board import at, book, fill

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OPENS = 7 * 60


def in_thread(work: Callable[..., Any]) -> Callable[..., Any]:
    def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return sync_to_async(closing, thread_sensitive=False)


@pytest.fixture
def store(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Rooftop:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)
    store = make_demo_store()
    Staff.objects.filter(rooftop=store, name="Dana Brooks").update(user=User.objects.get(username="advisor"))
    return store


@pytest.fixture
def maria(store: Rooftop) -> Appointment:
    fill(store, at(13, store=store))
    return book(store, "Maria", at(9, store=store))


@pytest.fixture
def cookie(store: Rooftop) -> dict[str, str]:
    return staff_cookie()


async def carry(page: Page, card: Locator, column: Locator, *, hour: int, minute: int = 0) -> None:
    """Drag by the card's upper edge to a wall time in the column."""
    from_box, to_box = await card.bounding_box(), await column.bounding_box()
    assert from_box
    assert to_box
    length = int(await page.locator("#board").get_attribute("data-length") or 0)
    top = to_box["y"] + (60 * hour + minute - OPENS) / length * to_box["height"]
    await page.mouse.move(from_box["x"] + 20, from_box["y"] + 6)
    await page.mouse.down()
    await page.mouse.move(from_box["x"] + 30, from_box["y"] + 30)
    await page.mouse.move(to_box["x"] + 60, top + 6, steps=4)
    await page.mouse.up()


async def carry_across(page: Page, card: Locator) -> str:
    """Put the card into the column beside its own, by keys alone; the column's name."""
    columns = await page.locator(".board-column").evaluate_all("all => all.map(each => each.dataset.name)")
    own = columns.index(await card.evaluate("card => card.closest('.board-column').dataset.name"))
    beside, key = (own + 1, "ArrowRight") if own + 1 < len(columns) else (own - 1, "ArrowLeft")
    await card.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press(key)
    await expect(page.locator("#board-says")).to_contain_text(columns[beside])
    await page.keyboard.press("Enter")
    await expect(page.locator(f'.board-column[data-name="{columns[beside]}"]').locator(card)).to_have_count(1)
    await expect(card).to_be_focused()
    return str(columns[beside])


async def where(visit: Appointment) -> datetime:
    await in_thread(visit.refresh_from_db)()
    return visit.arrives_at


async def test_an_advisor_carries_visits_and_sees_what_others_do(
    maria: Appointment, store: Rooftop, cookie: dict[str, str], live_server: LiveServer, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = []
    faults: list[str] = []
    hosts: set[str] = set()
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1440, "height": 1700})
        await log_in(context, live_server.url, [cookie])
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        async with page.expect_response("**/banner/"):  # which may push the board down
            await page.goto(f"{live_server.url}/day/2026-11-23/")
        card, says = page.locator(f"#visit-{maria.pk}-0"), page.locator("#board-says")
        column = page.locator(f'[data-advisor="{maria.advisor_id}"]')
        await expect(card).to_contain_text("Maria Lopez")

        # By hand to a free time.
        await carry(page, card, column, hour=8)
        await expect(says).to_contain_text("Maria Lopez: Monday, November 23, 8:00 AM")
        assert await where(maria) == at(8, store=store)
        await expect(card).to_be_focused()

        # Onto a full one: it explains itself, and an opening that it offers does the move.
        await carry(page, card, column, hour=13)
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Monday, November 23, 1:00 PM")
        assert await where(maria) == at(8, store=store)
        await dialog.get_by_role("button", name="Mon, Nov 23").first.click()
        await expect(dialog).to_have_count(0)
        await expect(says).to_contain_text("Maria Lopez: Monday, November 23")
        chosen = await where(maria)
        assert chosen != at(8, store=store)

        # By keys: half an hour later than eight.
        await carry(page, card, column, hour=8)
        await expect(says).to_contain_text("8:00 AM")
        await card.focus()
        await page.keyboard.press("Space")
        await expect(says).to_contain_text("Picked up Maria Lopez, 8:00 AM")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await expect(says).to_contain_text("8:30 AM")
        await page.keyboard.press("Enter")
        await expect(says).to_contain_text("Maria Lopez: Monday, November 23, 8:30 AM")
        assert await where(maria) == at(8, 30, store=store)

        # By keys to another advisor, and to another bay.
        name = await carry_across(page, card)
        await in_thread(maria.refresh_from_db)()
        assert (await in_thread(lambda: str(maria.advisor))(), maria.arrives_at) == (
            name,
            at(8, 30, store=store),
        )
        await page.goto(f"{live_server.url}/day/2026-11-23/?by=bays")
        name = await carry_across(page, card)
        work = await in_thread(maria.allocations.select_related("bay").get)(kind="work")
        assert (str(work.bay), await where(maria)) == (name, at(8, 30, store=store))
        await page.goto(f"{live_server.url}/day/2026-11-23/")

        # On paper: every visit of the day, and nothing that could be pressed.
        await page.emulate_media(media="print")
        rows = page.locator(".board-list tbody tr")
        await expect(rows).to_have_count(3)
        for n, row in enumerate(("8:30 AM Maria Lopez", "1:00 PM", "1:00 PM")):
            await expect(rows.nth(n)).to_be_visible()
            await expect(rows.nth(n)).to_contain_text(re.compile(row.replace(" ", r"\s+")))
        for button in await page.locator("button, .board-tool, .board-card").all():
            await expect(button).to_be_hidden()
        await page.emulate_media(media="screen")

        # What the phone desk books appears by itself.
        await in_thread(book)(store, "Susan", at(15, store=store))
        await expect(page.get_by_role("link", name="Susan")).to_be_visible(timeout=2_000)

        # Today's board opens where the day is.
        await page.goto(f"{live_server.url}/day/")
        await expect(page.locator(".board-now")).to_be_in_viewport()
        await expect(page.locator(".board-column").first).to_be_in_viewport()
    assert faults == []
    assert hosts == {urlsplit(live_server.url).netloc}
