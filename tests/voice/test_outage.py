"""When is hearing lost, back, or given up?"""

import pytest

from voice.ports import ProviderError
from voice.speech.outage import (
    AWAY_SECONDS,
    BACKOFF_SECONDS,
    LONGEST_BACKOFF_SECONDS,
    STALL_SECONDS,
    START_ATTEMPTS,
    Outage,
)

GONE = ProviderError("gone")


def there() -> Outage:
    outage = Outage()
    outage.connected()
    outage.progressed(1.0)
    return outage


def test_at_the_start_a_second_failure_is_the_last() -> None:
    outage = Outage()
    assert START_ATTEMPTS == 2
    assert not outage.failed(GONE, 0.0)  # nothing was there to be lost

    with pytest.raises(ProviderError):
        outage.failed(GONE, 0.1)


def test_a_loss_is_told_once_however_often_the_next_tries_fail() -> None:
    outage = there()

    assert [outage.failed(GONE, now) for now in (10.0, 11.0, 15.9)] == [True, False, False]


def test_after_six_seconds_it_is_given_up() -> None:
    outage = there()
    outage.failed(GONE, 10.0)

    with pytest.raises(ProviderError):
        outage.failed(GONE, 10.0 + AWAY_SECONDS)


def test_it_is_back_when_it_goes_further_than_before() -> None:
    outage = there()
    outage.failed(GONE, 10.0)
    outage.connected()

    assert not outage.progressed(0.5)  # the replay
    assert outage.seconds_left(11.0) == AWAY_SECONDS - 1.0
    assert outage.progressed(1.5)
    assert not outage.progressed(2.0)
    assert outage.seconds_left(12.0) is None


def test_a_later_loss_has_its_own_six_seconds() -> None:
    outage = there()
    outage.failed(GONE, 10.0)
    outage.progressed(2.0)

    assert outage.failed(GONE, 20.0)
    assert outage.seconds_left(21.0) == AWAY_SECONDS - 1.0


def test_patience_with_silence_ends_when_hearing_is_given_up() -> None:
    outage = there()
    assert outage.patience(5.0) == STALL_SECONDS
    outage.failed(GONE, 10.0)

    assert outage.patience(10.5) == STALL_SECONDS
    assert outage.patience(15.0) == pytest.approx(1.0)
    assert outage.patience(17.0) == 0.0


def test_tries_become_rarer_and_never_rare() -> None:
    outage = there()
    assert all(0 <= outage.backoff() <= BACKOFF_SECONDS for _ in range(50))
    for _ in range(20):
        outage.failed(GONE, 10.0)

    waits = [outage.backoff() for _ in range(200)]
    assert max(waits) <= LONGEST_BACKOFF_SECONDS
    assert len(set(waits)) > 100  # not in step with other calls
