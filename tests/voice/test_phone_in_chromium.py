"""The phone page in a real browser, against a desk of which the test plays every word."""

import asyncio
import base64
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, WebSocketRoute, expect
from pytest_django.live_server_helper import LiveServer

from crm.models import Rooftop
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import make_demo_store
from tests.voice.sound import voice

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store(transactional_db: None) -> Rooftop:
    return make_demo_store()


@pytest.fixture
def cookie(store: Rooftop) -> dict[str, str]:
    return staff_cookie()


@pytest.fixture
async def context(cookie: dict[str, str], live_server: LiveServer) -> AsyncIterator[BrowserContext]:
    async with chromium() as browser:
        context = await browser.new_context()
        await log_in(context, live_server.url, [cookie])
        yield context


@dataclass
class Desk:
    """The far end of the page's socket: remembers what came, with its time; sends what it is told."""

    socket: WebSocketRoute | None = None
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def answer(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.on_message(lambda message: self.heard.append((time.monotonic(), json.loads(message))))

    def send(self, event: str, **content: Any) -> None:
        assert self.socket
        start = self.events("start")[0]
        message = {"event": event, "streamSid": start["streamSid"], **({event: content} if content else {})}
        self.socket.send(json.dumps(message))

    def play(self, mulaw: bytes) -> None:
        self.send("media", payload=base64.b64encode(mulaw).decode())

    def say(self, speaker: str, text: str, *, is_final: bool = True) -> None:
        self.send("caption", speaker=speaker, text=text, isFinal=is_final)

    def events(self, name: str) -> list[dict[str, Any]]:
        return [message for _, message in self.heard if message["event"] == name]

    def times(self, name: str) -> list[float]:
        return [at for at, message in self.heard if message["event"] == name]

    def marks(self) -> list[str]:
        return [message["mark"]["name"] for message in self.events("mark")]

    async def until(self, event: str, count: int = 1) -> None:
        async with asyncio.timeout(15):
            while len(self.events(event)) < count:
                await asyncio.sleep(0.02)


async def open_page(context: BrowserContext, url: str) -> tuple[Page, Desk]:
    page, desk = await context.new_page(), Desk()
    page.set_default_timeout(15_000)
    await page.route_web_socket("**/ws/media", desk.answer)
    await page.goto(f"{url}/phone/")
    await page.uncheck("#use-microphone")
    return page, desk


async def call(context: BrowserContext, url: str) -> tuple[Page, Desk]:
    """A call that the desk has answered."""
    page, desk = await open_page(context, url)
    await page.click("#call")
    await desk.until("media")
    desk.say("desk", "Thanks for calling.")
    await page.wait_for_selector("[data-state=talking]")
    return page, desk


async def test_the_page_speaks_as_twilio_does(context: BrowserContext, live_server: LiveServer) -> None:
    _, desk = await call(context, live_server.url)
    await desk.until("media", 50)

    connected, start = desk.heard[0][1], desk.heard[1][1]
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["sequenceNumber"] == "1"
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert re.fullmatch("CB[0-9a-f]{32}", start["start"]["callSid"])
    assert re.fullmatch("MZ[0-9a-f]{32}", start["streamSid"])
    assert start["start"]["customParameters"]["token"]
    frames = desk.events("media")
    assert [frame["media"]["chunk"] for frame in frames[:3]] == ["1", "2", "3"]
    assert frames[0]["media"]["track"] == "inbound"
    assert {len(base64.b64decode(frame["media"]["payload"])) for frame in frames} == {160}
    assert [int(frame["sequenceNumber"]) for frame in frames[:3]] == [2, 3, 4]


async def test_frames_come_in_real_time_even_without_a_microphone(
    context: BrowserContext, live_server: LiveServer
) -> None:
    _, desk = await call(context, live_server.url)
    await desk.until("media", 150)

    times = desk.times("media")
    assert 1.5 < times[149] - times[49] < 2.6  # 100 frames of 20 ms
    assert base64.b64decode(desk.events("media")[100]["media"]["payload"]) == b"\xff" * 160


async def test_a_mark_returns_when_all_before_it_was_played(
    context: BrowserContext, live_server: LiveServer
) -> None:
    _, desk = await call(context, live_server.url)
    sent = time.monotonic()
    desk.play(voice(1.5))
    desk.send("mark", name="half")
    desk.play(voice(0.5))
    desk.send("mark", name="whole")
    await desk.until("mark", 2)

    assert desk.marks() == ["half", "whole"]
    half, whole = (at - sent for at in desk.times("mark"))
    assert 1.4 < half < 3.0
    assert 0.4 < whole - half < 0.8


async def test_clear_silences_the_page_and_returns_its_marks_at_once(
    context: BrowserContext, live_server: LiveServer
) -> None:
    page, desk = await call(context, live_server.url)
    for name in ("a", "b", "c"):
        desk.play(voice(2.0))
        desk.send("mark", name=name)
    await page.wait_for_selector("[data-desk=speaking]")
    cleared = time.monotonic()
    desk.send("clear")
    await desk.until("mark", 3)

    assert desk.marks() == ["a", "b", "c"]
    assert desk.times("mark")[-1] - cleared < 1.0
    await page.wait_for_selector("[data-desk=listening]", timeout=3000)
    desk.send("mark", name="after")
    await desk.until("mark", 4)
    assert desk.marks() == ["a", "b", "c", "after"]


async def test_captions_of_both_sides_appear_and_the_final_one_stays(
    context: BrowserContext, live_server: LiveServer
) -> None:
    page, desk = await call(context, live_server.url)
    desk.say("caller", "I need an", is_final=False)
    await expect(page.locator(".said.caller.interim")).to_have_text(re.compile("I need an"))
    desk.say("caller", "I need an oil change.")
    await expect(page.locator(".said.interim")).to_have_count(0)

    assert await page.locator(".said span").all_inner_texts() == [
        "Thanks for calling.",
        "I need an oil change.",
    ]


async def test_words_are_text_and_never_markup(context: BrowserContext, live_server: LiveServer) -> None:
    page, desk = await call(context, live_server.url)
    desk.say("caller", "<img src=x onerror=alert(1)>")

    await expect(page.locator(".said.caller span")).to_have_text("<img src=x onerror=alert(1)>")


async def test_a_sentence_can_be_typed(context: BrowserContext, live_server: LiveServer) -> None:
    page, desk = await call(context, live_server.url)
    await page.fill("#text", "  next Tuesday  ")
    await page.keyboard.press("Enter")
    await desk.until("text")

    assert desk.events("text")[0]["text"] == {"body": "next Tuesday"}
    assert await page.input_value("#text") == ""


async def test_keys_send_tones_from_the_pad_and_from_the_keyboard(
    context: BrowserContext, live_server: LiveServer
) -> None:
    page, desk = await call(context, live_server.url)
    await page.click("[data-digit='5']")
    await page.focus("#hang-up")
    await page.keyboard.press("#")
    await desk.until("dtmf", 2)

    assert [event["dtmf"]["digit"] for event in desk.events("dtmf")] == ["5", "#"]


async def test_hanging_up_says_stop_and_keeps_what_was_said(
    context: BrowserContext, live_server: LiveServer
) -> None:
    page, desk = await call(context, live_server.url)
    await page.click("#hang-up")
    await desk.until("stop")

    assert desk.heard[-1][1]["event"] == "stop"
    await expect(page.locator("#state")).to_have_text("Call ended")
    await expect(page.locator(".said")).to_have_count(1)
    await expect(page.locator("#call")).to_be_visible()


async def test_a_transfer_rings_the_service_desk(context: BrowserContext, live_server: LiveServer) -> None:
    page, desk = await call(context, live_server.url)
    desk.send("notice", kind="ringing", text="Ringing the service desk…")
    await page.wait_for_selector("[data-state=ringing]")

    await expect(page.locator("#state")).to_have_text("Ringing the service desk…")
    assert desk.socket
    await desk.socket.close(code=1000)
    await page.wait_for_timeout(500)
    assert await page.get_attribute("#phone", "data-state") == "ringing"
    await page.wait_for_selector("[data-state=ended]")
    assert await page.locator("#problem").is_hidden()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(1008, "The service desk refused this call."), (1011, "The connection to the service desk was lost.")],
)
async def test_an_early_end_is_explained_in_a_sentence(
    context: BrowserContext, live_server: LiveServer, code: int, sentence: str
) -> None:
    page, desk = await call(context, live_server.url)
    assert desk.socket
    await desk.socket.close(code=code)

    await expect(page.locator("#problem")).to_contain_text(sentence)
    await expect(page.locator("#state")).to_have_text("Call ended")


async def test_a_missing_microphone_does_not_stop_the_call(
    context: BrowserContext, live_server: LiveServer
) -> None:
    page, desk = await open_page(context, live_server.url)
    await page.check("#use-microphone")
    await page.click("#call")
    await desk.until("media")
    desk.say("desk", "Thanks for calling.")

    await page.wait_for_selector("[data-state=talking]")
    await expect(page.locator("#problem")).to_contain_text("Type what you would say")
    await expect(page.locator("#text")).to_be_enabled()


async def test_a_page_that_may_have_no_sound_still_holds_a_call(
    context: BrowserContext, live_server: LiveServer
) -> None:
    await context.add_init_script("delete window.AudioWorkletNode")
    page, desk = await call(context, live_server.url)
    sent = time.monotonic()
    desk.play(voice(0.5))
    desk.send("mark", name="heard")
    await desk.until("mark")
    await desk.until("media", 50)

    assert desk.times("mark")[0] - sent > 0.45
    await expect(page.locator("#problem")).to_contain_text("only over https or on localhost")


async def test_the_new_callers_number_is_sent(context: BrowserContext, live_server: LiveServer) -> None:
    page, desk = await open_page(context, live_server.url)
    await page.select_option("#caller", "new")
    assert re.fullmatch(r"\(646\) 555-01\d\d", await page.input_value("#new-number"))
    await page.fill("#new-number", "not a number")
    await page.click("#call")

    await expect(page.locator("#problem")).to_contain_text("not a number is not a telephone number")
    assert not desk.heard


@pytest.mark.parametrize("width", [390, 1440])
async def test_nothing_is_cut_off_on_a_telephone_or_a_desk(
    context: BrowserContext, live_server: LiveServer, width: int
) -> None:
    page, desk = await call(context, live_server.url)
    await page.set_viewport_size({"width": width, "height": 844})
    desk.say("desk", "word " * 400)

    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    for button in ("#hang-up", "#send", "#text"):
        box = await page.locator(button).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 844
