"""Make rows fit the constraints of the next migration; what people wrote moves to the customer's notes."""

from datetime import date

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Concat, Greatest

E164 = r"^\+[1-9][0-9]{6,14}$"
EMAIL_FORM = r"^[^@\s]+@[^@\s]+$"


def repair(apps, schema_editor):
    orders = apps.get_model("crm", "RepairOrder").objects
    orders.exclude(status="closed").filter(closed_at__isnull=False).update(closed_at=None)
    closed = orders.filter(status="closed")
    closed.filter(closed_at__isnull=True).update(closed_at=Greatest("status_changed_at", "opened_at"))
    closed.filter(closed_at__lt=F("opened_at")).update(closed_at=F("opened_at"))

    customers = apps.get_model("crm", "Customer").objects
    customers.exclude(email="").exclude(email__regex=EMAIL_FORM).update(
        notes=Concat(
            "notes", Value("\nE-mail as it was written: "), "email", output_field=models.TextField()
        ),
        email="",
    )
    customers.filter(date_of_birth__lt=date(1900, 1, 1)).update(date_of_birth=None)
    apps.get_model("crm", "Vehicle").objects.exclude(year__range=(1900, 2100)).update(year=None)
    for model, field in (
        ("Rooftop", "front_desk_number"),
        ("Staff", "phone_number"),
        ("FollowUpTask", "phone_number"),
    ):
        rows = apps.get_model("crm", model).objects.exclude(**{field: ""})
        rows.exclude(**{f"{field}__regex": E164}).update(**{field: ""})


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0004_search_indexes"),
    ]

    # Backwards nothing: the constraints go, and repaired rows were right before them too.
    operations = [migrations.RunPython(repair, migrations.RunPython.noop)]
