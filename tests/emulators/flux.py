"""Listen v2 (Flux): turns with their eager, resumed, timed-out and forced ends (pure).

Its confidence that a turn is over is a simple model of the real one: it grows with the silence, and
stays low for long after words that do not end in a full stop, a question or an exclamation mark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.emulators.ear import Ear, Message, Word

UPDATE_MS = 250
CERTAIN_AFTER_MS = 300  # of silence after a complete sentence
DOUBT = 0.55  # as far as an incomplete one comes


@dataclass(slots=True)
class FluxEar(Ear):
    eot_threshold: float = 0.7
    eager_eot_threshold: float | None = None
    eot_timeout_ms: int = 5000
    turn_index: int = 0
    _sequence: int = -1
    _turn_from_ms: int = 0
    _is_in_turn: bool = False
    _is_eager: bool = False

    def opening(self) -> Iterator[Message]:
        yield self._message("Connected")

    def voiced(self) -> Iterator[Message]:
        if self.is_new_voice:
            self.begin_utterance()
        if self._is_eager:
            self._is_eager = False
            yield self._turn("TurnResumed")
        if not self._is_in_turn and self.onset_ms is not None and self.words():
            self._is_in_turn = True
            yield self._turn("StartOfTurn")
        yield from self._update()

    def quiet(self) -> Iterator[Message]:
        if self._is_in_turn:
            confidence = self._confidence()
            if confidence >= self.eot_threshold:
                yield from self._end("model")
            elif self.quiet_ms >= self.eot_timeout_ms:
                yield from self._end("timeout")
            elif not self._is_eager and confidence >= (self.eager_eot_threshold or 1.1):
                self._is_eager = True
                yield self._turn("EagerEndOfTurn")
        elif self.quiet_ms > CERTAIN_AFTER_MS:
            self.end_utterance()  # a noise without words
        yield from self._update()

    def obey(self, kind: str, command: Message) -> Iterator[Message] | None:
        match kind:
            case "ForceEndTurn":
                return self._end("manual") if self._is_in_turn else iter(())
            case "Configure":
                return iter([self._configure(command)])
        return None

    def close(self) -> Iterator[Message]:
        """A stream that ends within a turn leaves it open, with its words told by an Update."""
        if self._is_in_turn:
            yield self._turn("Update")

    def error(self, code: str) -> Message:
        return self._message("Error", code=code, description="refused")

    def _update(self) -> Iterator[Message]:
        if self.now_ms % UPDATE_MS < 20:
            yield self._turn("Update")

    def _end(self, trigger: str) -> Iterator[Message]:
        # The eager words are the final ones: with less certainty than asked for there would be none.
        if self.eager_eot_threshold and not self._is_eager and trigger == "model":
            yield self._turn("EagerEndOfTurn")
        yield self._turn("EndOfTurn", trigger=trigger)
        self.end_utterance()
        self._is_in_turn = self._is_eager = False
        self.turn_index += 1
        self._turn_from_ms = self.now_ms

    def _confidence(self) -> float:
        words = self.all_words()
        is_complete = bool(words) and words[-1].text.endswith((".", "?", "!"))
        silence = min(1.0, self.quiet_ms / CERTAIN_AFTER_MS)
        return round(0.99 * silence if is_complete else DOUBT * silence, 3)

    def _turn(self, event: str, **more: Any) -> Message:
        words: list[Word] = self.all_words() if self.quiet_ms else self.words()
        return self._message(
            "TurnInfo",
            event=event,
            turn_index=self.turn_index,
            audio_window_start=self._turn_from_ms / 1000,
            audio_window_end=self.now_ms / 1000,
            transcript=" ".join(word.text for word in words),
            words=[{"word": word.text, "confidence": 0.98} for word in words],
            end_of_turn_confidence=self._confidence() if self.quiet_ms else 0.0,
            **more,
        )

    def _message(self, kind: str, **content: Any) -> Message:
        self._sequence += 1
        return {"type": kind, "request_id": "emulated", "sequence_id": self._sequence, **content}

    def _configure(self, command: Message) -> Message:
        wanted = command.get("thresholds") or {}
        merged = self._thresholds() | {name: value for name, value in wanted.items() if value is not None}
        if complaint := thresholds_complaint(merged):
            return self._message("ConfigureFailure", code=complaint, description="refused")
        self.eot_threshold = merged["eot_threshold"]
        self.eager_eot_threshold = merged.get("eager_eot_threshold")
        self.eot_timeout_ms = int(merged["eot_timeout_ms"])
        keyterms = command.get("keyterms") or []
        return self._message("ConfigureSuccess", thresholds=self._thresholds(), keyterms=keyterms)

    def _thresholds(self) -> dict[str, Any]:
        eager = {} if self.eager_eot_threshold is None else {"eager_eot_threshold": self.eager_eot_threshold}
        return {"eot_threshold": self.eot_threshold, "eot_timeout_ms": self.eot_timeout_ms, **eager}


def thresholds_complaint(thresholds: dict[str, Any]) -> str:
    """Why Flux would refuse these values; "" when it takes them."""
    eot = float(thresholds.get("eot_threshold", 0.7))
    eager = thresholds.get("eager_eot_threshold")
    if not 0.5 <= eot <= 1.0:
        return "BAD_EOT_THRESHOLD"
    if eager is not None and not 0.3 <= float(eager) <= min(0.9, eot):
        return "BAD_EAGER_EOT_THRESHOLD"
    return "" if 500 <= int(thresholds.get("eot_timeout_ms", 5000)) <= 60_000 else "BAD_EOT_TIMEOUT"
