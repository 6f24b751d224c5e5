"""When is an answer drafted, and when is the caller's turn over? Told by whole turns, as they sound."""

from dataclasses import dataclass, field

import pytest

from voice.conversation import questions
from voice.listening import Listening, continues
from voice.ports import Words
from voice.turns import CallerTurn

FRAME = 0.02
TOLD_AFTER = 0.36  # a final text behind the end of the voice


@dataclass
class Caller:
    """Speaks and is silent at the pace of frames; the recogniser tells each piece at its end.

    turns: what the desk took for one turn, and how many seconds of silence it took.
    drafts: the texts drafted on, in order.
    """

    listening: Listening = field(default_factory=Listening)
    now: float = 0.0
    turns: list[tuple[str, float]] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    last: CallerTurn | None = None
    _coming: list[tuple[float, Words]] = field(default_factory=list)
    _quiet_since: float = 0.0

    def says(self, text: str, seconds: float = 1.0) -> "Caller":
        began = self.now
        self._pass(seconds, is_voiced=True)
        self._quiet_since = self.now
        self._coming.append((self.now + TOLD_AFTER, Words(text, True, began, self.now)))
        return self

    def pauses(self, seconds: float) -> "Caller":
        self._pass(seconds, is_voiced=False)
        return self

    def is_told(self, text: str, *, is_final: bool = False, ends_at: float | None = None) -> "Caller":
        """An interim text comes, now, about what was said up to ends_at."""
        ends_at = self.now if ends_at is None else ends_at
        self.listening.words(Words(text, is_final, 0.0, ends_at), self.now)
        return self

    def _pass(self, seconds: float, *, is_voiced: bool) -> None:
        for _ in range(round(seconds / FRAME)):
            self.now += FRAME
            self.listening.voice(is_voiced, self.now)
            while self._coming and self._coming[0][0] <= self.now:
                self.listening.words(self._coming.pop(0)[1], self.now)
            self._look()

    def _look(self) -> None:
        text = self.listening.draft(self.now)
        if text and text not in self.drafts:
            self.drafts.append(text)
        over_at = self.listening.over_at()
        if over_at is not None and over_at <= self.now:
            self.last = self.listening.take()
            assert self.last
            self.turns.append((self.last.text, round(self.now - self._quiet_since, 2)))


def asked(question: str, wording: str = "") -> Caller:
    caller = Caller()
    caller.listening.ask(question, wording)
    return caller


def silence_after(text: str, question: str = "", wording: str = "") -> float:
    """Seconds of silence that end a turn of this text."""
    ((said, silence),) = asked(question, wording).says(text).pauses(4).turns
    assert said == text
    return silence


# --- how long a silence ends a turn -------------------------------------------------------


@pytest.mark.parametrize("text", ["Tuesday at ten please", "Thank you.", "How much is that?"])
def test_a_clear_stop_is_answered_soonest(text: str) -> None:
    assert silence_after(text) <= 0.65


@pytest.mark.parametrize("text", ["I need an oil change", "Tuesday at ten", "the second one"])
def test_a_whole_sentence_is_answered_within_a_second(text: str) -> None:
    assert silence_after(text) <= 0.9


@pytest.mark.parametrize("text", ["I need an oil change and", "my car is a", "it's, um", "can you"])
def test_an_open_sentence_is_waited_for(text: str) -> None:
    assert 1.2 <= silence_after(text) <= 1.4


def test_a_yes_is_quick_only_where_it_was_asked_for() -> None:
    assert silence_after("Yes", questions.ASK_CONFIRM) < silence_after("Yes", questions.ASK_DAY)


def test_a_number_is_waited_for_until_it_has_all_its_digits() -> None:
    assert silence_after("two one two", questions.ASK_PHONE) >= 1.9
    assert silence_after("two one two five five five oh one four three", questions.ASK_PHONE) <= 0.65


def test_a_language_model_s_own_question_counts_by_its_words() -> None:
    assert silence_after("1 H G C M", "", "Could you read me the VIN?") >= 1.9
    assert silence_after("Yes", "", "Shall I book that for you?") <= 0.65


# --- pauses within a turn -----------------------------------------------------------------


def test_groups_of_a_number_are_one_turn() -> None:
    caller = asked(questions.ASK_PHONE).says("212").pauses(1.2).says("555").pauses(1.4).says("0143").pauses(1)
    assert [text for text, _ in caller.turns] == ["212 555 0143"]
    assert caller.drafts == ["212 555 0143"]


def test_a_breath_does_not_end_a_turn() -> None:
    caller = Caller().says("I need an oil change").pauses(0.7).says("for my Civic").pauses(1)
    assert [text for text, _ in caller.turns] == ["I need an oil change for my Civic"]


def test_a_thought_after_and_does_not_end_a_turn() -> None:
    caller = Caller().says("I need an oil change and").pauses(1.1).says("new brakes").pauses(1)
    assert [text for text, _ in caller.turns] == ["I need an oil change and new brakes"]


def test_a_turn_is_not_over_before_its_last_words_are_told() -> None:
    caller = Caller().says("Thanks", 0.5).pauses(0.02)
    ((_, words),) = caller._coming
    caller._coming = [(caller.now + 0.75, words)]
    assert [silence for _, silence in caller.pauses(2).turns] == [pytest.approx(0.78, abs=0.03)]


def test_words_that_never_come_are_not_waited_for() -> None:
    caller = Caller().says("first part").pauses(0.5).says("lost", 0.6)
    caller._coming.clear()
    ((text, silence),) = caller.pauses(3).turns
    assert text == "first part"
    assert silence <= 0.95


# --- drafts -------------------------------------------------------------------------------


def test_a_reply_is_drafted_as_soon_as_the_words_reach_the_silence() -> None:
    caller = Caller().says("Tuesday at ten").pauses(0.34)
    assert caller.drafts == []
    caller.pauses(0.04)
    assert caller.drafts == ["Tuesday at ten"]
    assert caller.turns == []


def test_interim_text_is_enough_for_a_draft() -> None:
    caller = Caller()
    caller._pass(1.0, is_voiced=True)
    caller.is_told("Tuesday at").pauses(0.1).is_told("Tuesday at ten", ends_at=1.0).pauses(0.02)
    assert caller.drafts == ["Tuesday at ten"]


def test_nothing_is_drafted_while_the_caller_speaks() -> None:
    caller = Caller()
    caller._pass(1.0, is_voiced=True)
    caller.is_told("I need an oil change")._pass(1.0, is_voiced=True)
    assert caller.drafts == []


def test_half_a_number_is_not_thought_about() -> None:
    assert asked(questions.ASK_PHONE).says("two one two").pauses(1.5).drafts == []


def test_an_open_sentence_is_drafted_in_time_for_its_end() -> None:
    caller = Caller().says("I need an oil change and").pauses(0.55)
    assert caller.drafts == []
    assert caller.pauses(0.1).drafts == ["I need an oil change and"]


def test_the_provider_s_eager_end_drafts_at_once_and_its_resumption_does_not_end_the_turn() -> None:
    caller = Caller()
    caller._pass(1.0, is_voiced=True)
    caller.is_told("I need an oil change")
    caller.listening.suspected(caller.now)
    assert caller.listening.draft(caller.now) == "I need an oil change"
    caller.listening.started(caller.now)
    assert caller.listening.draft(caller.now) is None


# --- the provider's opinion ---------------------------------------------------------------


def test_a_provider_that_is_sure_ends_the_turn_at_once() -> None:
    caller = Caller().says("I need an oil change").pauses(0.4)
    caller.listening.ended(caller.now, is_certain=True)
    ((_, silence),) = caller.pauses(1).turns
    assert silence <= 0.6


def test_but_not_in_the_middle_of_a_number() -> None:
    caller = asked(questions.ASK_PHONE).says("212 555").pauses(0.4)
    caller.listening.ended(caller.now, is_certain=True)
    assert caller.pauses(1).turns == []


def test_a_line_without_frames_is_left_to_the_provider() -> None:
    listening = Listening()
    listening.started(0.5)
    listening.words(Words("Tuesday at ten please", True, 0.5, 1.5), 2.0)
    before = listening.over_at()
    assert before is not None and before > 10
    listening.ended(2.2, silence=0.64)
    over_at = listening.over_at()
    assert over_at is not None and over_at <= 2.2


def test_in_endless_noise_the_provider_s_pause_ends_the_turn_a_second_later() -> None:
    caller = Caller()
    caller._pass(2.0, is_voiced=True)
    caller.is_told("Tuesday at ten", is_final=True)
    caller.listening.ended(caller.now, silence=0.3)
    caller._pass(0.9, is_voiced=True)
    assert caller.turns == []
    assert caller.listening.is_speaking
    caller._pass(0.2, is_voiced=True)
    assert [text for text, _ in caller.turns] == ["Tuesday at ten"]
    assert not caller.listening.is_speaking  # or the answer would never begin
    caller._pass(0.1, is_voiced=False)
    caller._pass(0.1, is_voiced=True)
    assert caller.listening.is_speaking


def test_a_voice_that_comes_back_takes_the_provider_s_end_back() -> None:
    caller = Caller().says("Tuesday at ten").pauses(0.4)
    caller.listening.ended(caller.now, silence=0.01)
    caller._pass(3.0, is_voiced=True)
    assert caller.turns == []


def test_a_soft_last_word_that_no_frame_shows_is_waited_for() -> None:
    caller = Caller().says("I would like").pauses(0.8).is_told("I would like Tuesday", ends_at=1.8)
    caller.is_told("I would like Tuesday", is_final=True, ends_at=1.8)
    ((_, silence),) = caller.pauses(2).turns
    assert silence >= 1.6


# --- a turn that was cut too early --------------------------------------------------------


def test_the_rest_of_a_turn_joins_it_and_the_draft_thinks_about_all() -> None:
    caller = Caller().says("Tuesday at ten").pauses(1.0)
    first = caller.last
    assert first
    caller.says("or maybe eleven").pauses(0.36)
    rest = Words("or maybe eleven", True, 2.0, 3.0)
    assert continues(first, rest)
    caller.listening.give_back(first)
    caller.pauses(1)
    assert caller.turns[-1][0] == caller.drafts[-1] == "Tuesday at ten or maybe eleven"
    assert caller.last and caller.last.starts_at == first.starts_at


def test_what_is_said_two_seconds_later_is_a_turn_of_its_own() -> None:
    turn = CallerTurn("Tuesday at ten", 0.0, 1.0)
    assert continues(turn, Words("please", True, 2.4, 3.0))
    assert not continues(turn, Words("hello?", True, 2.6, 3.0))


def test_a_turn_that_is_given_back_without_another_word_ends_again() -> None:
    caller = Caller().says("Tuesday at ten").pauses(1)
    assert caller.last
    caller.listening.give_back(caller.last)
    caller.pauses(1)
    assert [text for text, _ in caller.turns] == ["Tuesday at ten"] * 2


def test_a_final_text_does_not_repeat_what_was_taken_from_its_interim() -> None:
    caller = Caller()
    caller._pass(1.0, is_voiced=True)
    caller.pauses(0.4).is_told("Tuesday at ten", ends_at=1.0).pauses(1)
    assert [text for text, _ in caller.turns] == ["Tuesday at ten"]
    caller.is_told("Tuesday at 10.", is_final=True, ends_at=1.0).pauses(2)
    assert len(caller.turns) == 1


def test_only_the_rest_of_a_segment_is_the_next_turn() -> None:
    caller = Caller()
    caller._pass(1.0, is_voiced=True)
    caller.pauses(0.4).is_told("Tuesday at ten", ends_at=1.0).pauses(1)
    caller._pass(0.5, is_voiced=True)
    caller.pauses(0.3).is_told("Tuesday at 10, please", is_final=True, ends_at=caller.now - 0.3).pauses(1)
    assert [text for text, _ in caller.turns] == ["Tuesday at ten", "please"]
