"""The store, its people, and who owns which car."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from crm import phone


def validate_e164(number: str) -> None:
    if not phone.is_valid(number):
        raise ValidationError(f"{number} is not a telephone number. Write it like +12125550143.")


def validate_direct_line(number: str) -> None:
    validate_e164(number)
    if not phone.may_be_dialled(number):
        raise ValidationError(f"{number} is not rung: only numbers in the US and Canada at home rates are.")


def validate_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(f"{name} is not a time zone. Write it like America/New_York.") from None


def validate_birth_date(born: date) -> None:
    today = timezone.now().date()
    if born > today.replace(year=today.year - YOUNGEST_CUSTOMER, day=min(today.day, 28)):
        raise ValidationError(
            f"A date of birth lies at least {YOUNGEST_CUSTOMER} years back. Write it with its year, like 1984-05-17."
        )


def is_e164(field: str) -> Q:
    return Q(**{f"{field}__regex": E164})


def _search(name: str, *fields: str) -> GinIndex:
    """Finds a part of any of these, in any case, as __icontains words it."""
    return GinIndex(*(OpClass(Upper(field), "gin_trgm_ops") for field in fields), name=name)


E164 = r"^\+[1-9][0-9]{6,14}$"
VIN_FORM = r"^[A-HJ-NPR-Z0-9]{17}$"
YOUNGEST_CUSTOMER = 15  # years
STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "DC",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
    "PR",
    "VI",
    "GU",
    "AS",
    "MP",
]
validate_state = RegexValidator(f"^({'|'.join(STATES)})$", "Write the state as two letters, like NY.")
validate_zip = RegexValidator(r"^\d{5}(-\d{4})?$", "Write the ZIP code as 12207 or 12207-1234.")
validate_vin_form = RegexValidator(VIN_FORM, "A VIN has 17 letters and digits, none of them I, O or Q.")


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
    records_calls = models.BooleanField(
        default=False,
        help_text="Record calls, after saying so. Ask a lawyer first: in some states all must agree.",
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
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
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

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.name


class Phone(models.Model):
    """A number that customers call from; a household may share one."""

    number = models.CharField(max_length=16, unique=True, validators=[validate_e164])

    class Meta:
        constraints = [models.CheckConstraint(condition=is_e164("number"), name="phone_is_e164")]
        indexes = [GinIndex(fields=["number"], opclasses=["gin_trgm_ops"], name="phone_search")]

    def __str__(self) -> str:
        return phone.display(self.number)


class Customer(models.Model):
    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="customers")
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True)
    date_of_birth = models.DateField(null=True, blank=True, validators=[validate_birth_date])
    address = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=2, blank=True, validators=[validate_state])
    zip_code = models.CharField("ZIP code", max_length=10, blank=True, validators=[validate_zip])
    email = models.EmailField("e-mail", blank=True)
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
        ]
        indexes = [
            models.Index(fields=["last_name", "first_name"], name="customer_by_name"),
            models.Index(
                fields=["last_name", "first_name"],
                condition=~Q(language="en"),
                name="customer_other_language",
            ),
            _search("customer_search", "first_name", "last_name", "email"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


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


class Vehicle(models.Model):
    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="vehicles")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    trim = models.CharField(max_length=60, blank=True)
    plate = models.CharField(max_length=12, blank=True)
    vin = models.CharField("VIN", max_length=17, blank=True, validators=[validate_vin_form])
    warranty_ends = models.DateField(null=True, blank=True)
    owners = models.ManyToManyField(Customer, through="Ownership", related_name="vehicles")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rooftop", "vin"], condition=~models.Q(vin=""), name="one_vin_per_rooftop"
            ),
            models.CheckConstraint(condition=Q(vin="") | Q(vin__regex=VIN_FORM), name="vin_has_its_form"),
        ]
        indexes = [
            models.Index(fields=["year"], name="vehicle_by_year"),
            _search("vehicle_search", "make", "model", "plate", "vin"),
        ]

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.year, self.make, self.model) if part) or "vehicle"


class Ownership(models.Model):
    """Who had the vehicle from when; until is empty for the present owner."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="ownerships")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="ownerships")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=models.F("since")),
                name="ownership_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.vehicle}"


class OdometerReading(models.Model):
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="odometer_readings")
    miles = models.PositiveIntegerField()
    read_on = models.DateField()

    class Meta:
        ordering = ["-read_on"]

    def __str__(self) -> str:
        return f"{self.miles:,} miles on {self.read_on}"


class RepairOrder(models.Model):
    """Work on a vehicle from write-up to pick-up; closed ones are its service history."""

    class Status(models.TextChoices):
        CHECKED_IN = "checked_in"
        DISPATCHED = "dispatched"
        IN_WORK = "in_work"
        WAITING_APPROVAL = "waiting_approval"
        WAITING_PARTS = "waiting_parts"
        QC = "qc", "quality check"
        READY = "ready"
        CLOSED = "closed"

    rooftop = models.ForeignKey(Rooftop, models.PROTECT, related_name="repair_orders")
    number = models.CharField(max_length=12)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="repair_orders")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="repair_orders")
    advisor = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="repair_orders")
    status = models.CharField(max_length=20, choices=Status, default=Status.CHECKED_IN)
    opened_at = models.DateTimeField(default=timezone.now)
    promised_at = models.DateTimeField(null=True, blank=True)
    status_changed_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    complaint = models.TextField(blank=True)
    cause = models.TextField(blank=True)
    correction = models.TextField(blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["rooftop", "number"], name="one_repair_order_per_number")
        ]

    def __str__(self) -> str:
        return f"RO {self.number}"


class DeclinedService(models.Model):
    """Work that was recommended and not wanted: worth another word later."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="declined_services")
    repair_order = models.ForeignKey(
        RepairOrder, models.SET_NULL, null=True, blank=True, related_name="declined"
    )
    description = models.CharField(max_length=200)
    amount = models.PositiveIntegerField(help_text="Whole US dollars.")
    follow_up_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.description


class RecallCheck(models.Model):
    """A campaign that may concern this vehicle, as a source said at a time. Never a clean bill."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="recall_checks")
    campaign = models.CharField(max_length=20)
    summary = models.TextField(blank=True)
    has_remedy = models.BooleanField(default=True)
    has_parts = models.BooleanField(default=False)
    is_do_not_drive = models.BooleanField(default=False)
    source = models.CharField(max_length=100)
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vehicle", "campaign"], name="one_check_per_campaign")]

    def __str__(self) -> str:
        return self.campaign


class FollowUpTask(models.Model):
    """Something a person has to do, with a time by which it was promised."""

    class Kind(models.TextChoices):
        CALLBACK = "callback"
        CONFLICT = "conflict"
        WAITLIST = "waitlist"
        OUTREACH = "outreach"

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


class SystemFault(models.Model):
    """Something of ours or of a provider's that failed. Written only by crm/faults.py.

    Holds no personal data: a code, a sentence for people, and where to look.
    """

    class Source(models.TextChoices):
        HEARING = "hearing"
        THINKING = "thinking"
        SPEAKING = "speaking"
        CARRIER = "carrier"
        CALENDAR = "calendar"
        TEXTS = "texts"
        NHTSA = "nhtsa", "NHTSA"
        DATABASE = "database"
        REDIS = "redis", "Redis"
        WORKER = "worker"

    source = models.CharField(max_length=10, choices=Source)
    code = models.CharField(max_length=40, help_text="For programs, like timeout or http_503.")
    sentence = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)
    rooftop = models.ForeignKey(Rooftop, models.SET_NULL, null=True, blank=True, related_name="faults")
    call_sid = models.CharField("call", max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        # A page of the newest, of one source or of all.
        indexes = [models.Index(fields=["-at", "-id"]), models.Index(fields=["source", "-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.code}"
