"""The web process: uvicorn, which on SIGTERM leaves only when its last call has ended.

    python -m dealership.serve --host 127.0.0.1 --port 8000

A second SIGTERM, or Ctrl-C, ends it at once. Why uvicorn: docs/decisions/media-socket.md.
"""

import argparse
import asyncio
import signal
from contextlib import suppress
from types import FrameType

import uvicorn

GRACE_SECONDS = 3  # for answers under way, once no call is left
# Frames are small and cannot be squeezed: no compression, and no message larger than a second of audio needs.
SOCKETS = {"ws": "dealership.sockets:MediaSocket", "ws_max_size": 65536, "ws_per_message_deflate": False}


class Server(uvicorn.Server):
    """Drains before it leaves."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        from voice import drain

        if sig != signal.SIGTERM or drain.is_draining():
            super().handle_exit(sig, frame)
            return
        drain.begin()
        self._leaving = asyncio.run_coroutine_threadsafe(self._leave(), self._loop)

    async def serve(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)  # type: ignore[arg-type]

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        from dealership.outage_watch import Watch  # Django is set up: the application is loaded by now

        await super().startup(sockets)  # type: ignore[arg-type]
        self._watch = Watch()
        self._watch.start()

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        self._watch.stop()
        await super().shutdown(sockets)  # type: ignore[arg-type]

    async def _leave(self) -> None:
        from django.conf import settings

        from voice import drain

        await drain.until_empty(settings.DRAIN_SECONDS)
        super().handle_exit(signal.SIGTERM, None)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    config = uvicorn.Config(
        "dealership.asgi:application",
        host=options.host,
        port=options.port,
        **SOCKETS,  # type: ignore[arg-type]
        timeout_graceful_shutdown=GRACE_SECONDS,
        log_level="warning",
        access_log=False,
    )
    with suppress(KeyboardInterrupt):  # uvicorn raises it anew after it has left
        Server(config).run()


if __name__ == "__main__":
    main()
