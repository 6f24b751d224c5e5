from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dealership", "0001_daily_summaries")]

    operations = [
        migrations.CreateModel(
            name="OutageWatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("looked_at", models.DateTimeField()),
            ],
        ),
    ]
