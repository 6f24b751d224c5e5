from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voice", "0010_what_calls_count_as")]

    operations = [
        migrations.AddField(
            model_name="turncomment",
            name="told_at",
            field=models.DateTimeField(
                blank=True, help_text="When those whom it names were e-mailed.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="turncomment",
            index=models.Index(
                condition=models.Q(("told_at__isnull", True)), fields=["at"], name="comment_to_tell"
            ),
        ),
    ]
