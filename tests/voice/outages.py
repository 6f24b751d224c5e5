"""The product's way to PostgreSQL and Redis, led through a proxy that can be struck."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from crm import cache
from crm.postgresql.base import Connection
from tests.emulators.proxy import Proxy


def proxy_to_postgresql() -> Proxy:
    return Proxy.to_socket(str(Path(connection.settings_dict["OPTIONS"]["host"]) / ".s.PGSQL.5432"))


def proxy_to_redis(settings: Settings) -> Proxy:
    return Proxy.to_port(urlsplit(settings.REDIS_URL).port or 6379)


@asynccontextmanager
async def postgresql_behind(proxy: Proxy) -> AsyncIterator[None]:
    """The product's threads reach the test's database through the proxy, by a pool as in production.

    Close the test's own connection before: it knows of no pool.
    """
    options = connection.settings_dict["OPTIONS"]
    before = {"HOST": connection.settings_dict["HOST"], "PORT": connection.settings_dict["PORT"]}
    pool = settings.DATABASE_POOL | {"max_size": 20, "connection_class": Connection}
    try:
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(proxy.port))
        options["pool"] = pool
        yield
    finally:
        await proxy.heal()
        await asyncio.to_thread(connection.close_pool)  # type: ignore[attr-defined]
        options["pool"] = False
        connection.settings_dict.update(before)


@asynccontextmanager
async def redis_behind(proxy: Proxy, settings: Settings) -> AsyncIterator[None]:
    parts = urlsplit(settings.REDIS_URL)
    url = parts._replace(netloc=f":{parts.password}@127.0.0.1:{proxy.port}").geturl()
    before = settings.REDIS_URL
    _use_redis(settings, url)
    try:
        yield
    finally:
        _use_redis(settings, before)


def _use_redis(settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    cache.start_afresh()
    celery: Any = current_app
    celery.conf.broker_url = url
    # It keeps connections to wherever the broker was first.
    celery._pool = celery.amqp._producer_pool = None
