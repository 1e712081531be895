"""Pages on settings and backups."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from taji.base.errors import TajiError
from taji.web.access import to
from taji.web.audit.log import record
from taji.web.downloads import stored
from taji.web.office import backups
from taji.web.office.mailing import try_mail
from taji.web.office.setting import SettingsForm, change, past_retention
from taji.web.people.models import Role
from taji.web.speech import language, say

__all__ = ["backup", "download", "mail", "make", "settings"]


def _backup(slug: str) -> Path:
    try:
        return backups.place(slug)
    except FileNotFoundError as error:
        raise Http404 from error


@to(Role.ADMINISTRATOR)
def settings(request: HttpRequest) -> HttpResponse:
    """Show and change the settings."""
    form = SettingsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = change(form.cleaned_data, by=request.user)
        messages.success(
            request,
            say("已保存 {n} 项改动。", "{n} changes are saved.", n=len(changed)),
        )
        return redirect("office:settings")
    return render(
        request,
        "office/settings.html",
        {"form": form, "past": past_retention(timezone.localdate())},
        status=422 if form.errors else 200,
    )


@require_POST
@to(Role.ADMINISTRATOR)
def mail(request: HttpRequest) -> HttpResponse:
    """Send a test mail to the address that was typed."""
    to_whom = request.POST.get("to", "").strip()
    try:
        validate_email(to_whom)
        try_mail(to_whom, by=request.user)
    except TajiError as error:
        messages.error(request, error.render(language()))
    except ValidationError:
        messages.error(request, say("请填写有效的邮箱。", "Give a valid address."))
    else:
        messages.success(
            request,
            say(
                "测试邮件已交给邮件服务器，请查看 {to}。",
                "The mail server took the test mail; look at {to}.",
                to=to_whom,
            ),
        )
    return redirect("office:settings")


@to(Role.ADMINISTRATOR)
def backup(request: HttpRequest) -> HttpResponse:
    """List the backups."""
    return render(
        request,
        "office/backup.html",
        {"kept": backups.kept(), "making": backups.is_being_made()},
    )


@require_POST
@to(Role.ADMINISTRATOR)
def make(request: HttpRequest) -> HttpResponse:
    """Order a backup."""
    backups.order(by=request.user)
    messages.success(
        request,
        say(
            "备份已开始，平台可照常使用；完成后列在下面。",
            "The backup has begun; work goes on, and it is listed below when it is whole.",
        ),
    )
    return redirect("office:backup")


@to(Role.ADMINISTRATOR, find=_backup)
def download(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand a backup out."""
    file: Path = request.subject
    record("backup.download", actor=request.user, subject=f"backup:{slug}")
    return stored(file, file.name)
