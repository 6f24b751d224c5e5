"""One call whose carrier writes as many frames a second as it is told, in a process of its own.

    python -m tests.voice.flood 20000 HOST:PORT CALL_SID TOKEN

Says "ready" and goes on until it is ended, or until the desk closes the line; then it says how many frames it
meant to write and how many the line took. What it writes is made beforehand and the process is nice, so that it takes
little from the machine but what the desk gives it.
"""

import json
import os
import signal
import socket
import sys
import time
from base64 import b64encode
from contextlib import suppress
from types import FrameType

from dealership.bench.relay_wire import TEXT, frame, opening

TICK_SECONDS = 0.02
MEDIA_PATH = "/ws/media"


def messages(sid: str, token: str) -> tuple[bytes, bytes]:
    """(what begins the stream, one frame of its audio), as they go over the wire."""
    stream = f"MZ{sid[2:]}"
    start = {"callSid": sid, "streamSid": stream, "customParameters": {"token": token}}
    media = {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "20",
        "payload": b64encode(b"\xff" * 160).decode(),
    }
    return (
        frame(TEXT, json.dumps({"event": "start", "start": start}).encode(), is_masked=True),
        frame(
            TEXT, json.dumps({"event": "media", "streamSid": stream, "media": media}).encode(), is_masked=True
        ),
    )


class Flood:
    def __init__(self, a_second: int, address: str, sid: str, token: str) -> None:
        host, _, port = address.partition(":")
        start, self._frame = messages(sid, token)
        self._tick = self._frame * round(a_second * TICK_SECONDS)
        self._socket = socket.create_connection((host, int(port)))
        self._socket.sendall(opening(address, MEDIA_PATH, {}))
        head = self._socket.recv(4096)
        assert b" 101 " in head, head
        self._socket.sendall(start)
        self._socket.setblocking(False)
        self._rest = b""  # of a tick that the line did not take as a whole
        self.meant = 0
        self.written = 0

    def go_on(self) -> None:
        """Raises OSError when the desk is gone."""
        due = time.monotonic()
        while True:
            self._listen()
            self._write()
            due += TICK_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            while self._socket.recv(65536):
                pass
            raise ConnectionResetError

    def _write(self) -> None:
        self.meant += len(self._tick)
        data = self._rest or self._tick
        try:
            written = self._socket.send(data)
        except BlockingIOError:
            written = 0
        self.written += written
        self._rest = data[written:]

    @property
    def frames(self) -> tuple[int, int]:
        return self.meant // len(self._frame), self.written // len(self._frame)


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    os.nice(19)
    signal.signal(signal.SIGTERM, _end)
    flood = Flood(int(sys.argv[1]), *sys.argv[2:])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt, OSError):
        flood.go_on()
    meant, written = flood.frames
    sys.stdout.write(f"{meant} {written}\n")


if __name__ == "__main__":
    main()
