"""What was done to vehicles, what was not wanted, and what campaigns say of them. Part of crm.models."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm.validation import TellsTheField


class OdometerReading(models.Model):
    vehicle = models.ForeignKey("crm.Vehicle", models.CASCADE, related_name="odometer_readings")
    miles = models.PositiveIntegerField()
    read_on = models.DateField()

    class Meta:
        ordering = ["-read_on"]

    def __str__(self) -> str:
        return f"{self.miles:,} miles on {self.read_on}"


class RepairOrderStatus(models.TextChoices):
    CHECKED_IN = "checked_in"
    DISPATCHED = "dispatched"
    IN_WORK = "in_work"
    WAITING_APPROVAL = "waiting_approval"
    WAITING_PARTS = "waiting_parts"
    QC = "qc", "quality check"
    READY = "ready"
    CLOSED = "closed"


class RepairOrder(TellsTheField):
    """Work on a vehicle from write-up to pick-up; closed ones are its service history.

    Its status is written by crm/repair_orders.py, which keeps status_changed_at and closed_at right.
    """

    Status = RepairOrderStatus

    rooftop = models.ForeignKey("crm.Rooftop", models.PROTECT, related_name="repair_orders")
    number = models.CharField(max_length=12)
    customer = models.ForeignKey("crm.Customer", models.PROTECT, related_name="repair_orders")
    vehicle = models.ForeignKey("crm.Vehicle", models.PROTECT, related_name="repair_orders")
    advisor = models.ForeignKey(
        "crm.Staff", models.SET_NULL, null=True, blank=True, related_name="repair_orders"
    )
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
            models.UniqueConstraint(
                fields=["rooftop", "number"],
                name="one_repair_order_per_number",
                violation_error_code="number",
                violation_error_message="Another repair order of this rooftop has this number. Write a new one.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RepairOrderStatus.values), name="repair_order_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status=RepairOrderStatus.CLOSED, closed_at__isnull=False)
                | Q(~Q(status=RepairOrderStatus.CLOSED), closed_at__isnull=True),
                name="repair_order_is_closed_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=models.F("opened_at")),
                name="repair_order_closes_after_opening",
                violation_error_code="opened_at",
                violation_error_message="It was closed before it was opened. Write the earlier time.",
            ),
        ]

    def __str__(self) -> str:
        return f"RO {self.number}"


class DeclinedService(models.Model):
    """Work that was recommended and not wanted: worth another word later."""

    vehicle = models.ForeignKey("crm.Vehicle", models.CASCADE, related_name="declined_services")
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

    vehicle = models.ForeignKey("crm.Vehicle", models.CASCADE, related_name="recall_checks")
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
