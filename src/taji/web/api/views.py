"""Pages about the API: what it does, and a person's own tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from taji.web.access import everyone, to
from taji.web.api.models import ApiToken, Scope
from taji.web.api.service import api
from taji.web.api.tokens import LONGEST, make
from taji.web.api.tokens import revoke as end
from taji.web.people.models import Role
from taji.web.speech import say

__all__ = ["TokenForm", "docs", "revoke", "tokens"]

#: Who may let a program in.
OWNERS = (Role.ANALYST, Role.AUDITOR, Role.FIRM)
METHODS = ("get", "put", "post", "delete")


class TokenForm(forms.Form):
    """A token to be made."""

    name = forms.CharField(
        max_length=80,
        label=say("用途", "What it is for"),
        help_text=say(
            "例如：区级平台每日同步", "For example: nightly copy to the district's system"
        ),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        label=say("允许的操作", "What it may do"),
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST,
        initial=90,
        label=say("有效天数", "Days until it expires"),
    )


@everyone
def docs(request: HttpRequest) -> HttpResponse:
    """Describe every operation, from the same schema that programs read."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    operations = [
        _described(path, method, said)
        for path, methods in schema["paths"].items()
        for method, said in methods.items()
        if method in METHODS
    ]
    return render(request, "api/docs.html", {"operations": operations})


def _described(path: str, method: str, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": path,
        "method": method.upper(),
        "summary": said.get("description") or said["summary"],
        "open": not said.get("security"),
        "parameters": [
            {
                "name": one["name"],
                "in": one["in"],
                "required": one.get("required", False),
                "default": one["schema"].get("default"),
            }
            for one in said.get("parameters", ())
        ],
    }


@to(*OWNERS)
def tokens(request: HttpRequest) -> HttpResponse:
    """List a person's tokens and make a new one, whose key is shown once."""
    form = TokenForm(request.POST or None)
    key = None
    if request.method == "POST" and form.is_valid():
        _, key = make(request.user, **form.cleaned_data)
        form = TokenForm()
    own = request.user.api_tokens.filter(revoked_at=None).order_by("-created_at")
    return render(request, "api/tokens.html", {"form": form, "key": key, "tokens": own})


def _token(token_id: int) -> ApiToken:
    return ApiToken.objects.get(pk=token_id, revoked_at=None)


def _own(membership: Any, token: ApiToken) -> bool:
    return bool(membership.user_id == token.user_id)


@to(*OWNERS, find=_token, opens=dict.fromkeys(OWNERS, _own))
@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of one's own tokens."""
    end(request.subject, by=request.user)
    messages.success(request, say("令牌已停用。", "The token was ended."))
    return redirect("api:tokens")
