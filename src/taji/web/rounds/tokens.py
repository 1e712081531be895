"""The token of an invitation: short enough for a QR code, impossible to guess, stored nowhere."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from taji.web.rounds.models import Invitation

__all__ = ["find", "link", "new_nonce", "token"]

#: Characters of the proof: 16 of 64 are 96 bits.
PROOF = 16
SALT = "taji.web.rounds.invitation"


def new_nonce() -> str:
    """Return what makes an invitation's token its own."""
    return secrets.token_hex(16)


def token(invitation: Invitation) -> str:
    """Return the token: the invitation's number and a proof that only the secret can make."""
    return f"{int_to_base36(invitation.pk)}-{_proof(invitation)}"


def link(invitation: Invitation) -> str:
    """Return the address that lets a firm in."""
    return f"{settings.PUBLIC_URL}/i/{token(invitation)}/"


def find(text: str) -> Invitation | None:
    """Return the invitation of a token that is true and not revoked."""
    number, _, proof = text.partition("-")
    try:
        pk = base36_to_int(number.lower())
    except ValueError:
        return None
    invitation = (
        Invitation.objects.select_related("case__round", "case__organisation", "user")
        .filter(pk=pk, revoked_at=None)
        .first()
    )
    if invitation is None or not constant_time_compare(_proof(invitation), proof):
        return None
    return invitation


def _proof(invitation: Invitation) -> str:
    made = salted_hmac(SALT, f"{invitation.pk}:{invitation.nonce}", algorithm="sha256")
    return urlsafe_b64encode(made.digest()).decode()[:PROOF]
