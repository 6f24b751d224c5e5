"""When is hearing lost, back, or given up?"""

import pytest

from voice.ports import ProviderError
from voice.speech.outage import (
    AWAY_SECONDS,
    BACKOFF_SECONDS,
    LATE_AGAIN_SECONDS,
    LONGEST_BACKOFF_SECONDS,
    STALL_SECONDS,
    START_ATTEMPTS,
    Outage,
    Pace,
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

    assert [outage.failed(GONE, now) for now in (10.0, 11.0, 15.4)] == [True, False, False]


def test_after_a_while_it_is_given_up() -> None:
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


def test_a_later_loss_has_its_own_while() -> None:
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
    assert outage.patience(15.0) == pytest.approx(0.5)
    assert outage.patience(17.0) == 0.0


def test_tries_become_rarer_and_never_rare() -> None:
    outage = there()
    assert all(0 <= outage.backoff() <= BACKOFF_SECONDS for _ in range(50))
    for _ in range(20):
        outage.failed(GONE, 10.0)

    waits = [outage.backoff() for _ in range(200)]
    assert max(waits) <= LONGEST_BACKOFF_SECONDS
    assert len(set(waits)) > 100  # not in step with other calls


def test_a_provider_that_falls_behind_twice_is_given_up_and_may_do_so_much_later() -> None:
    outage = there()
    assert outage.fell_behind(GONE, 10.0)
    outage.progressed(2.0)
    assert outage.fell_behind(GONE, 10.0 + LATE_AGAIN_SECONDS)
    outage.progressed(3.0)

    with pytest.raises(ProviderError):
        outage.fell_behind(GONE, 12.0 + LATE_AGAIN_SECONDS)


def fell_behind_at(lates: list[float], *, every: float = 0.25) -> float | None:
    """The position of the first result at which a provider had fallen behind that is so late each time."""
    pace = Pace()
    positions = [every * (number + 1) for number in range(len(lates))]
    for tenth in range(1, int(positions[-1] * 10) + 1):
        pace.came(tenth / 10, tenth / 10)
    late = (
        position
        for position, late in zip(positions, lates, strict=True)
        if pace.falls_behind(position, position + late)
    )
    return next(late, None)


def test_results_that_come_late_but_not_later_keep_up() -> None:
    assert fell_behind_at([0.3] * 40) is None
    assert fell_behind_at([1.9] * 40) is None
    assert fell_behind_at([6.0 - 0.1 * number for number in range(40)]) is None  # after a loss


def test_results_that_come_later_and_later_do_not() -> None:
    assert fell_behind_at([1.0 + 0.75 * number for number in range(10)]) == 0.75
    assert fell_behind_at([6.0 + 0.3 * number for number in range(10)]) == 0.75
