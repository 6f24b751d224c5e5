"""What failed, and from when until when something was down."""

from django.db import models
from django.utils import timezone


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
    rooftop = models.ForeignKey("crm.Rooftop", models.SET_NULL, null=True, blank=True, related_name="faults")
    call_sid = models.CharField("call", max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        # A page of the newest, of one source or of all.
        indexes = [models.Index(fields=["-at", "-id"]), models.Index(fields=["source", "-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.code}"


class FaultEpisode(models.Model):
    """A time during which something was down. Administrators hear of each once: dealership/outages.py."""

    source = models.CharField(max_length=10, choices=SystemFault.Source)
    sentence = models.CharField(max_length=300)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField("e-mailed", null=True, blank=True)

    class Meta:
        ordering = ["-began_at", "-pk"]
        verbose_name = "outage"
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(ended_at__isnull=True), name="one_open_episode_a_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} down"
