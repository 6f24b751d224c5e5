from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0007_history_with_facts")]

    operations = [
        migrations.AddField(
            model_name="calendarconnection",
            name="audited_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When a night's audit last looked at it.", null=True
            ),
        ),
    ]
