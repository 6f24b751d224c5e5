from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voice", "0009_call_reviews")]

    operations = [
        migrations.AddField(
            model_name="call",
            name="errand",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="What the caller wanted.", max_length=30
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="has_booked",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="call",
            name="wanted_person",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Somebody was to come to the phone."
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="was_after_hours",
            field=models.BooleanField(
                db_default=False, default=False, help_text="The store was closed when it began."
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="cost",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="US dollars.",
                max_digits=8,
                null=True,
                verbose_name="estimated cost",
            ),
        ),
    ]
