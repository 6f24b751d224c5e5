from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reminders", "0002_plans")]

    operations = [
        migrations.AddField(
            model_name="text",
            name="author",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who wrote it by hand; empty: the desk.",
                max_length=150,
            ),
        ),
        migrations.AlterField(
            model_name="text",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirmation", "Confirmation"),
                    ("reminder", "Reminder"),
                    ("change", "Change"),
                    ("callback", "Callback"),
                    ("answer", "answer to a text"),
                    ("by_hand", "written by hand"),
                    ("received", "Received"),
                ],
                max_length=12,
            ),
        ),
    ]
