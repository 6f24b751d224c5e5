from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voice", "0012_listening_in")]

    operations = [
        migrations.AlterModelOptions(
            name="call",
            options={
                "ordering": ["-started_at"],
                "permissions": [
                    ("take_over_call", "Can have running calls put through to themselves"),
                    ("export_call", "Can take calls out as a file"),
                ],
            },
        ),
        migrations.AddField(
            model_name="call",
            name="revenue",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="US dollars: the middle of the prices of what it booked. Empty: it booked nothing priced.",
                max_digits=8,
                null=True,
                verbose_name="estimated revenue",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="false_confirmations",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="How often the caller heard that something is booked which is not.",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="was_recovered",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It came to nothing, and the caller was won back.",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="sentiment",
            field=models.CharField(
                blank=True,
                choices=[("unhappy", "Unhappy"), ("neutral", "Neutral"), ("content", "Content")],
                db_default="",
                default="",
                help_text="Empty: not told.",
                max_length=7,
            ),
        ),
    ]
