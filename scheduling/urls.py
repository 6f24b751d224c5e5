"""Addresses that calendars come back to."""

from django.urls import path

from scheduling import views, webhooks

urlpatterns = [
    path("api/v1/webhooks/google-calendar", webhooks.google_calendar, name="google-calendar"),
    path("calendar/consent", views.calendar_consent, name="calendar-consent"),
]
