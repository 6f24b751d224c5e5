"""Keeps a call's turns and state in the database, behind the conversation's back.

Nothing that is heard or spoken waits for a write: they queue here, in order, and are all
written before close() returns. While the database is away they wait for it.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from voice import calls
from voice.conversation.redaction import mask, mask_all
from voice.conversation.states import Conversation
from voice.database import in_database_at_last
from voice.models import Call, Turn

log = logging.getLogger(__name__)
CLOSE_LIMIT_SECONDS = 5.0
AWAY_SECONDS = 900.0  # as long as a call may last


class Record:
    """Use: start(), then the add_ and save_ methods at any time, then await close()."""

    def __init__(self, call: Call, *, seconds: float = 0.0) -> None:
        """seconds: the call's clock, above zero when another process has begun it."""
        self.call = call
        self._writes: asyncio.Queue[Callable[[], None] | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._seconds = seconds

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write_all(), name="record")

    def add_turn(
        self,
        speaker: Turn.Speaker,
        text: str,
        *,
        starts_at: float,
        ends_at: float,
        state: str,
        cut_off: str = "",
        latencies: dict[str, int] | None = None,
        **reasoning: Any,
    ) -> None:
        """Keep one finished turn; positions are seconds since this media stream began.

        reasoning: the intent, slots and changes of Turn. Card numbers are kept nowhere.
        """
        self._writes.put_nowait(
            partial(
                calls.save_turn,
                self.call,
                speaker=speaker,
                text=mask(text),
                cut_off=mask(cut_off),
                starts_ms=max(0, round((self._seconds + starts_at) * 1000)),
                ends_ms=max(0, round((self._seconds + ends_at) * 1000)),
                state=state,
                latencies=latencies or {},
                **mask_all(reasoning),
            )
        )

    def note(self, write: Callable[[], None]) -> None:
        """Any other write, in its turn."""
        self._writes.put_nowait(write)

    def save_state(self, conversation: Conversation) -> None:
        conversation.saves += 1
        self._writes.put_nowait(partial(calls.save_state, self.call, conversation.apart()))

    def finish(self, write: Callable[[], None]) -> None:
        """The last write of the call."""
        self._writes.put_nowait(write)
        self._writes.put_nowait(None)

    async def close(self) -> None:
        """Wait until everything is written, but not longer than CLOSE_LIMIT_SECONDS."""
        if self._writer is None:
            return
        done, _ = await asyncio.wait({self._writer}, timeout=CLOSE_LIMIT_SECONDS)
        if not done:
            self._writer.cancel()
            log.error("call %s: the database took too long; part of the record is lost", self.call.pk)

    async def _write_all(self) -> None:
        while (write := await self._writes.get()) is not None:
            try:
                await in_database_at_last(AWAY_SECONDS, write)
            except Exception as error:
                # One lost line must not lose the rest, and never the call.
                log.error("call %s: a line of the record was lost: %s", self.call.pk, type(error).__name__)
