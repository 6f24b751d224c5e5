"""The sockets of calls, and of whoever watches and hears them."""

from django.urls import path

from voice.consumers import listen_in, live_calls, media_stream

# Channels routes by Django's path(), whose types know only HTTP views.
websocket_urlpatterns = [
    path("ws/media", media_stream),  # type: ignore[arg-type]
    path("ws/live", live_calls),  # type: ignore[arg-type]
    path("ws/calls/<int:call>/sound", listen_in),  # type: ignore[arg-type]
]
