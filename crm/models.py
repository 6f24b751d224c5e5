"""The store, its people, and who owns which car."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from crm import phone


def validate_e164(number: str) -> None:
    if not phone.is_valid(number):
        raise ValidationError(f"{number} is not a telephone number. Write it like +12125550143.")


def validate_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(f"{name} is not a time zone. Write it like America/New_York.") from None


class Rooftop(models.Model):
    """One store. Its wall clock rules every appointment made there."""

    name = models.CharField(max_length=100, unique=True)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    address = models.CharField(max_length=200, blank=True)
    front_desk_number = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_e164],
        help_text="Where callers go who ask for a person, like +12125550100.",
    )
    grid_minutes = models.PositiveSmallIntegerField(default=15, help_text="Arrivals start on this grid.")
    lead_minutes = models.PositiveSmallIntegerField(default=60, help_text="Shortest notice for a booking.")
    horizon_days = models.PositiveSmallIntegerField(default=90, help_text="How far ahead one may book.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class RooftopNumber(models.Model):
    """A telephone number that callers dial to reach the store."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="numbers")
    number = models.CharField(max_length=16, unique=True, validators=[validate_e164])

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
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=Role)
    extension = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.name


class Phone(models.Model):
    """A number that customers call from; a household may share one."""

    number = models.CharField(max_length=16, unique=True, validators=[validate_e164])

    def __str__(self) -> str:
        return phone.display(self.number)


class Customer(models.Model):
    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="customers")
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=8, default="en")
    notes = models.TextField(blank=True)
    phones = models.ManyToManyField(Phone, related_name="customers", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["last_name", "first_name"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Vehicle(models.Model):
    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="vehicles")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    plate = models.CharField(max_length=12, blank=True)
    vin = models.CharField("VIN", max_length=17, blank=True)
    owners = models.ManyToManyField(Customer, through="Ownership", related_name="vehicles")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rooftop", "vin"], condition=~models.Q(vin=""), name="one_vin_per_rooftop"
            )
        ]

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part) or "vehicle"


class Ownership(models.Model):
    """Who had the vehicle from when; until is empty for the present owner."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="ownerships")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="ownerships")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.customer}: {self.vehicle}"


class FollowUpTask(models.Model):
    """Something a person has to do, with a time by which it was promised."""

    class Kind(models.TextChoices):
        CALLBACK = "callback"
        CONFLICT = "conflict"

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=20, choices=Kind)
    summary = models.CharField(max_length=500)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="tasks")
    phone_number = models.CharField(max_length=16, blank=True)
    call_sid = models.CharField("call", max_length=64, blank=True, db_index=True)
    owner = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="tasks")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["due_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.summary}"

    def is_overdue(self, now: datetime) -> bool:
        return self.done_at is None and self.due_at < now
