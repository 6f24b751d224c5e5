"""The table of `make bench`: its percentiles, and that it measures real servers."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dealership.bench import media_socket
from dealership.bench.figures import Figure, Goal, table


def test_a_figure_is_its_median_p95_and_p99() -> None:
    figure = Figure("walk", "s", list(range(1, 101)), "a walk")
    assert figure.cells == ("walk", "s", "50.0", "95.0", "99.0", "100", "", "", "a walk")


def test_one_sample_is_its_own_median_and_p99() -> None:
    assert Figure("walk", "s", [2.5], "a walk").cells[2:6] == ("2.50", "2.50", "2.50", "1")


@pytest.mark.parametrize(("below", "verdict"), [(96, "met"), (95, "MISSED")])
def test_a_figure_says_whether_it_stays_below_its_goal(below: float, verdict: str) -> None:
    figure = Figure("walk", "s", list(range(1, 101)), "a walk", Goal("p95", below))
    assert figure.cells[6:8] == (f"p95 < {below}", verdict)


def test_the_table_lines_its_columns_up() -> None:
    head, row = table([Figure("walk", "s", [2.5], "a walk")]).splitlines()
    assert head.index("a sample is") == row.index("a walk")
    assert head.index("median") + len("median") == row.index("2.50") + len("2.50")


def test_uvicorn_is_measured_as_it_serves() -> None:
    assert (
        *("--ws", "dealership.sockets:MediaSocket"),
        *("--ws-max-size", "65536", "--ws-per-message-deflate", "false"),
    ) == media_socket.UVICORN


@pytest.mark.integration
def test_every_server_and_way_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_socket, "MESSAGES", 100)
    output = StringIO()
    call_command("bench", rounds=1, only=["media_socket"], stdout=output)
    rows = [line for line in output.getvalue().splitlines() if line.startswith("media message")]
    assert [row.split("  ")[0] for row in rows] == [
        "media message, uvicorn, own loop",
        "media message, uvicorn, Channels consumer",
        "media message, Daphne, own loop",
        "media message, Daphne, Channels consumer",
    ]
    assert all("the mean of 100 messages" in row for row in rows)


def test_a_round_is_the_least() -> None:
    with pytest.raises(CommandError):
        call_command("bench", rounds=0)
