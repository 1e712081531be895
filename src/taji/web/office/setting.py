"""Settings that a bureau changes while the platform runs: what there is, its type and its default.

Secrets are none of them: the password of the mail server stands in the environment alone
(``taji.web.settings``).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction

from taji.base.text import Language, Text
from taji.catalogue.reminders import reminders
from taji.web.audit.log import record
from taji.web.office.models import Setting
from taji.web.people.models import User
from taji.web.rounds.models import Round
from taji.web.speech import say

__all__ = [
    "SCHEMA",
    "Entry",
    "SettingsForm",
    "change",
    "past_retention",
    "sender",
    "signature",
    "text",
    "value",
    "values",
]


class Days(forms.CharField):
    """Days after the invitation, in rising order, separated by commas."""

    def to_python(self, value: Any) -> list[int]:
        """Read the list."""
        written = super().to_python(value).replace("，", ",").replace("、", ",")
        try:
            days = [int(part) for part in written.split(",") if part.strip()]
        except ValueError as error:
            raise forms.ValidationError(
                say("请填写整数天数，用逗号分隔。", "Give whole days, separated by commas.")
            ) from error
        if not days or days != sorted(set(days)) or any(not 1 <= day <= 365 for day in days):
            raise forms.ValidationError(
                say(
                    "天数须在 1 到 365 之间，由小到大，不重复。",
                    "Days lie between 1 and 365, each later than the one before.",
                )
            )
        return days

    def prepare_value(self, value: Any) -> Any:
        """Write the list."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting.

    Attributes
    ----------
    field : callable
        Makes the form field that reads and checks it.
    default : object
        What holds until somebody changes it.
    """

    field: Callable[[], forms.Field]
    default: Any


def _line(zh: str, en: str, hint: Any = "", **more: Any) -> Callable[[], forms.Field]:
    return lambda: forms.CharField(
        label=say(zh, en), help_text=hint, required=False, max_length=200, **more
    )


def _paragraph(zh: str, en: str, hint: Any = "") -> Callable[[], forms.Field]:
    return lambda: forms.CharField(
        label=say(zh, en), help_text=hint, max_length=2_000, widget=forms.Textarea
    )


#: Every setting, in the order of the page.
SCHEMA: Mapping[str, Entry] = {
    "bureau_name_zh": Entry(
        _line(
            "主管部门名称（中文）",
            "Name of the bureau, in Chinese",
            say("印在信函和邮件的落款处。", "Stands under letters and mails."),
        ),
        "",
    ),
    "bureau_name_en": Entry(_line("主管部门名称（英文）", "Name of the bureau, in English"), ""),
    "bureau_phone": Entry(
        _line(
            "咨询电话",
            "Telephone for questions",
            say("企业填报遇到问题时拨打。", "Firms call it when they cannot get on."),
        ),
        "",
    ),
    "bureau_address": Entry(_line("通讯地址", "Postal address", say("同上。", "There too.")), ""),
    "mail_sender": Entry(
        lambda: forms.EmailField(
            label=say("发件邮箱", "Sender of mail"),
            help_text=say(
                "留空则用服务器环境变量 TAJI_MAIL_FROM 的地址。",
                "Left empty, the address of TAJI_MAIL_FROM on the server is used.",
            ),
            required=False,
        ),
        "",
    ),
    "reminder_days": Entry(
        lambda: Days(
            label=say("催报日", "Days of reminders"),
            help_text=say(
                "发出邀请后第几天提醒，用逗号分隔；此后不再打扰，并如实告知。",
                "Days after the invitation, separated by commas; after the last, no more are sent "
                "and the list says so.",
            ),
        ),
        list(reminders().days),
    ),
    "purpose_zh": Entry(
        _paragraph(
            "调查目的（中文，新轮次的默认文字）",
            "Purpose, in Chinese (default text of a new round)",
            say(
                "企业填报前看到并同意的说明；已有轮次不变。",
                "What firms read and agree to before they answer; rounds that exist keep theirs.",
            ),
        ),
        "本次调查用于了解全市中小制造企业的数字化水平，据此制定政策、安排服务与资金。"
        "贵企业的答案只用于统计和为贵企业生成诊断报告，不作为处罚或考核依据；"
        "公开结果经过统计保护，不含任何单个企业的数据。参加与否由贵企业自愿决定，"
        "冻结之前可以更正、导出或撤回。",
    ),
    "purpose_en": Entry(
        _paragraph(
            "调查目的（英文）",
            "Purpose, in English (default text of a new round)",
        ),
        "This survey is to know how digital the city's small and medium manufacturers are, so that "
        "policy, services and money go where they help. Your answers serve statistics and your own "
        "diagnosis only, never a penalty or a ranking of officials; what is published is protected "
        "and holds no single firm's data. Taking part is voluntary, and until the round is frozen "
        "you may correct, export or withdraw your answers.",
    ),
    "retention_months": Entry(
        lambda: forms.IntegerField(
            label=say("答案保存期限（月）", "Answers are kept for [months]"),
            help_text=say(
                "自轮次冻结起计算，企业填报前会看到；到期的轮次列在本页，请按本单位规定处理。",
                "From the freeze of a round, as firms are told before they answer; rounds past it are "
                "listed on this page, and what happens then follows your own rules.",
            ),
            validators=[MinValueValidator(1), MaxValueValidator(240)],
        ),
        60,
    ),
}


class SettingsForm(forms.Form):
    """All settings on one page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", values())
        super().__init__(*args, **kwargs)
        self.fields.update({name: entry.field() for name, entry in SCHEMA.items()})


def values() -> dict[str, Any]:
    """Return every setting as it holds now."""
    kept = dict(Setting.objects.values_list("name", "value"))
    return {name: kept.get(name, entry.default) for name, entry in SCHEMA.items()}


def value(name: str) -> Any:
    """Return one setting as it holds now."""
    kept = Setting.objects.filter(name=name).values_list("value", flat=True).first()
    return SCHEMA[name].default if kept is None else kept


def text(name: str) -> Text | None:
    """Return a setting that is kept in both languages; one stands in for the other."""
    zh, en = value(f"{name}_zh"), value(f"{name}_en")
    return Text(zh=zh or en, en=en or zh) if zh or en else None


def change(given: Mapping[str, Any], *, by: User) -> list[str]:
    """Keep settings that a form has checked; return the names of those that changed."""
    before = values()
    changed = [name for name in SCHEMA if name in given and given[name] != before[name]]
    with transaction.atomic():
        for name in changed:
            Setting.objects.update_or_create(name=name, defaults={"value": given[name]})
            record(
                "setting.change",
                actor=by,
                subject=f"setting:{name}",
                before=before[name],
                after=given[name],
            )
    return changed


def past_retention(today: dt.date) -> list[Round]:
    """Return the rounds whose answers are kept for longer than firms were told."""
    months = today.year * 12 + today.month - 1 - value("retention_months")
    last = calendar.monthrange(months // 12, months % 12 + 1)[1]
    day = dt.date(months // 12, months % 12 + 1, min(today.day, last))
    return list(Round.objects.filter(frozen_at__date__lt=day).order_by("frozen_at"))


def signature(language: Language) -> str:
    """Return what stands under a mail: the bureau, its telephone and its address, as far as set."""
    name, kept = text("bureau_name"), values()
    lines = ["" if name is None else name[language], kept["bureau_phone"], kept["bureau_address"]]
    return "\n".join(filter(None, lines))


def sender() -> str:
    """Return the address that mail comes from."""
    return str(value("mail_sender") or settings.DEFAULT_FROM_EMAIL)
