"""Write into the log what happens at the door: sign-ins of accounts, lockouts, changes of secrets."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, user_logged_in
from allauth.mfa.signals import authenticator_added, authenticator_removed
from axes.signals import user_locked_out
from django.dispatch import receiver

from taji.web.audit.log import record
from taji.web.people.models import User

__all__: list[str] = []


@receiver(user_logged_in)
def _signed_in(user: User, **_: Any) -> None:
    record("account.sign_in", actor=user, subject=f"user:{user.username}")


@receiver(password_changed)
def _password(user: User, **_: Any) -> None:
    record("account.password", actor=user, subject=f"user:{user.username}")


@receiver(authenticator_added)
def _added(user: User, authenticator: Any, **_: Any) -> None:
    _second_factor("account.second_factor_on", user, authenticator)


@receiver(authenticator_removed)
def _removed(user: User, authenticator: Any, **_: Any) -> None:
    _second_factor("account.second_factor_off", user, authenticator)


@receiver(user_locked_out)
def _locked(username: str, ip_address: str, **_: Any) -> None:
    record("account.locked", subject=f"user:{username}"[:120], address=ip_address)


def _second_factor(action: str, user: User, authenticator: Any) -> None:
    record(action, actor=user, subject=f"user:{user.username}", kind=str(authenticator.type))
