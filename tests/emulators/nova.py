"""Listen v1: interim and final results, speech_final, SpeechStarted and UtteranceEnd (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.emulators.ear import Ear, Message, Said, Word

INTERIM_MS = 250
EMPTY_RESULT_MS = 1000
MAX_KEYTERM_TOKENS = 500


@dataclass(slots=True)
class NovaEar(Ear):
    """segment_ms: a longer utterance becomes several final segments, the last with speech_final."""

    endpointing_ms: int | None = 300  # None: never
    utterance_end_ms: int | None = 1000
    interim: bool = True
    vad_events: bool = True
    model: str = "emulated"
    segment_ms: int = 5000
    _segment_from_ms: int = 0
    _words_sent: int = 0  # of this utterance, in segments that are final
    _next_interim_ms: int = 0
    _owes_utterance_end: bool = False

    def voiced(self) -> Iterator[Message]:
        if self.is_new_voice:
            self.begin_utterance()
            assert self.onset_ms is not None
            self._next_interim_ms = self.onset_ms + INTERIM_MS
            self._owes_utterance_end = False
            if self.vad_events:
                yield {"type": "SpeechStarted", "channel": [0, 1], "timestamp": self.onset_ms / 1000}
        if self.onset_ms is None:
            return
        if self.now_ms - max(self.onset_ms, self._segment_from_ms) >= self.segment_ms:
            yield self._segment(self.words(), is_end=False)
        elif self.interim and self.now_ms >= self._next_interim_ms:
            self._next_interim_ms += INTERIM_MS
            yield self._results(self._guess(), is_final=False)

    def quiet(self) -> Iterator[Message]:
        pause_ms = self.endpointing_ms or self.utterance_end_ms
        if self.onset_ms is not None and pause_ms and self.quiet_ms >= pause_ms:
            yield from self._end()
        if self._owes_utterance_end and self.utterance_end_ms and self.quiet_ms >= self.utterance_end_ms:
            self._owes_utterance_end = False
            last = self.voice_until_ms / 1000
            yield {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last}
        if self.quiet_ms % EMPTY_RESULT_MS == 0:
            yield self._results([], is_final=True)

    def obey(self, kind: str, command: Message) -> Iterator[Message] | None:
        match kind:
            case "KeepAlive":
                return iter(())
            case "Finalize":
                return self.close()
            case "Configure":
                return iter([self._configure(command)])
        return None

    def close(self) -> Iterator[Message]:
        """What is buffered becomes final; nothing when nothing is."""
        if self.onset_ms is not None or self.told:
            yield self._segment(self.all_words(), is_end=False, from_finalize=True)
            self._close_utterance()

    def metadata(self) -> Message:
        return {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": "emulated",
            "sha256": "0" * 64,
            "created": "2026-01-01T00:00:00Z",
            "duration": self.now_ms / 1000,
            "channels": 1,
            "models": ["emulated"],
            "model_info": {},
        }

    def _end(self) -> Iterator[Message]:
        how = (self.sentence or Said("")).ends
        if self.endpointing_ms is None:
            how = "utterance_end"
        yield self._segment(self.all_words(), is_end=how == "speech_final")
        if how == "empty":
            yield self._results([], is_final=True, is_end=True)
        self._close_utterance()

    def _segment(self, words: list[Word], *, is_end: bool, from_finalize: bool = False) -> Message:
        fresh = words[self._words_sent :]
        message = self._results(fresh, is_final=True, is_end=is_end, from_finalize=from_finalize)
        self._words_sent = len(words)
        self._segment_from_ms = self.now_ms
        self._owes_utterance_end = bool(words)
        return message

    def _close_utterance(self) -> None:
        self.end_utterance()
        self._words_sent = 0

    def _guess(self) -> list[Word]:
        words = self.words()[self._words_sent :]
        wrong = self.sentence.mishears.split() if self.sentence else []
        return [replace(word, text=text) for word, text in zip(words, wrong, strict=False)] or words

    def _configure(self, command: Message) -> Message:
        keyterms = command.get("keyterms") or []
        code = ""
        if keyterms and not self.model.startswith("nova-3"):
            code = "CONFIGURE_KEYTERMS_NOT_SUPPORTED"
        elif sum(len(term.split()) for term in keyterms) > MAX_KEYTERM_TOKENS:
            code = "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
        if code:
            return {"type": "ConfigureFailure", "request_id": "emulated", "code": code, "description": "-"}
        return {"type": "ConfigureSuccess", "request_id": "emulated", "keyterms": keyterms}

    def _results(
        self, words: list[Word], *, is_final: bool, is_end: bool = False, from_finalize: bool = False
    ) -> Message:
        return results(
            words,
            start=self._segment_from_ms / 1000,
            end=self.now_ms / 1000,
            is_final=is_final,
            is_end=is_end,
            from_finalize=from_finalize,
            model=self.model,
        )


def results(
    words: list[Word],
    *,
    start: float,
    end: float,
    is_final: bool,
    is_end: bool,
    from_finalize: bool = False,
    model: str = "emulated",
) -> Message:
    """A Results message; start and end are seconds of the stream's audio."""
    timed: list[dict[str, Any]] = [
        {
            "word": word.plain,
            "start": word.start_ms / 1000,
            "end": word.end_ms / 1000,
            "confidence": 0.98,
            "punctuated_word": word.text,
        }
        for word in words
    ]
    transcript = " ".join(word.text for word in words)
    alternative = {"transcript": transcript, "confidence": 0.98 if words else 0.0, "words": timed}
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": start,
        "duration": round(end - start, 3),
        "is_final": is_final,
        "speech_final": is_end,
        "from_finalize": from_finalize,
        "channel": {"alternatives": [alternative]},
        "metadata": {
            "request_id": "emulated",
            "model_info": {"name": model, "version": "1", "arch": model},
            "model_uuid": "emulated",
        },
    }
