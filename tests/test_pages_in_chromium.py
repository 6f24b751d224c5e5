"""Every page of the staff site as a browser shows it: wide and on a telephone, light and dark.

A new page is named in PAGES. Pictures of all of them are kept where SCREENSHOTS points, by default in
pytest's temporary folder: `make pages` keeps them in var/screenshots.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.async_api import ConsoleMessage, Page, Route
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from crm.models import FollowUpTask, Rooftop
from reminders.models import Text
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import make_demo_store
from voice import after_calls
from voice.models import Call, ToolCall, Turn

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# By the names of their pictures; what stands in braces is the key of a row that the test makes.
PAGES = {
    "board": "/day/",
    "bays": "/day/?by=bays",
    "book": "/book/?customer={customer}",
    "calls": "/calls/",
    "call": "/calls/{call}/",
    "live": "/calls/live/",
    "dashboard": "/dashboard/?period=30",
    "appointments": "/admin/scheduling/appointment/",
    "appointment": "/admin/scheduling/appointment/{appointment}/change/",
    "cancel": "/admin/scheduling/appointment/{appointment}/cancel/",
    "customers": "/admin/crm/customer/",
    "customer": "/admin/crm/customer/{customer}/change/",
    "consent": "/customers/{customer}/consent/",
    "tasks": "/admin/crm/followuptask/",
    "reminders": "/admin/reminders/reminder/",
    "texts": "/admin/reminders/text/",
    "thread": "/texts/{rooftop}/{phone}/",
    "errors": "/admin/crm/systemfault/",
    "setup": "/setup/{rooftop}/hours/",
    "checks": "/setup/{rooftop}/check/",
    "rooftop": "/admin/crm/rooftop/{rooftop}/change/",
    "phone": "/phone/",
}
DARK = {"board", "book", "call", "dashboard", "appointments", "customer"}
WIDE, SMALL = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
# Of axe's findings those that keep somebody out.
FAULTS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => `${found.id}: ${found.nodes.slice(0, 3).map(node => node.html).join(" | ")}`)"""
# Colours are measured when they no longer change.
AT_REST = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("* { transition: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def rows(settings: Settings) -> Iterator[dict[str, int]]:
    """A demo store in which something of everything has happened."""
    settings.DEBUG = True  # opens the phone page
    now = timezone.now()
    otto = make_demo_store(now, with_appointments=True)
    User.objects.filter(username="manager").update(is_superuser=True)
    appointment = otto.appointments.order_by("-arrives_at")[0]
    call = make_call(otto, appointment, now)
    FollowUpTask.objects.create(
        rooftop=otto, kind="callback", summary="Wants a person.", call_sid=call.sid, due_at=now
    )
    Text.objects.create(
        rooftop=otto,
        customer=appointment.customer,
        appointment=appointment,
        direction="outbound",
        kind="confirmation",
        number="+12125550143",
        body="You're booked.",
        key="1",
        status="delivered",
    )
    after_calls.look_back(now=now)
    yield {
        "call": call.pk,
        "appointment": appointment.pk,
        "customer": appointment.customer_id,
        "rooftop": otto.pk,
        "phone": appointment.customer.phones.all()[0].pk,
    }


@pytest.fixture
def cookie(rows: dict[str, int]) -> dict[str, str]:
    return staff_cookie("manager")


def make_call(otto: Rooftop, appointment: Any, now: Any) -> Call:
    began = now - timedelta(minutes=20)
    call = Call.objects.create(
        rooftop=otto,
        sid="CA1",
        carrier="twilio",
        caller_number="+12125550143",
        customer=appointment.customer,
        started_at=began,
        stream_opened_at=began,
        ended_at=began + timedelta(seconds=95),
        outcome="booked",
        agent_version="built-in",
        conversation={"call_sid": "CA1", "intent": "book"},
    )
    for number, (speaker, text) in enumerate(
        [("desk", "How can I help?"), ("caller", "An oil change, please."), ("desk", "You are booked.")]
    ):
        Turn.objects.create(
            call=call,
            number=number,
            speaker=speaker,
            text=text,
            cut_off="Is this Maria?" if number == 0 else "",
            starts_ms=number * 4000,
            ends_ms=number * 4000 + 3000,
            latencies={"final": 210, "first_frame": 640} if speaker == "desk" else {},
        )
    ToolCall.objects.create(
        call=call,
        key="1",
        name="book_appointment",
        arguments={"offer": "o1"},
        code="ok",
        result={"confirmation_number": appointment.confirmation_number},
        at_ms=7900,
        duration_ms=31,
        appointment=appointment,
    )
    return call


class Watch:
    """What goes wrong on a page: errors in its console, and requests to another host, which are stopped."""

    def __init__(self, page: Page, url: str) -> None:
        self.problems: list[str] = []
        self._page, self._host = page, urlsplit(url).netloc
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    async def begin(self) -> None:
        await self._page.route("**/*", self._let_through)

    def _said(self, message: ConsoleMessage) -> None:
        # The server of this test speaks no WebSocket; what comes over it, voice/test_live_calls.py asks.
        if message.type == "error" and "/ws/live" not in message.text:
            self.problems.append(message.text)

    async def _let_through(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc == self._host:
            await route.continue_()
        else:
            self.problems.append(f"asked another host for {route.request.url}")
            await route.abort()


async def faults_of(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(FAULTS)
    return found


async def look(page: Page, name: str, folder: Path) -> list[str]:
    """What is wrong with the page that is open, in every size and colour that it is looked at."""
    await page.evaluate(AXE)
    await page.evaluate(AT_REST)
    problems = [f"wide: {fault}" for fault in await faults_of(page)]
    await page.screenshot(path=folder / f"{name}-1440.png")
    if name in DARK:
        await page.evaluate("document.documentElement.classList.add('dark')")
        problems += [f"dark: {fault}" for fault in await faults_of(page)]
        await page.screenshot(path=folder / f"{name}-1440-dark.png")
        await page.evaluate("document.documentElement.classList.remove('dark')")
    await page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    problems += [f"small: {fault}" for fault in await faults_of(page)]
    if await page.evaluate(TOO_WIDE):
        problems.append("small: it scrolls sideways")
    await page.screenshot(path=folder / f"{name}-390.png", full_page=True)
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return problems


async def test_every_page_is_sound_in_a_browser(
    rows: dict[str, int],
    cookie: dict[str, str],
    live_server: LiveServer,
    settings: Settings,
    pictures: Path,
) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    problems: list[str] = []
    async with chromium() as browser:
        context = await browser.new_context(viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
        await log_in(context, live_server.url, [cookie])
        page = await context.new_page()
        page.set_default_timeout(15_000)
        watch = Watch(page, live_server.url)
        await watch.begin()
        for name, address in PAGES.items():
            answer = await page.goto(live_server.url + address.format(**rows))
            assert answer is not None and answer.status == 200, name
            problems += [f"{name}: {problem}" for problem in await look(page, name, pictures)]
            problems += [f"{name}: {problem}" for problem in watch.problems]
            watch.problems.clear()
    assert not problems, "\n".join(problems)
