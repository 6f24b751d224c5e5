import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voice", "0011_comment_told")]

    operations = [
        migrations.AlterField(
            model_name="recordingaccess",
            name="recording",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="accesses",
                to="voice.recording",
            ),
        ),
        migrations.AddField(
            model_name="recordingaccess",
            name="live_call",
            field=models.ForeignKey(
                blank=True,
                help_text="That was listened to while it ran: see voice/listening_in.py.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="live_accesses",
                to="voice.call",
            ),
        ),
        migrations.AddConstraint(
            model_name="recordingaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recording__isnull", False), ("live_call__isnull", False), _connector="XOR"
                ),
                name="access_to_one_audio",
            ),
        ),
    ]
