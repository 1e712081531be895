"""Who may call an operation: a token's scope, and the same rule as on the pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from taji.web.access import Finds, Opens, Rule
from taji.web.api.tokens import find

__all__ = ["Key"]


class Key(HttpBearer):
    """A bearer token with ``scope`` whose owner the rule admits.

    The object that the path names is found and held against the rule before the operation runs,
    and kept as ``request.subject``; another's object is not found, as on the pages.
    """

    def __init__(
        self,
        scope: str,
        *roles: str,
        find: Finds | None = None,
        opens: dict[str, Opens] | None = None,
    ) -> None:
        super().__init__()
        self.scope = scope
        self.rule = Rule(roles=frozenset(roles), find=find, opens=dict(opens or {}))

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the token, or None for 401; a token that may not do this is 403."""
        found = find(token)
        if found is None:
            return None
        request.user = found.user
        if self.scope not in found.scopes or not self.rule.roles & found.user.roles:
            raise HttpError(403, f"this token lacks {self.scope}, or its owner lacks the role")
        self._open(request, found.user)
        return found

    def _open(self, request: HttpRequest, user: Any) -> None:
        from django.core.exceptions import ObjectDoesNotExist

        match = request.resolver_match
        if self.rule.find is None or match is None:
            return
        try:
            subject = self.rule.find(**match.kwargs)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        if not self.rule.admits(user, subject):
            raise Http404
        request.subject = subject  # type: ignore[attr-defined]
