"""Every page of the staff site as a browser shows it: wide and on a telephone, light and dark.

A new page is named in PAGES, or in one of the two tables below it, whose pages are looked at once, on a
telephone; what the sidebar leads to is looked at by itself. dealership/test_rights.py asks that no page is
missing. Pictures are kept where SCREENSHOTS points, by default in pytest's temporary folder: `make pages` keeps
them in var/screenshots.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from playwright.async_api import Browser, ConsoleMessage, Page, Route, ViewportSize, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from crm.models import FollowUpTask, Rooftop
from dealership.demo import OTTO
from dealership.settings import UNFOLD
from reminders import visit_links
from reminders.models import Text
from scheduling.models import CalendarConnection, OpCode
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import make_demo_store
from voice import after_calls
from voice.models import Call, ToolCall, Turn

Look = Callable[[Page, str, Path], Awaitable[list[str]]]
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
# Plain pages of the staff site.
SMALLER_PAGES = {
    "day": "/day/2026-11-24/",
    "vehicles": "/admin/crm/vehicle/",
    "vehicle": "/admin/crm/vehicle/{vehicle}/change/",
    "merge": "/customers/{customer}/merge/",
    "consents": "/admin/crm/consent/",
    "order": "/admin/crm/repairorder/{order}/change/",
    "task": "/admin/crm/followuptask/{task}/change/",
    "reassign": "/admin/scheduling/appointment/{appointment}/reassign/",
    "note": "/admin/scheduling/appointment/{appointment}/note/",
    "tell-calendar": "/admin/scheduling/appointment/{appointment}/calendar/",
    "remind-now": "/admin/reminders/reminder/now/{appointment}/",
    "service": "/admin/scheduling/opcode/{service}/change/",
    "remark": "/calls/turns/{turn}/comment",
    "follow-up": "/calls/turns/{turn}/follow-up",
    "new-store": "/setup/new/",
    **{f"setup-{name}": f"/setup/{{rooftop}}/{name}/" for name in ("store", "people", "menu", "desk")},
    "log-in": "/admin/auth/user/{user}/change/",
    "password-of": "/admin/auth/user/{user}/password/",
    "own-password": "/admin/password_change/",
    "own-password-done": "/admin/password_change/done/",
}
# Of those who are not logged in.
OPEN_PAGES = {
    "logging-in": "/admin/login/",
    "reset": "/admin/password_reset/",
    "reset-asked": "/admin/password_reset/sent/",
    "reset-choose": "/admin/password_reset/{reset}/",
    "reset-done": "/admin/password_reset/done/",
    "visit": "/a/{visit}",
    "visit-move": "/a/{visit}/move",
    "visit-cancel": "/a/{visit}/cancel",
}
# `make pages` looks at all of these plain pages; a run of all tests at every fourth.
STEP = 1 if os.environ.get("PAGES") == "all" else 4
DARK = {"board", "book", "call", "dashboard", "appointments", "customer"}
WIDE, SMALL = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
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
def rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """A demo store in which something of everything has happened."""
    settings.DEBUG = True  # opens the phone page
    now = timezone.now()
    otto = make_demo_store(now, with_appointments=True)
    User.objects.filter(username="manager").update(is_superuser=True)
    appointment = otto.appointments.order_by("-arrives_at")[0]
    call = make_call(otto, appointment, now)
    task = FollowUpTask.objects.create(
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
    CalendarConnection.objects.create(rooftop=otto, calendar_id="lane@example.com")
    advisor = User.objects.get(username="advisor")
    for _ in range(5):
        Client(REMOTE_ADDR="127.0.0.1").post("/admin/login/", {"username": "locked", "password": "wrong"})
    yield {
        "call": call.pk,
        "appointment": appointment.pk,
        "customer": appointment.customer_id,
        "rooftop": otto.pk,
        "phone": appointment.customer.phones.all()[0].pk,
        "vehicle": appointment.vehicle_id,
        "task": task.pk,
        "order": otto.repair_orders.all()[0].pk,
        "service": OpCode.objects.filter(rooftop=otto)[0].pk,
        "turn": call.turns.all()[0].pk,
        "user": advisor.pk,
        "visit": visit_links.token_of(appointment.pk),
        "reset": f"{urlsafe_base64_encode(str(advisor.pk).encode())}/{default_token_generator.make_token(advisor)}",
    }


@pytest.fixture
def cookie(rows: dict[str, Any]) -> dict[str, str]:
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
    await page.set_viewport_size(SMALL)
    problems += [f"small: {fault}" for fault in await faults_of(page)]
    if await page.evaluate(TOO_WIDE):
        problems.append("small: it scrolls sideways")
    await page.screenshot(path=folder / f"{name}-390.png", full_page=True)
    await page.set_viewport_size(WIDE)
    return problems


async def look_once(page: Page, name: str, folder: Path) -> list[str]:
    """The same of a page that is looked at in one size."""
    await page.evaluate(AXE)
    await page.evaluate(AT_REST)
    problems = await faults_of(page)
    if await page.evaluate(TOO_WIDE):
        problems.append("it scrolls sideways")
    await page.screenshot(path=folder / f"{name}-390.png", full_page=True)
    return problems


def in_sidebar() -> list[str]:
    """The addresses that it leads to and that PAGES does not name."""
    sidebar: Any = UNFOLD["SIDEBAR"]
    links = [str(item["link"]) for part in sidebar["navigation"] for item in part["items"]]
    return [address for address in links if address not in PAGES.values()]


@dataclass(slots=True)
class Tour:
    """Pages looked at one after the other, by somebody."""

    page: Page
    url: str
    watch: Watch
    folder: Path
    problems: list[str] = field(default_factory=list)

    async def visit(self, name: str, address: str, looks: Look = look_once) -> None:
        answer = await self.page.goto(self.url + address)
        assert answer is not None and answer.status == 200, name
        await self.look(name, looks)

    async def look(self, name: str, looks: Look = look_once) -> None:
        """At the page that is open."""
        found = [*await looks(self.page, name, self.folder), *self.watch.problems]
        self.problems += [f"{name}: {problem}" for problem in found]
        self.watch.problems.clear()


@asynccontextmanager
async def tour(
    browser: Browser, url: str, folder: Path, size: ViewportSize, *cookies: dict[str, str]
) -> AsyncIterator[Tour]:
    context = await browser.new_context(viewport=size, reduced_motion="reduce")
    await log_in(context, url, cookies)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    watch = Watch(page, url)
    await watch.begin()
    made = Tour(page, url, watch, folder)
    yield made
    await context.close()
    assert not made.problems, "\n".join(made.problems)


@pytest.mark.timeout(300)
async def test_every_page_is_sound_in_a_browser(
    rows: dict[str, Any],
    cookie: dict[str, str],
    live_server: LiveServer,
    settings: Settings,
    pictures: Path,
) -> None:
    settings.PUBLIC_BASE_URL = url = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = []
    async with chromium() as browser:
        async with tour(browser, url, pictures, WIDE, cookie) as manager:
            for name, address in PAGES.items():
                await manager.visit(name, address.format(**rows), look)
        async with tour(browser, url, pictures, SMALL, cookie) as manager:
            for name, address in todays(SMALLER_PAGES):
                await manager.visit(name, address.format(**rows))
            for name, address in todays(
                {address.strip("/").split("/")[-1]: address for address in in_sidebar()}
            ):
                await manager.visit(f"list-{name}", address)
            await see_whom_a_closure_touches(manager)
        async with tour(browser, url, pictures, SMALL) as nobody:
            for name, address in todays(OPEN_PAGES):
                await nobody.visit(name, address.format(**rows))
            await be_locked_out(nobody)
    # What was wrong with a page ended its tour; every one was looked at.
    assert {f"{name}-{width}" for name in PAGES for width in (1440, 390)} <= taken_in(pictures)


def taken_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.png")}


def todays(pages: dict[str, str]) -> list[tuple[str, str]]:
    return list(pages.items())[::STEP]


async def see_whom_a_closure_touches(manager: Tour) -> None:
    page = manager.page
    await manager.visit("closure", "/admin/scheduling/closure/add/")
    tomorrow = timezone.now() + timedelta(days=1)
    await page.select_option("#id_rooftop", label=OTTO)
    await page.fill("#id_starts_at", f"{tomorrow:%Y-%m-%d}T00:00")
    await page.fill("#id_ends_at", f"{tomorrow + timedelta(days=9):%Y-%m-%d}T23:00")
    await page.fill("#id_reason", "Flood")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", name="closed: Flood")).to_be_visible()
    await manager.look("closure-touches")


async def be_locked_out(nobody: Tour) -> None:
    page = nobody.page
    await page.goto(f"{nobody.url}/admin/login/")
    await page.fill("#id_username", "locked")
    await page.fill("#id_password", "wrong")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_text("This log-in is locked")).to_be_visible()
    nobody.watch.problems.clear()  # the browser notes the 429
    await nobody.look("locked")
