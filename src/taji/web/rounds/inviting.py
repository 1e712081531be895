"""Invite the firms of a round: a link each, handed out as a list, as letters or by mail.

Decides who gets an invitation and when a firm counts as invited: when its list or letter was made,
or its mail went out. A link is a key; it can be revoked and renewed, and is stored nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from taji.base.text import Text
from taji.report.letters import Letter, Sender, letters
from taji.web.audit.log import record
from taji.web.office.setting import value
from taji.web.people.models import User
from taji.web.rounds import tokens
from taji.web.rounds.errands import keep, running
from taji.web.rounds.models import Case, Errand, Invitation, Mail, Round
from taji.web.rounds.reaching import NOBODY, reach

__all__ = ["invite", "link_rows", "live", "make_letters", "renew", "revoke", "uninvited"]

#: Invitations made at once. [firms]
PART = 1_000
Channel = Invitation.Channel


def live() -> QuerySet[Invitation]:
    """Return the invitations that open a whole case."""
    return Invitation.objects.filter(revoked_at=None).exclude(channel=Channel.COLLEAGUE)


def uninvited(its: Round, district: str = "") -> QuerySet[Case]:
    """Return the firms of a round that no invitation reached, nor is on its way to."""
    mailed = Mail.objects.filter(case=OuterRef("pk")).exclude(state=Mail.State.FAILED)
    found = Case.objects.filter(~Exists(mailed), round=its, state=Case.State.DRAWN)
    return found.filter(organisation__district=district) if district else found


def invite(errand: Errand) -> None:
    """Make a link for every firm that holds none; from now on they count as invited."""
    with running(errand):
        errand.total = uninvited(errand.round, errand.district).count()
        _make(errand, errand.request.get("channel", Channel.LIST))
        errand.counts = {"invited": errand.done}


def _make(errand: Errand, channel: str) -> None:
    pks = list(uninvited(errand.round, errand.district).order_by("pk").values_list("pk", flat=True))
    for part in _parts(pks, PART):
        with transaction.atomic():
            make_links(part, channel, by=errand.by)
            Case.objects.filter(pk__in=part, state=Case.State.DRAWN).update(
                state=Case.State.INVITED, invited_at=timezone.now()
            )
        errand.done += len(part)
        errand.save(update_fields=["done", "total"])


def make_links(cases: list[int], channel: str, *, by: User) -> None:
    """Make an invitation for each of these cases that has none."""
    held = live().filter(case__in=cases)
    known = set(held.values_list("case_id", flat=True))
    held.update(channel=channel)
    Invitation.objects.bulk_create(
        Invitation(case_id=pk, nonce=tokens.new_nonce(), channel=channel, made_by=by)
        for pk in cases
        if pk not in known
    )


def make_letters(errand: Errand) -> None:
    """Invite whoever holds no link yet by letter, and print the letters of all who are asked by one."""
    with running(errand):
        _make(errand, Channel.LETTER)
        wanted = [
            Letter(
                firm=row["name"], link=row["link"], address=row["address"], contact=row["contact"]
            )
            for row in link_rows(errand.round, errand.district, channel=Channel.LETTER)
        ]
        pdf = letters(
            wanted, _sender(errand.round, errand.request), language=errand.request["language"]
        )
        errand.result = keep(errand, "letters.pdf", pdf)
        errand.counts = {"letters": len(wanted)}


def link_rows(its: Round, district: str = "", *, channel: str = "") -> Iterator[dict[str, Any]]:
    """Yield the firms that have been invited and have not handed in, with their links."""
    found = live().filter(
        case__round=its, case__state__in=(Case.State.INVITED, Case.State.ANSWERING)
    )
    if channel:
        found = found.filter(channel=channel)
    if district:
        found = found.filter(case__organisation__district=district)
    found = found.select_related("case__organisation").order_by("case__organisation__key", "pk")
    rows = found.iterator(chunk_size=PART)
    seen: set[int] = set()
    while part := list(islice(rows, PART)):
        known = reach([one.case.organisation_id for one in part])
        for one in part:
            if one.case_id not in seen:
                seen.add(one.case_id)
                yield _link_row(one, known.get(one.case.organisation_id, NOBODY))


def _link_row(one: Invitation, contact: Any) -> dict[str, Any]:
    firm = one.case.organisation
    return {
        "key": firm.key,
        "name": firm.name,
        "district": firm.district,
        "contact": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "address": contact.address,
        "state": one.case.state,
        "link": tokens.link(one),
    }


def revoke(invitation: Invitation, *, by: User) -> None:
    """Close a link: who holds it comes in no more."""
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        record(
            "invitation.revoke",
            actor=by,
            subject=f"case:{invitation.case_id}",
            invitation=invitation.pk,
        )


def renew(case: Case, *, by: User) -> Invitation:
    """Close every whole link of a firm and make a new one."""
    with transaction.atomic():
        live().filter(case=case).update(revoked_at=timezone.now())
        made = Invitation.objects.create(
            case=case, nonce=tokens.new_nonce(), channel=Channel.LIST, made_by=by
        )
        Case.objects.filter(pk=case.pk, state=Case.State.DRAWN).update(
            state=Case.State.INVITED, invited_at=timezone.now()
        )
        record("invitation.renew", actor=by, subject=f"case:{case.pk}", invitation=made.pk)
    return made


def _sender(its: Round, request: dict[str, Any]) -> Sender:
    today = timezone.localdate()
    purpose = its.purpose or Text(zh="", en="")
    return Sender(
        bureau=Text(zh=request["bureau_zh"], en=request["bureau_en"]),
        survey=its.title,
        purpose=purpose,
        phone=request["phone"],
        deadline=its.closes_on or today + dt.timedelta(days=30),
        dated=today,
        minutes=request["minutes"],
        simulated=its.simulated,
        address=value("bureau_address"),
    )


def _parts(pks: list[int], size: int) -> Iterator[list[int]]:
    return (pks[start : start + size] for start in range(0, len(pks), size))
