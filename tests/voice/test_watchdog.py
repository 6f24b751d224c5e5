"""Lines that outlive their conversation are fetched back, limited, and ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from crm.models import Rooftop
from tests.factories import SATURDAY
from tests.voice import orders
from tests.voice.orders import FakeControl
from voice import watchdog
from voice.models import Call, CarrierStep
from voice.ports import CallIsOver, ProviderError

pytestmark = pytest.mark.django_db

OPENED = SATURDAY
AFTER = "/api/v1/webhooks/after-stream?stream=0"


@pytest.fixture(autouse=True)
def otto(db: None, settings: Settings) -> Rooftop:
    settings.TWILIO_ACCOUNT_SID = "AC1"
    settings.CALL_CONTROL = "tests.voice.orders.FakeControl"
    orders.forget()
    return Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")


def make_call(otto: Rooftop, sid: str = "CA1", **fields: Any) -> Call:
    """A call that was answered, limited already."""
    known = {"stream_opened_at": OPENED, "carrier_status": "in-progress", "carrier_limit_seconds": 17 * 60}
    return Call.objects.create(rooftop=otto, carrier="twilio", sid=sid, started_at=OPENED, **(known | fields))


def orders_at(moment: datetime) -> list[tuple[str, ...]]:
    FakeControl.given.clear()
    watchdog.tend_lines(moment)
    return FakeControl.given


def after(**since: float) -> datetime:
    return OPENED + timedelta(**since)


def test_a_running_call_is_left_alone(otto: Rooftop) -> None:
    make_call(otto)
    assert orders_at(after(minutes=14)) == []


def test_the_carrier_is_told_once_how_long_a_call_may_last(otto: Rooftop) -> None:
    make_call(otto, carrier_limit_seconds=None)
    assert orders_at(after(seconds=15)) == [("limit", "CA1", str(17 * 60))]
    assert orders_at(after(seconds=30)) == []


def test_a_transfer_may_last_longer(otto: Rooftop) -> None:
    call = make_call(otto, ended_at=after(minutes=14))
    CarrierStep.objects.create(call=call, name=watchdog.step_after(call), answer="<Response><Dial/>")
    assert orders_at(after(minutes=15)) == [("limit", "CA1", str((15 + 60 + 2) * 60))]
    assert orders_at(after(minutes=70)) == []
    assert orders_at(after(minutes=78)) == [("hang_up", "CA1")]


@pytest.mark.parametrize("gone", ["stream_ended_at", "ended_at"])
def test_a_call_without_a_stream_is_fetched_back_and_then_given_up(otto: Rooftop, gone: str) -> None:
    make_call(otto)
    Call.objects.update(**{gone: after(minutes=1)})
    assert orders_at(after(minutes=1, seconds=5)) == []
    assert orders_at(after(minutes=1, seconds=15)) == [("redirect", "CA1", AFTER)]
    assert orders_at(after(minutes=1, seconds=30)) == [("redirect", "CA1", AFTER)]
    assert orders_at(after(minutes=2, seconds=30)) == [("hang_up", "CA1")]
    assert Call.objects.get().carrier_status == "completed"
    assert orders_at(after(minutes=2, seconds=45)) == []


def test_a_call_that_asked_what_comes_next_is_not_lost(otto: Rooftop) -> None:
    call = make_call(otto, ended_at=after(minutes=1))
    CarrierStep.objects.create(call=call, name=watchdog.step_after(call), answer="<Response><Hangup/>")
    assert orders_at(after(minutes=3)) == []


def test_the_end_of_an_earlier_stream_says_nothing_of_the_present_one(otto: Rooftop) -> None:
    make_call(otto, stream_opened_at=after(minutes=2), stream_ended_at=after(minutes=1))
    assert orders_at(after(minutes=3)) == []


def test_a_call_over_the_cap_is_ended(otto: Rooftop) -> None:
    make_call(otto)
    assert orders_at(after(minutes=16)) == []
    assert orders_at(after(minutes=18)) == [("hang_up", "CA1")]


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_a_free_line_needs_no_order(otto: Rooftop, status: str) -> None:
    make_call(otto, carrier_status=status, ended_at=after(minutes=1))
    assert orders_at(after(minutes=30)) == []


def test_the_page_s_calls_are_nobody_s_line(otto: Rooftop) -> None:
    Call.objects.create(rooftop=otto, carrier="browser", sid="CB1", started_at=OPENED)
    assert orders_at(after(minutes=30)) == []


def test_a_call_that_the_carrier_knows_no_more_is_over(otto: Rooftop) -> None:
    make_call(otto, ended_at=after(minutes=1))
    FakeControl.fails_with = CallIsOver("gone")
    orders_at(after(minutes=2))
    call = Call.objects.get()
    assert (call.carrier_status, call.carrier_ended_at) == ("completed", after(minutes=2))


def test_an_order_that_failed_is_given_again(otto: Rooftop) -> None:
    make_call(otto)
    FakeControl.fails_with = ProviderError("the carrier is away")
    assert orders_at(after(minutes=18)) == []
    FakeControl.fails_with = None
    assert orders_at(after(minutes=19)) == [("hang_up", "CA1")]


def test_one_call_s_refusal_does_not_hold_up_the_others(otto: Rooftop) -> None:
    for number in range(3):
        make_call(otto, f"CA{number}")
    FakeControl.fails_with = ProviderError("refused", retryable=False)
    watchdog.tend_lines(after(minutes=18))
    assert Call.objects.filter(carrier_status="in-progress").count() == 3


def test_without_an_account_nobody_is_asked(otto: Rooftop, settings: Settings) -> None:
    settings.TWILIO_ACCOUNT_SID = ""
    make_call(otto)
    assert orders_at(after(minutes=18)) == []


def test_the_number_of_queries_for_quiet_calls_is_small(
    otto: Rooftop, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        make_call(otto, f"CA{number}")
    with django_assert_max_num_queries(2 + 2 * 5):
        watchdog.tend_lines(after(minutes=1))
