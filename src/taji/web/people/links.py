"""Links by which a person chooses a password: no password is ever typed by an administrator or mailed.

The token is in the link alone; the database holds its digest. A link works once, for three days,
and a newer one ends those before it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.audit.log import record
from taji.web.people.models import SetUp, User

__all__ = ["VALIDITY", "LinkError", "choose_password", "new_link", "open_link"]

VALIDITY = dt.timedelta(days=3)
#: Entropy of a token. [bytes]
LENGTH = 32


class LinkError(TajiError):
    """A set-up link is unknown, used or too old."""

    code = "web.set_up_link"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "这个设置链接无效：可能已经用过、已过期，或已被新的链接取代。请向管理员索取新的链接。",
        "en": "This set-up link does not work: it was used, is too old, or a newer one took its "
        "place. Ask an administrator for a new one.",
    }


def new_link(user: User, *, by: User | None) -> str:
    """Make a link for ``user`` and end those before it; return its address.

    ``by`` is None where a command on the server makes it.
    """
    token = secrets.token_urlsafe(LENGTH)
    with transaction.atomic():
        user.set_ups.filter(ended_at=None).update(ended_at=timezone.now())
        SetUp.objects.create(
            user=user,
            sha256=_digest(token),
            made_by=by,
            expires_at=timezone.now() + VALIDITY,
        )
        record("account.link", actor=by, subject=f"user:{user.username}")
    return f"{settings.PUBLIC_URL}{reverse('account_start', args=[token])}"


def open_link(token: str) -> SetUp:
    """Return the link of a token.

    Raises
    ------
    LinkError
        If it does not work, or no longer.
    """
    link = (
        SetUp.objects.select_related("user")
        .filter(sha256=_digest(token), ended_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if link is None or not link.user.is_active:
        raise LinkError
    return link


def choose_password(token: str, password: str) -> User:
    """Give the account of a link its password, and use the link up.

    Raises
    ------
    LinkError
        If it does not work, or somebody used it meanwhile.
    """
    with transaction.atomic():
        link = open_link(token)
        taken = SetUp.objects.filter(pk=link.pk, ended_at=None).update(ended_at=timezone.now())
        if not taken:
            raise LinkError
        link.user.set_password(password)
        link.user.save(update_fields=["password"])
        record("account.password", actor=link.user, subject=f"user:{link.user.username}")
    return link.user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
