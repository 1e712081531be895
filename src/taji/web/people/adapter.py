"""Nobody signs up alone: accounts are made by an administrator, firms come by invitation."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

__all__ = ["ClosedDoor"]


class ClosedDoor(DefaultAccountAdapter):
    """Sign-up is closed; sign-in and second factors are allauth's."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
