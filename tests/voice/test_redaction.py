"""Card numbers and social security numbers are kept nowhere, however they were said."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from crm.models import FollowUpTask
from tests.factories import SATURDAY, make_demo_store
from tests.talking import STRANGER, Talk
from voice import after_calls, calls
from voice.conversation.redaction import mask, mask_cards_across
from voice.database import in_database
from voice.models import Call, ToolCall, Turn
from voice.record import Record

SPOKEN = "four one one one, one one one one, uh, one one one one, one one one one"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("It's 4111 1111 1111 1111, thanks.", "It's [card number], thanks."),
        ("4111-1111-1111-1111", "[card number]"),
        ("4111111111111111", "[card number]"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card number]"),
        (f"My card is {SPOKEN}.", "My card is [card number]."),
        ("forty one eleven, eleven eleven, eleven eleven, eleven eleven", "[card number]"),
        ("Amex 3782 822463 10005", "Amex [card number]"),
        # The date and the code that follow at once go with it, a telephone number before it does not.
        ("4111 1111 1111 1111, 12 27, 123", "[card number]"),
        ("212 555 0143, 4111 1111 1111 1111", "212 555 0143, [card number]"),
        ("My social is 123 45 6789.", "My social is [social security number]."),
        ("123-45-6789", "[social security number]"),
        ("social: one two three four five six seven eight nine", "social: [social security number]"),
    ],
)
def test_what_nobody_may_keep_is_masked(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "4111 1111 1111 1112",  # no card: its check digit is wrong
        "(212) 555-0143 or +1 415 555 0188",
        "415 555 0143, 415 555 0188, 510 555 0123",
        "4 1 5 5 5 5 0 1 4 3, 4 1 5 5 5 5 0 1 4 3",
        "VIN 1HGCM82633A004352, and 1 H G C M 8 2 6 3 3 A 0 0 4 3 5 2",
        "Your confirmation number is 9, 9, 0, 1, 1, 4.",
        "900-12-3456",  # no social security number begins so
        "order 123456789",
        "I have 4:15, 4:30, 4:45, 5:15 and 10:30.",
        "CA4111111111111111",
        "forty two thousand miles, and it was four hundred and fifty dollars",
    ],
)
def test_what_a_service_desk_needs_stays(said: str) -> None:
    assert mask(said) == said
    assert mask(said, is_final=False) == said or "1112" in said


def test_words_that_still_come_show_no_more_than_a_telephone_number() -> None:
    assert mask("It's 4111 1111", is_final=False) == "It's 4111 1111"
    assert mask("It's 4111 1111 1111", is_final=False) == "It's [card number]"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            ["My card is 4111 1111.", "1111 1111, thanks."],
            ["My card is [card number]", "[card number], thanks."],
        ),
        (["4111 1111", "1111", "1111"], ["[card number]"] * 3),
        (["I came at 4.", "111 Main Street"], ["I came at 4.", "111 Main Street"]),
        (["4111 1111", "sorry, 1111 1111"], ["4111 1111", "sorry, 1111 1111"]),
        (["212 555", "0143"], ["212 555", "0143"]),
        ([], []),
    ],
)
def test_a_card_number_in_several_turns_is_masked_in_each(said: list[str], kept: list[str]) -> None:
    assert mask_cards_across(said) == kept


@pytest.mark.security
@pytest.mark.django_db
def test_a_card_number_in_two_turns_is_forgotten_after_the_call() -> None:
    otto = make_demo_store()
    call = Call.objects.create(
        rooftop=otto, carrier="browser", sid="CA9", outcome="hung_up", started_at=SATURDAY, ended_at=SATURDAY
    )
    said = [("caller", "4111 1111"), ("desk", "Go on."), ("caller", "1111 1111, please.")]
    for number, (speaker, text) in enumerate(said):
        Turn.objects.create(
            call=call, number=number, speaker=speaker, text=text, starts_ms=0, ends_ms=1, state="intent"
        )
    after_calls.look_back(now=SATURDAY + timedelta(minutes=1))
    texts = call.turns.order_by("number").values_list("text", flat=True)
    assert list(texts) == ["[card number]", "Go on.", "[card number], please."]


@pytest.mark.security
@pytest.mark.django_db(transaction=True)
async def test_a_card_number_that_a_caller_says_is_kept_nowhere() -> None:
    await in_database(make_demo_store)
    talk = await Talk.begin(STRANGER)
    said = f"I want to pay my bill, my card is {SPOKEN}."
    await talk.say(said)
    record = Record(talk.call)
    record.start()
    record.add_turn(Turn.Speaker.CALLER, said, starts_at=0, ends_at=4, state="intent")
    record.add_turn(Turn.Speaker.DESK, f"So {said}", cut_off=said, starts_at=4, ends_at=6, state="intent")
    record.save_state(talk.conversation)
    record.finish(lambda: calls.finish(talk.call, talk.conversation, "hung_up", now=SATURDAY))
    await talk.toolbox.settle()
    await record.close()

    def everything() -> str:
        after_calls.look_back(now=SATURDAY)
        client = Client()
        client.force_login(User.objects.get(username="manager"))
        pages = [f"/calls/{talk.call.pk}/", "/calls/?q=card", "/calls/export.csv"]
        answers: list[Any] = [client.get(page) for page in pages]
        shown = [b"".join(each) if each.streaming else each.content for each in answers]
        rows: list[Any] = [
            *Call.objects.values(),
            *Turn.objects.values(),
            *ToolCall.objects.values(),
            *FollowUpTask.objects.values("summary"),
        ]
        return f"{rows}{shown}"

    kept = await in_database(everything)
    assert "[card number]" in kept
    assert "one one one one" not in kept
    assert await in_database(Turn.objects.count) == 2
