"""When a vehicle comes in: the menu, the store's hours, its people and bays, and what is taken."""

from datetime import date, datetime
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from crm.models import Customer, RepairOrder, Rooftop, Staff, Vehicle
from scheduling.calendar_models import BusySpan as BusySpan
from scheduling.calendar_models import CalendarConnection as CalendarConnection
from scheduling.calendar_models import CalendarLink as CalendarLink
from scheduling.calendar_models import CalendarOutbox as CalendarOutbox

SLOWEST, QUICKEST = Decimal("0.70"), Decimal("1.30")  # proficiency, as the trade measures it


class Skill(models.TextChoices):
    EXPRESS = "express"
    GENERAL = "general"
    INSPECTION = "inspection"
    DIAGNOSTIC = "diagnostic"
    HVAC = "hvac", "HVAC"
    EV = "ev", "EV"


class BayType(models.TextChoices):
    EXPRESS = "express"
    GENERAL = "general"
    ALIGNMENT = "alignment"
    INSPECTION = "inspection"
    DIAGNOSTIC = "diagnostic"


class Weekday(models.IntegerChoices):
    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Transport(models.TextChoices):
    """How the customer goes on while the car is here."""

    WAITER = "waiter", "waits"
    DROP_OFF = "drop_off", "drops off"
    KEY_DROP = "key_drop"
    SHUTTLE = "shuttle"
    LOANER = "loaner"
    PICKUP = "pickup", "picked up"
    TOW_IN = "tow_in", "towed in"


class OpCode(models.Model):
    """A line of the menu. Callers hear its name and synonyms, never its code."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="op_codes")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=80, help_text="As customers say it: oil change.")
    synonyms = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    minutes = models.PositiveSmallIntegerField()
    price_min = models.PositiveIntegerField(help_text="Whole US dollars.")
    price_max = models.PositiveIntegerField(help_text="Whole US dollars.")
    skill = models.CharField(max_length=20, choices=Skill)
    bay_types = ArrayField(models.CharField(max_length=20, choices=BayType))
    is_bookable_by_phone = models.BooleanField(default=True)
    every_miles = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many miles until it is due again; empty: when needed."
    )
    can_wait = models.BooleanField(default=True, help_text="Whether a customer may wait for it.")
    per_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="At most so many visits a day."
    )
    absorbed_by = ArrayField(
        models.CharField(max_length=10),
        default=list,
        blank=True,
        help_text="Codes of services that include this one: it takes no time of its own beside them.",
    )

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["rooftop", "code"], name="one_op_code_per_rooftop")]

    def __str__(self) -> str:
        return self.name

    @property
    def price_range(self) -> str:
        """ "$80–130"; without a highest price (0) the lowest is a floor: "from $100"."""
        if self.price_min > self.price_max:
            return f"from ${self.price_min}"
        return f"${self.price_min}–{self.price_max}"


class OpeningHours(models.Model):
    """One weekday of the service department, in the store's wall time: a single stretch.

    Of several rows for a date the one that is valid for the shortest time rules (lane.rule_for).
    """

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()
    first_arrival = models.TimeField()
    last_arrival = models.TimeField()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.UniqueConstraint(
                "rooftop",
                "weekday",
                # Not nulls_distinct=False: that begins with PostgreSQL 15.
                Coalesce("valid_from", date.min),
                Coalesce("valid_to", date.max),
                name="one_stretch_per_weekday",
                violation_error_message="This weekday has its hours already: change those, "
                "or say from when until when these are valid. For a break at midday end the shifts.",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")),
                name="hours_end_after_start",
                violation_error_message="Valid to must not be before valid from.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Closure(models.Model):
    """A time when the store takes no vehicle: a holiday, half a day, a training morning."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="closures")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=100)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.reason


class Bay(models.Model):
    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="bays")
    name = models.CharField(max_length=40)
    bay_type = models.CharField(max_length=20, choices=BayType)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Technician(models.Model):
    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="technicians")
    name = models.CharField(max_length=100)
    skills = ArrayField(models.CharField(max_length=20, choices=Skill))
    proficiency = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=1,
        validators=[MinValueValidator(SLOWEST), MaxValueValidator(QUICKEST)],
        help_text="1.2 does in 50 minutes what 1.0 does in 60.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(proficiency__gte=SLOWEST, proficiency__lte=QUICKEST),
                name="proficiency_is_human",
                violation_error_message=f"Proficiency lies between {SLOWEST} and {QUICKEST}.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A stretch of work on a weekday, in wall time. A lunch break lies between two shifts."""

    technician = models.ForeignKey(Technician, models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class TransportOption(models.Model):
    """What the store offers, and how much of it; empty caps mean no limit."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="transport_options")
    kind = models.CharField(max_length=10, choices=Transport)
    per_half_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    per_day = models.PositiveSmallIntegerField(null=True, blank=True)
    departures = ArrayField(
        models.TimeField(), default=list, blank=True, help_text="The shuttle's wall times."
    )
    seats = models.PositiveSmallIntegerField(null=True, blank=True, help_text="On each departure.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rooftop", "kind"], name="one_option_per_transport")]

    def __str__(self) -> str:
        return self.get_kind_display()


class Loaner(models.Model):
    """A car of the store that a customer may drive meanwhile."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="loaners")
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class HoldQuerySet(models.QuerySet["Hold"]):
    def forget_expired(self, rooftop: Rooftop, now: datetime, *, own: str = "") -> None:
        """Holds that ran out stand in nobody's way, not even in the constraints'; nor does the one with
        the asker's own key."""
        self.filter(Q(expires_at__lte=now) | Q(key=own), rooftop=rooftop).delete()


class Hold(models.Model):
    """An opening kept for a caller who is still deciding; counts as taken until it expires."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="holds")
    key = models.CharField(max_length=120, unique=True)
    transport = models.CharField(max_length=10, choices=Transport)
    codes = ArrayField(models.CharField(max_length=10))
    arrives_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    objects = HoldQuerySet.as_manager()

    def __str__(self) -> str:
        return f"hold until {self.expires_at:%H:%M:%S}"


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def active(self) -> "AppointmentQuerySet":
        return self.filter(status__in=Appointment.ACTIVE)


class Appointment(models.Model):
    """A promise to look after a vehicle. Written only by scheduling/booking.py."""

    class Status(models.TextChoices):
        BOOKED = "booked"
        CONFIRMED = "confirmed"
        CHECKED_IN = "checked_in"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        NO_SHOW = "no_show"

    class Source(models.TextChoices):
        PHONE = "phone", "phone desk"
        STAFF = "staff"
        DEMO = "demo"

    ACTIVE = (Status.BOOKED, Status.CONFIRMED, Status.CHECKED_IN)

    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="appointments", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="appointments")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="appointments")
    advisor = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="appointments")
    confirmation_number = models.CharField(max_length=6)
    transport = models.CharField(max_length=10, choices=Transport, default=Transport.WAITER)
    repair_order = models.OneToOneField(RepairOrder, models.SET_NULL, null=True, blank=True)
    overbook_reason = models.CharField(max_length=200, blank=True)
    arrives_at = models.DateTimeField(db_index=True)
    ready_at = models.DateTimeField(help_text="When the work is promised to be done.")
    status = models.CharField(max_length=12, choices=Status, default=Status.BOOKED)
    source = models.CharField(max_length=10, choices=Source)
    concern = models.TextField(blank=True, help_text="The customer's own words.")
    cancel_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["arrives_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rooftop", "confirmation_number"], name="one_confirmation_number_per_rooftop"
            ),
            models.CheckConstraint(
                condition=Q(ready_at__gt=F("arrives_at")), name="appointment_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(status__in=("booked", "confirmed", "checked_in")),
                name="one_active_visit_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["rooftop", "arrives_at"]),
            # Openings read this one: it holds what is ahead, however long the past.
            models.Index(
                fields=["rooftop", "arrives_at"],
                condition=Q(status="booked") | Q(status="confirmed") | Q(status="checked_in"),
                name="active_by_arrival",
            ),
            models.Index(fields=["status", "arrives_at"], name="appointment_by_status"),
            models.Index(fields=["source", "arrives_at"], name="appointment_by_source"),
            # For its first digits too, whatever the database's collation.
            models.Index(
                fields=["confirmation_number"],
                opclasses=["varchar_pattern_ops"],
                name="appointment_by_number",
            ),
        ]
        permissions = [("overbook", "May book beyond what the lane can keep")]

    def __str__(self) -> str:
        return f"{self.confirmation_number} {self.local_arrival:%a %b %-d, %-I:%M %p}"

    @property
    def local_arrival(self) -> datetime:
        """The arrival in the store's own zone."""
        return self.arrives_at.astimezone(self.rooftop.zone)

    @property
    def is_active(self) -> bool:
        return self.status in self.ACTIVE


class AppointmentLine(models.Model):
    """One service of an appointment, with minutes and price as they were when it was booked."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="lines")
    op_code = models.ForeignKey(OpCode, models.PROTECT)
    minutes = models.PositiveSmallIntegerField()
    price_min = models.PositiveIntegerField()
    price_max = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.op_code)


def _allocated_range() -> Func:
    return Func(
        F("starts_at"), F("ends_at"), RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField()
    )


def _excludes(name: str, resource: str) -> ExclusionConstraint:
    """No two rows may take the same resource at the same moment; empty resources never meet."""
    return ExclusionConstraint(
        name=name,
        expressions=[(resource, RangeOperators.EQUAL), (_allocated_range(), RangeOperators.OVERLAPS)],
    )


class Allocation(models.Model):
    """People and things that are taken from starts_at until (not including) ends_at, and why.

    Work takes a technician and a bay, a write-up an advisor; a loaner, time off, busy time from a
    calendar and a blocked bay take one thing each. A row exists only while it is really meant to
    happen: cancelling deletes it. The exclusion constraints are the proof that nothing is ever
    taken twice.
    """

    class Kind(models.TextChoices):
        WORK = "work"
        WRITE_UP = "write_up"
        LOAN = "loan"
        TIME_OFF = "time_off"
        BLOCK = "block"

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="allocations", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.WORK)
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="allocations"
    )
    hold = models.ForeignKey(Hold, models.CASCADE, null=True, blank=True, related_name="allocations")
    technician = models.ForeignKey(
        Technician, models.PROTECT, null=True, blank=True, related_name="allocations"
    )
    bay = models.ForeignKey(Bay, models.PROTECT, null=True, blank=True, related_name="allocations")
    advisor = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="allocations")
    loaner = models.ForeignKey(Loaner, models.PROTECT, null=True, blank=True, related_name="allocations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    calendar = models.ForeignKey(
        CalendarConnection,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="allocations",
        db_index=False,
        help_text="Where time off comes from when nobody entered it here.",
    )

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="allocation_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(technician=None, bay=None, advisor=None, loaner=None),
                name="allocation_takes_something",
            ),
            _excludes("technician_not_double_booked", "technician"),
            _excludes("bay_not_double_booked", "bay"),
            _excludes("advisor_not_double_booked", "advisor"),
            _excludes("loaner_not_double_booked", "loaner"),
        ]
        # By the end: what is over is the bulk of the rows and never asked for. rooftop has no index of
        # its own in this module: PostgreSQL at times preferred that one, and read a store's whole past.
        indexes = [
            models.Index(fields=["rooftop", "ends_at"]),
            models.Index(
                fields=["starts_at"], condition=Q(kind="time_off") | Q(kind="block"), name="blocks_by_start"
            ),
            models.Index(
                fields=["calendar", "ends_at"],
                condition=Q(calendar__isnull=False),
                name="allocation_of_calendar",
            ),
        ]

    def __str__(self) -> str:
        things = [thing for thing in (self.technician, self.bay, self.advisor, self.loaner) if thing]
        return ", ".join(str(thing) for thing in things)


class Demand(models.Model):
    """Minutes of a skill promised for a day without an hour: a car that is left, or work carried over."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="demands", db_index=False)
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="demands"
    )
    hold = models.ForeignKey(Hold, models.CASCADE, null=True, blank=True, related_name="demands")
    day = models.DateField(help_text="The store's calendar day.")
    skill = models.CharField(max_length=20, choices=Skill)
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["rooftop", "day"])]

    def __str__(self) -> str:
        return f"{self.minutes} min {self.get_skill_display()} on {self.day}"


class WaitlistEntry(models.Model):
    """Somebody who would come sooner if hours came free."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="waitlist")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="waitlist_entries")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="waitlist_entries")
    op_codes = models.ManyToManyField(OpCode)
    first_day = models.DateField()
    last_day = models.DateField()
    created_at = models.DateTimeField(default=timezone.now)
    served_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        verbose_name_plural = "waitlist entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="waitlist_ends_after_start",
                violation_error_message="The last day must not be before the first.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}, {self.first_day} to {self.last_day}"


class AppointmentEvent(models.Model):
    """What happened to an appointment and who did it: a person, the phone desk, the calendar.

    Or what somebody noted about it, which changes nothing.
    """

    class Kind(models.TextChoices):
        CHANGE = "change"
        NOTE = "note"

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=100)
    what = models.CharField(max_length=300)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.CHANGE, db_default=Kind.CHANGE)
    version = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Of the appointment, from then on; 0: not kept."
    )
    facts = models.JSONField(null=True, blank=True, help_text="How it stood from then on, as staff read it.")

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return self.what
