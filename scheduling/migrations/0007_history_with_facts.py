from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0006_calendars")]

    operations = [
        migrations.AddField(
            model_name="appointmentevent",
            name="kind",
            field=models.CharField(
                choices=[("change", "Change"), ("note", "Note")],
                db_default="change",
                default="change",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="version",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Of the appointment, from then on; 0: not kept."
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="facts",
            field=models.JSONField(
                blank=True, help_text="How it stood from then on, as staff read it.", null=True
            ),
        ),
    ]
