"""Speech that carries its own words."""

import random

from tests.emulators.deepgram_voice import quiet_tone
from tests.emulators.speech import SECOND, Words, carry, heard_in, utter
from tests.voice.sound import silence, voice

SENTENCE = "Yes, I'd like an oil change for my Mitsubishi Outlander plug-in hybrid, please."


def test_a_voice_tells_what_it_says() -> None:
    assert heard_in(silence(0.3) + utter(SENTENCE) + silence(1)) == SENTENCE


def test_words_are_told_however_the_audio_is_cut() -> None:
    audio, chance, words, told = utter(SENTENCE), random.Random(7), Words(), []
    while audio:
        length = chance.randint(1, 700)
        told += words.feed(audio[:length])
        audio = audio[length:]
    assert " ".join(told) == SENTENCE


def test_each_word_is_told_at_its_end() -> None:
    words, audio = Words(), utter("Tuesday at ten.", word_ms=500)
    halves = [words.feed(audio[at : at + SECOND // 4]) for at in range(0, len(audio), SECOND // 4)]
    assert halves == [[], ["Tuesday"], [], ["at"], [], ["ten."]]


def test_a_lost_frame_is_a_lost_word_and_no_more() -> None:
    audio = utter("one two three")
    assert heard_in(audio[: 8 * 300] + audio[8 * 320 :]) == "one two three"  # within a word
    assert heard_in(audio[: 8 * 590] + audio[8 * 610 :]) == "one three"


def test_a_long_word_takes_more_than_one_mark() -> None:
    number = "https://dealer.example.com/service/4711"
    assert heard_in(utter(f"see {number} now")) == f"see {number} now"
    assert heard_in(utter("Grüße 東京")) == "Grüße 東京"


def test_other_sounds_tell_nothing() -> None:
    noise = random.Random(3).randbytes(60 * SECOND)
    assert heard_in(noise + silence(5) + voice(5) + quiet_tone("nothing at all")) == ""


def test_any_sound_can_carry_words_and_keeps_its_length() -> None:
    sound = random.Random(5).randbytes(2 * SECOND)
    carried = carry(sound, SENTENCE.split())
    assert heard_in(carried) == SENTENCE
    assert len(carried) == len(sound)
    assert all(before | 1 == after | 1 for before, after in zip(sound, carried, strict=True))
