"""An advisor's morning in the browser: the row's menu, being overtaken, a text that comes, the banner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from playwright.async_api import ConsoleMessage, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from crm.models import Phone, Staff
from dealership import banner
from scheduling import booking
from scheduling.models import Appointment
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import SATURDAY
from tests.reminders import store
from tests.talking import MARIA

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LIST = "/admin/scheduling/appointment/"


def in_thread(work: Callable[..., Any]) -> Callable[..., Any]:
    def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return sync_to_async(closing, thread_sensitive=False)


def make_morning() -> tuple[Appointment, str, dict[str, str]]:
    """Maria's visit, the address of her texts, and the cookie of an advisor."""
    banner.forget()
    otto = store.make_store()
    store.agree()
    user = User.objects.create_superuser("advisor", "advisor@example.com")
    Staff.objects.filter(rooftop=otto, name="Dana Brooks").update(user=user)
    phone = Phone.objects.get(number=MARIA)
    return store.make_visit(), f"/texts/{otto.pk}/{phone.pk}/", staff_cookie()


def watch(page: Page, host: str) -> list[str]:
    """What should not be: errors in the console, requests to other hosts."""
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((host, "data:", "blob:")):
            wrong.append(request.url)

    page.on("console", heard)
    page.on("request", asked)
    return wrong


async def test_an_advisor_works_through_a_morning(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: SATURDAY)
    visit, texts, cookie = await in_thread(make_morning)()
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await log_in(context, live_server.url, [cookie])
        page = await context.new_page()
        page.set_default_timeout(20_000)
        wrong = watch(page, live_server.url)

        # Confirm from the list.
        await page.goto(f"{live_server.url}{LIST}")
        await page.get_by_label(f"Actions for {visit.confirmation_number}").click()
        await page.get_by_role("button", name="Confirm").click()
        await expect(page.get_by_text("is confirmed.")).to_be_visible()
        # Nothing works in the background of a test.
        await expect(page.get_by_role("alert")).to_contain_text("the worker or the beat is down")

        # The phone desk moves the visit while its page is open.
        await page.goto(f"{live_server.url}{LIST}{visit.pk}/change/")
        later = SATURDAY - timedelta(seconds=20)
        await in_thread(booking.reschedule)(visit, store.WEDNESDAY, actor="phone desk", now=later)
        await page.get_by_label("Arrives").fill("2026-11-25T10:00")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("Changed by the phone desk 20 seconds ago")).to_be_visible()
        await expect(page.get_by_label("Arrives")).to_have_value("2026-11-25T10:00")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("was changed successfully")).to_be_visible()

        # A text comes while the page of texts is open.
        await page.goto(f"{live_server.url}{texts}")
        await page.get_by_label("Your text").fill("Your wipers are in.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_text("Your wipers are in. Reply STOP to opt out.")).to_be_visible()
        await in_thread(store.text_in)("Great, thank you!")
        await expect(page.get_by_text("Great, thank you!")).to_be_visible()
        assert wrong == []
