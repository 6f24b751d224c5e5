import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reminders", "0001_initial"),
        ("scheduling", "0005_due_by_miles"),
        ("voice", "0007_outbound_calls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=0, help_text="Of the appointment; 0: none yet."),
                ),
                ("arrives_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="reminder",
            name="reminder_to_do",
        ),
        migrations.AddField(
            model_name="reminder",
            name="arrives_at",
            field=models.DateTimeField(
                blank=True, help_text="What is told; another time is news.", null=True
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="sid",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The carrier's, of the call.",
                max_length=64,
                verbose_name="SID",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("claimed", "Claimed"),
                    ("dialing", "Dialing"),
                    ("placed", "Placed"),
                    ("failed", "Failed"),
                    ("unknown", "Unknown"),
                    ("written", "Written"),
                    ("skipped", "Skipped"),
                    ("answered", "Answered"),
                    ("voicemail", "Voicemail"),
                    ("no_answer", "No Answer"),
                    ("busy", "Busy"),
                    ("opted_out", "Opted Out"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["-due_at", "-id"], name="reminder_newest_first"),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "claimed", "dialing", "placed"])),
                fields=["state", "due_at"],
                name="reminder_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("dialed_at__isnull", False)),
                fields=["number", "dialed_at"],
                name="reminder_by_number",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="appointment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reminder_plan",
                to="scheduling.appointment",
            ),
        ),
    ]
