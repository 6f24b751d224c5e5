"""The page of `make run CLOUD=emulated`: a person sees what was texted, and texts the store."""

from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession

from tests.emulators.conftest import CALLER, NUMBER
from tests.emulators.desk import Desk
from tests.emulators.google import Google
from tests.emulators.window import WindowedTwilio

pytestmark = pytest.mark.integration


async def test_a_person_sees_what_happens_and_texts_the_store(desk: Desk) -> None:
    google, starts = Google(), datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    google.calendar("primary").add("Maria: <oil>", starts, starts.replace(hour=15))
    async with WindowedTwilio(google=google) as twilio, ClientSession() as person:
        twilio.serve(NUMBER, sms_url=f"{desk.base_url}/text")
        twilio.texts.send({"From": NUMBER, "To": CALLER, "Body": "See you Tuesday"})
        sent = await person.post(f"{twilio.base_url}/", data={"from": CALLER, "to": NUMBER, "body": "1"})
        page = await sent.text()
        wrong = await person.post(f"{twilio.base_url}/", data={"from": CALLER, "to": "x", "body": "1"})
    assert [fields["Body"] for fields in desk.posted("/text")] == ["1"]
    assert f"to {CALLER}: See you Tuesday" in page
    assert "Maria: &lt;oil&gt;" in page
    assert wrong.status == 400
