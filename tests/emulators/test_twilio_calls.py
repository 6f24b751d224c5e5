"""Calls that emulated Twilio brings: signed webhooks, TwiML, callbacks."""

import asyncio

import pytest

from tests.emulators.base import Fault
from tests.emulators.conftest import CALLER, NUMBER
from tests.emulators.desk import Desk, Line
from tests.emulators.twilio import ACCOUNT, Twilio
from tests.emulators.twilio_call import APPLICATION_ERROR, Phone
from tests.emulators.twilio_webhooks import signature

pytestmark = pytest.mark.integration

STREAM = '<Connect><Stream url="{ws}/media"/></Connect>'
DESK_PHONE = "+12125550199"


async def hang_up_at_once(line: Line) -> None:
    """The desk closes the socket by returning."""


# --- webhooks -----------------------------------------------------------------------------


def test_the_signature_of_twilio_s_own_example() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


async def test_an_inbound_call_is_a_signed_webhook_with_the_standard_parameters(
    twilio: Twilio, desk: Desk
) -> None:
    desk.answers["/voice"] = "<Say>Good morning.</Say>"

    call = await twilio.ring(CALLER, NUMBER, CallerName="MARIA LOPEZ", StirVerstat="TN-Validation-Passed-A")

    assert await call.over() == "completed"
    assert (call.said, desk.refused) == (["Good morning."], 0)
    (fields,) = desk.posted("/voice")
    expected = {
        "CallSid": call.sid,
        "AccountSid": ACCOUNT,
        "From": CALLER,
        "To": NUMBER,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        "Caller": CALLER,
        "CallerName": "MARIA LOPEZ",
    }
    assert expected.items() <= fields.items()
    assert len(call.sid) == 34


async def test_the_status_callback_comes_at_the_end(twilio: Twilio, desk: Desk) -> None:
    await (await twilio.ring(CALLER, NUMBER)).over()
    (fields,) = desk.posted("/status")
    assert (fields["CallStatus"], fields["CallDuration"], fields["SequenceNumber"]) == ("completed", "0", "0")
    assert fields["CallbackSource"] == "call-progress-events"


async def test_without_our_token_or_without_a_signature_it_is_refused(desk: Desk) -> None:
    async with Twilio(token="another") as stranger:
        stranger.serve(NUMBER, voice_url=f"{desk.base_url}/voice")
        first = await stranger.ring(CALLER, NUMBER)
        stranger.webhooks.signs = False
        second = await stranger.ring(CALLER, NUMBER)
        await first.over()
        await second.over()
    assert (first.said, second.said) == ([APPLICATION_ERROR], [APPLICATION_ERROR])
    assert desk.refused == 2
    assert stranger.debugger == [("11200", f"{desk.base_url}/voice")] * 2


async def test_a_public_https_address_is_signed_though_it_listens_elsewhere(
    twilio: Twilio, desk: Desk
) -> None:
    desk.public = "https://desk.example.com"
    desk.answers["/voice"] = STREAM
    desk.talk = hang_up_at_once
    twilio.serve(NUMBER, voice_url="https://desk.example.com/voice")
    twilio.webhooks.reach["https://desk.example.com"] = desk.base_url

    call = await twilio.ring(CALLER, NUMBER)

    assert await call.over() == "completed"
    assert (desk.refused, len(desk.lines)) == (0, 1)
    assert desk.requests[0].headers["X-Forwarded-Proto"] == "https"


async def test_a_failing_webhook_goes_to_the_fallback(twilio: Twilio, desk: Desk) -> None:
    desk.answers["/fallback"] = "<Say>Please hold.</Say><Dial>+12125550199</Dial>"
    desk.faults.append(Fault("refuse", "/voice", status=500))

    call = await twilio.ring(CALLER, NUMBER)
    await call.over()

    assert (call.said, [leg.to for leg in call.dialled]) == (["Please hold."], [DESK_PHONE])
    (fields,) = desk.posted("/fallback")
    assert (fields["ErrorCode"], fields["ErrorUrl"]) == ("11200", f"{desk.base_url}/voice")


async def test_so_does_a_slow_one_and_one_that_makes_no_sense(twilio: Twilio, desk: Desk) -> None:
    desk.answers |= {"/fallback": "<Say>Please hold.</Say>", "/voice": "<Say>"}
    twilio.webhooks.seconds = 0.1
    desk.faults.append(Fault("stall", "/voice", times=1))

    slow, broken = await twilio.ring(CALLER, NUMBER), None
    await slow.over()
    broken = await twilio.ring(CALLER, NUMBER)
    await broken.over()

    assert slow.said == broken.said == ["Please hold."]
    assert [code for code, _ in twilio.debugger] == ["11205", "12100"]


async def test_a_repeated_webhook_has_the_same_idempotency_token(twilio: Twilio, desk: Desk) -> None:
    twilio.webhooks.repeats["voice"] = 1
    call = await twilio.ring(CALLER, NUMBER)
    await call.over()
    first, second = twilio.webhooks.of("voice")
    assert first.fields == second.fields
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]
    assert len(desk.posted("/voice")) == 2


async def test_a_server_that_is_gone_is_tried_again_once(twilio: Twilio, desk: Desk) -> None:
    async with desk.unreachable():
        call = await twilio.ring(CALLER, NUMBER)
        await call.over()
    assert [post.status for post in twilio.webhooks.of("voice")] == [0, 0]
    twilio.webhooks.posted.clear()
    twilio.serve(NUMBER, voice_url=f"{desk.base_url}/voice#rc=3")
    async with desk.unreachable():
        await (await twilio.ring(CALLER, NUMBER)).over()
    assert len(twilio.webhooks.of("voice")) == 4


# --- TwiML --------------------------------------------------------------------------------


async def test_verbs_run_in_order_and_a_redirect_ends_the_document(twilio: Twilio, desk: Desk) -> None:
    desk.answers |= {
        "/voice": "<Say>One.</Say><Redirect>/next</Redirect><Say>Never.</Say>",
        "/next": "<Say>Two.</Say><Hangup/><Say>Never.</Say>",
    }
    call = await twilio.ring(CALLER, NUMBER)
    await call.over()
    assert call.said == ["One.", "Two."]
    assert call.verbs == ["Say", "Redirect", "Say", "Hangup"]
    assert desk.posted("/next")[0]["CallStatus"] == "in-progress"


async def test_a_call_can_be_rejected(twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = '<Reject reason="busy"/>'
    assert await (await twilio.ring(CALLER, NUMBER)).over() == "busy"


@pytest.mark.parametrize("action", ["", ' action="/next"'])
async def test_when_the_desk_closes_the_stream_the_next_verb_or_the_action_runs(
    twilio: Twilio, desk: Desk, action: str
) -> None:
    desk.answers |= {
        "/voice": f'<Connect{action}><Stream url="{{ws}}/media"/></Connect><Say>Next verb.</Say>',
        "/next": "<Say>Action.</Say>",
    }
    desk.talk = hang_up_at_once
    call = await twilio.ring(CALLER, NUMBER)
    await call.over()
    assert call.said == (["Action."] if action else ["Next verb."])
    assert [code for code, _ in twilio.debugger] == ["31921"]


@pytest.mark.parametrize(
    "stream",
    [
        '<Stream url="{ws}/media?token=1"/>',
        '<Stream url="ws://desk.example.com/media"/>',
        '<Stream url="{ws}/nowhere"/>',
        f'<Stream url="{{ws}}/media"><Parameter name="a" value="{"b" * 500}"/></Stream>',
    ],
    ids=["query", "ws", "no socket there", "long parameter"],
)
async def test_a_stream_that_cannot_be_opened_is_passed_over(twilio: Twilio, desk: Desk, stream: str) -> None:
    opening = stream.replace("<Stream ", '<Stream statusCallback="{http}/stream" ')
    desk.answers["/voice"] = f"<Connect>{opening}</Connect><Say>Next.</Say>".replace("{http}", desk.origin)
    call = await twilio.ring(CALLER, NUMBER)
    await call.over()
    assert call.said == ["Next."]
    assert [code for code, _ in twilio.debugger] == ["31920"]
    assert [post["StreamEvent"] for post in desk.posted("/stream")] == ["stream-error"]


@pytest.mark.parametrize("outcome", ["completed", "busy", "no-answer", "failed"])
async def test_dialling_tells_its_action_how_it_went(twilio: Twilio, desk: Desk, outcome: str) -> None:
    desk.answers |= {
        "/voice": '<Dial action="/dialled" timeout="20"><Number url="/whisper">+12125550199</Number></Dial>',
        "/whisper": "<Say>Maria Lopez about her Civic.</Say>",
    }
    twilio.phones[DESK_PHONE] = Phone(outcome)

    call = await twilio.ring(CALLER, NUMBER)
    await call.over()

    (fields,) = desk.posted("/dialled")
    (leg,) = call.dialled
    is_answered = outcome == "completed"
    assert fields["DialCallStatus"] == outcome
    assert (fields["DialCallSid"], fields["DialBridged"]) == (leg.sid, str(is_answered).lower())
    assert leg.said == (["Maria Lopez about her Civic."] if is_answered else [])
    if is_answered:
        whisper = desk.posted("/whisper")[0]
        assert (whisper["ParentCallSid"], whisper["Direction"]) == (call.sid, "outbound-dial")


async def test_digits_are_gathered_outside_a_stream(twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = '<Gather action="/digits" numDigits="2"><Say>Your choice?</Say></Gather>'
    call = await twilio.ring(CALLER, NUMBER)
    await call.press("4", "2")
    await call.over()
    assert (desk.posted("/digits")[0]["Digits"], call.said) == ("42", ["Your choice?"])


# --- hanging up ---------------------------------------------------------------------------


async def test_a_caller_who_hangs_up_sends_stop_then_the_callback(twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = STREAM + "<Say>Never.</Say>"
    call = await twilio.ring(CALLER, NUMBER)
    await call.streaming()

    await call.hang_up()

    assert await call.over() == "completed"
    await desk.until(lambda: bool(desk.lines[0].received and desk.lines[0].received[-1]["event"] == "stop"))
    assert desk.lines[0].received[-1]["stop"] == {"accountSid": ACCOUNT, "callSid": call.sid}
    assert (call.said, len(desk.posted("/status"))) == ([], 1)


async def test_callbacks_can_come_twice_and_out_of_order(twilio: Twilio, desk: Desk) -> None:
    twilio.webhooks.holds.add("call-status")
    twilio.webhooks.repeats["call-status"] = 1
    calls = [await twilio.ring(CALLER, NUMBER) for _ in range(3)]
    for call in calls:
        await call.over()
    assert desk.posted("/status") == []

    await twilio.webhooks.release("reversed")

    came = [fields["CallSid"] for fields in desk.posted("/status")]
    assert came == [call.sid for call in reversed(calls) for _ in range(2)]


async def test_fifty_calls_at_once(twilio: Twilio, desk: Desk) -> None:
    desk.answers["/voice"] = STREAM
    calls = [await twilio.ring(f"+121255502{place:02}", NUMBER) for place in range(50)]
    await asyncio.gather(*(call.streaming() for call in calls))
    for call in calls:
        await call.hang_up()
    assert {await call.over() for call in calls} == {"completed"}
    assert len(desk.posted("/status")) == 50
    assert twilio.open_connections == 0
