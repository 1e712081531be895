"""What is typed and uploaded to ask for a decision of the city: one form for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from taji.web.planning.form_parts import (
    WorkForm,
    floors_file,
    one_each,
    search_seed,
    search_time,
)
from taji.web.planning.models import Kind
from taji.web.planning.option_forms import OptionsForm
from taji.web.speech import language, say

__all__ = ["FORMS"]


class PortfolioForm(WorkForm):
    """Whom the city supports with what."""

    kind = Kind.PORTFOLIO
    options = forms.FileField(
        label=say("选项表", "Options"),
        help_text=say(
            "列：enterprise、option、value，每种资源一列 use_…，分组一列 group_…；一行是一家企业的一个选项。",
            "Columns: enterprise, option, value, one use_… for each resource, one group_… for each "
            "grouping; a row is one option of one enterprise.",
        ),
    )
    limits = forms.FileField(
        label=say("资源上限（JSON）", "Limits (JSON)"),
        help_text=say(
            '写法：{{"use_money": 1000000}}',
            'Such as {{"use_money": 1000000}}',
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".json"}),
    )
    floors = floors_file()
    every_enterprise = one_each()
    time_limit = search_time()
    seed = search_seed()


class MatchingForm(WorkForm):
    """Which provider for which need."""

    kind = Kind.MATCHING
    needs = forms.FileField(
        label=say("需求表", "Needs"),
        help_text=say(
            "列：需求编号、企业、需求描述、所需人天，可另加所需能力、行业、地区、预算、所需资质等。",
            "Columns: need, enterprise, text, days and, if wanted, capability, industry, district, "
            "budget, licence and others.",
        ),
    )
    providers = forms.FileField(
        label=say("服务商表", "Providers"),
        help_text=say(
            "列：服务商编号、服务简介、可供人天，可另加能力、服务行业、服务地区、人天单价、资质等。",
            "Columns: provider, text, capacity and, if wanted, capability, industry, district, price, "
            "licence and others.",
        ),
    )
    mode = forms.ChoiceField(
        label=say("方式", "Mode"),
        choices=[
            ("advisory", say("只列出并说明理由", "Lists with reasons")),
            ("allocate", say("在容量内总相关度最高", "Highest total relevance within capacities")),
            ("stable", say("按双方意愿稳定匹配", "Stable by the wishes of both sides")),
        ],
    )
    top = forms.IntegerField(
        label=say("每项需求列出几家", "Providers listed for each need"),
        min_value=1,
        max_value=100,
        initial=5,
    )
    share_cap = forms.FloatField(
        label=say("每家至多占总量的百分之几", "No provider gets more than this share (%)"),
        help_text=say(
            "防止一家独大；不填为不限。", "So that none takes all; left empty: no limit."
        ),
        min_value=0.1,
        max_value=100,
        required=False,
    )
    time_limit = search_time()
    seed = search_seed()

    @property
    def parameters(self) -> dict[str, Any]:
        """The share as a fraction; reasons in the language of whoever asks."""
        asked = super().parameters
        share = asked.pop("share_cap")
        return asked | {"share_cap": None if share is None else share / 100, "language": language()}


class PanelForm(WorkForm):
    """Who judges which application."""

    kind = Kind.PANEL
    affinity = forms.FileField(
        label=say("匹配表", "Affinities"),
        help_text=say(
            "列：application、reviewer、affinity、conflict（0/1），可另加 organisation、speciality、requires。",
            "Columns: application, reviewer, affinity, conflict (0/1) and, if wanted, organisation, "
            "speciality, requires.",
        ),
    )
    per_application = forms.IntegerField(
        label=say("每份申报几名评审人", "Reviewers of each application"),
        min_value=1,
        max_value=50,
        initial=3,
    )
    max_load = forms.IntegerField(
        label=say("每名评审人至多评几份", "Applications of a reviewer at most"),
        min_value=1,
        max_value=10_000,
        initial=6,
    )
    min_load = forms.IntegerField(
        label=say("每名评审人至少评几份", "Applications of a reviewer at least"),
        min_value=0,
        max_value=10_000,
        initial=0,
    )
    mode = forms.ChoiceField(
        label=say("方式", "Mode"),
        choices=[
            (
                "fair",
                say("公平：先让最低的评审组尽量高", "Fair: the lowest panel as high as can be"),
            ),
            ("sum", say("只求合计最高", "The highest sum alone")),
        ],
    )
    pair_cap = forms.FloatField(
        label=say("任一组合被抽中的概率上限", "No pair is drawn with more than this probability"),
        help_text=say(
            "0 到 1；填写后用抽签，不填则直接求最优。",
            "0 to 1; then panels are drawn by lot. Left empty: the best is taken.",
        ),
        min_value=0.01,
        max_value=1,
        required=False,
    )
    allow_unlinked = forms.BooleanField(
        label=say(
            "接受不连通的评审图（此后无法校正宽严）",
            "Accept a graph that is not connected (severity cannot be corrected then)",
        ),
        required=False,
    )
    time_limit = search_time()
    seed = search_seed()


class RankingForm(WorkForm):
    """Which applications are above the line."""

    kind = Kind.RANKING
    ratings = forms.FileField(
        label=say("分数表", "Ratings"),
        help_text=say(
            "列：application、reviewer、score，按指标打分时另加 criterion。",
            "Columns: application, reviewer, score and, where scores are given by criterion, "
            "criterion.",
        ),
    )
    fund = forms.IntegerField(
        label=say("资助多少个", "How many are funded"),
        help_text=say(
            "前几名在线上；不填则不划线。", "The first of them; left empty, no line is drawn."
        ),
        min_value=1,
        max_value=100_000,
        required=False,
    )
    model = forms.ChoiceField(
        label=say("校正模型", "Model"),
        choices=[
            ("linear", say("分数是数量", "Scores are amounts")),
            ("rasch", say("分数是等级（多面 Rasch）", "Scores are steps (many-facet Rasch)")),
        ],
    )
    seed = search_seed()


#: The form of each kind.
FORMS: Mapping[str, type[WorkForm]] = {
    form.kind: form for form in (OptionsForm, PortfolioForm, MatchingForm, PanelForm, RankingForm)
}
