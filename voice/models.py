"""What is kept of a telephone conversation."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from crm.models import Customer, Rooftop
from scheduling.models import Appointment
from voice.conversation.states import State


class Call(models.Model):
    """One telephone call, from the carrier's first webhook to the last word."""

    class Carrier(models.TextChoices):
        TWILIO = "twilio", "Twilio"
        BROWSER = "browser", "browser phone"

    class Outcome(models.TextChoices):
        RUNNING = "running"
        BOOKED = "booked"
        TRANSFERRED = "transferred"
        MESSAGE = "message"
        NO_BOOKING = "no_booking"
        HUNG_UP = "hung_up"
        FAILED = "failed"

    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="calls")
    carrier = models.CharField(max_length=10, choices=Carrier)
    sid = models.CharField("SID", max_length=64, unique=True)
    caller_number = models.CharField(max_length=40, blank=True)
    called_number = models.CharField(max_length=40, blank=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="calls")
    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    stream_opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.RUNNING)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in State], default=State.GREETING
    )
    conversation = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.caller_number or 'withheld'}"

    @property
    def duration(self) -> timedelta | None:
        return self.ended_at - self.started_at if self.ended_at else None


class Turn(models.Model):
    """One finished turn. Desk text is what was played; cut_off is what was not."""

    class Speaker(models.TextChoices):
        CALLER = "caller"
        DESK = "desk"

    call = models.ForeignKey(Call, models.CASCADE, related_name="turns")
    number = models.PositiveSmallIntegerField()
    speaker = models.CharField(max_length=6, choices=Speaker)
    text = models.TextField(blank=True)
    cut_off = models.TextField(blank=True)
    starts_ms = models.PositiveIntegerField(help_text="On the call's clock: since the media stream began.")
    ends_ms = models.PositiveIntegerField()
    state = models.CharField(max_length=20, blank=True)
    # Desk turns: {"final": …, "first_clause": …, "first_audio": …, "first_frame": …, "first_mark": …},
    # milliseconds since the caller's speech ended. Missing keys were not reached.
    latencies = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["call", "number"]
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="one_turn_per_number")]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text[:60]}"


class ToolCall(models.Model):
    """One use of a tool by a mind. (call, key) is unique: a repeat returns the first result."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="tool_calls")
    key = models.CharField(max_length=100)
    name = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    code = models.CharField(max_length=40)
    result = models.JSONField(default=dict)
    at_ms = models.PositiveIntegerField(help_text="On the call's clock.")
    duration_ms = models.PositiveIntegerField()
    appointment = models.ForeignKey(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="tool_calls"
    )

    class Meta:
        ordering = ["call", "at_ms", "id"]
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="one_tool_call_per_key")]

    def __str__(self) -> str:
        return self.name
