"""manage.py talk: a typed call, with what the desk thinks beside what it says."""

import io
import re
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from scheduling.models import Appointment
from tests.factories import make_demo_store
from tests.talking import MARIA
from voice.models import Call

pytestmark = pytest.mark.django_db(transaction=True)

NOW = "2026-11-21T10:00"
Talk = Callable[..., str]


@pytest.fixture(autouse=True)
def otto(transactional_db: None) -> None:
    make_demo_store()


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """What the terminal showed to somebody who typed these lines."""

    def talk(*typed: str, **options: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        out = io.StringIO()
        call_command("talk", stdout=out, **options)
        return out.getvalue()

    return talk


def test_a_typed_call_books_and_shows_state_slots_and_tools(talk: Talk) -> None:
    shown = talk(
        "Oil change for my Civic on Tuesday at ten",
        "",
        "Yes, this is Maria",
        "Yes, please",
        "No, thank you",
        caller=MARIA,
        at="2026-11-21T10:00",
    )
    appointment = Appointment.objects.get()
    assert (str(appointment.customer), f"{appointment.local_arrival:%a %H:%M}") == (
        "Maria Lopez",
        "Tue 10:00",
    )
    for line in (
        r"^Desk: Thanks for calling Otto's Auto.*Is this Maria\?$",
        r"^ +state   verification, intent book, asked is_caller$",
        r"^ +slot    services: \['LOF'\]$",
        r"^ +tool    get_available_slots\(services=\['LOF'\], .*\): ok$",
        r"^ +chosen  offer-1124-1500$",
        r"^ +tool    book_appointment\(offer=offer-1124-1500, .*\): ok$",
        r"^Desk: You're booked for Tuesday, November 24th at 10 AM\.",
        r"^The call has ended: booked\.$",
    ):
        assert re.search(line, shown.replace("You:  ", ""), re.MULTILINE), line
    assert Call.objects.get().outcome == Call.Outcome.BOOKED


def test_the_end_of_the_input_hangs_up(talk: Talk) -> None:
    assert talk("Hello").endswith("The call has ended: hung up.\n")


def test_a_person_ends_the_call(talk: Talk) -> None:
    shown = talk("Can I talk to a person?", "Hello?", at="2026-11-23T10:00")
    assert shown.endswith("The call has ended: transferred.\n")
    assert shown.count("You:") == 1, "nobody is asked for another word"


def test_on_a_sunday_a_message_is_left(talk: Talk) -> None:
    shown = talk("Can I talk to a person?", "No, thanks", at="2026-11-22T10:00")
    assert shown.endswith("The call has ended: message.\n")


def test_another_store_is_dialled(talk: Talk) -> None:
    assert "Bart's Automotive" in talk(called="+16025550100")


@pytest.mark.parametrize(
    ("options", "told"),
    [({"called": "+12125550999"}, "No store has the number"), ({"at": "soon"}, "2026-11-24T09:00, not soon")],
)
def test_a_wrong_option_is_told(talk: Talk, options: dict[str, str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        talk(**options)


def test_the_desk_rings_somebody(talk: Talk) -> None:
    talk("Oil change for my Civic on Tuesday at ten", "Yes, this is Maria", "Yes", "No", caller=MARIA, at=NOW)
    shown = talk("Yes, this is Maria", "Yes", "No", caller=MARIA, at=NOW, outbound="reminder")
    assert "Can we count on you?" in shown
    assert shown.endswith("The call has ended: confirmed.\n")


def test_nobody_is_rung_about_nothing(talk: Talk) -> None:
    with pytest.raises(CommandError, match="appointment ahead"):
        talk(caller=MARIA, outbound="reminder")
