"""Take no part, take everything back, or come back: what a firm may do before the freeze.

Decides what is deleted (answers, their events, the versions handed in, of the firm's own track)
and what stays (that it happened, in the log). After the freeze the bureau is asked.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import transaction

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.answering.giving import STOPPED, FrozenError
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.answering.peers import ask_for_peers
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.models import Case, Round

__all__ = ["NotMeantError", "decline", "rejoin", "withdraw"]

#: What is typed to show that a withdrawal is meant.
WORDS = frozenset({"撤回", "withdraw"})


class NotMeantError(TajiError):
    """The word that confirms a withdrawal was not typed."""

    code = "web.not_confirmed"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "没有撤回任何数据：请在框中输入“撤回”两字以确认。",
        "en": "Nothing was withdrawn: type the word “withdraw” to confirm.",
    }


@transaction.atomic
def decline(case: Case, *, by: User | None) -> None:
    """Take no part; answers given so far stay until they are withdrawn.

    Raises
    ------
    FrozenError
        If the round is closed.
    """
    held = _locked(case)
    held.state = Case.State.DECLINED
    held.save(update_fields=["state"])
    record("case.decline", actor=by, subject=f"case:{case.pk}")


@transaction.atomic
def withdraw(case: Case, *, by: User, word: str, now: dt.datetime) -> int:
    """Delete everything that the firm answered in this round.

    Returns
    -------
    int
        Answers deleted, every version of each counted.

    Raises
    ------
    NotMeantError, FrozenError
        If the word was not typed, or the round is closed.
    """
    if word.strip().strip("“”\"'").lower() not in WORDS:
        raise NotMeantError()
    held = _locked(case)
    sheets = Sheet.objects.filter(case=held, track=Sheet.Track.FIRM)
    sheets.update(submission=None, answers={}, changed_at=now)
    versions = list(
        Submission.objects.filter(sheet__in=sheets).order_by("pk").values_list("sha256", flat=True)
    )
    deleted, _ = AnswerEvent.objects.filter(sheet__in=sheets).delete()
    Submission.objects.filter(sheet__in=sheets).delete()
    held.state, held.submitted_at = Case.State.WITHDRAWN, None
    held.save(update_fields=["state", "submitted_at"])
    record(
        "case.withdraw",
        actor=by,
        subject=f"case:{case.pk}",
        answers=deleted,
        versions=versions,
    )
    ask_for_peers(held.round_id, now=now)
    return deleted


@transaction.atomic
def rejoin(case: Case, *, by: User) -> None:
    """Take part after all."""
    held = _locked(case)
    if held.state not in STOPPED:
        return
    sheet = Sheet.objects.filter(case=held, track=Sheet.Track.FIRM).first()
    begun = sheet is not None and bool(sheet.values)
    handed_in = sheet is not None and sheet.submission_id is not None
    held.state = Case.State.INVITED
    if begun:
        held.state = Case.State.SUBMITTED if handed_in else Case.State.ANSWERING
    held.save(update_fields=["state"])
    record("case.rejoin", actor=by, subject=f"case:{case.pk}")


def _locked(case: Case) -> Case:
    held = Case.objects.select_for_update(of=("self",)).select_related("round").get(pk=case.pk)
    if held.round.state != Round.State.OPEN:
        raise FrozenError(round=held.round.title, state=held.round.get_state_display())
    return held
