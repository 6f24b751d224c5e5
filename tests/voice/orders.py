"""A carrier that takes orders: it keeps them, and refuses when told to. Named in settings."""

from typing import ClassVar

from voice.ports import ProviderError


class FakeControl:
    given: ClassVar[list[tuple[str, ...]]] = []
    fails_with: ClassVar[ProviderError | None] = None

    def hang_up(self, sid: str) -> None:
        self._take("hang_up", sid)

    def redirect(self, sid: str, *, path: str = "", twiml: str = "") -> None:
        self._take("redirect", sid, path or twiml)

    def limit(self, sid: str, seconds: int) -> None:
        self._take("limit", sid, str(seconds))

    def _take(self, *order: str) -> None:
        if FakeControl.fails_with:
            raise FakeControl.fails_with
        self.given.append(order)


class FakeRecorder:
    given: ClassVar[list[tuple[str, ...]]] = []
    fails_with: ClassVar[dict[str, ProviderError]] = {}

    def start(self, call_sid: str, *, status_path: str) -> str:
        self._take("start", call_sid, status_path)
        return "RE1"

    def stop(self, call_sid: str, sid: str) -> None:
        self._take("stop", call_sid, sid)

    def fetch(self, sid: str) -> bytes:
        self._take("fetch", sid)
        return b"ID3 audio"

    def delete(self, sid: str) -> None:
        self._take("delete", sid)

    def _take(self, *order: str) -> None:
        self.given.append(order)
        if order[0] in self.fails_with:
            raise self.fails_with[order[0]]


def forget() -> None:
    FakeControl.given.clear()
    FakeControl.fails_with = None
    FakeRecorder.given.clear()
    FakeRecorder.fails_with.clear()
