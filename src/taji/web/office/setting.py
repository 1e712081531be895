"""Settings that a bureau changes while the platform runs: what there is, its type and its default.

Secrets are none of them: the password of the mail server stands in the environment alone
(``taji.web.settings``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction

from taji.base.text import Text
from taji.web.audit.log import record
from taji.web.office.models import Setting
from taji.web.people.models import User
from taji.web.speech import say

__all__ = ["SCHEMA", "Entry", "SettingsForm", "change", "sender", "text", "value", "values"]


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
        if days != sorted(set(days)) or any(not 1 <= day <= 365 for day in days):
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
            say("印在信函上。", "Stands on letters."),
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
    "bureau_address": Entry(_line("通讯地址", "Postal address"), ""),
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
        [7, 14, 21],
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
        "本次调查用于了解全市中小制造企业的数字化水平，答案只用于统计、诊断和政策研究，"
        "不作为处罚依据；公布的结果不会透露单个企业的情况。",
    ),
    "purpose_en": Entry(
        _paragraph(
            "调查目的（英文）",
            "Purpose, in English (default text of a new round)",
        ),
        "This survey is to know how digital the city's small and medium manufacturers are. Answers "
        "are used for statistics, diagnosis and policy research alone, never as grounds for a "
        "penalty; what is published betrays no single firm.",
    ),
    "retention_months": Entry(
        lambda: forms.IntegerField(
            label=say("答案保存期限（月）", "Answers are kept for [months]"),
            help_text=say(
                "自轮次冻结起计算，写入填报说明；到期后请按本单位规定处理。",
                "From the freeze of a round, as firms are told; what happens then follows your own "
                "rules.",
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


def sender() -> str:
    """Return the address that mail comes from."""
    return str(value("mail_sender") or settings.DEFAULT_FROM_EMAIL)
