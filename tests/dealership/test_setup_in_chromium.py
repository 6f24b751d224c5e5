"""Set-up in a real browser: the checks come by themselves, addresses are copied, nothing comes from afar."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.async_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from crm.models import Rooftop
from dealership.celery import app
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from voice.database import in_database

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cookie(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(app.control, "ping", lambda timeout: [{"worker": {"ok": "pong"}}])
    user = User.objects.create_user("owner", is_staff=True)
    user.groups.set([Group.objects.get(name="administrator")])
    return staff_cookie("owner")


async def picture(page: Page, folder: Path, name: str) -> None:
    """Both widths, both themes; no page is wider than its window."""
    for width in (1440, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide at {width}"
        for theme in ("light", "dark"):
            is_dark = str(theme == "dark").lower()
            await page.evaluate(f"document.documentElement.classList.toggle('dark', {is_dark})")
            if os.environ.get("SCREENSHOTS"):
                await page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)


async def test_an_owner_opens_a_store_in_the_browser(
    cookie: dict[str, str], live_server: LiveServer, tmp_path: Path
) -> None:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    async with chromium() as browser:
        context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        await log_in(context, live_server.url, [cookie])
        page = await context.new_page()
        faults: list[str] = []
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda r: None if live_server.url in r.url or "data:" in r.url else faults.append(r.url),
        )

        await page.goto(f"{live_server.url}/setup/")
        await picture(page, folder, "1-none")
        await page.get_by_role("link", name="Open a store").click()
        await page.locator("#StoreForm_name").fill("Ada's Garage")
        await page.locator("#StoreForm_time_zone").select_option("America/Chicago")
        await picture(page, folder, "2-store")
        await page.get_by_role("button", name="Save and go on").click()
        await page.locator("#NumbersForm_numbers").fill("my cell")
        await page.get_by_role("button", name="Save and go on").click()
        await expect(page.locator(".desk-error")).to_have_text(
            "my cell is not a telephone number. Write it like (212) 555-0100."
        )
        await picture(page, folder, "3-refused")
        await page.locator("#NumbersForm_numbers").fill("(312) 555-0100")
        await page.get_by_role("button", name="Save and go on").click()
        await expect(page.get_by_label("Monday opens")).to_have_value("07:30")
        await picture(page, folder, "4-hours")
        await page.get_by_role("button", name="Save and go on").click()
        await expect(page.get_by_role("heading", name="Technicians")).to_be_visible()
        twice = "all => new Set(all.map(each => each.id)).size < all.length"
        assert not await page.locator(".setup [id]").evaluate_all(twice)
        await picture(page, folder, "5-people")

        store = await in_database(Rooftop.objects.get)
        for step in ("bays", "menu", "desk"):
            await page.goto(f"{live_server.url}/setup/{store.pk}/{step}/")
            await picture(page, folder, f"6-{step}")
        await page.get_by_role("link", name="Check and test call").click()
        await expect(page.get_by_text("to mend before customers call")).to_be_visible(timeout=30_000)
        await page.get_by_role("button", name="Copy").first.click()
        await expect(page.get_by_text("Copied.")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == "http://testserver/api/v1/webhooks/inbound-call"
        await picture(page, folder, "7-check")
        await page.get_by_role("link", name="Call Ada's Garage").click()
        await expect(page.get_by_role("heading", name="Ada's Garage")).to_be_visible()
        assert faults == []

        await context.clear_cookies()
        for name, path in {"8-login": "login/", "9-reset": "password_reset/"}.items():
            await page.goto(f"{live_server.url}/admin/{path}")
            await picture(page, folder, name)
