"""The store, its people, and who owns which car; what was done to the cars is in service_record.py."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right, Upper
from django.utils import timezone

from crm import phone
from crm.fault_records import FaultEpisode as FaultEpisode
from crm.fault_records import SystemFault as SystemFault
from crm.folding import folded
from crm.merge_record import CustomerMerge as CustomerMerge
from crm.service_record import DeclinedService as DeclinedService
from crm.service_record import OdometerReading as OdometerReading
from crm.service_record import RecallCheck as RecallCheck
from crm.service_record import RepairOrder as RepairOrder
from crm.validation import (
    EMAIL_FORM,
    EMAIL_SENTENCE,
    FIRST_BIRTHDAY,
    MODEL_YEARS,
    STATES,
    VIN_FORM,
    TellsTheField,
    is_e164,
    model_year_validators,
    validate_birth_date,
    validate_direct_line,
    validate_e164,
    validate_state,
    validate_time_zone,
    validate_vin,
    validate_zip,
)

LENGTH_OF_VIN_END = 6  # what people read out


def _search(name: str, *fields: str) -> GinIndex:
    """Finds a part of any of these, in any case, as __icontains words it."""
    return GinIndex(*(OpClass(Upper(field), "gin_trgm_ops") for field in fields), name=name)


class Rooftop(models.Model):
    """One store. Its wall clock rules every appointment made there."""

    name = models.CharField(max_length=100, unique=True)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    address = models.CharField(max_length=200, blank=True)
    front_desk_number = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_direct_line],
        help_text="Where callers go who ask for a person, like +12125550100.",
    )
    records_calls = models.BooleanField(
        default=False,
        help_text="Record calls, after saying so. Ask a lawyer first: in some states all must agree.",
    )
    grid_minutes = models.PositiveSmallIntegerField(
        default=15,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
        help_text="Arrivals start on this grid.",
    )
    lead_minutes = models.PositiveSmallIntegerField(default=60, help_text="Shortest notice for a booking.")
    horizon_days = models.PositiveSmallIntegerField(default=90, help_text="How far ahead one may book.")

    class Meta:
        ordering = ["name"]
        permissions = [("every_rooftop", "May see the pages of every rooftop")]
        constraints = [
            models.CheckConstraint(
                condition=Q(front_desk_number="") | is_e164("front_desk_number"),
                name="front_desk_number_is_e164",
            ),
            models.CheckConstraint(
                condition=Q(grid_minutes__range=(5, 60)),
                name="grid_is_5_to_60_minutes",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class RooftopNumber(models.Model):
    """A telephone number that callers dial to reach the store."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="numbers")
    number = models.CharField(max_length=16, unique=True, validators=[validate_e164])

    class Meta:
        constraints = [models.CheckConstraint(condition=is_e164("number"), name="rooftop_number_is_e164")]

    def __str__(self) -> str:
        return phone.display(self.number)


class Staff(models.Model):
    """A person that customers may ask for."""

    class Role(models.TextChoices):
        ADVISOR = "advisor"
        MANAGER = "manager"
        PARTS = "parts"
        SALES = "sales"

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="staff")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="staff",
        help_text="The log-in. Who works at two stores stands on the staff of both; each sees their stores.",
    )
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=Role)
    extension = models.CharField(max_length=10, blank=True)
    phone_number = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_direct_line],
        help_text="Where callers go who ask for this person, like +12125550111. Empty: the front desk.",
    )
    aliases = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="What callers call them: Mike, Mister Chen.",
    )
    away_until = models.DateTimeField(
        null=True, blank=True, help_text="Callers who ask for them are told so, and get the service desk."
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "staff"
        constraints = [
            models.CheckConstraint(
                condition=Q(phone_number="") | is_e164("phone_number"), name="staff_phone_number_is_e164"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_away(self, now: datetime) -> bool:
        return self.away_until is not None and now < self.away_until


class Phone(models.Model):
    """A number that customers call from; a household may share one."""

    number = models.CharField(max_length=16, unique=True, validators=[validate_e164])

    class Meta:
        constraints = [models.CheckConstraint(condition=is_e164("number"), name="phone_is_e164")]
        indexes = [GinIndex(fields=["number"], opclasses=["gin_trgm_ops"], name="phone_search")]

    def __str__(self) -> str:
        return phone.display(self.number)


class Customer(TellsTheField):
    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="customers")
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True)
    date_of_birth = models.DateField(null=True, blank=True, validators=[validate_birth_date])
    address = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=2, blank=True, validators=[validate_state])
    zip_code = models.CharField("ZIP code", max_length=10, blank=True, validators=[validate_zip])
    email = models.EmailField("e-mail", blank=True, error_messages={"invalid": EMAIL_SENTENCE})
    language = models.CharField(max_length=8, default="en")
    preferred_advisor = models.ForeignKey(
        Staff, models.SET_NULL, null=True, blank=True, related_name="preferred_by"
    )
    notes = models.TextField(blank=True)
    phones = models.ManyToManyField(Phone, related_name="customers", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["last_name", "first_name"]
        constraints = [
            models.CheckConstraint(condition=Q(state="") | Q(state__in=STATES), name="state_is_two_letters"),
            models.CheckConstraint(
                condition=Q(zip_code="") | Q(zip_code__regex=r"^[0-9]{5}(-[0-9]{4})?$"),
                name="zip_code_has_its_form",
            ),
            models.CheckConstraint(
                condition=Q(email="") | Q(email__regex=EMAIL_FORM),
                name="email_has_its_form",
                violation_error_code="email",
                violation_error_message=EMAIL_SENTENCE,
            ),
            models.CheckConstraint(
                condition=Q(date_of_birth__isnull=True) | Q(date_of_birth__gte=FIRST_BIRTHDAY),
                name="born_after_1899",
            ),
        ]
        indexes = [
            models.Index(fields=["last_name", "first_name"], name="customer_by_name"),
            models.Index(
                fields=["date_of_birth"],
                condition=Q(date_of_birth__isnull=False),
                name="customer_by_birth",
            ),
            models.Index(
                fields=["last_name", "first_name"],
                condition=~Q(language="en"),
                name="customer_other_language",
            ),
            _search("customer_search", "first_name", "last_name", "email"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def clean(self) -> None:
        """Raises ValidationError for an advisor of another rooftop, who would never write this car up."""
        advisor = self.preferred_advisor
        if advisor and self.rooftop_id and advisor.rooftop_id != self.rooftop_id:
            raise ValidationError({"preferred_advisor": self._whom_to_choose(advisor)})

    def _whom_to_choose(self, advisor: Staff) -> str:
        here = Staff.objects.filter(rooftop=self.rooftop_id, role=Staff.Role.ADVISOR)
        names = ", ".join(here.values_list("name", flat=True)[:5]) or "nobody yet"
        return f"{advisor.name} works at {advisor.rooftop}. Choose one of {self.rooftop}: {names}."


class Consent(models.Model):
    """What a customer said about automated calls or texts: a ledger, the newest row counts."""

    class Channel(models.TextChoices):
        VOICE = "voice"
        SMS = "sms", "SMS"

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consents")
    phone = models.ForeignKey(Phone, models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=5, choices=Channel)
    is_granted = models.BooleanField()
    wording = models.TextField(help_text="What was asked and answered, word for word.")
    source = models.CharField(max_length=100, help_text="Where it was given: call CA…, form, staff.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["phone", "channel", "-at"])]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {'granted' if self.is_granted else 'revoked'}"


class Vehicle(TellsTheField):
    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="vehicles")
    year = models.PositiveSmallIntegerField(null=True, blank=True, validators=model_year_validators)
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    trim = models.CharField(max_length=60, blank=True)
    plate = models.CharField(max_length=12, blank=True)
    vin = models.CharField("VIN", max_length=17, blank=True, validators=[validate_vin])
    warranty_ends = models.DateField(null=True, blank=True)
    owners = models.ManyToManyField(Customer, through="Ownership", related_name="vehicles")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rooftop", "vin"],
                condition=~models.Q(vin=""),
                name="one_vin_per_rooftop",
                violation_error_code="vin",
                violation_error_message="Another vehicle of this rooftop has this VIN. Find it by its VIN "
                "and change that one, or write the VIN of this one.",
            ),
            models.CheckConstraint(condition=Q(vin="") | Q(vin__regex=VIN_FORM), name="vin_has_its_form"),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=MODEL_YEARS), name="year_is_a_model_year"
            ),
        ]
        indexes = [
            models.Index(fields=["year"], name="vehicle_by_year"),
            # As crm/lookup.py asks: who says "the last six are…" waits for the answer.
            models.Index("rooftop", Right("vin", LENGTH_OF_VIN_END), name="vehicle_by_vin_end"),
            models.Index("rooftop", folded(F("plate")), name="vehicle_by_plate"),
            _search("vehicle_search", "make", "model", "plate", "vin"),
        ]

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part) or "vehicle"


class Ownership(TellsTheField):
    """Who had the vehicle from when; until is empty for the present owner."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="ownerships")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="ownerships")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since")),
                name="ownership_ends_after_start",
                violation_error_code="until",
                violation_error_message='"Until" lies before "since". Write the day of the sale, or leave '
                "it empty for the present owner.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.vehicle}"


class FollowUpTask(models.Model):
    """Something a person has to do, with a time by which it was promised."""

    class Kind(models.TextChoices):
        CALLBACK = "callback"
        CONFLICT = "conflict"
        WAITLIST = "waitlist"
        OUTREACH = "outreach"
        REMINDER = "reminder", "failed reminder"

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=20, choices=Kind)
    summary = models.CharField(max_length=500)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="tasks")
    phone_number = models.CharField(max_length=16, blank=True, validators=[validate_e164])
    call_sid = models.CharField("call", max_length=64, blank=True, db_index=True)
    owner = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="tasks")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(phone_number="") | is_e164("phone_number"), name="task_phone_number_is_e164"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.summary}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """What cannot be rung is left out; the call's own row keeps what the network said.

        Callers by SIP come with an address instead of a number, and their task must be written too.
        """
        if self.phone_number and not phone.is_valid(self.phone_number):
            self.phone_number = ""
        super().save(*args, **kwargs)

    def is_overdue(self, now: datetime) -> bool:
        return self.done_at is None and self.due_at < now
