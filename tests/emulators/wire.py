"""One open WebSocket of an emulator, with what goes wrong on it."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Self

from aiohttp import ClientWebSocketResponse, WSMessage, WSMsgType, web

from tests.emulators.base import Emulator, Fault, Lost

Message = dict[str, Any] | bytes
NONSENSE = ('{"type":"Weather","sky":"grey"}', "{not json", '{"type":"Results"}', "[]")


@dataclass(slots=True, eq=False)
class Wire:
    """`async with Wire(…) as wire:` while the socket is open. latency: seconds that each message
    travels, without holding up what is read meanwhile."""

    emulator: Emulator
    where: str
    socket: web.WebSocketResponse | ClientWebSocketResponse
    abort: Callable[[], None]
    fault: Fault | None = None
    latency: float = 0.0
    sent: int = 0
    is_stalled: bool = False
    _outbox: asyncio.Queue[tuple[float, Message]] = field(default_factory=asyncio.Queue)
    _carrying: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.emulator.wires.append(self)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._carrying is not None:
            self._carrying.cancel()
        self.emulator.wires.remove(self)
        self.emulator.tell()

    async def send(self, message: Message) -> None:
        """Hand a message to the socket, or to its latency. Raises Lost when the fault says so."""
        if not self.latency:
            await self._deliver(message)
            return
        due = asyncio.get_running_loop().time() + self.latency
        self._outbox.put_nowait((due, message))
        if self._carrying is None:
            self._carrying = asyncio.create_task(self._carry())

    async def arrived(self) -> None:
        """Wait until everything sent has travelled."""
        await self._outbox.join()

    async def receive(self) -> WSMessage:
        """The client's next data message. Raises Lost when there will be none."""
        message = await self.socket.receive()
        if self.is_stalled:
            await self.emulator.stall()
            raise Lost
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise Lost
        self.emulator.bytes_in += len(message.data)
        return message

    async def command(self, text: str) -> tuple[str, dict[str, Any]]:
        """Note a client's text message; return its type and itself. Nonsense ends the socket with 1008."""
        try:
            command = json.loads(text)
            kind = str(command["type"])
        except (ValueError, KeyError, TypeError):
            await self.close(1008, "DATA-0000")
        self.emulator.note(kind, command)
        return kind, command

    async def close(self, code: int = 1000, reason: str = "") -> NoReturn:
        """End the connection. Always raises Lost."""
        await self.arrived()
        await self.socket.close(code=code, message=reason.encode())
        raise Lost

    async def strike(self, fault: Fault) -> None:
        self.fault = replace(fault, after=self.sent + fault.after)
        if fault.after == 0 and fault.kind in ("stall", "drop", "cut", "error"):
            with suppress(Lost, ConnectionError):
                await self._suffer(fault, must_wait=False)

    async def _carry(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, message = await self._outbox.get()
            await asyncio.sleep(due - loop.time())
            with suppress(Lost, ConnectionError):
                await self._deliver(message)
            self._outbox.task_done()

    async def _deliver(self, message: Message) -> None:
        if self.fault is not None and self.sent >= self.fault.after:
            await self._suffer(self.fault)
        self.sent += 1
        if isinstance(message, bytes):
            self.emulator.bytes_out += len(message)
            await self.socket.send_bytes(message)
            return
        text = json.dumps(message)
        self.emulator.bytes_out += len(text)
        await self.socket.send_str(text)

    async def _suffer(self, fault: Fault, *, must_wait: bool = True) -> None:
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "stall":
                self.is_stalled = True
                if must_wait:
                    await self.emulator.stall()
                raise Lost
            case "drop":
                self.abort()
                raise Lost
            case "cut":
                await self.socket.close()
                raise Lost
            case "error":
                code = fault.code or "server_error"
                report = {"type": "Error", "variant": code, "code": code, "description": "-"}
                await self.socket.send_str(json.dumps(report))
            case "garbage":
                for nonsense in NONSENSE:
                    await self.socket.send_str(nonsense)
