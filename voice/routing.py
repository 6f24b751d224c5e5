"""The sockets of a call."""

from django.urls import path

from voice.consumers import media_stream

# Channels routes by Django's path(), whose types know only HTTP views.
websocket_urlpatterns = [path("ws/media", media_stream)]  # type: ignore[arg-type]
