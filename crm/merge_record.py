"""The trace of two customers that were one person. Part of crm.models."""

from django.db import models
from django.utils import timezone


class CustomerMerge(models.Model):
    """Two rows of one person became one. Written only by crm/merging.py; goes when the person is deleted."""

    kept = models.ForeignKey("crm.Customer", models.CASCADE, related_name="merges")
    gone_id = models.PositiveBigIntegerField(help_text="The id of the row that went.")
    gone = models.JSONField(default=dict, help_text="What the row that went had said.")
    moved = models.JSONField(default=dict, help_text="How many rows came over, by kind.")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.gone.get('name') or self.gone_id} merged by {self.by}"
