"""Pages and callbacks about appointments that are ahead."""

from django.urls import path

from reminders import pages, sms_webhooks

urlpatterns = [
    path("api/v1/webhooks/sms", sms_webhooks.sms, name="sms"),
    path("api/v1/webhooks/sms-status", sms_webhooks.sms_status, name="sms-status"),
    path("a/<str:token>", pages.visit, name="visit"),
]
