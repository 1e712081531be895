"""Hand sections of a sheet to a colleague: a link of its own that opens these and submits nothing."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from typing import ClassVar

import segno
from django.db import transaction

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds import tokens
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Invitation

__all__ = ["NothingHandedError", "hand", "qr", "take_back"]


class NothingHandedError(TajiError):
    """No section was chosen."""

    code = "web.nothing_handed"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "请至少选择一个要转交的部分。",
        "en": "Choose at least one section to hand over.",
    }


@transaction.atomic
def hand(case: Case, sections: Iterable[str], *, by: User) -> Invitation:
    """Make a link that opens these sections.

    Raises
    ------
    NothingHandedError
        If none of them is a section of the round.
    """
    wanted = set(sections)
    chosen = [s.id for s in asked_of(case.round).sections if s.id in wanted]
    if not chosen:
        raise NothingHandedError()
    made = Invitation.objects.create(
        case=case,
        nonce=tokens.new_nonce(),
        channel=Invitation.Channel.COLLEAGUE,
        sections=chosen,
        made_by=by,
    )
    record(
        "invitation.hand", actor=by, subject=f"case:{case.pk}", invitation=made.pk, sections=chosen
    )
    return made


@transaction.atomic
def take_back(invitation: Invitation, *, by: User, now: dt.datetime) -> None:
    """Close a colleague's link; what was answered by it stays."""
    if invitation.revoked_at is None:
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        record(
            "invitation.revoke",
            actor=by,
            subject=f"case:{invitation.case_id}",
            invitation=invitation.pk,
        )


def qr(invitation: Invitation) -> bytes:
    """Return the link as a QR code. [SVG]"""
    drawn = io.BytesIO()
    segno.make(tokens.link(invitation), error="m").save(drawn, kind="svg", scale=6, border=4)
    return drawn.getvalue()
