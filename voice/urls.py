"""Pages of the phone desk."""

from django.urls import path

from voice import pages, views, webhooks

urlpatterns = [
    path("api/v1/webhooks/inbound-call", webhooks.inbound_call, name="inbound-call"),
    path("api/v1/webhooks/after-stream", webhooks.after_stream, name="after-stream"),
    path("api/v1/webhooks/whisper/<str:sid>", webhooks.whisper, name="whisper"),
    path("api/v1/webhooks/whisper/<str:sid>/answer", webhooks.whisper_answer, name="whisper-answer"),
    path("api/v1/webhooks/dial-result", webhooks.dial_result, name="dial-result"),
    path("api/v1/webhooks/call-status", webhooks.call_status, name="call-status"),
    path("api/v1/webhooks/stream-status", webhooks.stream_status, name="stream-status"),
    path("api/v1/webhooks/recording-status", webhooks.recording_status, name="recording-status"),
    path("api/v1/webhooks/fallback", webhooks.fallback, name="fallback"),
    path("phone/", views.phone, name="phone"),
    path("phone/call", views.phone_call, name="phone-call"),
    path("calls/", views.calls, name="calls"),
    path("calls/export.csv", views.calls_export, name="calls-export"),
    path("calls/<int:pk>/", views.call, name="call"),
    path("calls/<int:pk>/recording", views.recording, name="recording"),
    path("calls/live/", pages.live, name="live-calls"),
    path("calls/<int:pk>/take-over", pages.take_over, name="take-over-call"),
    path("calls/<int:pk>/review", pages.review, name="review-call"),
    path("calls/turns/<int:pk>/comment", pages.comment, name="comment-on-turn"),
    path("calls/turns/<int:pk>/follow-up", pages.follow_up, name="follow-up-on-turn"),
]
