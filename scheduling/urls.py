"""The counter, and addresses that calendars come back to."""

from django.urls import path

from scheduling import counter_views, views, webhooks

urlpatterns = [
    path("book/", counter_views.book, name="book"),
    path("book/people", counter_views.people, name="book-people"),
    path("book/openings", counter_views.openings, name="book-openings"),
    path("api/v1/webhooks/google-calendar", webhooks.google_calendar, name="google-calendar"),
    path("calendar/consent", views.calendar_consent, name="calendar-consent"),
]
