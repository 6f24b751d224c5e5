"""WebSockets and HTTP by hand, for the measuring side of relay.py: what it costs must not be measured.

A whole message in one frame each, as all parties here send them, and a mask of zeros, which leaves a
payload as it is.
"""

import asyncio
import base64
from collections.abc import Iterator
from hashlib import sha1
from typing import cast

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
END_OF_HEAD = b"\r\n\r\n"


class Peer(asyncio.Protocol):
    """One connection: an HTTP head first, frames once both sides have agreed on a WebSocket."""

    is_client = False

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.is_socket = False
        self.is_lost = False
        self._rest = b""

    def head(self, head: bytes, body: bytes) -> bytes | None:
        """Take a head and what has come behind it; return what is left, None while the body is not whole."""
        raise NotImplementedError

    def message(self, opcode: int, payload: bytes) -> None:
        raise NotImplementedError

    def lost(self) -> None:
        pass

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        if not self.is_lost:
            self.transport.write(frame(opcode, payload, is_masked=self.is_client))

    def leave(self) -> None:
        if not self.is_lost:
            self.send((1000).to_bytes(2), CLOSE)
            self.transport.close()

    # --- asyncio ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        while not self.is_socket:
            self._rest = data
            head, end, body = data.partition(END_OF_HEAD)
            left = self.head(head, body) if end else None
            if left is None:
                return
            data = left
        for opcode, payload in self._frames(data):
            if opcode <= BINARY:
                self.message(opcode, payload)
            elif opcode == PING:
                self.send(payload, PONG)
            elif opcode == CLOSE:
                self.leave()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        self.lost()

    def _frames(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while (found := _frame_at(data, at)) is not None:
            payload, mask, end = found
            yield data[at] & 15, _unmasked(data[payload:end], mask) if mask else data[payload:end]
            at = end
        self._rest = data[at:]


def _frame_at(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """(where the payload begins, its mask or b"", where it ends); None when it is not all here."""
    begin = at + 2
    if len(data) < begin:
        return None
    length = data[at + 1] & 127
    if length > 125:
        begin += 2 if length == 126 else 8
        length = int.from_bytes(data[at + 2 : begin])
    mask = b""
    if data[at + 1] & 128:
        mask = data[begin : begin + 4]
        begin += 4
    end = begin + length
    return (begin, mask, end) if len(data) >= end else None


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    pad = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(size)


def frame(opcode: int, payload: bytes, *, is_masked: bool) -> bytes:
    size = len(payload)
    mask_bit = 128 if is_masked else 0
    if size < 126:
        head = bytes((128 | opcode, mask_bit | size))
    elif size < 65536:
        head = bytes((128 | opcode, mask_bit | 126)) + size.to_bytes(2)
    else:
        head = bytes((128 | opcode, mask_bit | 127)) + size.to_bytes(8)
    return head + (bytes(4) if is_masked else b"") + payload


def fields_of(head: bytes) -> dict[str, str]:
    """The header fields of a head, by lower-case name."""
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in lines}


def opening(host: str, path: str, fields: dict[str, str]) -> bytes:
    """What a client says to make a WebSocket of a connection."""
    more = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    key = base64.b64encode(bytes(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    ).encode()


def acceptance(key: str) -> bytes:
    """What a server says to that."""
    accept = base64.b64encode(sha1(key.encode() + GUID, usedforsecurity=False).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()
