"""The sockets of a call."""

from django.urls import path

from voice.consumers import media_stream

websocket_urlpatterns = [path("ws/media", media_stream)]
