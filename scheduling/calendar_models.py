"""Which calendars are kept in step, what is still to be told to them, and what they told."""

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from crm.models import Rooftop


class CalendarConnection(models.Model):
    """A calendar of the store, where its visits are shown, or of a technician, whose busy hours are read."""

    class State(models.TextChoices):
        CONNECTED = "connected"
        DISCONNECTED = "disconnected"

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="calendars")
    technician = models.OneToOneField(
        "scheduling.Technician",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="calendar",
        help_text="Whose calendar it is. Empty: the store's own, which shows its visits.",
    )
    calendar_id = models.CharField(
        max_length=200, default="primary", help_text="Google's name for it; primary is the account's own."
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed_grant = models.TextField(
        blank=True, editable=False, help_text="Empty: the service account of the settings."
    )
    state = models.CharField(max_length=12, choices=State, default=State.CONNECTED)
    trouble = models.CharField(max_length=40, blank=True, help_text="The last error, in a code.")
    slow_until = models.DateTimeField(null=True, blank=True, help_text="Nothing is asked before.")
    slow_count = models.PositiveSmallIntegerField(default=0)
    sync_token = models.TextField(blank=True, editable=False)
    pull_due_at = models.DateTimeField(default=timezone.now)
    pulling_until = models.DateTimeField(null=True, blank=True, editable=False)
    pulled_at = models.DateTimeField(null=True, blank=True, help_text="When it was last read to the end.")
    listed_at = models.DateTimeField(null=True, blank=True, help_text="When all of it was last read.")
    audited_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a night's audit last looked at it."
    )
    channel_id = models.CharField(max_length=64, blank=True, editable=False)
    channel_resource = models.CharField(max_length=200, blank=True, editable=False)
    channel_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["rooftop", "technician"]
        constraints = [
            models.UniqueConstraint(
                fields=["rooftop"],
                condition=Q(technician=None),
                name="one_calendar_per_rooftop",
                violation_error_message="This store has its calendar already. Connect that one again.",
            )
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.technician or self.rooftop}"

    def clean(self) -> None:
        """Raises ValidationError for a technician of another rooftop."""
        if self.technician and self.rooftop_id and self.technician.rooftop_id != self.rooftop_id:
            raise ValidationError({"technician": f"Choose somebody who works at {self.rooftop}."})


class CalendarLink(models.Model):
    """The event that shows a visit. Saved before the calendar is asked, so that no event is ever lost.

    etag is that of the event as we last wrote or judged it: an event that comes with it is our own echo.
    version is the visit's as the event shows it; 0 means that the event has to be written again.
    """

    appointment = models.OneToOneField("scheduling.Appointment", models.CASCADE, related_name="calendar_link")
    connection = models.ForeignKey(CalendarConnection, models.CASCADE, related_name="links")
    generation = models.PositiveIntegerField(default=0, help_text="Grows when an event was deleted.")
    event_id = models.CharField(max_length=64, unique=True)
    etag = models.CharField(max_length=100, blank=True)
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(null=True, blank=True, help_text="By the calendar's own clock.")
    is_gone = models.BooleanField(default=False, help_text="Deleted, because the visit is off.")

    def __str__(self) -> str:
        return f"event of {self.appointment_id}"


class CalendarOutbox(models.Model):
    """A change of a visit that its calendar has not been told. Written with the change, deleted when told.

    What is told is the visit as it is then. An earlier row of the same visit goes first.
    """

    appointment = models.ForeignKey("scheduling.Appointment", models.CASCADE, related_name="calendar_outbox")
    connection = models.ForeignKey(CalendarConnection, models.CASCADE, related_name="outbox")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    parked_at = models.DateTimeField(null=True, blank=True, help_text="Given up until staff or the night.")
    trouble = models.CharField(max_length=40, blank=True, help_text="The last error, in a code.")

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(parked_at=None), name="calendar_outbox_due"),
        ]

    def __str__(self) -> str:
        return f"change of {self.appointment_id}"


class BusySpan(models.Model):
    """An event of a technician's calendar that keeps them busy, without a word of what it is."""

    connection = models.ForeignKey(CalendarConnection, models.CASCADE, related_name="busy")
    event_id = models.CharField(max_length=1100)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_told = models.BooleanField(default=False, help_text="Staff have a task: it meets work.")

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "event_id"], name="one_busy_span_per_event"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="busy_ends_after_start"),
        ]
        indexes = [models.Index(fields=["connection", "ends_at"])]

    def __str__(self) -> str:
        return f"busy {self.starts_at:%Y-%m-%d %H:%M}"
