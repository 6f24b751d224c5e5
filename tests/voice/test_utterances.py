from voice.ports import HearingEvent, SpeechEnded, SpeechStarted, Words
from voice.speech.utterances import Utterances, Word

PAUSE, FALLBACK = 0.3, 1.0


def new() -> Utterances:
    return Utterances(pause_seconds=PAUSE, fallback_seconds=FALLBACK)


def words(text: str, starts_at: float) -> list[Word]:
    """Half a second for each word."""
    return [
        Word(word, starts_at + place / 2, starts_at + place / 2 + 0.5)
        for place, word in enumerate(text.split())
    ]


def segment(
    utterances: Utterances, text: str, at: float, *, is_final: bool = True, is_end: bool = False
) -> list[HearingEvent]:
    return utterances.segment(words(text, at), is_final=is_final, is_end=is_end, ends_at=at)


def test_several_final_segments_make_one_utterance() -> None:
    utterances = new()

    events = [
        *utterances.onset(1.0),
        *segment(utterances, "I need", 1.0),
        *segment(utterances, "an oil change", 2.0, is_end=True),
    ]

    assert events == [
        SpeechStarted(1.0),
        Words("I need", is_final=True, starts_at=1.0, ends_at=2.0),
        Words("an oil change", is_final=True, starts_at=2.0, ends_at=3.5),
        SpeechEnded(3.5, PAUSE),
    ]


def test_words_without_an_onset_still_begin_an_utterance() -> None:
    assert segment(new(), "Hello", 2.0, is_final=False)[0] == SpeechStarted(2.0)


def test_the_end_may_come_on_an_empty_segment() -> None:
    utterances = new()
    segment(utterances, "Hello", 0.0)

    assert utterances.segment([], is_final=True, is_end=True, ends_at=1.5) == [SpeechEnded(1.5, PAUSE)]


def test_silence_is_no_utterance() -> None:
    assert new().segment([], is_final=True, is_end=True, ends_at=1.5) == []
    assert new().close() == []


def test_a_late_fallback_does_not_end_the_next_utterance() -> None:
    utterances = new()
    segment(utterances, "Tuesday", 0.0, is_end=True)
    utterances.onset(1.4)

    assert utterances.fallback_end(0.5) == []
    assert segment(utterances, "at ten", 1.4, is_end=True)[-1] == SpeechEnded(2.4, PAUSE)


def test_the_fallback_makes_interim_words_final_and_delivers_them_once() -> None:
    utterances = new()
    segment(utterances, "Tuesday at", 0.0, is_final=False)

    ended = utterances.fallback_end(1.0)
    late = segment(utterances, "Tuesday at ten", 0.0)

    assert ended == [
        Words("Tuesday at", is_final=True, starts_at=0.0, ends_at=1.0),
        SpeechEnded(1.0, FALLBACK),
    ]
    assert [event.text for event in late if isinstance(event, Words)] == ["ten"]


def test_a_retracted_interim_is_not_the_last_word() -> None:
    utterances = new()
    segment(utterances, "Mm", 0.0, is_final=False)
    utterances.segment([], is_final=True, is_end=False, ends_at=0.5)

    assert utterances.close() == [SpeechEnded(0.5, FALLBACK)]
