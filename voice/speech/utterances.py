"""Puts a streaming recogniser's messages together into utterances (pure).

A recogniser reports segments: interim ones may be rewritten, final ones may not. An utterance is
all final segments up to the message that says the caller paused. There are two such messages: the
end of speech, and a fallback that comes when noise hides the pause; when both come, the first one
counts. Positions are seconds of the call's audio.
"""

from dataclasses import dataclass

from voice.ports import HearingEvent, SpeechEnded, SpeechStarted, Words

# A late fallback names the end of the utterance before; measured ends differ by a rounding.
SAME_END_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    starts_at: float
    ends_at: float


class Utterances:
    """Feed it what the recogniser says, in order; each method returns the events that follow.

    pause_seconds, fallback_seconds: the silence before either end. is_open: the caller is speaking. heard_until: the end of the last word or onset.
    """

    def __init__(self, *, pause_seconds: float, fallback_seconds: float) -> None:
        self._pause_seconds = pause_seconds
        self._fallback_seconds = fallback_seconds
        self.is_open = False
        self.heard_until = 0.0
        self._interim: list[Word] = []
        self._ended_at = -1.0
        self._promoted_until = 0.0

    def onset(self, at: float) -> list[HearingEvent]:
        """Speech sounds began."""
        self.is_open = True
        self.heard_until = max(self.heard_until, at)
        return [SpeechStarted(at)]

    def segment(
        self, words: list[Word], *, is_final: bool, is_end: bool, ends_at: float
    ) -> list[HearingEvent]:
        """A segment's words, possibly none; is_end when the caller paused after it."""
        events: list[HearingEvent] = []
        # Words of a segment that was delivered as final before the recogniser had said so.
        words = [word for word in words if (word.starts_at + word.ends_at) / 2 > self._promoted_until]
        if words:
            if not self.is_open:
                events += self.onset(words[0].starts_at)
            events.append(_spoken(words, is_final=is_final))
            self.heard_until = words[-1].ends_at
        self._interim = [] if is_final else words
        if is_end:
            ended_at = self.heard_until if words else max(self.heard_until, ends_at)
            events += self._end(ended_at, self._pause_seconds)
        return events

    def fallback_end(self, last_word_ends_at: float) -> list[HearingEvent]:
        """No word for a while: the utterance is over, unless it is over already."""
        if 0 <= last_word_ends_at <= self._ended_at + SAME_END_SECONDS:
            return []
        return self._end(self.heard_until, self._fallback_seconds)

    def close(self) -> list[HearingEvent]:
        """Nothing more will come: what was heard so far is the last word."""
        return self._end(self.heard_until, self._fallback_seconds)

    def _end(self, at: float, silence: float) -> list[HearingEvent]:
        if not self.is_open:
            return []
        events: list[HearingEvent] = []
        if self._interim:
            events.append(_spoken(self._interim, is_final=True))
            self._promoted_until = self._interim[-1].ends_at
            self._interim = []
        self.is_open = False
        self._ended_at = at
        return [*events, SpeechEnded(at, silence)]


def _spoken(words: list[Word], *, is_final: bool) -> Words:
    text = " ".join(word.text for word in words)
    return Words(text, is_final=is_final, starts_at=words[0].starts_at, ends_at=words[-1].ends_at)
