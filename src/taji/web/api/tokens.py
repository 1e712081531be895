"""Make, find and end the tokens of programs."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from taji.web.access import wants_second_factor
from taji.web.api.models import ApiToken, Scope
from taji.web.audit.log import record
from taji.web.people.models import User

__all__ = ["LONGEST", "find", "make", "revoke"]

#: Begins every token, so that one that leaks is known for what it is.
MARK = "taji_"
#: Entropy of a token. [bytes]
LENGTH = 32
#: Longest life of a token. [days]
LONGEST = 366


def make(user: User, *, name: str, scopes: Sequence[str], days: int) -> tuple[ApiToken, str]:
    """Return a new token and its key, which nobody can read again."""
    key = MARK + secrets.token_urlsafe(LENGTH)
    kept = [scope for scope in Scope.values if scope in scopes]
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            sha256=_digest(key),
            scopes=kept,
            expires_on=timezone.localdate() + dt.timedelta(days=min(max(days, 1), LONGEST)),
        )
        record("api.token_made", actor=user, subject=f"token:{token.pk}", name=name, scopes=kept)
    return token, key


def revoke(token: ApiToken, *, by: User) -> None:
    """End a token at once."""
    with transaction.atomic():
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record("api.token_revoked", actor=by, subject=f"token:{token.pk}", name=token.name)


def find(key: str) -> ApiToken | None:
    """Return the token of a key that is in force, its owner active and with a second factor."""
    today = timezone.localdate()
    token = (
        ApiToken.objects.select_related("user")
        .filter(sha256=_digest(key), revoked_at=None, expires_on__gte=today, user__is_active=True)
        .first()
    )
    if token is None or wants_second_factor(token.user):
        return None
    if token.used_on != today:  # a day is fine enough, and one write a day
        ApiToken.objects.filter(pk=token.pk).update(used_on=today)
    return token


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
