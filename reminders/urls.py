"""Callbacks about calls that the desk places."""

from django.urls import path

from reminders import webhooks

urlpatterns = [
    path("api/v1/webhooks/outbound-reminder", webhooks.outbound_reminder, name="outbound-reminder"),
    path("api/v1/webhooks/amd-result", webhooks.amd_result, name="amd-result"),
    path("api/v1/webhooks/reminder-status", webhooks.reminder_status, name="reminder-status"),
]
