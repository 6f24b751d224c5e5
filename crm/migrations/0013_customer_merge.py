import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0012_staff_at_several_stores"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gone_id", models.PositiveBigIntegerField(help_text="The id of the row that went.")),
                ("gone", models.JSONField(default=dict, help_text="What the row that went had said.")),
                ("moved", models.JSONField(default=dict, help_text="How many rows came over, by kind.")),
                ("by", models.CharField(max_length=150)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges",
                        to="crm.customer",
                    ),
                ),
            ],
            options={"ordering": ["-at", "-pk"]},
        ),
    ]
