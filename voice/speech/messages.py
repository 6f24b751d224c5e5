"""What Deepgram says, as plain values (pure).

Messages are told apart by their `type` alone, for the SDK gives unknown ones a wrong class or None,
and builds malformed ones with fields missing.
"""

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


def nova_message(message: Any) -> Heard:
    """Read one message of listen v1. Raises ProviderError when it is Deepgram's Error."""
    match _type(message):
        case "SpeechStarted":
            return Onset(_seconds(message, "timestamp"))
        case "Results" if getattr(message, "channel", None) is not None:
            starts_at = _seconds(message, "start")
            return Results(
                _words(message),
                starts_at,
                starts_at + _seconds(message, "duration"),
                is_final=bool(message.is_final),
                is_end=bool(message.speech_final),
            )
        case "UtteranceEnd":
            return UtteranceEnd(_seconds(message, "last_word_end"))
        case "Error":
            raise ProviderError(f"Deepgram listen error {getattr(message, 'variant', None)}")
        case "Metadata":
            return Ended()
        case "ConfigureSuccess" | "ConfigureFailure":
            return Noted()
        case kind:
            return Unknown(kind)


def flux_message(message: Any) -> Heard:
    """As nova_message, for listen v2."""
    match _type(message):
        case "TurnInfo" if getattr(message, "event", None):
            return TurnInfo(
                str(message.event),
                (getattr(message, "transcript", None) or "").strip(),
                _seconds(message, "audio_window_start"),
                _seconds(message, "audio_window_end"),
                str(getattr(message, "trigger", None) or ""),
            )
        case "Error":
            raise ProviderError(f"Deepgram listen error {getattr(message, 'code', None)}")
        case "Connected" | "ConfigureSuccess" | "ConfigureFailure" | "Warning":
            return Noted()
        case kind:
            return Unknown(kind)


def aura_message(message: Any) -> Spoken:
    """As nova_message, for speak v1."""
    if isinstance(message, bytes):
        return Audio(message)
    match _type(message):
        case "Flushed":
            return Flushed()
        case "Cleared":
            return Cleared()
        case "Warning":
            return Warned(str(getattr(message, "code", None)))
        case "Error":
            raise ProviderError(f"Deepgram speak error {getattr(message, 'code', None)}")
        case "Metadata":
            return Noted()
        case kind:
            return Unknown(kind)


def _type(message: Any) -> str:
    return str(getattr(message, "type", None) or "unreadable")


def _words(message: Any) -> list[Word]:
    alternatives = getattr(message.channel, "alternatives", None) or []
    text = (getattr(alternatives[0], "transcript", None) or "").strip() if alternatives else ""
    if not text:
        return []
    words = [
        Word(
            getattr(word, "punctuated_word", None) or getattr(word, "word", None) or "",
            _seconds(word, "start"),
            _seconds(word, "end"),
        )
        for word in getattr(alternatives[0], "words", None) or []
    ]
    if words:
        return words
    starts_at = _seconds(message, "start")
    return [Word(text, starts_at, starts_at + _seconds(message, "duration"))]


def _seconds(message: Any, name: str) -> float:
    value = getattr(message, name, None)
    return float(value) if isinstance(value, int | float) else 0.0
