"""How accounts behave: nobody signs up alone, and what allauth says is said in our words.

Accounts are made by an administrator (``taji.web.people.accounts``), firms come by invitation.
Sign-in, second factors and their limits are allauth's and axes'.
"""

from __future__ import annotations

import time
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse

from taji.web.access import SECOND_FACTOR, wants_second_factor
from taji.web.people.whence import address
from taji.web.speech import say

__all__ = ["ClosedDoor", "Codes"]

#: One sentence for a wrong name and a wrong password: it must not tell which accounts exist.
MISMATCH = say("账户名或密码不正确。", "The account name or the password is wrong.")
TOO_MANY = say(
    "失败次数过多，请五分钟后再试。", "Too many failed attempts. Try again in five minutes."
)
WRONG_CODE = say("验证码不正确。", "This code is wrong.")


class ClosedDoor(DefaultAccountAdapter):
    """Sign-up is closed; whoever needs a second factor is led to it at once."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": say("该账户已停用。", "This account is switched off."),
        "email_password_mismatch": MISMATCH,
        "username_password_mismatch": MISMATCH,
        "invalid_login": MISMATCH,
        "enter_current_password": say("当前密码不正确。", "This is not your present password."),
        "incorrect_password": say("密码不正确。", "The password is wrong."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead to the start, or first to the second factor that the role asks for."""
        if wants_second_factor(request.user):
            return reverse(SECOND_FACTOR)
        return super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Lead back to the account."""
        return reverse("mfa_index")

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the caller's address."""
        return address(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again only who did not sign in within the last minutes."""
        records = get_authentication_records(context.request, context.request.user)
        fresh = any(time.time() - record["at"] < REAUTHENTICATION_TIMEOUT for record in records)
        return not fresh and super().is_reauthentication_required(app=app, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send none: what happened to an account stands in the log and on its page."""


class Codes(DefaultMFAAdapter):
    """Second factors in our words; the QR code is drawn by the library that draws all others."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": say(
            "不能停用第二因素。", "The second factor cannot be switched off."
        ),
        "cannot_generate_recovery_codes": say(
            "请先启用第二因素，再生成备用码。",
            "Switch on the second factor before making recovery codes.",
        ),
    }

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code of a secret as an SVG."""
        drawn: str = segno.make_qr(url, error="m").svg_inline(scale=5, border=3, light="#fff")
        return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
