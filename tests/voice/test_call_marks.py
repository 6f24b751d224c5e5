"""What the list of calls tells apart after a call: what failed, how the caller took it, how long it was."""

from datetime import timedelta

import pytest
from django.test import Client

from crm.models import Rooftop
from tests.factories import SATURDAY
from tests.voice.reviewing import EVERYTHING, client_of, make_call, make_user, say
from tests.voice.small import make_small_store
from tests.voice.test_call_review import found, read
from voice import after_calls
from voice.models import ToolCall

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto() -> Rooftop:
    return make_small_store()


@pytest.fixture
def client(otto: Rooftop) -> Client:
    return client_of(make_user(otto, *EVERYTHING))


@pytest.mark.parametrize("code", ["unavailable", "busy"])
def test_a_tool_that_was_not_sure_is_something_that_failed(client: Client, otto: Rooftop, code: str) -> None:
    key = 1000 * 20 + 1  # not one of the sample
    for number, outcome in enumerate(("ok", "slot_taken", code)):
        call = make_call(otto, outcome, pk=key + number, outcome="message")
        ToolCall.objects.create(
            call=call, key="1", name="book_appointment", code=outcome, at_ms=1, duration_ms=1
        )
    after_calls.look_back(now=SATURDAY + timedelta(minutes=5))
    assert found(client, trouble="on") == found(client, review="queue") == {code}


def test_how_the_caller_took_it_is_told_by_a_rule_and_filtered_by(client: Client, otto: Rooftop) -> None:
    hi = "How can I help?"
    for sid, outcome, intent, said in (
        ("early", "hung_up", "book", ("Hello?",)),
        ("complaint", "message", "complaint", ("You scratched my car and I want to complain.",)),
        ("angry", "no_booking", "hours_inquiry", ("This is ridiculous.", hi, "Thanks.")),
        ("twice", "transferred", "book", ("I want a person.", hi, "Let me talk to a human.")),
        ("once", "transferred", "book", ("I want to talk to a person.",)),
        ("booked", "booked", "book", ("An oil change.", hi, "Thank you so much, bye.")),
        ("answered", "no_booking", "hours_inquiry", ("When do you open?", hi, "Great, thanks!")),
        ("plain", "booked", "book", ("An oil change.", hi, "Bye.")),
        ("in vain", "no_booking", "book", ("An oil change.", hi, "Thanks anyway.")),
        ("silent", "no_booking", "unknown", ()),
    ):
        call = make_call(otto, sid, outcome=outcome, conversation={"call_sid": sid, "intent": intent})
        say(call, hi, *said)
    after_calls.look_back(now=SATURDAY + timedelta(minutes=5))

    assert found(client, sentiment="unhappy") == {"early", "complaint", "angry", "twice"}
    assert found(client, sentiment="content") == {"booked", "answered"}
    assert found(client, sentiment="neutral") == {"once", "plain", "in vain"}
    page = read(client, "/calls/")
    assert "asked for a person twice" in page and 'data-label="Sentiment"' in page
    rows = b"".join(client.get("/calls/export.csv?sentiment=content").streaming_content)  # type: ignore[attr-defined]
    assert rows.count(b",Content,") == 2


def test_calls_are_found_by_how_long_they_were(client: Client, otto: Rooftop) -> None:
    for seconds in (29, 30, 120, 301):
        make_call(otto, f"{seconds}", ended_at=SATURDAY + timedelta(seconds=seconds))
    make_call(otto, "running", ended_at=None, outcome="running")
    assert found(client, length="under") == {"29"}
    assert found(client, length="30") == {"30", "120", "301"}
    assert found(client, length="120") == {"120", "301"}
    assert found(client, length="300") == {"301"}


@pytest.mark.security
def test_taking_calls_out_is_a_right_of_its_own(client: Client, otto: Rooftop) -> None:
    reader = client_of(make_user(otto, "view_call", name="reader"))
    make_call(otto)
    assert "Export as CSV" in read(client, "/calls/")
    assert "Export as CSV" not in read(reader, "/calls/")
    assert reader.get("/calls/export.csv").status_code == 403
