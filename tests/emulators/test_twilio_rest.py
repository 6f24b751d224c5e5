"""Emulated Twilio's REST API, by the real SDK."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.emulators.base import Fault
from tests.emulators.conftest import CALLER, NUMBER
from tests.emulators.desk import Desk
from tests.emulators.speech import heard_in
from tests.emulators.twilio import ACCOUNT, TOKEN, Twilio
from tests.emulators.twilio_call import Phone

pytestmark = pytest.mark.integration

EVENTS = ["initiated", "ringing", "answered", "completed"]
STREAM = '<Connect><Stream url="{ws}/media"/></Connect>'


@pytest.fixture
def client(twilio: Twilio) -> Any:
    connected = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient(timeout=0.4))
    connected.api.base_url = twilio.base_url
    return connected


async def asked(work: Callable[..., Any], **options: Any) -> Any:
    return await asyncio.to_thread(work, **options)


async def refused(work: Callable[..., Any], **options: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        await asked(work, **options)
    return caught.value.status, caught.value.code


# --- calls --------------------------------------------------------------------------------


async def test_a_call_is_placed_and_reports_its_progress(client: Any, twilio: Twilio, desk: Desk) -> None:
    desk.answers["/reminder"] = "<Say>Your appointment is tomorrow.</Say>"

    placed = await asked(
        client.calls.create,
        to=CALLER,
        from_=NUMBER,
        url=f"{desk.base_url}/reminder",
        status_callback=f"{desk.base_url}/progress",
        status_callback_event=EVENTS,
    )
    call = twilio.calls[placed.sid]
    await call.over()

    assert placed.status == "queued"
    assert call.said == ["Your appointment is tomorrow."]
    assert desk.posted("/reminder")[0]["Direction"] == "outbound-api"
    posts = desk.posted("/progress")
    assert [post["CallStatus"] for post in posts] == ["initiated", "ringing", "in-progress", "completed"]
    assert [post["SequenceNumber"] for post in posts] == ["0", "1", "2", "3"]
    assert (await asked(client.calls(placed.sid).fetch)).status == "completed"
    assert [found.sid for found in await asked(client.calls.list, to=CALLER)] == [placed.sid]


async def test_calls_are_listed_by_when_they_began(client: Any, twilio: Twilio) -> None:
    placed = await asked(client.calls.create, to=CALLER, from_=NUMBER, twiml="<Response/>")
    await twilio.calls[placed.sid].over()
    minute = timedelta(minutes=1)
    for since, found in ((-minute, [placed.sid]), (minute, [])):
        listed = await asked(client.calls.list, to=CALLER, start_time_after=datetime.now(UTC) + since)
        assert [call.sid for call in listed] == found
        before = await asked(client.calls.list, to=CALLER, start_time_before=datetime.now(UTC) - since)
        assert [call.sid for call in before] == found


@pytest.mark.parametrize("answer", ["busy", "no-answer", "failed"])
async def test_nobody_answers(client: Any, twilio: Twilio, desk: Desk, answer: str) -> None:
    twilio.phones[CALLER] = Phone(answer)
    url = f"{desk.base_url}/progress"
    placed = await asked(
        client.calls.create, to=CALLER, from_=NUMBER, twiml="<Response/>", status_callback=url
    )
    assert await twilio.calls[placed.sid].over() == answer
    assert [post["CallStatus"] for post in desk.posted("/progress")] == [answer]


@pytest.mark.parametrize(
    ("detection", "is_async", "expected"),
    [("Enable", False, "machine_start"), ("DetectMessageEnd", False, "machine_end_beep"),
     ("DetectMessageEnd", True, "machine_end_beep")],
)  # fmt: skip
async def test_a_machine_is_reported(
    client: Any, twilio: Twilio, desk: Desk, detection: str, is_async: bool, expected: str
) -> None:
    twilio.phones[CALLER] = Phone(answered_by="machine_end_beep")
    more: dict[str, str] = {}
    if is_async:
        more = {"async_amd": "true", "async_amd_status_callback": f"{desk.base_url}/amd"}
    placed = await asked(
        client.calls.create,
        to=CALLER,
        from_=NUMBER,
        url=f"{desk.base_url}/reminder",
        machine_detection=detection,
        **more,
    )
    await twilio.calls[placed.sid].over()
    where, other = ("/amd", "/reminder") if is_async else ("/reminder", "/amd")
    assert desk.posted(where)[0]["AnsweredBy"] == expected
    assert all("AnsweredBy" not in post for post in desk.posted(other))


async def test_an_update_ends_the_stream_and_the_call_goes_on_elsewhere(
    client: Any, twilio: Twilio, desk: Desk
) -> None:
    desk.answers |= {"/voice": STREAM + "<Say>Never.</Say>", "/elsewhere": "<Say>Elsewhere.</Say>"}
    by_twiml, by_url = await twilio.ring(CALLER, NUMBER), await twilio.ring(CALLER, NUMBER)
    await by_twiml.streaming()
    await by_url.streaming()

    await asked(client.calls(by_twiml.sid).update, twiml="<Response><Say>Now this.</Say></Response>")
    await asked(client.calls(by_url.sid).update, url=f"{desk.base_url}/elsewhere")

    await by_twiml.over()
    await by_url.over()
    assert (by_twiml.said, by_url.said) == (["Now this."], ["Elsewhere."])
    await desk.until(lambda: all(line.received[-1]["event"] == "stop" for line in desk.lines))


async def test_a_call_can_be_hung_up_once(client: Any, twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = STREAM
    call = await twilio.ring(CALLER, NUMBER)
    await call.streaming()
    assert (await asked(client.calls(call.sid).update, status="completed")).status == "completed"
    assert await refused(client.calls(call.sid).update, status="completed") == (400, 21220)


async def test_the_time_limit_ends_a_call(client: Any, twilio: Twilio, desk: Desk) -> None:
    twiml = f"<Response>{STREAM}</Response>".replace("{ws}", "ws" + desk.base_url.removeprefix("http"))
    placed = await asked(client.calls.create, to=CALLER, from_=NUMBER, twiml=twiml)
    limited = await asked(client.calls.create, to=CALLER, from_=NUMBER, twiml=twiml, time_limit=1)
    unlimited = twilio.calls[placed.sid]
    stream = await unlimited.streaming()
    assert await twilio.calls[limited.sid].over(within=2) == "completed"
    assert not unlimited.is_over

    await asked(client.calls(placed.sid).update, time_limit=30)
    assert stream.is_open, "a limit that is set meanwhile interrupts nothing"
    await asked(client.calls(placed.sid).update, time_limit=1)
    assert await unlimited.over(within=2) == "completed"


async def test_what_a_call_is_refused_for(client: Any, twilio: Twilio) -> None:
    create = client.calls.create
    assert await refused(create, to="5550143", from_=NUMBER, url="http://a") == (400, 21211)
    assert await refused(create, to=CALLER, from_="+12125559999", url="http://a") == (400, 21212)
    assert await refused(create, to=CALLER, from_=NUMBER) == (400, 21205)
    assert await refused(client.calls("CA0").fetch) == (404, 20404)
    assert await refused(client.calls("CA0").update, status="completed") == (404, 20404)


async def test_a_wrong_login_is_refused(twilio: Twilio) -> None:
    stranger = Client(ACCOUNT, "wrong")
    stranger.api.base_url = twilio.base_url
    assert await refused(stranger.calls("CA0").fetch) == (401, 20003)


# --- recordings ---------------------------------------------------------------------------


async def test_a_recording_holds_both_sides(client: Any, twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = STREAM
    call = await twilio.ring(CALLER, NUMBER)
    stream = await call.streaming()
    started = await asked(
        client.calls(call.sid).recordings.create, recording_status_callback=f"{desk.base_url}/recording"
    )
    await stream.say("Hello there.")
    await call.hang_up()
    await call.over()

    (fields,) = desk.posted("/recording")
    assert (fields["RecordingSid"], fields["RecordingStatus"], fields["RecordingChannels"]) == (
        started.sid,
        "completed",
        "2",
    )
    download = await asked(requests.get, url=fields["RecordingUrl"], auth=(ACCOUNT, TOKEN), timeout=2)
    header, data = download.content[:58], download.content[58:]
    assert header[:4] == b"RIFF"
    assert heard_in(data[::2]) == "Hello there."
    assert (await asked(client.recordings(started.sid).fetch)).status == "completed"
    assert await asked(client.recordings(started.sid).delete)
    assert (await asked(requests.get, url=fields["RecordingUrl"], timeout=2)).status_code == 401
    assert await refused(client.recordings(started.sid).fetch) == (404, 20404)


async def test_a_message_is_left_after_the_tone(client: Any, twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = '<Say>Leave a message.</Say><Record action="/left"/>'
    call = await twilio.ring(CALLER, NUMBER)
    call.left_message = "Please call me back tomorrow."
    await call.over()
    (fields,) = desk.posted("/left")
    assert fields["RecordingDuration"] == "2"
    download = await asked(requests.get, url=fields["RecordingUrl"], auth=(ACCOUNT, TOKEN), timeout=2)
    assert heard_in(download.content) == "Please call me back tomorrow."


# --- texts --------------------------------------------------------------------------------


async def test_a_text_is_sent_and_its_fate_reported(client: Any, twilio: Twilio, desk: Desk) -> None:
    twilio.texts.fates["+12125550144"] = ("undelivered", "30006")
    callback = f"{desk.base_url}/text-status"
    for number in (CALLER, "+12125550144"):
        await asked(
            client.messages.create, to=number, from_=NUMBER, body="Tomorrow at 10.", status_callback=callback
        )
    await desk.until(lambda: len(desk.posted("/text-status")) == 4)

    def of(number: str) -> list[tuple[str, str | None]]:
        return [
            (p["MessageStatus"], p.get("ErrorCode")) for p in desk.posted("/text-status") if p["To"] == number
        ]

    assert of(CALLER) == [("sent", None), ("delivered", None)]
    assert of("+12125550144") == [("sent", None), ("undelivered", "30006")]
    assert [text.body for text in twilio.texts.sent] == ["Tomorrow at 10."] * 2
    assert len(await asked(client.messages.list, to=CALLER)) == 1


async def test_stop_blocks_a_pair_until_start(client: Any, twilio: Twilio, desk: Desk) -> None:
    send = {"to": CALLER, "from_": NUMBER, "body": "Hello"}
    post = await twilio.text_in(CALLER, NUMBER, " Stop ")
    assert (post.is_ok, desk.posted("/text")[0]["Body"]) == (True, " Stop ")
    assert await refused(client.messages.create, **send) == (400, 21610)
    await twilio.text_in(CALLER, NUMBER, "START")
    assert (await asked(client.messages.create, **send)).status in ("queued", "sent", "delivered")


async def test_what_a_text_is_refused_for(client: Any, twilio: Twilio) -> None:
    create = client.messages.create
    assert await refused(create, to=CALLER, from_="+12125559999", body="a") == (400, 21606)
    assert await refused(create, to="Maria", from_=NUMBER, body="a") == (400, 21211)
    assert await refused(create, to=CALLER, from_=NUMBER, body="a" * 1601) == (400, 21617)


# --- faults -------------------------------------------------------------------------------


async def test_refuse_by_status_and_code(client: Any, twilio: Twilio) -> None:
    twilio.faults += [
        Fault("refuse", "messages", status=429, times=1),
        Fault("refuse", "messages", status=400, code="30034", times=1),
        Fault("error", "messages", times=1),
    ]
    send = {"to": CALLER, "from_": NUMBER, "body": "Hello"}
    codes = [await refused(client.messages.create, **send) for _ in range(3)]
    assert codes == [(429, 20429), (400, 30034), (500, 20500)]
    assert twilio.texts.sent == []


@pytest.mark.parametrize("kind", ["stall", "drop", "cut", "garbage"])
async def test_no_answer_that_makes_sense(client: Any, twilio: Twilio, kind: Any) -> None:
    twilio.faults.append(Fault(kind, "messages"))
    with pytest.raises((requests.exceptions.RequestException, TwilioException, ValueError)):
        await asked(client.messages.create, to=CALLER, from_=NUMBER, body="Hello")


async def test_slow(client: Any, twilio: Twilio) -> None:
    twilio.faults.append(Fault("slow", seconds=0.1))
    began = asyncio.get_running_loop().time()
    await asked(client.messages.create, to=CALLER, from_=NUMBER, body="Hello")
    assert asyncio.get_running_loop().time() - began >= 0.1
    assert twilio.counts["messages"] == 1
