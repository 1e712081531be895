"""Send the mails of a round, one a firm, none twice.

A mail is marked before it is handed to the server. If the work is cut off between the two, nobody
knows whether it went out: it is listed as unknown and never sent by itself. What the bureau sees is
what happened: a firm counts as invited or reminded when its mail went out.
"""

from __future__ import annotations

import smtplib
from typing import ClassVar

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES, Language, Text
from taji.web.office.setting import sender, signature
from taji.web.rounds import tokens
from taji.web.rounds.chasing import due
from taji.web.rounds.errands import running
from taji.web.rounds.inviting import live, make_links, uninvited
from taji.web.rounds.models import Case, Errand, Invitation, Mail, Reminder, Round
from taji.web.rounds.reaching import NOBODY, reach

__all__ = ["INVITATION", "MailOffError", "can_mail", "send", "text_of"]

#: Number of the mail that invites; reminders are 1, 2, 3.
INVITATION = 0
#: Firms looked up at once. [firms]
PART = 500
SMTP = "django.core.mail.backends.smtp.EmailBackend"

SUBJECTS = (
    Text(zh="邀请参加：{round}", en="Invitation: {round}"),
    Text(zh="提醒：{round}", en="Reminder: {round}"),
)
INVITES = Text(
    zh="{firm}：\n\n您好！诚邀贵企业参加“{round}”。\n\n{purpose}\n\n"
    "请点击贵企业的专属链接填报（手机、电脑均可，可随时中断，答案自动保存）：\n{link}\n{until}\n"
    "请勿转发此链接；需要同事协助时，可在填报页面中转交部分章节。",
    en="To {firm}\n\nYour firm is invited to take part in {round!r}.\n\n{purpose}\n\n"
    "Your own link, for phone or computer (every answer is saved as you give it):\n{link}\n{until}\n"
    "Do not pass the link on; a colleague can be given some sections on the page itself.",
)
REMINDS = Text(
    zh="{firm}：\n\n您好！“{round}”还没有收到贵企业的答卷，想必是事务繁忙。已填的答案都保存着，可接着填。\n\n"
    "贵企业的专属链接：\n{link}\n{until}\n如已决定不参加，请在该页面选择“不参加”，我们不再提醒。",
    en="To {firm}\n\nYour firm's answers to {round!r} have not arrived yet. What you have filled in is "
    "kept and you can go on.\n\nYour own link:\n{link}\n{until}\nIf you decided not to take part, say "
    "so on that page and no more reminders will come.",
)
UNTIL = Text(zh="截止日期：{day}\n", en="Last day: {day}\n")


class MailOffError(TajiError):
    """No mail server is set."""

    code = "web.mail_off"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "没有设置邮件服务器，不能发送。请管理员设置 TAJI_SMTP_HOST，或改用链接清单、打印邀请信。",
        "en": "No mail server is set, nothing can be sent. Ask the administrator to set "
        "TAJI_SMTP_HOST, or use the list of links or printed letters.",
    }


def can_mail() -> bool:
    """Whether a mail server is set."""
    return bool(settings.EMAIL_HOST) or settings.EMAIL_BACKEND != SMTP


def send(errand: Errand) -> None:
    """Send what the errand asks: the invitations, or the reminders that are due.

    Raises
    ------
    OSError, smtplib.SMTPException
        If the server cannot be reached; what was not handed over stays waiting.
    """
    with running(errand):
        if not can_mail():
            raise MailOffError()
        if errand.request["what"] == "invitation":
            _queue_invitations(errand)
        else:
            _queue_reminders(errand)
        mails = errand.mails.all()
        errand.total = mails.count()
        _send_waiting(errand)
        errand.counts = {
            **errand.counts,
            **{state: mails.filter(state=state).count() for state in Mail.State.values},
        }


def text_of(its: Round, mail: Mail, invitation: Invitation) -> EmailMessage:
    """Return a mail as it goes out: Chinese first, English below."""
    template = INVITES if mail.number == INVITATION else REMINDS
    subject = SUBJECTS[min(mail.number, 1)]
    parts = []
    purpose = its.purpose or Text(zh="", en="")
    for language in LANGUAGES:
        until = UNTIL[language].format(day=its.closes_on) if its.closes_on else ""
        parts.append(
            template[language].format(
                firm=mail.case.organisation.name,
                round=its.title[language],
                purpose=purpose[language],
                link=tokens.link(invitation),
                until=until,
            )
            + f"\n\n{signature(language)}".rstrip()
        )
    title = " / ".join(dict.fromkeys(subject[x].format(round=its.title[x]) for x in ("zh", "en")))
    return EmailMessage(title, "\n\n----\n\n".join(parts), sender(), [mail.address])


def _queue_invitations(errand: Errand) -> None:
    """Make links and mails for the firms without a link that have an address; count the others."""
    found = uninvited(errand.round, errand.district).order_by("pk")
    without = _queue(errand, list(found.values_list("pk", "organisation_id")), INVITATION)
    errand.counts = {**errand.counts, "without_address": without}


def _queue_reminders(errand: Errand) -> None:
    without = 0
    today = timezone.localdate()
    for number, cases in due(errand.round, today=today, district=errand.district).items():
        rows = list(cases.order_by("pk").values_list("pk", "organisation_id"))
        without += _queue(errand, rows, number)
    errand.counts = {**errand.counts, "without_address": without}


def _queue(errand: Errand, rows: list[tuple[int, int]], number: int) -> int:
    without = 0
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        known = reach([organisation for _, organisation in part])
        addresses = {pk: a for pk, o in part if (a := known.get(o, NOBODY).email)}
        without += len(part) - len(addresses)
        with transaction.atomic():
            if number == INVITATION:
                make_links(list(addresses), Invitation.Channel.MAIL, by=errand.by)
            _make_mails(errand, addresses, number)
    return without


def _make_mails(errand: Errand, addresses: dict[int, str], number: int) -> None:
    """Make the mails; one that failed before is tried again, at the address that is known now."""
    again = Mail.objects.filter(
        case__in=list(addresses), number=number, state__in=(Mail.State.FAILED, Mail.State.WAITING)
    )
    for mail in again:
        mail.errand, mail.address = errand, addresses[mail.case_id]
        mail.state, mail.problem = Mail.State.WAITING, ""
        mail.save(update_fields=["errand", "address", "state", "problem"])
    Mail.objects.bulk_create(
        (
            Mail(errand=errand, case_id=pk, number=number, address=address)
            for pk, address in addresses.items()
        ),
        ignore_conflicts=True,
    )


def _send_waiting(errand: Errand) -> None:
    connection = get_connection()
    waiting = errand.mails.filter(state=Mail.State.WAITING)
    try:
        for mail in waiting.select_related("case__organisation").order_by("pk").iterator():
            connection.open()
            _send_one(errand, mail, connection)
            errand.done += 1
            errand.save(update_fields=["done", "total"])
    finally:
        connection.close()


def _send_one(errand: Errand, mail: Mail, connection: object) -> None:
    invitation = live().filter(case=mail.case).order_by("-pk").first()
    if invitation is None:
        _fail(mail, "no link")
        return
    if not Mail.objects.filter(pk=mail.pk, state=Mail.State.WAITING).update(
        state=Mail.State.SENDING, at=timezone.now()
    ):
        return  # another run has it
    message = text_of(errand.round, mail, invitation)
    message.connection = connection
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as e:
        _fail(mail, str(e))
        return
    _sent(mail, errand)


def _fail(mail: Mail, problem: str) -> None:
    Mail.objects.filter(pk=mail.pk).update(
        state=Mail.State.FAILED, problem=problem[:300], at=timezone.now()
    )


def _sent(mail: Mail, errand: Errand) -> None:
    now = timezone.now()
    with transaction.atomic():
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, at=now)
        case = Case.objects.filter(pk=mail.case_id)
        if mail.number == INVITATION:
            case.filter(state=Case.State.DRAWN).update(state=Case.State.INVITED, invited_at=now)
            return
        _, made = Reminder.objects.get_or_create(
            case_id=mail.case_id,
            number=mail.number,
            defaults={"channel": Reminder.Channel.MAIL, "by": errand.by},
        )
        if made:
            case.update(reminders=F("reminders") + 1, reminded_at=now)
