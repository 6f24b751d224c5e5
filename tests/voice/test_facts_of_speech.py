"""Numbers out of free speech."""

from voice.conversation.numbers import words_to_digits


def test_number_words_are_normalised() -> None:
    assert words_to_digits("the twenty-fourth, at ten thirty") == "the 24th, at 10 30"
