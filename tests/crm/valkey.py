"""A Valkey of a test's own, to be stopped, frozen and filled with garbage."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis

from dealership.embedded import start_services


class Valkey:
    """A running server; client is the test's own way in."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self._services = start_services(self._folder, database_url="unused", is_durable=False)
        self.url = self._services.redis_url
        self.client = redis.Redis.from_url(self.url)
        info: Any = self.client.info("server")
        self._pid = int(info["process_id"])

    def stop(self) -> None:
        self.client.close()
        self._services.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections are still accepted, and nothing is ever answered."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGCONT)

    def overwrite(self, value: Any) -> int:
        """Put value into every key; return how many there were."""
        keys = list(self.client.scan_iter())
        for key in keys:
            self.client.delete(key)
            if isinstance(value, list):
                self.client.rpush(key, *value)
            else:
                self.client.set(key, value)
        return len(keys)
