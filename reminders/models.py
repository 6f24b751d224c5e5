"""What is told to customers before an appointment, and what came of it."""

import secrets

from django.db import models
from django.utils import timezone

from crm.models import Customer, Rooftop
from scheduling.models import Appointment
from voice.models import Call


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Text(models.Model):
    """One text message (SMS), to a customer or from one."""

    class Direction(models.TextChoices):
        OUTBOUND = "outbound"
        INBOUND = "inbound"

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation"
        REMINDER = "reminder"
        CHANGE = "change"
        CALLBACK = "callback"
        ANSWER = "answer", "answer to a text"
        BY_HAND = "by_hand", "written by hand"
        RECEIVED = "received"

    class Status(models.TextChoices):
        """Ours until the carrier took it, then the carrier's own words."""

        PENDING = "pending"
        SENDING = "sending", "handed over"  # committed before the request leaves; never sent again
        UNKNOWN = "unknown", "perhaps sent"
        REFUSED = "refused"  # reason says why: no consent, opted out, too late
        QUEUED = "queued"
        SENT = "sent"
        DELIVERED = "delivered"
        UNDELIVERED = "undelivered"
        FAILED = "failed"
        RECEIVED = "received"

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="texts")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="texts")
    appointment = models.ForeignKey(Appointment, models.SET_NULL, null=True, blank=True, related_name="texts")
    direction = models.CharField(max_length=8, choices=Direction)
    kind = models.CharField(max_length=12, choices=Kind)
    number = models.CharField(max_length=16, help_text="The customer's, like +12125550143.")
    body = models.TextField()
    author = models.CharField(
        max_length=150,
        blank=True,
        default="",
        db_default="",
        help_text="Who wrote it by hand; empty: the desk.",
    )
    key = models.CharField(max_length=120, unique=True, help_text="What is written twice is one text.")
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    sid = models.CharField("SID", max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["number", "-created_at"]),
            models.Index(
                fields=["created_at"],
                condition=models.Q(status__in=["pending", "sending"]),
                name="text_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_status_display()}"


class Plan(models.Model):
    """How far an appointment's reminders have been thought out: for which version, and what it said."""

    appointment = models.OneToOneField(Appointment, models.CASCADE, related_name="reminder_plan")
    version = models.PositiveIntegerField(default=0, help_text="Of the appointment; 0: none yet.")
    arrives_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"version {self.version}"


class Reminder(models.Model):
    """One thing to tell about one version of an appointment, derived from it by reminders/due.py.

        pending → claimed → dialing → placed → answered | voicemail | no_answer | busy | opted_out
                     |         └→ unknown | failed
                     ├→ skipped (it must not be told) | failed (nobody managed to in time)
                     └→ written (a text; its own row tells what becomes of it)

    dialing is committed before the request leaves, and is never simply dialled again.
    """

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", "text at booking"
        CALL = "call", "call the day before"
        TEXT = "text", "text two hours before"
        CHANGE = "change", "text of a change"

    class State(models.TextChoices):
        PENDING = "pending"
        CLAIMED = "claimed"
        DIALING = "dialing"
        PLACED = "placed"
        FAILED = "failed"
        UNKNOWN = "unknown"
        WRITTEN = "written"
        SKIPPED = "skipped"  # reason says why: moved, cancelled, no consent…
        ANSWERED = "answered"
        VOICEMAIL = "voicemail"
        NO_ANSWER = "no_answer"
        BUSY = "busy"
        OPTED_OUT = "opted_out"

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="reminders")
    version = models.PositiveIntegerField(help_text="Of the appointment.")
    arrives_at = models.DateTimeField(null=True, blank=True, help_text="What is told; another time is news.")
    kind = models.CharField(max_length=12, choices=Kind)
    attempt = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="A lease: later anybody may claim.")
    dialed_at = models.DateTimeField(null=True, blank=True)
    number = models.CharField(max_length=16, blank=True, help_text="That was dialled.")
    token = models.CharField(max_length=40, unique=True, default=new_token, help_text="Names this attempt.")
    sid = models.CharField(
        "SID", max_length=64, blank=True, default="", db_default="", help_text="The carrier's, of the call."
    )
    call = models.OneToOneField(Call, models.SET_NULL, null=True, blank=True, related_name="reminder")
    text = models.OneToOneField(Text, models.SET_NULL, null=True, blank=True, related_name="reminder")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "version", "kind", "attempt"], name="one_reminder_an_attempt"
            )
        ]
        indexes = [
            models.Index(fields=["-due_at", "-id"], name="reminder_newest_first"),
            # By state first: what is claimed stands in nobody's way who looks for what is due.
            models.Index(
                fields=["state", "due_at"],
                condition=models.Q(state__in=["pending", "claimed", "dialing", "placed"]),
                name="reminder_by_state",
            ),
            models.Index(
                fields=["number", "dialed_at"],
                condition=models.Q(dialed_at__isnull=False),
                name="reminder_by_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_state_display()}"
