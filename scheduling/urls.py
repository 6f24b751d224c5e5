"""Addresses of the service lane: the day board, the counter, and those that calendars come back to."""

from django.urls import path

from scheduling import board_views, counter_views, views, webhooks

urlpatterns = [
    path("book/", counter_views.book, name="book"),
    path("book/people", counter_views.people, name="book-people"),
    path("book/openings", counter_views.openings, name="book-openings"),
    path("day/", board_views.day, name="day-board"),
    path("day/<str:text>/", board_views.day, name="day-board"),
    path("day/<str:text>/visits/<int:pk>/place", board_views.place, name="day-board-place"),
    path("day/<str:text>/block", board_views.block, name="day-board-block"),
    path("day/<str:text>/blocks/<int:pk>/lift", board_views.unblock, name="day-board-unblock"),
    path("api/v1/webhooks/google-calendar", webhooks.google_calendar, name="google-calendar"),
    path("calendar/consent", views.calendar_consent, name="calendar-consent"),
]
