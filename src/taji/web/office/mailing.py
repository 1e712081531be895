"""Try the mail server, so that a bureau knows before a thousand invitations go out."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.mail import send_mail

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.audit.log import record
from taji.web.office.setting import sender
from taji.web.people.models import User
from taji.web.speech import say

__all__ = ["MailError", "try_mail"]


class MailError(TajiError):
    """Mail cannot be sent."""

    code = "web.mail"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "邮件未能发出：{reason}。请核对服务器上的环境变量 TAJI_SMTP_HOST、TAJI_SMTP_PORT、"
        "TAJI_SMTP_USER、TAJI_SMTP_PASSWORD。",
        "en": "The mail was not sent: {reason}. Check TAJI_SMTP_HOST, TAJI_SMTP_PORT, "
        "TAJI_SMTP_USER and TAJI_SMTP_PASSWORD on the server.",
    }


def try_mail(to: str, *, by: User) -> None:
    """Send one mail to ``to``.

    Raises
    ------
    MailError
        If no server is named, or it does not take the mail.
    """
    smtp = settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend")
    if smtp and not settings.EMAIL_HOST:
        raise MailError(reason="TAJI_SMTP_HOST")
    try:
        send_mail(
            subject=str(say("塔基测试邮件", "A test mail of Taji")),
            message=str(
                say(
                    "收到这封邮件，说明发信设置正确。",
                    "If you read this, mail leaves the platform as it should.",
                )
            ),
            from_email=sender(),
            recipient_list=[to],
        )
    except OSError as error:  # SMTPException is one
        raise MailError(reason=str(error) or type(error).__name__) from error
    record("mail.try", actor=by, subject=f"mail:{to}"[:120])
