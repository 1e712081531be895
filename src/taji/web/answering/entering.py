"""Come in by an invitation: the link is half of the key, the firm's credit code the other half.

Decides who is let in and what is written down of it. The same link opens for the same person on
every device that knows the code.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import ClassVar

from django.db import transaction
from django.utils.crypto import constant_time_compare

from taji.base.errors import TajiError
from taji.base.identifiers import USCC_LENGTH, clean_key, is_uscc
from taji.base.text import LANGUAGES, Language, Text
from taji.web.answering.models import Consent, Door, Sheet
from taji.web.audit.log import record
from taji.web.office import setting
from taji.web.people.models import Membership, Role, User
from taji.web.rounds.models import Case, Invitation, Round

__all__ = ["LockedError", "WrongCodeError", "agree", "check_code", "enter", "masked", "purpose_of"]

#: Wrong codes until an invitation closes, and how long it stays closed. [tries, minutes]
TRIES, PAUSE = 10, 15
BRACKETED = re.compile(r"[（(][^（(）)]*[）)]")

KEPT = Text(
    zh="答案自本轮冻结起保存 {n} 个月。",
    en="Answers are kept for {n} months after the round is frozen.",
)
CHECK_DIGIT = Text(
    zh="这 18 位不是有效的统一社会信用代码，校验不通过：请对照营业执照逐位核对（代码中没有字母 I、O、Z、S、V）。",
    en="These 18 characters are no valid credit code, the check digit does not fit: compare each "
    "with the business licence (the letters I, O, Z, S and V do not occur).",
)
OTHER_FIRM = Text(
    zh="与本邀请的企业不符：请确认填写的是受邀企业的代码，而不是母公司或分公司的。",
    en="This is not the code of the invited firm: make sure that it is not that of a parent or a "
    "branch.",
)
LENGTH = Text(
    zh="统一社会信用代码为 18 位，您填写了 {n} 位。",
    en="A credit code has 18 characters; you wrote {n}.",
)


class WrongCodeError(TajiError):
    """The code is not that of the invited firm."""

    code = "web.wrong_code"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{reason}还可再试 {left} 次。",
        "en": "{reason} You may try {left} more times.",
    }


class LockedError(TajiError):
    """Too many wrong codes were tried at an invitation."""

    code = "web.invitation_locked"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "输错次数过多，本邀请暂停使用。请在 {minutes} 分钟后再试，或联系主管部门。",
        "en": "Too many wrong codes: this invitation is closed for now. Try again in {minutes} "
        "minutes, or ask the bureau.",
    }


def masked(name: str) -> str:
    """Return a firm's name as a stranger may see it who holds the link only.

    What stands in brackets goes whole: half of it would say nothing.

    Examples
    --------
    >>> masked("株洲天元精密机械有限公司（虚构）"), masked("小厂")
    ('株洲＊＊＊＊＊＊＊＊公司', '小＊')
    """
    name = BRACKETED.sub("", name).strip() or name
    if len(name) < 6:
        return name[:1] + "＊" * (len(name) - 1)
    return name[:2] + "＊" * (len(name) - 4) + name[-2:]


def purpose_of(its: Round) -> Text:
    """Return why firms are asked and how long answers are kept; consent is given to this text."""
    purpose = its.purpose or setting.text("purpose")
    months = setting.value("retention_months")
    said = {x: (purpose[x] if purpose else "", KEPT[x].format(n=months)) for x in LANGUAGES}
    return Text(**{x: "\n".join(filter(None, lines)) for x, lines in said.items()})


def check_code(invitation: Invitation, text: str, *, now: dt.datetime) -> None:
    """Compare a typed code with that of the invited firm.

    Raises
    ------
    WrongCodeError, LockedError
        If it is another, or too many were tried.
    """
    door, _ = Door.objects.get_or_create(invitation=invitation)
    if door.wrong >= TRIES and door.wrong_at is not None:
        left = door.wrong_at + dt.timedelta(minutes=PAUSE) - now
        if left > dt.timedelta():
            raise LockedError(minutes=int(left.total_seconds() // 60) + 1)
        door.wrong = 0
    key = clean_key(text)
    if constant_time_compare(key, invitation.case.organisation.key):
        if door.wrong:
            door.wrong = 0
            door.save(update_fields=["wrong"])
        return
    door.wrong, door.wrong_at = door.wrong + 1, now
    door.save(update_fields=["wrong", "wrong_at"])
    if door.wrong >= TRIES:
        record("firm.locked", subject=f"invitation:{invitation.pk}", wrong=door.wrong)
        raise LockedError(minutes=PAUSE)
    raise WrongCodeError(reason=_reason(key, invitation), left=TRIES - door.wrong)


def _reason(key: str, invitation: Invitation) -> Text:
    if not is_uscc(invitation.case.organisation.key) or is_uscc(key):
        return OTHER_FIRM
    if len(key) != USCC_LENGTH:
        return Text(zh=LENGTH.zh.format(n=len(key)), en=LENGTH.en.format(n=len(key)))
    return CHECK_DIGIT


@transaction.atomic
def enter(
    invitation: Invitation, *, name: str, phone: str, here: User | None, now: dt.datetime
) -> User:
    """Let somebody in whose code was right, and make the sheet ready.

    Parameters
    ----------
    invitation : Invitation
    name, phone : str
        Of the person who answers; kept at the first time.
    here : User, optional
        Whoever is signed in on this device already: a person who answers for the whole firm keeps
        one account through the rounds.
    now : datetime

    Returns
    -------
    User
        The same for the same invitation, always.
    """
    held = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    user = held.user or _known(here, invitation) or _respondent(invitation, name, phone)
    if held.user_id is None:
        held.user = user
        held.opened_at = now
        held.save(update_fields=["user", "opened_at"])
    agree(user, invitation.case)
    Sheet.objects.get_or_create(case=invitation.case, track=Sheet.Track.FIRM, author=None)
    record(
        "firm.enter",
        actor=user,
        subject=f"case:{invitation.case_id}",
        invitation=invitation.pk,
        channel=invitation.channel,
    )
    return user


def agree(user: User, case: Case) -> Consent:
    """Write down what a person was told and agreed to; once for the same words."""
    purpose = purpose_of(case.round)
    told = {"case": case, "by": user, "purpose_zh": purpose.zh, "purpose_en": purpose.en}
    return Consent.objects.filter(**told).first() or Consent.objects.create(**told)


def _known(here: User | None, invitation: Invitation) -> User | None:
    """Whoever is signed in, if that person answers for this whole firm elsewhere already."""
    if here is None or invitation.sections:
        return None
    firm = invitation.case.organisation_id
    member = any(m.role == Role.FIRM and m.organisation_id == firm for m in here.held)
    whole = all(not sections for sections in here.invitations.values_list("sections", flat=True))
    return here if member and whole else None


def _respondent(invitation: Invitation, name: str, phone: str) -> User:
    user = User(username=f"r-{invitation.pk}", name=name.strip()[:80], phone=phone.strip()[:32])
    user.set_unusable_password()
    user.save()
    Membership.objects.create(user=user, organisation=invitation.case.organisation, role=Role.FIRM)
    return user
