"""The scripted callers' own rules: what a file may say, and what counts against the desk."""

import json
import re
from datetime import date, time
from pathlib import Path

import pytest

from crm.models import Rooftop
from tests.emulators.openai_script import Body, Use
from tests.voice import scripted, scripted_checks
from tests.voice.scripted import Caller, ModelTurn, WrongCaller
from tests.voice.scripted_calls import DeskTurn
from tests.voice.scripted_models import OffScript, ScriptedModel
from voice.conversation.states import Conversation
from voice.models import Call

GOOD = """
caller: Somebody
about: Asks for nothing.
flow: questions
opening: Yes
no_model: It says nothing.
expects:
  outcome: no_booking
"""


def read(folder: Path, text: str) -> list[Caller]:
    (folder / "some.yaml").write_text(text)
    return scripted.load(folder)


# --- reading ------------------------------------------------------------------------------


def test_a_file_holds_one_caller_or_several(tmp_path: Path) -> None:
    (one,) = read(tmp_path, GOOD)
    assert (one.caller, one.file, one.opening) == ("Somebody", "some", "Yes")
    item = GOOD.strip().replace("\n", "\n  ")
    two = read(tmp_path, f"- {item}\n- {item.replace('Somebody', 'Another')}\n")
    assert [caller.caller for caller in two] == ["Somebody", "Another"]


def test_words_stay_words_and_times_are_times(tmp_path: Path) -> None:
    visit = "{customer: A B, vehicle: 2018 Kia Soul, services: LOF, day: 2026-11-24, at: 09:15}"
    (caller,) = read(
        tmp_path,
        GOOD.replace("opening: Yes", "opening: No\nnumber: +12125550143\ntime: 2026-11-23 10:00")
        + f"  appointments: [{visit}]\n",
    )
    (wanted,) = caller.expects.appointments
    assert (caller.opening, caller.number, caller.time.hour) == ("No", "+12125550143", 10)
    assert (wanted.day, wanted.at, wanted.services) == (date(2026, 11, 24), time(9, 15), ["LOF"])


def test_facts_are_put_in_everywhere(tmp_path: Path) -> None:
    facts = "facts: {car: Kia Soul}\nopening: My {car}, please."
    (caller,) = read(tmp_path, GOOD.replace("opening: Yes", facts) + "  says: '{car}'\n")
    assert caller.opening == "My Kia Soul, please."
    assert caller.expects.says == ["Kia Soul"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("flow: questions", "flow: singing"), "flow: Input should be 'booking'"),
        (("opening: Yes", "openning: Yes"), "openning: Extra inputs are not permitted"),
        (("opening: Yes", "opening: My {car}"), "there is no fact 'car'"),
        (("opening: Yes", "opening: Yes\nanswers: [{say: Yes}]"), "answers.0: .*needs asked or hears"),
        (("opening: Yes", "opening: Yes\nanswers: [{hears: x}]"), "answers.0: .*needs one of say, keys"),
        (
            ("opening: Yes", "opening: Yes\nanswers: [{asked: shoe, say: A}]"),
            "no question 'shoe'; it has .*day",
        ),
        (("opening: Yes", "opening: Yes\nanswers: [{hears: '(', say: A}]"), "is no pattern"),
        (("no_model: It says nothing.", "model: [sing]"), "model.0.uses.sing.*neither a question nor a tool"),
        (
            ("no_model: It says nothing.", "model: [{day: {}, end_call: {}}]"),
            "model.0: .*tools behind that name",
        ),
        (("no_model: It says nothing.", ""), "needs one of model and no_model"),
        (("outcome: no_booking", "outcome: fine"), "expects.outcome"),
        (("opening: Yes", "opening: Yes\nnumber: 5550143"), "number: String should match"),
        (("caller: Somebody", "caller: [Somebody"), "is no YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(WrongCaller) as caught:
        read(tmp_path, GOOD.replace(*change))
    assert "some.yaml" in str(caught.value)
    assert re.search(told, str(caught.value)), caught.value


def test_two_callers_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(GOOD)
    with pytest.raises(WrongCaller, match="the same name: Somebody"):
        read(tmp_path, GOOD)


def test_the_examples_that_are_explained_can_be_read(tmp_path: Path) -> None:
    explained = (scripted.FOLDER / "README.md").read_text()
    caller, model = re.findall(r"```yaml\n(.*?)```", explained, re.DOTALL)
    (read_caller,) = read(tmp_path, caller + model)
    assert len(read_caller.answers) == 4
    assert len(read_caller.model or []) == 5


# --- manners ------------------------------------------------------------------------------


def turn(text: str, said: str = "Hm.", asked: str = "day") -> DeskTurn:
    return DeskTurn(text, said, Conversation(call_sid="CA1", asked=asked))


@pytest.mark.parametrize(
    "text",
    [
        "We're closed on Thursday. I have 9 a.m. or noon. Which of those works for you?",
        "Of course. I'll get Mr. Chen for you, one moment.",
        "One moment, please. The first is done. The second, too. Anything else?",
        "Thanks for calling. Goodbye!",
    ],
)
def test_two_sentences_and_a_question_are_enough(text: str) -> None:
    assert list(scripted_checks.manners([turn(text)])) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Here is one thing. Here is another. Here is a third. And now?", "3 sentences"),
        ("Which car is it? What day would suit you?", "2 questions"),
    ],
)
def test_more_is_too_much(text: str, told: str) -> None:
    (problem,) = scripted_checks.manners([turn(text)])
    assert problem.startswith(told)


def test_the_greeting_and_a_silence_may_take_longer() -> None:
    long = "One is here. Two are here. Three are here. Are you there? What day is it?"
    assert list(scripted_checks.manners([turn(long, said="")])) == []


ASKS = "What day would suit you?"


@pytest.mark.parametrize(
    ("turns", "is_too_often"),
    [
        ([turn(ASKS), turn(ASKS)], False),
        ([turn(ASKS), turn(ASKS), turn(f"Sorry, I didn't get that. {ASKS}")], True),
        ([turn(ASKS), turn(ASKS, said=""), turn(ASKS, said="")], False),
        ([turn(ASKS), turn(ASKS, said="How much is it?"), turn(ASKS, said="And when do you close?")], False),
        ([turn(ASKS), turn(ASKS), turn("Which car is it?", asked="vehicle"), turn(ASKS)], False),
        ([turn(ASKS, asked=""), turn(ASKS, asked=""), turn(ASKS, asked="")], True),
        ([turn(ASKS, asked=""), turn("Which car?", asked=""), turn(ASKS, asked="")], False),
    ],
)
def test_a_question_is_asked_three_times_only_with_good_reason(
    turns: list[DeskTurn], is_too_often: bool
) -> None:
    assert bool(scripted_checks.asked_too_often(turns)) is is_too_often


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "is_claim"),
    [
        ("You're booked for Tuesday at 9 AM. Your confirmation number is 1, 2, 3, 4, 5, 6.", True),
        ("You are all set. Is there anything else?", True),
        ("Your oil change has been scheduled.", True),
        ("All right, I haven't booked anything. Goodbye!", False),
        ("That car is already booked in with us that day.", False),
        ("Shall I book it for Tuesday at 9 AM?", False),
    ],
)
def test_what_is_said_to_be_booked_must_be_there(text: str, is_claim: bool) -> None:
    rooftop = Rooftop.objects.create(name="Otto's Auto", time_zone="America/New_York")
    call = Call.objects.create(rooftop=rooftop, carrier="browser", sid="CA1")
    assert bool(scripted_checks.false_claim(call, turn(text))) is is_claim


# --- the emulated model -------------------------------------------------------------------


def request(*messages: dict[str, object]) -> Body:
    return {"messages": [{"role": "system", "content": '- LOF: "oil change", 45 minutes'}, *messages]}


def used(name: str, content: str) -> list[dict[str, object]]:
    function = {"name": name, "arguments": "{}"}
    return [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": function}]},
        {"role": "tool", "tool_call_id": "1", "content": content},
    ]


SEARCH = "get_available_slots"
OFFERS = [{"handle": "a", "spoken": "Nine"}, {"handle": "b", "spoken": "Ten"}]
FOUND = json.dumps({"code": "ok", "spoken": "I have nine or ten.", "data": {"offers": OFFERS}})
NOTHING_SAID = json.dumps({"code": "ok", "spoken": "", "data": {}})
USER: dict[str, object] = {"role": "user", "content": "Hello"}


def a_model() -> ScriptedModel:
    return ScriptedModel(
        [
            ModelTurn.model_validate({"offer": {SEARCH: {"services": ["LOF"]}}}),
            ModelTurn.model_validate({"confirm": {"hold_offer": {"offer": 2}}}),
            ModelTurn.model_validate({"says": f"<{SEARCH} offers 1 spoken> it is.", "end_call": {}}),
        ]
    )


def test_a_model_plays_its_turns_with_what_tools_answered() -> None:
    """What a tool needs and was said before is said again, and a number is one of the offers read out last."""
    model = a_model()
    assert model(request(USER)).uses == (Use(SEARCH, {"services": ["LOF"]}),)
    offered = "I have nine or ten. Which of those works for you?"
    assert model(request(USER, *used(SEARCH, FOUND))).text == offered
    assert model.asked([turn("", said=""), turn("")]) == "offer"
    said: dict[str, object] = {"role": "assistant", "content": offered}
    assert model(request(USER, said, USER)).uses == (Use("hold_offer", {"offer": "b", "services": ["LOF"]}),)
    read_back = model(request(USER, said, USER, *used("hold_offer", NOTHING_SAID))).text
    assert read_back == "So that's an oil change on Ten. Shall I book it?"
    assert model.off_script() == ["the model was never asked for its turn 3"]
    assert model(request(USER, USER, USER)).uses == (Use("end_call", {}),)
    assert model(request(USER, USER, USER, *used("end_call", NOTHING_SAID))).text == "Nine it is."
    assert model.off_script() == []


def test_a_second_try_gets_the_same() -> None:
    model = a_model()
    assert model(request(USER)) == model(request(USER))


def test_a_turn_or_a_value_that_is_not_there_is_told() -> None:
    model = a_model()
    with pytest.raises(OffScript, match="get_available_slots has not answered"):
        model(request(USER, USER))
    with pytest.raises(OffScript, match="the caller spoke 4 times"):
        model(request(USER, USER, USER, USER))
    model(request(USER, *used(SEARCH, '{"data": {"offers": []}, "spoken": ""}')))
    with pytest.raises(OffScript, match="offers 2 handle"):
        model(request(USER, USER))
    assert len(model.complaints) == 3
    with pytest.raises(OffScript, match="the caller spoke 1 times"):
        ScriptedModel([])(request(USER))
