from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0013_customer_merge")]

    operations = [
        migrations.AlterField(
            model_name="followuptask",
            name="kind",
            field=models.CharField(
                choices=[
                    ("callback", "Callback"),
                    ("conflict", "Conflict"),
                    ("waitlist", "Waitlist"),
                    ("outreach", "Outreach"),
                    ("reminder", "failed reminder"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="FaultEpisode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hearing", "Hearing"),
                            ("thinking", "Thinking"),
                            ("speaking", "Speaking"),
                            ("carrier", "Carrier"),
                            ("calendar", "Calendar"),
                            ("texts", "Texts"),
                            ("nhtsa", "NHTSA"),
                            ("database", "Database"),
                            ("redis", "Redis"),
                            ("worker", "Worker"),
                        ],
                        max_length=10,
                    ),
                ),
                ("sentence", models.CharField(max_length=300)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="e-mailed")),
            ],
            options={
                "verbose_name": "outage",
                "ordering": ["-began_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("source",),
                        name="one_open_episode_a_source",
                    )
                ],
            },
        ),
    ]
