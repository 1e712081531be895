"""Bring a kept database up to date and say what it holds before and after: a process of its own.

``python -m tests.web.reliability.upgraded HOME`` prints JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from taji.web.starting import set_up

#: What an upgrade must keep, row by row.
TABLES = (
    "people_user",
    "people_organisation",
    "rounds_round",
    "rounds_case",
    "rounds_invitation",
    "answering_sheet",
    "answering_answerevent",
    "answering_submission",
    "audit_entry",
)


def main(home: Path) -> None:
    set_up(home)
    from django.core.management import call_command
    from django.db import DatabaseError, connection, transaction
    from django.test import Client

    from taji.web.answering.exporting import answers_frame
    from taji.web.answering.models import AnswerEvent
    from taji.web.audit.log import first_broken
    from taji.web.rounds.models import Round

    def counts() -> dict[str, int]:
        with connection.cursor() as cursor:
            rows = {}
            for table in TABLES:
                cursor.execute(f"SELECT count(*) FROM {table}")
                rows[table] = cursor.fetchone()[0]
        return rows

    before = counts()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    refused = False
    try:
        with transaction.atomic():
            AnswerEvent.objects.update(item="changed")
    except DatabaseError:
        refused = True
    answers = {its.slug: answers_frame(its).height for its in Round.objects.all()}
    public = Client().get("/public/portraits/", HTTP_HOST="localhost").status_code
    print(
        json.dumps(
            {
                "before": before,
                "after": counts(),
                "broken": str(first_broken()),
                "append_only": refused,
                "answers": answers,
                "public": public,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
