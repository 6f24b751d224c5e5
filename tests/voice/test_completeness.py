"""Do the words sound finished?"""

import time

import pytest

from voice.completeness import Completeness, Expected, completeness, expected
from voice.conversation import questions

CLOSED, WHOLE, OPEN, DICTATING = (
    Completeness.CLOSED,
    Completeness.WHOLE,
    Completeness.OPEN,
    Completeness.DICTATING,
)


@pytest.mark.parametrize(
    "said",
    [
        "I need an oil change and",
        "I need an",
        "it's, um",
        "my car is a",
        "Tuesday or",
        "I'd like to bring my",
        "on the",
        "I would like",
        "can you",
        "the brakes are",
        "I was wondering if",
        "Yes, that",
        "my name is",
        "as soon as",
        "we are in San",
        "On next",
        "",
    ],
)
def test_a_sentence_that_wants_another_word_is_open(said: str) -> None:
    assert completeness(said) is OPEN


@pytest.mark.parametrize(
    "said",
    [
        "I need an oil change",
        "an oil change for my Civic",
        "Tuesday at ten",
        "Tuesday at 11 am",
        "the eighth of March",
        "that's the one I want",
        "that's everything we need",
        "what time do you have",
        "I don't know where it is",
        "Can I come in",
        "the second one",
        "My check engine light is on",
        "It's making a noise",
        "A 2019 Honda Civic.",
    ],
)
def test_a_sentence_that_could_be_over_is_whole(said: str) -> None:
    assert completeness(said) is WHOLE


@pytest.mark.parametrize(
    "said",
    [
        "Tuesday at ten please",
        "thank you very much",
        "No, thanks.",
        "that's all",
        "that will be all for now",
        "Goodbye!",
        "have a nice day",
        "How much is an oil change?",
    ],
)
def test_a_clear_stop_closes(said: str) -> None:
    assert completeness(said) is CLOSED


@pytest.mark.parametrize(
    ("said", "state"), [("Yes.", CLOSED), ("No", CLOSED), ("yeah, that's right", CLOSED)]
)
def test_yes_and_no_close_where_they_were_asked_for(said: str, state: Completeness) -> None:
    assert completeness(said, Expected.YES_OR_NO) is state
    assert completeness(said, Expected.ANYTHING) is WHOLE


@pytest.mark.parametrize("hum", ["uh-huh", "mm-hmm", "Mhm.", "uh huh"])
def test_a_hum_is_an_answer_by_itself(hum: str) -> None:
    assert completeness(hum) is CLOSED


@pytest.mark.parametrize("said", ["um", "uh", "hmm", "Uh,"])
def test_a_hesitation_is_not(said: str) -> None:
    assert completeness(said) is OPEN


def test_a_yes_that_goes_on_is_no_mere_yes() -> None:
    assert completeness("Yes, but the", Expected.YES_OR_NO) is OPEN
    assert completeness("Yes, but I also need new tires", Expected.YES_OR_NO) is WHOLE


# --- numbers and names, piece by piece ----------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("two one two", DICTATING),
        ("212 555", DICTATING),
        ("it's area code 212, 555, 01", DICTATING),
        ("212 555 0143", CLOSED),
        ("one two one two, five five five, oh one four three", CLOSED),
        ("double two one, five five five, zero one four three", CLOSED),
        ("it's", OPEN),
        ("the one I'm calling from", WHOLE),
        ("I don't have one", WHOLE),
    ],
)
def test_a_phone_number_has_ten_digits(said: str, state: Completeness) -> None:
    assert completeness(said, Expected.PHONE) is state


def test_a_number_that_nobody_asked_for_is_waited_for_too() -> None:
    assert completeness("my number is 212 555") is DICTATING
    assert completeness("four oh eight") is DICTATING
    assert completeness("my number is 212 555 0143") is CLOSED


@pytest.mark.parametrize("said", ["at 11 30", "a 2019", "the 14th at 2", "two tires", "ten"])
def test_other_numbers_are_no_dictation(said: str) -> None:
    assert completeness(said) in (WHOLE, OPEN)


def test_a_vin_has_seventeen_characters() -> None:
    vin = list("1HGCM82633A004352")
    assert completeness(" ".join(vin[:8]), Expected.VIN) is DICTATING
    assert completeness(" ".join(vin[:16]), Expected.VIN) is DICTATING
    assert completeness(" ".join(vin), Expected.VIN) is CLOSED
    assert completeness("I don't have it with me", Expected.VIN) is WHOLE


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("March", WHOLE),
        ("March third", DICTATING),
        ("March third nineteen", DICTATING),
        ("March third 1982", CLOSED),
        ("March third nineteen eighty two", CLOSED),
        ("3/4/82", CLOSED),
    ],
)
def test_a_date_of_birth_has_month_day_and_year(said: str, state: Completeness) -> None:
    assert completeness(said, Expected.BIRTH_DATE) is state


def test_a_spelled_name_may_always_have_another_letter() -> None:
    assert completeness("S M I", Expected.SPELLING) is DICTATING
    assert completeness("S M I T H that's it", Expected.SPELLING) is CLOSED


# --- the question -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What's the best phone number to reach you?", Expected.PHONE),
        ("Could you spell your last name for me?", Expected.SPELLING),
        ("Do you have the VIN at hand?", Expected.VIN),
        ("What's your date of birth?", Expected.BIRTH_DATE),
        ("Shall I book it for Tuesday at ten?", Expected.YES_OR_NO),
        ("Is this Maria?", Expected.YES_OR_NO),
        ("You said the Civic, right?", Expected.YES_OR_NO),
        ("Would you like nine or ten thirty?", Expected.ANYTHING),
        ("What day would suit you?", Expected.ANYTHING),
    ],
)
def test_a_model_s_own_question_tells_what_it_asks_for(question: str, answer: Expected) -> None:
    assert expected("", question) is answer


@pytest.mark.parametrize("asked", questions.QUESTIONS)
def test_every_question_of_ours_is_known_by_name_or_by_its_words(asked: str) -> None:
    by_name = {
        questions.ASK_PHONE: Expected.PHONE,
        **dict.fromkeys(
            (
                questions.ASK_PHONE_CHECK,
                questions.ASK_NUMBER_IS_BEST,
                questions.ASK_CONFIRM,
                questions.ASK_WANTS_IT,
                questions.ASK_ANYTHING_ELSE,
                questions.ASK_MOVE_INSTEAD,
                questions.ASK_MOVE_IT,
                questions.ASK_CANCEL_IT,
                questions.ASK_CONSENT,
                questions.ASK_WAITLIST,
                questions.ASK_WANTS_DUE,
                questions.ASK_OTHER_TIME,
                questions.ASK_GO_ON,
                questions.ASK_COUNT_ON,
                questions.ASK_FETCH,
                questions.ASK_VIN_CHECK,
                questions.ASK_WANTS_RECOMMENDED,
            ),
            Expected.YES_OR_NO,
        ),
        questions.ASK_PROOF: Expected.SPELLING,
    }
    assert expected(asked, questions.QUESTIONS[asked]) is by_name.get(asked, Expected.ANYTHING)


# --- a long story -------------------------------------------------------------------------

STORY = "and then there was another thing that I wanted to tell you about it " * 60


@pytest.mark.parametrize(("end", "state"), [("and", OPEN), ("it rattles", WHOLE), ("please", CLOSED)])
def test_a_long_story_ends_as_its_last_words_do(end: str, state: Completeness) -> None:
    assert completeness(STORY + end) is state


@pytest.mark.performance
def test_a_long_story_keeps_no_other_caller_waiting() -> None:
    """It is judged anew with every word, on the loop that carries all calls."""
    began = time.perf_counter()
    for _ in range(10):
        completeness(STORY)
    assert (time.perf_counter() - began) / 10 < 0.003
