"""A caller books while an advisor looks at the board: the card comes by itself."""

import pytest
from django.utils import timezone
from playwright.async_api import expect
from pytest_django import Settings

from crm.models import Rooftop
from dealership import demo_call
from tests.browser import chromium, log_in, needs_chromium, staff_cookie
from tests.factories import make_demo_store
from tests.fakes import FakeSynthesizer, FakeTranscriber
from tests.talking import MARIA
from tests.voice.exchange import served
from tests.voice.phone import ringing
from voice.calls import written_by
from voice.database import in_database

pytestmark = [needs_chromium, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def otto(transactional_db: None, settings: Settings) -> Rooftop:
    settings.TRANSCRIBER = "tests.fakes.FakeTranscriber"
    settings.SYNTHESIZER = "tests.fakes.FakeSynthesizer"
    FakeTranscriber.made.clear()
    FakeSynthesizer.made.clear()
    return make_demo_store(timezone.now())


@pytest.fixture
def scenario(otto: Rooftop) -> demo_call.Scenario:
    return demo_call.scenarios(otto, now=timezone.now())["maria"]


@pytest.fixture
def cookie(otto: Rooftop) -> dict[str, str]:
    return staff_cookie()


async def test_what_a_caller_books_appears_on_an_open_board(
    scenario: demo_call.Scenario, cookie: dict[str, str]
) -> None:
    assert scenario.expected
    faults: list[str] = []
    async with served() as url, chromium() as browser:
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await log_in(context, url, [cookie])
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        await page.goto(f"{url}/day/{scenario.expected.day}/")
        await expect(page.get_by_text("Nobody is booked on this day yet")).to_be_visible()
        await page.evaluate("window.isStillOpen = true")

        async with ringing(MARIA) as phone:
            await phone.reply()
            await phone.converse(scenario.script.opening, scenario.script.answers)
        (visit,) = await in_database(written_by, phone.call)

        card = page.locator(f"#visit-{visit.pk}-0")
        await expect(card).to_contain_text("Maria Lopez", timeout=10_000)
        await expect(card.get_by_title("Unconfirmed")).to_be_visible()
        column = page.locator(f'.board-column[data-advisor="{visit.advisor_id}"]')
        await expect(column.locator(card)).to_have_count(1)
        assert await page.evaluate("window.isStillOpen")  # nobody loaded it anew
    assert faults == []
