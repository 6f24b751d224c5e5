"""An advisor books a known customer by keyboard on one screen, meets a clash, and cancels the visit."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from playwright.async_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from crm.models import Consent, Customer, Rooftop, Staff
from scheduling import booking
from scheduling.models import Appointment, OpCode
from scheduling.refusals import Refusal
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import SATURDAY, make_demo_store

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("SCREENSHOTS", "")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Rooftop:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)
    store = make_demo_store()
    Consent.objects.all().delete()
    user = User.objects.get(username="advisor")
    Staff.objects.filter(rooftop=store, name="Dana Brooks").update(user=user)
    return store


@pytest.fixture
def cookie(store: Rooftop) -> dict[str, str]:
    return staff_cookie()


def in_thread(work: Callable[..., Any]) -> Callable[..., Any]:
    def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return sync_to_async(closing, thread_sensitive=False)


def take_the_first_opening(store: Rooftop) -> None:
    """Everybody who could do an oil change at the first opening is taken."""
    oil, today = OpCode.objects.get(rooftop=store, code="LOF"), SATURDAY.date()
    first = booking.openings(store, [oil], today, today, now=SATURDAY)[0].arrives_at
    for name in ("James", "Carlos", "Emily", "Tina", "Oscar"):
        customer = store.customers.get(first_name=name)
        vehicle = customer.vehicles.first()
        assert vehicle
        try:
            booking.book(store, customer, vehicle, [oil], first, actor="x", source="staff", now=SATURDAY)
        except Refusal:
            return


async def shoot(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/counter-{name}.png", full_page=True)


async def test_an_advisor_books_by_keyboard_meets_a_clash_and_cancels(
    store: Rooftop, cookie: dict[str, str], live_server: LiveServer, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = []
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await log_in(context, live_server.url, [cookie])
        page = await context.new_page()
        page.set_default_timeout(15_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda told: problems.append(told.text) if told.type == "error" else None)
        page.on(
            "request",
            lambda sent: None if sent.url.startswith(live_server.url) else problems.append(sent.url),
        )

        # Found from any page, by the end of the number; the first result leads to the customer.
        await page.goto(f"{live_server.url}/admin/crm/followuptask/")
        await page.keyboard.press("Control+k")
        await expect(page.locator("#search-input-command")).to_be_focused()
        await page.keyboard.type("555-0143")
        await expect(page.locator("#command-results-list")).to_contain_text("Maria Lopez")
        await expect(page.locator("#command-results-list .active")).to_contain_text("Maria Lopez")
        await shoot(page, "search")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("region", name="Visits")).to_be_visible()

        # The whole visit by keyboard.
        await page.goto(f"{live_server.url}/book/")
        press, type_ = page.keyboard.press, page.keyboard.type
        await expect(page.locator("#id_who")).to_be_focused()
        await type_("212 555 0143")
        await press("Enter")
        await expect(page.locator("#people input:checked")).to_be_focused()
        await press("Enter")
        await expect(page.locator("#find-service")).to_be_focused()
        await type_("oil")
        await press("Enter")
        await expect(page.locator("#total")).to_contain_text("55 min of work · $80–130")
        await press("Enter")
        await expect(page.locator("#openings input:checked")).to_be_focused()
        await shoot(page, "book")

        # Somebody else is quicker.
        await in_thread(take_the_first_opening)(store)
        await press("Control+Enter")
        await expect(page.get_by_role("alert")).to_contain_text("is taken")
        await expect(page.locator("#total")).to_contain_text("55 min")
        await expect(page.locator(".desk-near input").first).to_be_focused()
        await shoot(page, "clash")
        await press("Space")
        await press("Enter")
        await press("ArrowRight")  # asked, and agreed
        await press("Enter")
        await expect(page.get_by_role("button", name="Book the visit")).to_be_focused()
        await press("Enter")
        await expect(page.locator("body")).to_contain_text("Booked: Maria Lopez")

        # And cancelled.
        await page.get_by_role("link", name="Cancel appointment").click()
        await page.fill("[name=reason]", "Sold the car")
        await page.get_by_role("button", name="Cancel the appointment").click()
        await expect(page.locator("body")).to_contain_text("is cancelled")
        assert problems == []
        await _small(page, live_server)

        # Logged out meanwhile: the log-in page comes whole, not as a part of this one.
        await page.goto(f"{live_server.url}/book/")
        await context.clear_cookies(name="sessionid")
        await page.locator("#id_who").fill("Lopez")
        await expect(page.locator("#id_password")).to_be_visible()
        assert "/admin/login/" in page.url

    visit = await in_thread(Appointment.objects.select_related("customer").get)(customer__first_name="Maria")
    assert (visit.status, visit.cancel_reason) == ("cancelled", "Sold the car")
    assert await in_thread(visit.customer.consents.filter(is_granted=True).count)() == 2


async def _small(page: Page, live_server: LiveServer) -> None:
    """On a telephone's screen nothing reaches beyond the edge."""
    maria = await in_thread(Customer.objects.get)(first_name="Maria")
    await page.set_viewport_size({"width": 390, "height": 844})
    for name, address in (
        ("book", f"/book/?customer={maria.pk}"),
        ("customer", f"/admin/crm/customer/{maria.pk}/change/"),
        ("merge", f"/customers/{maria.pk}/merge/"),
    ):
        await page.goto(f"{live_server.url}{address}")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        await shoot(page, f"{name}-small")
        assert wide <= 390, name
