"""The accounts of the demo: one for each role, with passwords and second factors of their own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.mfa.adapter import get_adapter
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from taji.base.text import Text
from taji.web.people.models import (
    GUARDED,
    Kind,
    Membership,
    Organisation,
    OrganisationKind,
    Role,
    User,
)

__all__ = ["Account", "add_account", "add_bureau", "add_provider", "staff"]

#: Entropy of a password. [bytes]
PASSWORD = 9
BUREAU = Text(zh="株洲市工业和信息化局（虚构）", en="The bureau (invented)")
PROVIDER = Text(zh="湘数智造技术服务有限公司（虚构）", en="A provider (invented)")
#: Who works at the bureau: user name, role, name, district that the role is limited to.
STAFF: Sequence[tuple[str, str, str, str]] = (
    ("admin", Role.ADMINISTRATOR, "管理员（虚构）", ""),
    ("analyst", Role.ANALYST, "分析员（虚构）", ""),
    ("district", Role.ANALYST, "天元区分析员（虚构）", "430211"),
    ("expert", Role.EXPERT, "专家甲（虚构）", ""),
    ("expert2", Role.EXPERT, "专家乙（虚构）", ""),
    ("auditor", Role.AUDITOR, "审计员（虚构）", ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to sign in as somebody.

    Attributes
    ----------
    username, password, role : str
    otpauth : str
        What an authenticator app reads; empty where the role needs no second factor.
    codes : list of str
        Recovery codes, each good once instead of the app's.
    """

    username: str
    password: str
    role: str
    otpauth: str = ""
    codes: Sequence[str] = ()


def add_bureau() -> Organisation:
    """Add the bureau."""
    return _organisation("demo-bureau", BUREAU.zh, Kind.BUREAU)


def add_provider() -> Organisation:
    """Add a provider."""
    return _organisation("demo-provider", PROVIDER.zh, Kind.PROVIDER)


def _organisation(key: str, name: str, kind: str) -> Organisation:
    made = Organisation.objects.create(key=key, name=name, invented=True)
    OrganisationKind.objects.create(organisation=made, kind=kind)
    return made


def staff(bureau: Organisation) -> list[Account]:
    """Add everybody who works at the bureau."""
    return [
        add_account(username, bureau, role, name=name, district=district)
        for username, role, name, district in STAFF
    ]


def add_account(
    username: str, organisation: Organisation, role: str, *, name: str, district: str = ""
) -> Account:
    """Add an account, with a second factor where the role needs one."""
    password = secrets.token_urlsafe(PASSWORD)
    user = User.objects.create_user(username, password=password, name=name)
    Membership.objects.create(user=user, organisation=organisation, role=role, district=district)
    if role not in GUARDED:
        return Account(username=username, password=password, role=role)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return Account(
        username=username,
        password=password,
        role=role,
        otpauth=get_adapter().build_totp_url(user, secret),
        codes=RecoveryCodes.activate(user).generate_codes(),
    )
