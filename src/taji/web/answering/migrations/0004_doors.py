import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from taji.web.audit.triggers import append_only

#: SQLite makes the table anew, without its triggers; they are put back.
KEPT = append_only("answering_answerevent", verbs=("UPDATE",))


class Migration(migrations.Migration):
    dependencies = [
        ("answering", "0003_append_only"),
        ("rounds", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(KEPT.reverse_code, KEPT.code),
        migrations.CreateModel(
            name="Door",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("wrong", models.PositiveSmallIntegerField(default=0)),
                ("wrong_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PeerFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("firms", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="answerevent",
            name="key",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddConstraint(
            model_name="answerevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("sheet", "key"),
                name="event_key_once",
            ),
        ),
        migrations.AddField(
            model_name="door",
            name="invitation",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="door",
                to="rounds.invitation",
            ),
        ),
        migrations.AddField(
            model_name="peerfile",
            name="round",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="peer_file",
                to="rounds.round",
            ),
        ),
        KEPT,
    ]
