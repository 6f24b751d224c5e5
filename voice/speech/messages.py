"""What Deepgram says, as plain values (pure).

The JSON is read here and not by the SDK, which takes eight times as long for it, gives unknown messages
a wrong class or drops them, and builds malformed ones with fields missing. Here all those are Unknown.
"""

import json
from dataclasses import dataclass
from typing import Any

from voice.ports import ProviderError
from voice.speech.utterances import Word

# Positions are seconds since this connection's first audio.


@dataclass(frozen=True, slots=True)
class Onset:
    at: float


@dataclass(frozen=True, slots=True)
class Results:
    """One segment of speech, from starts_at to ends_at; is_end: the caller paused after it."""

    words: list[Word]
    starts_at: float
    ends_at: float
    is_final: bool
    is_end: bool


@dataclass(frozen=True, slots=True)
class UtteranceEnd:
    last_word_ends_at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more will come."""


@dataclass(frozen=True, slots=True)
class TurnInfo:
    """Flux: event is Update, StartOfTurn, EagerEndOfTurn, TurnResumed or EndOfTurn, or a new one.

    transcript is the whole turn so far; the turn's audio began at starts_at and is heard to ends_at.
    trigger says why a turn ended: "model", "manual", "timeout" or a new one.
    """

    event: str
    transcript: str
    starts_at: float
    ends_at: float
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Audio:
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Flushed:
    """All audio of one flush has come."""


@dataclass(frozen=True, slots=True)
class Cleared:
    pass


@dataclass(frozen=True, slots=True)
class Warned:
    code: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Understood, and of no consequence here (Metadata, Connected…)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not understood; kind is the message's type, or what stands in its place."""

    kind: str


Heard = Onset | Results | UtteranceEnd | TurnInfo | Ended | Noted | Unknown
Spoken = Audio | Flushed | Cleared | Warned | Noted | Unknown


# --- reading them ---------------------------------------------------------------------------


def nova_message(raw: str | bytes) -> Heard:
    """Read one message of listen v1. Raises ProviderError when it is Deepgram's Error."""
    message = _Message(raw)
    match message.kind:
        case "SpeechStarted":
            return Onset(message.seconds("timestamp"))
        case "Results" if isinstance(message["channel"], dict):
            starts_at = message.seconds("start")
            ends_at = starts_at + message.seconds("duration")
            return Results(
                _words(message, starts_at, ends_at),
                starts_at,
                ends_at,
                is_final=bool(message["is_final"]),
                is_end=bool(message["speech_final"]),
            )
        case "UtteranceEnd":
            return UtteranceEnd(message.seconds("last_word_end"))
        case "Error":
            raise ProviderError(f"Deepgram listen error {message['variant']}")
        case "Metadata":
            return Ended()
        case "ConfigureSuccess" | "ConfigureFailure":
            return Noted()
        case kind:
            return Unknown(kind)


def flux_message(raw: str | bytes) -> Heard:
    """As nova_message, for listen v2."""
    message = _Message(raw)
    match message.kind:
        case "TurnInfo" if message["event"]:
            return TurnInfo(
                message.text("event"),
                message.text("transcript"),
                message.seconds("audio_window_start"),
                message.seconds("audio_window_end"),
                message.text("trigger"),
            )
        case "Error":
            raise ProviderError(f"Deepgram listen error {message['code']}")
        case "Connected" | "ConfigureSuccess" | "ConfigureFailure" | "Warning":
            return Noted()
        case kind:
            return Unknown(kind)


def aura_message(raw: str | bytes) -> Spoken:
    """As nova_message, for speak v1."""
    if isinstance(raw, bytes):
        return Audio(raw)
    message = _Message(raw)
    match message.kind:
        case "Flushed":
            return Flushed()
        case "Cleared":
            return Cleared()
        case "Warning":
            return Warned(message.text("code"))
        case "Error":
            raise ProviderError(f"Deepgram speak error {message['code']}")
        case "Metadata":
            return Noted()
        case kind:
            return Unknown(kind)


class _Message:
    """A JSON object whatever was sent; a field that is missing or of a wrong type is empty."""

    def __init__(self, raw: Any) -> None:
        if isinstance(raw, str | bytes):
            try:
                raw = json.loads(raw)
            except ValueError:
                raw = None
        self._fields: dict[str, Any] = raw if isinstance(raw, dict) else {}

    @property
    def kind(self) -> str:
        return self.text("type") or "unreadable"

    def __getitem__(self, name: str) -> Any:
        return self._fields.get(name)

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    def seconds(self, name: str) -> float:
        value = self._fields.get(name)
        return float(value) if isinstance(value, int | float) else 0.0

    def objects(self, name: str) -> "list[_Message]":
        value = self._fields.get(name)
        return [_Message(each) for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _words(message: _Message, starts_at: float, ends_at: float) -> list[Word]:
    alternatives = _Message(message["channel"]).objects("alternatives")
    text = alternatives[0].text("transcript") if alternatives else ""
    if not text:
        return []
    words = [
        Word(word.text("punctuated_word") or word.text("word"), word.seconds("start"), word.seconds("end"))
        for word in alternatives[0].objects("words")
    ]
    return words or [Word(text, starts_at, ends_at)]
