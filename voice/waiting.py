"""How many media sockets may wait at the door: open, but not yet a call.

A stranger who opens sockets and says nothing must not keep callers out. So sockets without the
carrier's signature are counted by address and in all; signed ones have as many places of their own,
and no count by address, because a carrier's calls come from few. Counts are this process's.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

SIGNED = "signed"  # no address looks like this
UNSIGNED = "unsigned"


class WaitingRoom:
    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def place(self, address: str, *, is_signed: bool) -> Iterator[bool]:
        """Wait within this context, if it yields True; False means that the room is full."""
        counted = [SIGNED] if is_signed else [UNSIGNED, address]
        if any(self._waiting[name] >= _limit(name) for name in counted):
            yield False
            return
        self._waiting.update(counted)
        try:
            yield True
        finally:
            self._waiting.subtract(counted)
            self._waiting += Counter()  # forget addresses that went away

    def __len__(self) -> int:
        return self._waiting[SIGNED] + self._waiting[UNSIGNED]


def _limit(name: str) -> int:
    per_room, per_address = settings.MEDIA_WAITING_SOCKETS, settings.MEDIA_WAITING_SOCKETS_PER_ADDRESS
    return int(per_room if name in (SIGNED, UNSIGNED) else per_address)
