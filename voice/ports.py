"""The borders of a call: who carries it, who hears, who speaks, who thinks.

Each provider lives in one module behind one of these protocols and speaks in the types below.
Audio is always mulaw: bytes, 8 kHz mono, 8 bytes a millisecond, 160 bytes per 20 ms frame.
Positions on the call's clock are float seconds since the media stream began.

Errors:
    ProviderError            an outside service failed; retryable says whether again may help
    ├── MissingPackage       a built-in provider's package is not installed
    ├── CallIsOver           an order came too late: the carrier has no such call any more
    ├── Unsure               nobody knows whether the order was carried out: never simply give it again
    └── OptedOut             the receiver told the carrier that they want no more texts
"""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from voice.conversation.claims import Defect
from voice.conversation.states import Conversation


class ProviderError(Exception):
    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class MissingPackage(ProviderError):
    def __init__(self, package: str) -> None:
        super().__init__(
            f"The package {package} is not installed. Run: pip install -r requirements-local.txt",
            retryable=False,
        )


class CallIsOver(ProviderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class Unsure(ProviderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class OptedOut(ProviderError):
    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


# --- the carrier: frames in, commands out -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    call_sid: str
    stream_sid: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class MarkReached:
    name: str


@dataclass(frozen=True, slots=True)
class Digit:
    digit: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A sentence the caller typed (browser phone only); counts as one finished turn."""

    text: str


@dataclass(frozen=True, slots=True)
class Stopped:
    pass


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that is not understood; reason is one word to count by."""

    reason: str


LineEvent = Started | Media | MarkReached | Digit | Typed | Stopped | Ignored


@dataclass(frozen=True, slots=True)
class Play:
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    pass


@dataclass(frozen=True, slots=True)
class Caption:
    """What one side says, for a carrier with a screen. A final caption replaces its interim ones."""

    speaker: str  # "caller" or "desk"
    text: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to the call: "ringing" (a person is being fetched) or "ended"."""

    kind: str
    text: str


LineCommand = Play | Mark | Clear | Caption | Notice


class Carrier(Protocol):
    """The line's wire language, without I/O: one instance a call, pure apart from the stream's name."""

    def open(self, stream_sid: str) -> None:
        """The stream has this name from now on; every message to the line carries it."""
        ...

    def parse(self, message: str | bytes) -> LineEvent:
        """Read one frame from the line. Never raises: what is not understood is Ignored."""
        ...

    def render(self, command: LineCommand) -> str | None:
        """Write one frame for the line; None when this carrier has no such message."""
        ...


class CallControl(Protocol):
    """Orders to the carrier about a call, from outside its media stream.

    Each blocks for up to 5 s: never on an event loop (see voice.control). Raises CallIsOver when the
    carrier has no such call any more, else ProviderError. Safe to repeat.
    """

    def hang_up(self, sid: str) -> None: ...

    def redirect(self, sid: str, *, path: str = "", twiml: str = "") -> None:
        """End the media stream and go on with twiml, or with what our webhook at path answers."""
        ...

    def limit(self, sid: str, seconds: int) -> None:
        """Let the carrier end the call by itself when it has lasted so long, whatever becomes of us."""
        ...


class Recorder(Protocol):
    """The carrier's tape. Blocks and raises as CallControl does."""

    def start(self, call_sid: str, *, status_path: str) -> str:
        """Record both sides from now on; status_path is our webhook. Returns the recording's SID."""
        ...

    def stop(self, call_sid: str, sid: str) -> None: ...

    def fetch(self, sid: str) -> bytes:
        """The finished recording as MP3."""
        ...

    def delete(self, sid: str) -> None: ...


class Dialer(Protocol):
    """Rings people. Blocks for up to 5 s; raises Unsure when the order may have been carried out, else
    ProviderError. A carrier knows no repeated order: given twice, it rings twice.

    Paths are our webhooks, with their query; numbers are E.164.
    """

    def ring(self, to: str, *, own_number: str, answer_path: str, status_path: str, machine_path: str) -> str:
        """Begin to ring; returns the call's SID. Who answers gets answer_path's TwiML at once; whether it
        is a machine is told to machine_path, after its greeting."""
        ...

    def rung(self, to: str, *, own_number: str, since: datetime) -> list[str]:
        """The SIDs of calls to this number that were placed since then, newest first."""
        ...


class Texter(Protocol):
    """Sends texts. Blocks and raises as Dialer does, and OptedOut."""

    def text(self, to: str, body: str, *, own_number: str, status_path: str) -> str:
        """Send; returns the message's SID. What becomes of it is told to status_path."""
        ...


# --- hearing ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to make speech sounds at this position of the call's audio, in seconds."""

    at: float


@dataclass(frozen=True, slots=True)
class Words:
    """Recognised text. Interim text (is_final False) may be rewritten; a final segment may not."""

    text: str
    is_final: bool
    starts_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The caller paused; all final Words of the utterance have been delivered before this.

    silence: how many seconds of it were awaited. is_certain: a model has judged that the turn is over.
    """

    at: float
    silence: float = 0.64
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The caller may have finished: a good moment to draft an answer to the words so far.

    Always followed by SpeechEnded (the final words before it are as good as always) or by
    SpeechResumed. Not every transcriber can tell; then it never comes.
    """

    at: float


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The caller goes on after SpeechPaused: the draft answers too little."""

    at: float


@dataclass(frozen=True, slots=True)
class HearingLost:
    """What the caller says from this position on is kept, and heard once hearing is back.

    Followed by HearingBack or by ProviderError. The caller hears silence meanwhile, unless told.
    """

    at: float


@dataclass(frozen=True, slots=True)
class HearingBack:
    """Hearing goes on where it was lost; the words that were missed follow, none of them twice."""

    at: float


HearingEvent = SpeechStarted | Words | SpeechEnded | SpeechPaused | SpeechResumed | HearingLost | HearingBack


class Transcriber(Protocol):
    """Speech to text for one call.

    Use: `async with transcriber:`; one task sends, one iterates events(). Entering may return before
    the provider answers: what is sent until then is heard later. Leaving the context frees every
    socket and task within 1 s, also when cancelled.
    """

    async def __aenter__(self) -> "Transcriber": ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def send(self, mulaw: bytes) -> None:
        """Take the next piece of the caller's audio (any length). Returns at once."""
        ...

    async def finish(self) -> None:
        """No more audio comes: events() delivers the last Words and ends."""
        ...

    def events(self) -> AsyncIterator[HearingEvent]:
        """What is heard, in order. Raises ProviderError when hearing is lost and does not come back."""
        ...


# --- speaking -----------------------------------------------------------------------------


class Synthesizer(Protocol):
    """Text to speech for one call. `async with synthesizer:` frees everything within 1 s.

    Entering may return before the provider answers; speak() then waits for it.
    """

    async def __aenter__(self) -> "Synthesizer": ...

    async def __aexit__(self, *exc: object) -> None: ...

    def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the mulaw of one clause or sentence, as it becomes ready, in pieces of any length.

        Closing the iterator early (barge-in) stops the work; the next speak() starts clean.
        Raises ProviderError.
        """
        ...


class CountingSynthesizer(Synthesizer, Protocol):
    characters: int  # asked of the provider so far; what was at hand already is not


# --- thinking -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answers. code "ok", or a refusal that a mind can act on ("slot_taken"…).

    data is JSON-serialisable; spoken is a sentence that is true as it stands.
    """

    code: str
    spoken: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return self.code == "ok"


@dataclass(frozen=True, slots=True)
class ModelUse:
    """One request to a language model, as far as it came.

    Tokens are None where the stream ended before it told them; characters, of text and arguments, are
    known even then. error: why it failed; "" also when it was interrupted.
    """

    model: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    characters: int = 0
    error: str = ""


class Tools(Protocol):
    """The only way a mind reads or writes anything. Calls are recorded, shielded and idempotent."""

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        """Run one tool. Never raises for bad arguments or refusals: they come back as a code.

        Cancelling the caller does not cancel a write that has begun.
        """
        ...

    def schemas(self) -> list[dict[str, Any]]:
        """The tools as OpenAI function definitions."""
        ...

    def token_came(self) -> None:
        """The mind has begun to think aloud: its first token, whatever comes of it. Again changes nothing."""
        ...

    def replaced(self, defect: Defect) -> None:
        """Keep that something untrue was not said. Returns at once and never raises."""
        ...

    def count(self, use: ModelUse) -> None:
        """Keep what a request to a model has cost. Returns at once and never raises."""
        ...


class ReplyModel(Protocol):
    """The mind: turns what the caller said into what the desk says.

    Built with the store's facts (voice.conversation.facts.Store); may be shared between calls.
    """

    def reply(
        self, conversation: Conversation, heard: str, tools: Tools, *, now: datetime
    ) -> AsyncGenerator[str, None]:
        """Yield clauses to be spoken, in order, the first as early as it is certain.

        heard is the caller's finished turn, "" for the very first reply (greeting). The mind
        changes conversation (state, slots); the session keeps its history. now is aware UTC.
        Raises ProviderError.
        """
        ...
