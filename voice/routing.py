"""The sockets of a call."""

from typing import Any

websocket_urlpatterns: list[Any] = []
