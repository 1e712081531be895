"""Pages of one's own account that allauth does not have: the set-up link, and no password to change."""

from __future__ import annotations

from allauth.account import views as account
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from taji.web.access import everyone
from taji.web.people.forms import NewPassword
from taji.web.people.links import LinkError, choose_password, open_link
from taji.web.speech import say

__all__ = ["password", "start"]


@everyone
@sensitive_post_parameters("password1", "password2")
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Let the person of a set-up link choose a password, then sign in with it."""
    try:
        link = open_link(token)
        form = NewPassword(request.POST or None, user=link.user)
        if request.method == "POST" and form.is_valid():
            user = choose_password(token, form.cleaned_data["password1"])
            messages.success(
                request,
                say(
                    "密码已设置。请用账户名 {name} 登录。",
                    "Your password is set. Sign in as {name}.",
                    name=user.username,
                ),
            )
            return redirect("account_login")
    except LinkError as error:
        return render(request, "errors/said.html", {"error": error}, status=410)
    return render(request, "account/start.html", {"form": form, "person": link.user})


def password(request: HttpRequest) -> HttpResponse:
    """Change one's password; whoever came by invitation has none."""
    if not request.user.has_usable_password():
        return render(request, "account/no_password.html")
    changed: HttpResponse = account.password_change(request)
    return changed
