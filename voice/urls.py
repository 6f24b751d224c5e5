"""Pages of the phone desk."""

from django.urls import path

from voice import views, webhooks

urlpatterns = [
    path("api/v1/webhooks/inbound-call", webhooks.inbound_call, name="inbound-call"),
    path("api/v1/webhooks/after-stream", webhooks.after_stream, name="after-stream"),
    path("phone/", views.phone, name="phone"),
    path("phone/call", views.phone_call, name="phone-call"),
    path("calls/", views.calls, name="calls"),
    path("calls/<int:pk>/", views.call, name="call"),
]
