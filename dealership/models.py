"""What is kept of work that crosses all apps."""

from django.db import models
from django.utils import timezone

from crm.models import Rooftop


class DailySummary(models.Model):
    """The e-mail about one day of a store was handed over. Written before it leaves; see dashboard/summary.py."""

    rooftop = models.ForeignKey(Rooftop, models.CASCADE, related_name="daily_summaries")
    day = models.DateField(help_text="The store's calendar day that it is about.")
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rooftop", "day"], name="one_summary_a_day")]

    def __str__(self) -> str:
        return f"{self.rooftop}, {self.day}"


class OutageWatch(models.Model):
    """When a web process last looked for what is down: one row, see outage_watch.py."""

    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.looked_at:%Y-%m-%d %H:%M}"
