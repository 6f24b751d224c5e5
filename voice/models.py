"""What is kept of a telephone conversation."""

import secrets
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.utils import timezone

from crm.models import Customer, Rooftop, Staff
from scheduling.models import Appointment
from voice.conversation.states import State

# For rows that the release before this one writes while it is being replaced.
NOTHING = models.Value({}, models.JSONField())


class Call(models.Model):
    """One telephone call, from the carrier's first webhook to the last word."""

    class Carrier(models.TextChoices):
        TWILIO = "twilio", "Twilio"
        BROWSER = "browser", "browser phone"

    class Outcome(models.TextChoices):
        RUNNING = "running"
        BOOKED = "booked"
        MOVED = "moved"
        CANCELLED = "cancelled"
        CONFIRMED = "confirmed"
        VOICEMAIL = "voicemail"
        CALL_LATER = "call_later"
        WRONG_PERSON = "wrong_person"
        TRANSFERRED = "transferred"
        MESSAGE = "message"
        NO_BOOKING = "no_booking"
        HUNG_UP = "hung_up"
        FAILED = "failed"

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Purpose(models.TextChoices):
        """Why the desk rings somebody."""

        REMINDER = "reminder"
        FOLLOW_UP = "follow_up"

    class Sentiment(models.TextChoices):
        """How the caller took it: voice/sentiment.py says by what."""

        UNHAPPY = "unhappy"
        NEUTRAL = "neutral"
        CONTENT = "content"

    class CarrierStatus(models.TextChoices):
        """The carrier's own words, in no order; see voice/progress.py for which may follow which."""

        QUEUED = "queued"
        INITIATED = "initiated"
        RINGING = "ringing"
        IN_PROGRESS = "in-progress"
        COMPLETED = "completed"
        BUSY = "busy"
        FAILED = "failed"
        NO_ANSWER = "no-answer"
        CANCELED = "canceled"

    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="calls")
    carrier = models.CharField(max_length=10, choices=Carrier)
    sid = models.CharField("SID", max_length=64, unique=True)
    direction = models.CharField(
        max_length=8, choices=Direction, default=Direction.INBOUND, db_default=Direction.INBOUND
    )
    purpose = models.CharField(max_length=10, choices=Purpose, blank=True, default="", db_default="")
    appointment = models.ForeignKey(
        Appointment,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls",
        help_text="That an outbound call is about.",
    )
    # The customer's, and the store's: also when the desk rings the customer.
    caller_number = models.CharField(max_length=40, blank=True)
    called_number = models.CharField(max_length=40, blank=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="calls")
    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    stream_opened_at = models.DateTimeField(null=True, blank=True)
    stream_sid = models.CharField("stream SID", max_length=64, blank=True, help_text="Of the present one.")
    agent_version = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="The mind that talked, and its prompt.",
    )
    resumes = models.PositiveSmallIntegerField(default=0, help_text="How often its media socket was lost.")
    resumed_at = models.DateTimeField(null=True, blank=True)
    taken_over_by = models.ForeignKey(
        Staff,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls_taken_over",
        help_text="Who had it put through to themselves: see voice/taking_over.py.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.RUNNING)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.value) for s in State], default=State.GREETING
    )
    conversation = models.JSONField(default=dict, blank=True)
    # Written after the call, by voice/after_calls.py.
    summary = models.TextField(blank=True, default="", db_default="")
    slowest_ms = models.PositiveIntegerField(null=True, blank=True, help_text="The caller's longest wait.")
    failures = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Of providers and models.")
    contradictions = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="What the caller heard and the book does not bear out."
    )
    errand = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text="What the caller wanted."
    )
    has_booked = models.BooleanField(default=False, db_default=False)
    wanted_person = models.BooleanField(
        default=False, db_default=False, help_text="Somebody was to come to the phone."
    )
    was_after_hours = models.BooleanField(
        default=False, db_default=False, help_text="The store was closed when it began."
    )
    cost = models.DecimalField(
        "estimated cost", max_digits=8, decimal_places=4, null=True, blank=True, help_text="US dollars."
    )
    revenue = models.DecimalField(
        "estimated revenue",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="US dollars: the middle of the prices of what it booked. Empty: it booked nothing priced.",
    )
    false_confirmations = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often the caller heard that something is booked which is not."
    )
    was_recovered = models.BooleanField(
        default=False, db_default=False, help_text="It came to nothing, and the caller was won back."
    )
    sentiment = models.CharField(
        max_length=7, choices=Sentiment, blank=True, default="", db_default="", help_text="Empty: not told."
    )
    forgotten_at = models.DateTimeField(
        null=True, blank=True, help_text="When what was said was deleted: see voice/retention.py."
    )
    # What the carrier says of the line, which may outlive our conversation: a transfer, a lost socket.
    carrier_status = models.CharField(max_length=12, choices=CarrierStatus, blank=True)
    carrier_seconds = models.PositiveIntegerField(null=True, blank=True, help_text="As it is billed.")
    carrier_error = models.CharField(max_length=200, blank=True)
    carrier_ended_at = models.DateTimeField(null=True, blank=True)
    carrier_limit_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="After which the carrier ends the call by itself; empty: not told yet.",
    )
    answered_by = models.CharField(max_length=24, blank=True)
    stream_ended_at = models.DateTimeField(null=True, blank=True)
    notice_heard_at = models.DateTimeField(null=True, blank=True)
    recording_refused_at = models.DateTimeField(null=True, blank=True)
    # What the providers charge for, beside the tokens in Usage.
    seconds_transcribed = models.PositiveIntegerField(default=0, db_default=0)
    characters_synthesized = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Sentences that were at hand from other calls are not counted."
    )

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            models.Index(
                fields=["ended_at"],
                condition=models.Q(summary="", ended_at__isnull=False),
                name="call_to_look_at",
            ),
            models.Index(fields=["outcome", "-started_at"], name="call_by_outcome"),
            models.Index(fields=["rooftop", "-started_at"], name="call_by_rooftop"),
        ]
        permissions = [
            ("take_over_call", "Can have running calls put through to themselves"),
            ("export_call", "Can take calls out as a file"),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.caller_number or 'withheld'}"

    @property
    def duration(self) -> timedelta | None:
        return self.ended_at - self.started_at if self.ended_at else None


class CarrierStep(models.Model):
    """A callback of the carrier that was answered, or an order to it that was given: each once a call.

    (call, name) is unique: a repeated callback gets the first answer, and no order is given twice.
    """

    call = models.ForeignKey(Call, models.CASCADE, related_name="carrier_steps")
    name = models.CharField(max_length=100)
    answer = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["call", "name"], name="one_carrier_step_per_name")]

    def __str__(self) -> str:
        return self.name


def recording_path(recording: "Recording", filename: str) -> str:
    """Where the audio lies in the storage: nothing in the name can be guessed, or tells who called."""
    return f"recordings/{recording.started_at:%Y/%m}/{secrets.token_hex(16)}{Path(filename).suffix}"


class Recording(models.Model):
    """The audio of a call. It leaves the carrier for our storage, and our storage after a while."""

    class Status(models.TextChoices):
        RUNNING = "running"
        READY = "ready", "to be fetched"
        STORED = "stored"
        ABSENT = "absent", "nothing recorded"
        FAILED = "failed"
        DELETED = "deleted"

    call = models.ForeignKey(Call, models.CASCADE, related_name="recordings")
    sid = models.CharField("SID", max_length=64, unique=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    is_at_carrier = models.BooleanField(default=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to=recording_path, blank=True)
    started_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["call", "started_at"]
        permissions = [("hear_recording", "Can hear recordings")]

    def __str__(self) -> str:
        return self.sid


class RecordingAccess(models.Model):
    """Somebody was handed the audio of a call: its recording, or what was being said."""

    recording = models.ForeignKey(Recording, models.CASCADE, null=True, blank=True, related_name="accesses")
    live_call = models.ForeignKey(
        Call,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="live_accesses",
        help_text="That was listened to while it ran: see voice/listening_in.py.",
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "recording accesses"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recording__isnull=False) ^ models.Q(live_call__isnull=False),
                name="access_to_one_audio",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user or 'somebody'} at {self.at:%Y-%m-%d %H:%M}"


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
    intent = models.CharField(max_length=30, blank=True, default="", db_default="")
    # Desk turns: the slots after it, and what it changed in them: {"wish.first": [before, after]}.
    slots = models.JSONField(default=dict, blank=True, db_default=NOTHING)
    changes = models.JSONField(default=dict, blank=True, db_default=NOTHING)
    # Desk turns: {"final": …, "first_token": …, "first_clause": …, "first_audio": …, "first_frame": …,
    # "first_mark": …}, milliseconds since the caller's speech ended. Missing keys were not reached.
    # A caller's turn that interrupted the desk: {"clear": …}, milliseconds since the speech began.
    latencies = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["call", "number"]
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="one_turn_per_number")]
        indexes = [GinIndex(SearchVector("text", config="english"), name="turn_words")]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.text[:60]}"


class FailedCheck(models.Model):
    """Somebody could not prove who they are; customers are those they may have tried to pass for.

    Three of a number, or about a customer, lock either for an hour: see voice/verification.py.
    """

    call = models.ForeignKey(Call, models.CASCADE, related_name="failed_checks")
    caller_number = models.CharField(max_length=40, blank=True)
    customers = models.ManyToManyField(Customer, related_name="failed_checks", blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["caller_number", "at"], name="failed_check_by_number")]

    def __str__(self) -> str:
        return f"failed check at {self.at:%Y-%m-%d %H:%M}"


class Defect(models.Model):
    """Something untrue that a model was about to say; callers heard the truth in its place."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="defects")
    kind = models.CharField(max_length=10, help_text="deed, time, date, price, name or advice")
    said = models.TextField(help_text="As the model wrote it.")
    truth = models.TextField(help_text="What was spoken in its place.")
    at_ms = models.PositiveIntegerField(help_text="On the call's clock.")

    class Meta:
        ordering = ["call", "at_ms"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.said[:60]}"


class Usage(models.Model):
    """One request to a language model: what it cost, or why it failed. Unspoken drafts cost as much."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="usages")
    model = models.CharField(max_length=100)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: not told.")
    completion_tokens = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: not told.")
    characters = models.PositiveIntegerField(help_text="Of text and arguments that came.")
    error = models.CharField(max_length=200, blank=True)
    at_ms = models.PositiveIntegerField(help_text="When it ended, on the call's clock.")

    class Meta:
        ordering = ["call", "at_ms"]
        verbose_name_plural = "usage of language models"

    def __str__(self) -> str:
        return self.model


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


class CallReview(models.Model):
    """What somebody who read a call thinks of it. A call without one is unreviewed."""

    class State(models.TextChoices):
        UNREVIEWED = "unreviewed"
        IN_REVIEW = "in_review", "In review"
        DONE = "done"

    class Score(models.IntegerChoices):
        POOR = 0, "Poor"
        FAIR = 1, "Fair"
        GOOD = 2, "Good"

    call = models.OneToOneField(Call, models.CASCADE, related_name="review")
    state = models.CharField(max_length=10, choices=State, default=State.UNREVIEWED)
    understood = models.PositiveSmallIntegerField(
        "Understood the caller", choices=Score, null=True, blank=True
    )
    solved = models.PositiveSmallIntegerField("Did what was asked", choices=Score, null=True, blank=True)
    truthful = models.PositiveSmallIntegerField("Said what is so", choices=Score, null=True, blank=True)
    manners = models.PositiveSmallIntegerField("Was good to talk to", choices=Score, null=True, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.get_state_display()


class TurnComment(models.Model):
    """What somebody remarked on a turn. It goes with the turn: it may quote it."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=2000)
    mentioned = models.ManyToManyField(Staff, related_name="mentions", blank=True)
    at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When those whom it names were e-mailed.")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["at"], condition=models.Q(told_at__isnull=True), name="comment_to_tell")
        ]

    def __str__(self) -> str:
        return self.text[:60]
