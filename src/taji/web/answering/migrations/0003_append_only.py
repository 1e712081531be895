from django.db import migrations

from taji.web.audit.triggers import append_only


class Migration(migrations.Migration):
    # Deleting stays possible: a firm may withdraw its data before the freeze.
    dependencies = [("answering", "0002_initial")]
    operations = [
        append_only("answering_answerevent", verbs=("UPDATE",)),
        append_only("answering_submission", verbs=("UPDATE",)),
    ]
