"""Deepgram hears with Nova (listen v1): interim and final segments, speech_final, UtteranceEnd."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from django.conf import settings

from voice.ports import HearingEvent
from voice.speech import deepgram
from voice.speech.deepgram import NovaSocket
from voice.speech.hearing import Hearing
from voice.speech.messages import Heard, Onset, Results, UtteranceEnd
from voice.speech.utterances import Utterances, Word

# The provider hangs up after 10 s without a message.
KEEP_ALIVE_SECONDS = 4.0
UTTERANCE_END_MS = 1000
# Of what was heard before, a new connection hears the end again, to be in the picture.
LEAD_IN_SECONDS = 1.0

LISTEN_OPTIONS: dict[str, Any] = {
    "interim_results": True,
    "utterance_end_ms": UTTERANCE_END_MS,
    "vad_events": True,
    "smart_format": True,
}


class DeepgramTranscriber(Hearing[NovaSocket]):
    """Words that a replay brings a second time are told by their place in the call, and left out."""

    def __init__(self) -> None:
        super().__init__(lead_in_seconds=LEAD_IN_SECONDS)
        self.idle_seconds = KEEP_ALIVE_SECONDS
        self._utterances = Utterances(
            pause_seconds=settings.DEEPGRAM_ENDPOINTING_MS / 1000, fallback_seconds=UTTERANCE_END_MS / 1000
        )
        # Positions on the call's clock.
        self._said_until = 0.0  # the last final word
        self._said_before = 0.0  # the same, when this connection began
        self._missed_from = 0.0
        self._known_until = 0.0
        self._is_catching_up = self._has_begun_before = False

    def connect(self) -> AbstractAsyncContextManager[NovaSocket]:
        return deepgram.nova(endpointing=settings.DEEPGRAM_ENDPOINTING_MS, **LISTEN_OPTIONS)

    def resume(self, missed_from: float, known_until: float) -> None:
        self._missed_from, self._known_until, self._said_before = missed_from, known_until, self._said_until
        self._is_catching_up = self._has_begun_before = self._utterances.is_open

    async def idle(self, link: NovaSocket) -> None:
        await link.keep_alive()

    def last_words(self) -> Sequence[HearingEvent]:
        return self._utterances.close()

    def hear(self, message: Heard) -> Sequence[HearingEvent]:
        match message:
            case Onset(at=at):
                return self._onset(self.seconds(at))
            case Results():
                return self._segment(message, self.seconds(message.ends_at))
            case UtteranceEnd(last_word_ends_at=at):
                return self._utterances.fallback_end(self.seconds(at))
        return ()

    def _onset(self, at: float) -> Sequence[HearingEvent]:
        if at < self._missed_from:
            return ()  # the voice of words that were final before
        if self._has_begun_before and self._utterances.is_open:
            self._has_begun_before = False
            return ()  # an utterance begins only once, wherever this connection thinks it does
        return self._utterances.onset(at)

    def _segment(self, segment: Results, ends_at: float) -> Sequence[HearingEvent]:
        if not segment.is_final and ends_at <= self._known_until:
            return ()  # a replayed guess would take back what the last connection had guessed
        words = self._new_words(segment)
        events = self._utterances.segment(
            words, is_final=segment.is_final, is_end=segment.is_end, ends_at=ends_at
        )
        if segment.is_final:
            self._said_until = max([self._said_until, *(word.ends_at for word in words)])
            self.cover(ends_at)
        return [*events, *self._end_of_the_known(words, ends_at)] if self._is_catching_up else events

    def _new_words(self, segment: Results) -> list[Word]:
        """The segment's words on the call's clock, without those that an earlier connection made final.

        A segment may end within a word that it does not tell: the words count, not how far it reached.
        """
        words = (
            Word(word.text, self.seconds(word.starts_at), self.seconds(word.ends_at))
            for word in segment.words
        )
        return [word for word in words if (word.starts_at + word.ends_at) / 2 > self._said_before]

    def _end_of_the_known(self, words: list[Word], ends_at: float) -> list[HearingEvent]:
        """End an utterance whose words an earlier connection heard, and whose pause nobody reports."""
        self._is_catching_up = not words and self._utterances.is_open
        if self._is_catching_up and ends_at > self._utterances.heard_until + UTTERANCE_END_MS / 1000:
            return self._utterances.close()
        return []
