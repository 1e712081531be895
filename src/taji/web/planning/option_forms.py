"""What is typed to make the options of a round, and to choose the portfolio from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.base import ContentFile, File

from taji.catalogue.resources import resource_of
from taji.desk.option_request import USUAL_BUDGETS
from taji.web.answering.models import Sheet
from taji.web.planning.form_parts import (
    WorkForm,
    floors_file,
    one_each,
    search_seed,
    search_time,
)
from taji.web.planning.forms import LONGEST as YEARS
from taji.web.planning.forms import MOST, Amounts
from taji.web.planning.grounds import plannable
from taji.web.planning.models import Kind
from taji.web.rounds.models import Round
from taji.web.speech import language, said, say

__all__ = ["OptionsForm", "SupportForm"]

#: The longest search for one plan; a firm has some ten of them. [s]
LONGEST = 120
#: Budgets that a page may ask for.
BUDGETS = 12


class RoundField(forms.ModelChoiceField):
    """A round, by its title."""

    def label_from_instance(self, its: Round) -> str:
        """Name a round."""
        return said(its.title)


class OptionsForm(WorkForm):
    """From the answers of a round what the city could support."""

    kind = Kind.OPTIONS
    round = RoundField(
        Round.objects.exclude(state=Round.State.DRAFT).order_by("-pk"),
        to_field_name="slug",
        label=say("调查轮次", "Round"),
        help_text=say(
            "取已提交的答卷；轮次冻结之前，以后提交的不在内。",
            "The answers handed in so far; in a round that is not frozen, later ones are not in.",
        ),
        empty_label=None,
    )
    budgets = Amounts(
        label=say("企业自付的几档预算（元）", "What a firm pays itself, several budgets (yuan)"),
        help_text=say(
            "一次性费用扣除补助后由企业承担的部分，用顿号隔开。每档各求一次方案，档数越多用时越长。",
            "Of the purchases what the subsidy leaves to the firm, with spaces between. Plans are "
            "sought for each; the more there are, the longer it takes.",
        ),
        initial=lambda: ("、" if language() == "zh" else " ").join(map(str, USUAL_BUDGETS)),
        max_length=200,
    )
    share = forms.FloatField(
        label=say("补助比例（%）", "Subsidy, share of the purchases (%)"),
        help_text=say(
            "城市补助一次性费用的百分之几。比例与上限都不填：不设补助，资金列为全部一次性投入。",
            "Left empty together with the cap: no subsidy, and the money is all that is bought.",
        ),
        min_value=0.1,
        max_value=100,
        required=False,
    )
    cap = forms.IntegerField(
        label=say("每家补助上限（元）", "Subsidy of one firm at most (yuan)"),
        min_value=1,
        max_value=MOST,
        required=False,
    )
    counting = forms.ChoiceField(
        label=say("价值怎样计", "What counts as value"),
        choices=[
            ("adopted", say("提升 × 企业实施的可能性", "The rise times the chance of adoption")),
            ("certain", say("提升（假定都会实施）", "The rise, as if all were carried out")),
            (
                "additional",
                say(
                    "提升 × 因补助而增加的可能性",
                    "The rise times what the subsidy adds to the chance",
                ),
            ),
        ],
    )
    ahead = forms.IntegerField(
        label=say("目标：现等级以上几级", "How many levels above today's are aimed at"),
        min_value=1,
        max_value=9,
        initial=2,
    )
    periods = forms.IntegerField(
        label=say("规划期数", "Number of periods"),
        help_text=say(
            "每期的长短由措施包规定，通常一季度。",
            "As long as the pack of measures says, mostly a quarter.",
        ),
        min_value=1,
        max_value=YEARS * 12,
        initial=12,
    )
    worth = forms.FileField(
        label=say("本市的假设（YAML）", "The city's own assumptions (YAML)"),
        help_text=say(
            "企业实施的可能性与等级的价值；不传则用塔基的假设。",
            "The chance of adoption and what a level is worth; otherwise those of Taji.",
        ),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml"}),
    )
    seconds = forms.IntegerField(
        label=say("求每个方案的时限（秒）", "Time for each plan (s)"),
        help_text=say(
            "绝大多数方案不到一秒；到时未求出的会注明。",
            "Most plans take less than a second; what was not found in time is told.",
        ),
        min_value=1,
        max_value=LONGEST,
        initial=20,
    )
    seed = search_seed()

    @property
    def its(self) -> Round:
        """The round whose answers are taken."""
        chosen: Round = self.cleaned_data["round"]
        return chosen

    @property
    def parameters(self) -> dict[str, Any]:
        """What the desk is asked for; reasons in the language of whoever asks."""
        asked = super().parameters
        del asked["round"]
        return asked | {"budgets": list(asked["budgets"]), "language": language()}

    def clean_budgets(self) -> tuple[int, ...]:
        """Take amounts above nothing, not too many."""
        budgets: tuple[int, ...] = self.cleaned_data["budgets"]
        if not 1 <= len(budgets) <= BUDGETS or min(budgets) <= 0:
            fault = say(
                "请填写 1 到 {most} 个大于 0 的整数元。",
                "Give 1 to {most} amounts over 0 in whole yuan.",
                most=BUDGETS,
            )
            raise forms.ValidationError(fault)
        return budgets

    def clean_round(self) -> Round:
        """Take a round that has answers, and measures for its model."""
        its: Round = self.cleaned_data["round"]
        if plannable(its) is None:
            fault = say(
                "没有适用于本轮评估模型的措施包。请由管理员在“数据包”中接收并启用。",
                "There are no measures for the models of this round. The office can take a pack in "
                "under “Packs” and switch it on.",
            )
            raise forms.ValidationError(fault)
        handed_in = Sheet.objects.filter(
            case__round=its, track=Sheet.Track.FIRM, submission__isnull=False
        )
        if not handed_in.exists():
            raise forms.ValidationError(
                say("本轮还没有企业提交答卷。", "No firm of this round has handed in yet.")
            )
        return its

    def clean(self) -> dict[str, Any]:
        """Hold the parts of the subsidy together."""
        found = super().clean() or {}
        if {"share", "cap"} <= set(found) and (found["share"] is None) != (found["cap"] is None):
            lacking = "share" if found["share"] is None else "cap"
            fault = say(
                "补助比例与上限要么都填，要么都不填。",
                "Give both share and cap of a subsidy, or neither.",
            )
            self.add_error(lacking, fault)
        elif found.get("counting") == "additional" and found.get("share") is None:
            fault = say(
                "只计因补助而增加的部分时，须填写补助比例和上限。",
                "To count what the subsidy adds, say what the subsidy is.",
            )
            self.add_error("share", fault)
        return found


class SupportForm(WorkForm):
    """How much there is of each resource that the options of an earlier work use.

    Parameters
    ----------
    most : mapping of str to float
        Resource columns, and what all firms together could use of each; what none uses is not
        asked for.
    """

    kind = Kind.PORTFOLIO
    floors = floors_file()
    every_enterprise = one_each()
    time_limit = search_time()
    seed = search_seed()

    def __init__(self, most: Mapping[str, float], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resources = tuple(name for name, amount in most.items() if amount > 0) or tuple(most)
        for name in self.resources:
            self.fields[name] = _limit(name, most[name])
        example = json.dumps(
            [{"group": "group_district", "value": "430211", "use": next(iter(most)), "min": 200000}]
        )
        self.fields["floors"].help_text = say("写法：{one}", "Such as {one}", one=example)
        self.order_fields([*self.resources, *self.fields])

    @property
    def uploads(self) -> dict[str, File]:
        """The limits as a file, and the floors."""
        limits = {name: self.cleaned_data[name] for name in self.resources}
        given = {name: amount for name, amount in limits.items() if amount is not None}
        text = json.dumps(given, ensure_ascii=False, indent=1) + "\n"
        return {"limits": ContentFile(text.encode(), name="limits.json"), **super().uploads}

    @property
    def parameters(self) -> dict[str, Any]:
        """What else is asked for."""
        asked = super().parameters
        return {name: value for name, value in asked.items() if name not in self.resources}

    def clean(self) -> dict[str, Any]:
        """Ask for one limit at least: without any the best of each firm would be taken."""
        found = super().clean() or {}
        asked = [name for name in self.resources if name in found]
        if len(asked) == len(self.resources) and all(found[name] is None for name in asked):
            self.add_error(
                self.resources[0],
                say("请至少填写一项资源上限。", "Give the limit of one resource at least."),
            )
        return found


def _limit(name: str, most: float) -> forms.FloatField:
    resource = resource_of(name)
    return forms.FloatField(
        label=said(resource.with_unit),
        help_text=say(
            "不填为不限。所有企业都取用量最大的选项时，共 {most}。",
            "Left empty: no limit. If every firm got the option that uses most: {most}.",
            most=said(resource.amount(f"{most:,.10g}")),
        ),
        min_value=0,
        required=False,
    )
