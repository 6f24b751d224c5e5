"""When does the caller begin, pause and stop? From one voice probability per window (pure).

quiet --STARTED--> voiced --PAUSED--> pausing --ENDED--> quiet
                     ^                   |
                     +-----RESUMED-------+          CUT: too long for one piece, goes on
"""

from dataclasses import dataclass
from enum import Enum, auto

WINDOW_SECONDS = 0.032


class Change(Enum):
    STARTED = auto()
    PAUSED = auto()
    RESUMED = auto()
    ENDED = auto()
    CUT = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """How much voice and silence decide, in windows of 32 ms; probabilities between 0 and 1."""

    voice_begins: float = 0.5
    voice_goes_on: float = 0.35
    # A click is over in one window; the shortest word lasts four.
    windows_to_start: int = 3
    windows_to_pause: int = 5
    # 0.64 s: a gap of 0.5 s between the groups of a number is heard as up to 0.6 s of silence, for
    # the first sound of "five" or "six" hardly counts as voice on the telephone. Waiting less would
    # gain little: the words themselves are ready 0.6 to 0.7 s after the voice.
    windows_to_end: int = 20
    # The recogniser hears 30 s at a time: from 15 s on any gap will do for a cut, at 24 s none is needed.
    windows_to_cut: int = 470
    windows_at_most: int = 750
    gap_for_cut: int = 3


class Endpointer:
    """Follows one caller's voice, window by window. Positions are window numbers since the start.

    begins_at is the first voiced window of the piece being spoken, voice_ends_at the window
    after its last voiced one.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._position = 0
        self._onset = 0
        self._is_speaking = False
        self._is_pausing = False
        self.begins_at = 0
        self.voice_ends_at = 0

    @property
    def is_speaking(self) -> bool:
        """Between STARTED and ENDED, pauses included."""
        return self._is_speaking

    def push(self, probability: float) -> Change | None:
        """Take the next window's probability of voice; say what it changes."""
        self._position += 1
        if not self._is_speaking:
            return self._wait_for_voice(probability)
        wanted = self._patience.voice_begins if self._is_pausing else self._patience.voice_goes_on
        return self._go_on() if probability >= wanted else self._fall_silent()

    def stop(self) -> None:
        """Back to quiet: whatever was being said has ended."""
        self._is_speaking = self._is_pausing = False
        self._onset = 0

    def _wait_for_voice(self, probability: float) -> Change | None:
        self._onset = self._onset + 1 if probability >= self._patience.voice_begins else 0
        if self._onset < self._patience.windows_to_start:
            return None
        self._is_speaking = True
        self.begins_at = self._position - self._onset
        self.voice_ends_at = self._position
        return Change.STARTED

    def _go_on(self) -> Change | None:
        self.voice_ends_at = self._position
        if self._is_pausing:
            self._is_pausing = False
            return Change.RESUMED
        return self._cut() if self._length >= self._patience.windows_at_most else None

    def _fall_silent(self) -> Change | None:
        silence = self._position - self.voice_ends_at
        if silence >= self._patience.windows_to_end:
            self.stop()
            return Change.ENDED
        if self._length >= self._patience.windows_to_cut and silence >= self._patience.gap_for_cut:
            return self._cut()
        if silence >= self._patience.windows_to_pause and not self._is_pausing:
            self._is_pausing = True
            return Change.PAUSED
        return None

    def _cut(self) -> Change:
        self.begins_at = self._position
        return Change.CUT

    @property
    def _length(self) -> int:
        return self._position - self.begins_at
