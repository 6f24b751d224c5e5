import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("crm", "0012_staff_at_several_stores")]

    operations = [
        migrations.CreateModel(
            name="DailySummary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(help_text="The store's calendar day that it is about.")),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "rooftop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="daily_summaries",
                        to="crm.rooftop",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("rooftop", "day"), name="one_summary_a_day")],
            },
        ),
    ]
