"""Fill a home with one open round, and print who may answer what: run as a process of its own.

``python -m tests.web.reliability.prepare HOME SHEETS`` prints ``[{"sheet": …, "session": …}, …]``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from taji.web.starting import set_up


def main(home: str, sheets: int) -> None:
    set_up(Path(home))
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    from taji.web.answering.entering import enter
    from taji.web.answering.models import Sheet
    from taji.web.people.models import Organisation
    from taji.web.rounds import tokens
    from taji.web.rounds.models import Case, Invitation, Round

    call_command("migrate", verbosity=0)
    its = Round.objects.create(
        slug="kill",
        title_zh="强杀试验",
        title_en="Kill test",
        state=Round.State.OPEN,
        questionnaire="sme2024",
        simulated=True,
    )
    doors = []
    for number in range(sheets):
        firm = Organisation.objects.create(key=f"firm-{number}", name="虚构企业", invented=True)
        case = Case.objects.create(round=its, organisation=firm)
        invitation = Invitation.objects.create(case=case, nonce=tokens.new_nonce())
        user = enter(invitation, name="某人", phone="", here=None, now=timezone.now())
        sheet = Sheet.objects.get(case=case)
        browser = Client()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        doors.append({"sheet": sheet.pk, "session": browser.cookies["sessionid"].value})
    print(json.dumps(doors))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
