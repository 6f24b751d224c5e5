"""The whole product as its user meets it: a spoken booking in a browser, up to the staff page."""

import asyncio
import base64
import os
import re
import socket
import subprocess
import sys
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone
from playwright.async_api import Page, expect

from crm.models import Rooftop
from dealership import demo_call
from scheduling.models import Appointment
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import make_demo_store
from voice import providers
from voice.calls import written_by
from voice.models import Call
from voice.simulation import Script

pytestmark = [
    needs_chromium,
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
]

RATE = 8000
UP_SECONDS = 40.0
FINISHED_SECONDS = 1.0  # between two clauses the desk pauses for less
GREETING_SECONDS = 12.0  # silence at the start of the fake microphone, until the greeting is over

# Mixes what the test says into the page's microphone: the fake device carries the first sentence.
MICROPHONE = """
const devices = navigator.mediaDevices;
const original = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (wanted) => {
  const context = new AudioContext();
  const mixed = context.createMediaStreamDestination();
  context.createMediaStreamSource(await original(wanted)).connect(mixed);
  window.sayAloud = (pcm, rate) => new Promise((resolve) => {
    const bytes = Uint8Array.from(atob(pcm), (character) => character.charCodeAt(0));
    const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(mixed);
    source.onended = resolve;
    source.start();
  });
  return mixed.stream;
};
"""


@pytest.fixture
def store(transactional_db: None) -> Rooftop:
    return make_demo_store(timezone.now(), with_appointments=True)


@pytest.fixture
def scenario(store: Rooftop) -> demo_call.Scenario:
    return demo_call.scenarios(store, now=timezone.now())["maria"]


@pytest.fixture
def cookie(store: Rooftop) -> dict[str, str]:
    return staff_cookie("manager")


@pytest.fixture
def server(store: Rooftop) -> Iterator[str]:
    """The product in a process of its own, on the test database and a free port; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + connection.settings_dict["NAME"])
    command = f"-m dealership.serve --port {port}"
    process = subprocess.Popen(
        [sys.executable, *command.split()], env={**os.environ, "DATABASE_URL": urlunsplit(database)}
    )
    try:
        wait_until_up(process, port)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_until_up(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended before it was up"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


async def speak(sentence: str) -> bytes:
    """The sentence in the caller's voice: 16-bit samples at 8 kHz, as a telephone lets through."""
    async with providers.make_synthesizer() as voice:
        mulaw = b"".join([piece async for piece in voice.speak(sentence)])
    return b"".join(_linear(byte).to_bytes(2, "little", signed=True) for byte in mulaw)


def _linear(byte: int) -> int:
    bits = ~byte & 0xFF
    magnitude = ((((bits & 0x0F) << 3) + 0x84) << (bits >> 4 & 7)) - 0x84
    return -magnitude if bits & 0x80 else magnitude


def write_wav(path: Path, samples: bytes) -> None:
    """As Chromium's fake microphone reads it: 48 kHz, every sample six times."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE * 6)
        pairs = (samples[index : index + 2] for index in range(0, len(samples), 2))
        file.writeframes(b"".join(pair * 6 for pair in pairs))


async def desk_words(page: Page) -> str:
    """What the desk has said since the caller last spoke."""
    said = await page.locator(".said").evaluate_all(
        "rows => rows.map(row => [row.dataset.speaker, row.querySelector('span').textContent])"
    )
    words: list[str] = []
    for speaker, text in said:
        words = [*words, text] if speaker == "desk" else []
    return " ".join(words)


async def questions(page: Page) -> AsyncIterator[str]:
    """What the desk says, each time it has finished and listens; ends with the call."""
    answered = latest = ""
    quiet_since = time.monotonic()
    while await page.get_attribute("#phone", "data-state") != "ended":
        words = await desk_words(page)
        if words != latest or await page.get_attribute("#phone", "data-desk") != "listening":
            latest, quiet_since = words, time.monotonic()
        if words and words != answered and time.monotonic() - quiet_since > FINISHED_SECONDS:
            answered = words
            yield words
        await asyncio.sleep(0.1)


async def talk(page: Page, script: Script) -> None:
    """Answer by voice whatever is asked, as the script says, until the desk hangs up."""
    left = list(script.answers)
    is_greeting = True
    async for words in questions(page):
        if is_greeting:
            is_greeting = False  # the fake microphone answers this one
            continue
        reply = next(((pattern, text) for pattern, text in left if re.search(pattern, words, re.I)), None)
        if reply is None:
            continue
        left.remove(reply)
        samples = base64.b64encode(await speak(reply[1])).decode()
        await page.evaluate("([pcm, rate]) => window.sayAloud(pcm, rate)", [samples, RATE])


async def test_a_spoken_booking_ends_on_the_staff_page(
    scenario: demo_call.Scenario, cookie: dict[str, str], server: str, tmp_path: Path
) -> None:
    expected = scenario.expected
    assert expected
    recording = tmp_path / "first-sentence.wav"
    silence = b"\0\0" * int(GREETING_SECONDS * RATE)
    write_wav(recording, silence + await speak(scenario.script.opening))
    async with chromium(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={recording}%noloop",
    ) as browser:
        context = await browser.new_context(permissions=["microphone"])
        await log_in(context, server, [cookie])
        await context.add_init_script(MICROPHONE)
        page = await context.new_page()
        await page.goto(f"{server}/phone/")
        await page.select_option("#caller", scenario.script.number)
        await page.click("#call")
        await page.wait_for_selector("[data-state=talking]", timeout=60_000)
        await talk(page, scenario.script)

        call, said, written = await sync_to_async(outcome)()
        assert [str(appointment.customer) for appointment in written] == [expected.customer], said
        appointment = written[0]
        assert appointment.local_arrival.date() == expected.day
        assert (appointment.local_arrival.hour < 12) is expected.is_morning
        await check_staff_pages(page, server, call, appointment)


def outcome() -> tuple[Call, str, list[Appointment]]:
    """The only call, its words for a failing test's message, and what it wrote."""
    try:
        call = Call.objects.get()
        said = "\n".join(f"{turn.speaker}: {turn.text}" for turn in call.turns.all())
        return call, said, written_by(call)
    finally:
        connection.close()  # this thread's own: left open it would hold the test database


async def check_staff_pages(page: Page, server: str, call: Call, appointment: Appointment) -> None:
    shown_at = f"{appointment.local_arrival:%a, %b %-d, %-I:%M %p}"
    await page.goto(f"{server}/calls/{call.pk}/")
    await expect(page.locator(".desk-turn.desk-caller").first).to_contain_text("oil change", ignore_case=True)
    await expect(page.locator(".desk-written")).to_contain_text(appointment.confirmation_number)
    await page.click("text=Open the appointment")
    await expect(page.locator("body")).to_contain_text(appointment.confirmation_number)
    await page.goto(f"{server}/admin/scheduling/appointment/?from_call=yes")
    row = page.locator("#result_list tbody", has_text=shown_at)
    await expect(row).to_contain_text("Maria Lopez")
    await expect(row).to_contain_text("oil change")
