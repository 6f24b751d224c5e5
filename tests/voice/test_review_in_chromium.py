"""A manager's afternoon: a call is found by a word, heard, remarked on, reviewed; another one is watched."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.async_api import BrowserContext, Page, Request, expect
from pytest_django import Settings

from crm.models import Rooftop
from tests.browser import chromium, log_in, needs_chromium
from tests.emulators.speech import LOUD
from tests.fakes import FakeSynthesizer, FakeTranscriber
from tests.talking import STRANGER
from tests.voice.exchange import served
from tests.voice.phone import Phone, ringing
from tests.voice.reviewing import EVERYTHING, client_of, make_call, make_user, record, say
from tests.voice.small import make_small_store
from voice.database import in_database
from voice.models import Call, CallReview, Defect, RecordingAccess, ToolCall, Turn, TurnComment

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("SCREENSHOTS", "")
WIDE, SMALL = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def otto(transactional_db: None, settings: Settings, tmp_path: Path) -> Rooftop:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    store = make_small_store()
    store.records_calls = True
    store.save()
    return store


@pytest.fixture
def manager(otto: Rooftop) -> User:
    return make_user(otto, *EVERYTHING)


@pytest.fixture
def call(otto: Rooftop) -> Call:
    call = make_call(
        otto, customer=otto.customers.get(), summary="Asked for brakes. Hung up.", slowest_ms=1240
    )
    turns = say(
        call,
        "Thanks for calling Otto's Auto. How can I help you?",
        "My brakes squeak terribly.",
        "You're booked for Tuesday, November 24th at 10 AM.",
        "Thank you, goodbye.",
    )
    Turn.objects.filter(pk=turns[2].pk).update(
        intent="book",
        cut_off="Anything else?",
        changes={"services": [None, ["BRAKE"]], "wish first": [None, "2026-11-24"]},
        latencies={
            "final": 320,
            "first_clause": 760,
            "first_audio": 900,
            "first_frame": 1040,
            "first_mark": 1240,
        },
    )
    ToolCall.objects.create(
        call=call,
        key="1",
        name="get_available_slots",
        arguments={"services": ["BRAKE"]},
        code="ok",
        result={"spoken": "I have 9:15."},
        at_ms=3950,
        duration_ms=18,
    )
    Defect.objects.create(call=call, kind="time", said="At 3 PM.", truth="At 9:15 AM.", at_ms=5000)
    record(call)
    make_call(otto, "CA2")
    return call


# Pieces that come evenly have no seam, one that is too late is skipped, and the next is heard again.
PLAYED = """async () => {
  const { Player } = await import("/static/voice/sound.js");
  const { decode } = await import("/static/phone/mulaw.js");
  const context = new OfflineAudioContext(1, 16000, 8000);
  const player = new Player(context);
  const sound = Uint8Array.from({ length: 8000 }, (_, at) => (at * 7) % 256);
  const take = (position, mulaw) => {
    const piece = new DataView(new ArrayBuffer(5 + mulaw.length));
    piece.setUint32(1, position);
    new Uint8Array(piece.buffer, 5).set(mulaw);
    player.take(piece);
  };
  for (let at = 0; at < 8000; at += 1600) take(90000 + at, sound.slice(at, at + 1600));
  const played = (await context.startRendering()).getChannelData(0);
  const begins = 4000 - 1600; // half a second from the end of the first piece
  const wanted = decode(sound);
  const hasNoSeam = wanted.every((sample, at) => Math.abs(sample - played[begins + at]) < 1e-4);
  take(500, sound.slice(0, 160));
  const isSkipped = player.zero === null && player.playing.size === 0;
  take(2100, sound.slice(0, 160));
  return [hasNoSeam, isSkipped, player.zero !== null];
}"""


@asynccontextmanager
async def humming(phone: Phone) -> AsyncIterator[None]:
    """The caller's line carries sound."""

    async def hum() -> None:
        while True:
            await phone.send_audio(LOUD[:160])
            await asyncio.sleep(0.02)

    task = asyncio.create_task(hum())
    try:
        yield
    finally:
        task.cancel()


class Watch:
    """What a page must not do: complain, or ask another host."""

    def __init__(self, page: Page, url: str) -> None:
        self.faults: list[str] = []
        self._url = url
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._look)

    def _look(self, request: Request) -> None:
        if not request.url.startswith((self._url, "blob:", "data:")):
            self.faults.append(request.url)


async def picture(page: Page, name: str) -> None:
    """At both widths and in both themes, when SCREENSHOTS names a folder; never wider than the screen."""
    for size in (SMALL, WIDE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        for theme in ("light", "dark") if PICTURES else ():
            await page.evaluate(
                f"document.documentElement.classList.toggle('dark', {str(theme == 'dark').lower()})"
            )
            await page.screenshot(
                path=f"{PICTURES}/review-{name}-{size['width']}-{theme}.png", full_page=True
            )
    await page.evaluate("document.documentElement.classList.remove('dark')")


async def in_order(page: Page) -> list[str]:
    """What stands on the page of a call from top to bottom, on a telephone's screen."""
    await page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    parts = ("#claims", "#player", ".desk-talk", ".desk-aside")
    tops = {
        part: await page.locator(part).evaluate("part => part.getBoundingClientRect().y") for part in parts
    }
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return sorted(parts, key=lambda part: tops[part])


async def new_page(context: BrowserContext, user: User, url: str) -> tuple[Page, Watch]:
    client = await in_database(client_of, user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    await log_in(context, url, [cookie])
    page = await context.new_page()
    page.set_default_timeout(15_000)
    return page, Watch(page, url)


async def test_a_manager_reviews_one_call_and_watches_another(call: Call, manager: User) -> None:
    async with served() as url, chromium() as browser:
        context = await browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        page, watch = await new_page(context, manager, url)

        # Found by a word that was said in it.
        await page.goto(f"{url}/calls/")
        await page.fill("#id_q", "brakes")
        await page.click(".desk-filters button:has-text('Search')")
        await expect(page.locator("mark")).to_have_text("brakes")
        await picture(page, "list")
        await page.click("tbody a")
        await expect(page.locator("#claims")).to_be_visible()
        assert await in_order(page) == ["#claims", "#player", ".desk-talk", ".desk-aside"]

        # A turn is heard; the transcript follows.
        turns = page.locator(".desk-turn")
        await turns.nth(1).locator("> p").click()
        await expect(page.locator("#player")).to_have_attribute("data-wave", "drawn")
        await expect(turns.nth(1)).to_have_class("desk-turn desk-caller call-now")
        await expect(page.locator("[data-clock]")).to_contain_text("/ 0:08")
        await page.select_option("[data-speed]", "2")
        await expect(turns.nth(2)).to_have_class("desk-turn desk-desk call-now")
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("Space")
        await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
        await page.keyboard.press("<")
        await expect(page.locator("[data-speed]")).to_have_value("1.5")
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("k")
        await expect(page.locator(".desk-turn:focus")).to_have_count(1)
        assert await in_database(RecordingAccess.objects.count) == 1

        # A remark and a task below their turn, and the review is closed; nothing is loaded anew.
        await turns.nth(2).get_by_role("link", name="Remark").click()
        await turns.nth(2).get_by_label("Remark", exact=True).last.fill("@Dana Brooks: wrong time!")
        await page.click("button:has-text('Save the remark')")
        await expect(turns.nth(2).locator(".call-remark strong")).to_have_text("@Dana Brooks")
        await turns.nth(2).get_by_role("link", name="Follow up").click()
        await page.get_by_label("What is to be done").fill("Tell Maria the true time.")
        await picture(page, "call")
        await page.click("button:has-text('Make the task')")
        await expect(turns.nth(2).get_by_role("status")).to_contain_text("Tell Maria the true time.")
        await page.get_by_label("Said what is so").select_option("0")
        await page.get_by_label("State").select_option("done")
        await page.click("button:has-text('Save the review')")
        await expect(page.locator("#review [role=status]")).to_contain_text("Saved. dana")
        review = await in_database(CallReview.objects.get)
        assert (review.state, review.truthful) == ("done", 0)
        assert await in_database(TurnComment.objects.count) == 1

        # Another call begins while the live page is open: its words appear.
        await page.goto(f"{url}/calls/live/")
        await expect(page.get_by_text("Nobody is on the line")).to_be_visible()
        await expect(page.locator("[data-live-status]")).to_have_text("Words appear as they are said.")
        async with ringing(STRANGER) as phone:
            await phone.reply()
            await expect(page.locator(".live-call")).to_contain_text("(212) 555-0188")
            await phone.say("What are your hours?")
            await expect(page.locator(".live-lines")).to_contain_text("What are your hours?")
            await picture(page, "live")
            await page.get_by_role("link", name="Open or take over").click()
            await expect(page.locator("[data-live-status]")).to_have_text("Words appear as they are said.")
            await phone.say("Where are you?")
            await expect(page.locator(".live-now .live-lines")).to_contain_text("Where are you?")
            await expect(page.locator("#call .desk-talk")).to_contain_text("Where are you?")
            await picture(page, "running")

            # Both sides are heard, until somebody has heard enough.
            sound = page.locator("[data-listen-status]")
            async with humming(phone):
                await page.get_by_role("button", name="Listen").click()
                await expect(sound).to_have_text("You hear both sides. Nobody hears you.")
                async with page.expect_response(lambda answer: answer.url == page.url):
                    pass  # the button is drawn anew
                await expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
                await expect(page.locator("meter").first).not_to_have_attribute("value", "0")
                await picture(page, "listening")
                await page.get_by_role("button", name="Stop listening").click()
                await expect(sound).to_be_empty()
                await page.get_by_role("button", name="Listen", exact=True).click()
                await expect(sound).to_have_text("You hear both sides. Nobody hears you.")
            assert await page.evaluate(PLAYED) == [True, True, True]

            # The right is lost: so is the page.
            await in_database(manager.user_permissions.clear)
            await expect(page.locator("[data-live-status]")).to_contain_text(
                "You may not watch calls any more"
            )
            await expect(page.locator("#call")).to_have_count(0)
            await expect(sound).to_contain_text("You may not listen any more")
            await expect(page.get_by_role("button", name="Listen")).to_have_count(0)
        assert [fault for fault in watch.faults if "403" not in fault] == []
