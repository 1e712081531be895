"""What is typed to ask for a roadmap."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from taji.web.planning.grounds import Ahead
from taji.web.speech import said, say

__all__ = ["LONGEST", "RoadmapForm"]

#: The longest plan. [years]
LONGEST = 5
#: No firm has more. [yuan]
MOST = 10**11
_APART = re.compile(r"[,，、;；\s]+")


class Amounts(forms.CharField):
    """One amount for every year, or one for each, with separators between."""

    def to_python(self, value: Any) -> tuple[int, ...]:
        """Read whole yuan.

        Examples
        --------
        >>> Amounts().to_python("300000、200000"), Amounts().to_python("")
        ((300000, 200000), ())
        """
        text = super().to_python(value)
        try:
            amounts = tuple(int(part) for part in _APART.split(text) if part)
        except ValueError as error:
            raise forms.ValidationError(
                say(
                    "请填写整数元；各年不同时用顿号隔开，例如 300000、200000。",
                    "Give whole yuan; where years differ, with a space between: 300000 200000.",
                )
            ) from error
        if any(not 0 <= amount <= MOST for amount in amounts):
            raise forms.ValidationError(
                say("金额应在 0 到 1000 亿元之间。", "Amounts lie between 0 and 100 billion yuan.")
            )
        return amounts


class RoadmapForm(forms.Form):
    """Where to, and within which means."""

    target = forms.ChoiceField(label=say("目标等级", "Level aimed at"))
    budget = forms.IntegerField(
        label=say("总资金（元）", "Money in all (yuan)"),
        help_text=say(
            "到规划期末可用的全部资金，含运行费。不填为不限。",
            "All that can be spent up to the end of the plan, running cost included. Left empty: "
            "no limit.",
        ),
        min_value=0,
        max_value=MOST,
        required=False,
    )
    per_year = Amounts(
        label=say("每年资金（元）", "Money per year (yuan)"),
        help_text=say(
            "各年相同填一个数；不同则依次填写，用顿号隔开。当年未用完的不结转。",
            "One number where all years are alike, else one for each year with a space between. "
            "What a year leaves is not carried over.",
        ),
        required=False,
        max_length=200,
    )
    staff = forms.FloatField(
        label=say("自有人力（每期人月）", "Own people (person-months per period)"),
        help_text=say("每期可投入的本企业人员。", "People of your own that each period has."),
        min_value=0,
        max_value=10_000,
        required=False,
    )
    periods = forms.IntegerField(label=say("规划期数", "Number of periods"), min_value=1)

    def __init__(self, ahead: Ahead, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.a_year = ahead.measures.periods_per_year
        self.fields["target"].choices = [(one.id, said(one.title)) for one in ahead.targets]
        periods = self.fields["periods"]
        periods.initial = min(12, LONGEST * self.a_year)
        periods.max_value = LONGEST * self.a_year
        periods.validators.append(forms.fields.validators.MaxValueValidator(periods.max_value))
        periods.widget.attrs["max"] = periods.max_value
        periods.help_text = say(
            "每期 {months} 个月，至多 {most} 期。",
            "Periods of {months} months, {most} at most.",
            months=ahead.measures.period_months,
            most=periods.max_value,
        )

    def clean(self) -> dict[str, Any]:
        """Give every year its amount."""
        found = super().clean() or {}
        amounts, periods = found.get("per_year") or (), found.get("periods")
        if not periods or "per_year" not in found:
            return found
        years = -(-periods // self.a_year)
        if len(amounts) == 1:
            found["per_year"] = amounts * years
        elif len(amounts) not in (0, years):
            fault = say(
                "规划期有 {years} 年，填了 {given} 个数：请填一个数，或每年一个。",
                "The plan has {years} years but {given} amounts: give one, or one for each year.",
                years=years,
                given=len(amounts),
            )
            self.add_error("per_year", fault)
        return found
