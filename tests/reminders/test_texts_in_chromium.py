"""A laptop without an account: a text arrives on the phone page, its link works, and a reminder rings."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from playwright.async_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reminders import texts
from reminders.models import Text
from scheduling.models import Appointment
from tests.browser import chromium, needs_chromium
from tests.factories import SATURDAY
from tests.reminders.store import WHEN
from tests.talking import MARIA, OTTO_NUMBER
from voice import providers
from voice.models import Call

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SMALL = {"width": 390, "height": 844}
# Every sound that the page makes can be asked for.
LISTEN = """
window.sounds = [];
window.AudioContext = class extends window.AudioContext {
  constructor(...options) { super(...options); window.sounds.push(this); }
};
"""


def in_thread(work: Callable[..., Any]) -> Callable[..., Any]:
    def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return sync_to_async(closing, thread_sensitive=False)


async def sounds(page: Page) -> list[str]:
    """In which state each is, once none changes any more."""
    await page.wait_for_function("sounds.every((one) => one.state !== 'suspended')")
    return list(await page.evaluate("sounds.map((one) => one.state)"))


def ring() -> str:
    return providers.make_dialer().ring(
        MARIA, own_number=OTTO_NUMBER, answer_path="/a", status_path="/s", machine_path="/m"
    )


async def test_texts_arrive_lead_to_the_page_and_calls_ring(
    visit: Appointment, live_server: LiveServer, settings: Settings
) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.DEBUG = "", True
    settings.PUBLIC_BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = []
    async with chromium() as browser:
        context = await browser.new_context(viewport=SMALL)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(15_000)
        await page.add_init_script(LISTEN)
        await page.goto(f"{live_server.url}/phone/")
        await page.uncheck("#use-microphone")
        await expect(page.locator("main")).to_have_attribute("data-view", "call")

        # A text arrives, and is answered.
        await in_thread(texts.write)(visit, Text.Kind.CONFIRMATION, key="a", now=SATURDAY)
        await in_thread(texts.send_due)(now=SATURDAY)
        await expect(page.locator("#texts .said.desk span")).to_contain_text(f"you're booked for {WHEN}")
        await page.fill("#text", "1")
        await page.press("#text", "Enter")
        await expect(page.locator("#texts .said.caller span")).to_have_text("1")
        await in_thread(visit.refresh_from_db)()
        assert visit.status == "confirmed"

        # Its link opens the appointment, which is moved there without JavaScript.
        address = await page.locator("#texts a").get_attribute("href")
        plain = await browser.new_context(viewport=SMALL, java_script_enabled=False)  # type: ignore[arg-type]
        own = await plain.new_page()
        await own.goto(f"{address}")
        await expect(own.locator("h1")).to_have_text("You're confirmed")
        await own.get_by_role("link", name="Move it to another time").click()
        await own.locator("label.time").last.click()
        await own.get_by_role("button", name="Move my appointment").click()
        await expect(own.get_by_role("status")).to_have_text("Your appointment has been moved.")
        wide = await own.evaluate("document.documentElement.scrollWidth")
        assert wide <= SMALL["width"]
        await in_thread(visit.refresh_from_db)()
        assert visit.status == "booked"

        # A call rings the page; declined, it was not answered.
        first = await in_thread(ring)()
        await expect(page.locator("#state")).to_have_text("Otto's Auto is calling")
        assert await sounds(page) == ["running"]
        await page.click("#decline")
        await expect(page.locator("#state")).to_have_text("Call declined")
        assert await sounds(page) == ["closed"]
        # The next one is answered.
        await page.route_web_socket("**/ws/media", lambda socket: None)
        second = await in_thread(ring)()
        await expect(page.locator("#answer")).to_be_visible()
        async with page.expect_response(re.compile("/phone/answer")) as answered:
            await page.click("#answer")
        assert (await (await answered.value).json())["call_sid"] == second
        assert (await sounds(page))[:2] == ["closed", "closed"]
        statuses = dict(await in_thread(lambda: list(Call.objects.values_list("sid", "carrier_status")))())
        assert statuses == {first: "no-answer", second: "in-progress"}


async def test_with_an_account_the_page_only_calls(
    visit: Appointment, live_server: LiveServer, settings: Settings
) -> None:
    settings.DEBUG = True
    settings.CSRF_TRUSTED_ORIGINS = []
    async with chromium() as browser:
        page = await browser.new_page()
        page.set_default_timeout(15_000)
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        await page.route_web_socket("**/ws/media", lambda socket: None)
        await page.goto(f"{live_server.url}/phone/")
        await expect(page.get_by_role("button", name="Texts")).to_have_count(0)
        await page.uncheck("#use-microphone")
        async with page.expect_response(re.compile("/phone/call")):
            await page.click("#call")
        await expect(page.locator("#text")).to_be_enabled()
        await page.click("#hang-up")
        await expect(page.locator("main")).to_have_attribute("data-state", "ended")
        assert failures == []
