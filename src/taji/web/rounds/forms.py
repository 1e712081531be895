"""What is typed about a round, checked before any verb hears of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django import forms

from taji.base.errors import TajiError
from taji.catalogue.load import model, questionnaire, questionnaire_of
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.enrolling import CODES
from taji.survey.allocation import Allocation
from taji.web.office import packs, setting
from taji.web.register.coding import choices
from taji.web.rounds.drawing import attributes_known
from taji.web.rounds.models import Round
from taji.web.rounds.strata import column_label
from taji.web.speech import language, said, say

__all__ = ["AnswersForm", "DrawForm", "LettersForm", "RoundForm"]

TICKS = forms.CheckboxSelectMultiple
#: Seeds that a person can read out over the telephone.
SEEDS = 1_000_000

#: First words of other addresses of this part.
RESERVED = frozenset({"new", "errands", "cases", "invitations"})


def _date() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _names(kind: str, chosen: Iterable[str]) -> list[str]:
    """What may be chosen: the packs in use, and those that a round in preparation has already."""
    return list(dict.fromkeys([*packs.names(kind).values(), *chosen]))


def _title(name: str, pack: Model | Questionnaire) -> str:
    """What a pack is called; of a bureau's own, which version."""
    own = "@" in name
    return f"{said(pack.title)} · {name}" if own else said(pack.title)


_TWICE = say("同一问卷只能选一个版本", "Of one questionnaire, only one version can be asked")


class RoundForm(forms.ModelForm):
    """What a round is: its words, what it asks, how it is scored, when."""

    asks = forms.MultipleChoiceField(
        label=say("问卷", "Questionnaires"),
        widget=TICKS,
        help_text=say(
            "可同时选多份，企业一次答完；第一份为主问卷。",
            "Several can be answered in one go; the first is the main one.",
        ),
    )
    model_ids = forms.MultipleChoiceField(
        label=say("评估模型", "Assessment models"), widget=TICKS, required=False
    )
    by = forms.MultipleChoiceField(
        label=say("分组结果", "Breakdowns"), widget=TICKS, required=False
    )

    class Meta:
        model = Round
        fields = (
            "title_zh",
            "title_en",
            "slug",
            "asks",
            "model_ids",
            "city_zh",
            "city_en",
            "period",
            "opens_on",
            "closes_on",
            "by",
            "purpose_zh",
            "purpose_en",
        )
        labels = {
            "title_zh": say("名称（中文）", "Title (Chinese)"),
            "title_en": say("名称（英文）", "Title (English)"),
            "slug": say("短名（用于网址）", "Short name (in addresses)"),
            "city_zh": say("城市（中文）", "City (Chinese)"),
            "city_en": say("城市（英文）", "City (English)"),
            "period": say("数据所属期", "Period"),
            "opens_on": say("开始日期", "Opens on"),
            "closes_on": say("截止日期", "Closes on"),
            "purpose_zh": say(
                "调查目的（中文，企业填报前会看到并同意）",
                "Purpose (Chinese; firms read and agree to it)",
            ),
            "purpose_en": say("调查目的（英文）", "Purpose (English)"),
        }
        help_texts = {
            "slug": say(
                "字母、数字、连字符，例如 2026", "Letters, digits and hyphens, such as 2026"
            ),
        }
        widgets = {"opens_on": _date(), "closes_on": _date()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        its = self.instance
        if its.pk is None:
            for name in ("purpose_zh", "purpose_en"):
                self.initial.setdefault(name, setting.value(name))
        else:
            self.initial["asks"] = list(its.questionnaires)
        self.fields["purpose_zh"].required = True
        before = its.pk is not None
        chosen = its.questionnaires if before else ()
        asks = {q: questionnaire(q) for q in _names(packs.QUESTIONNAIRES, chosen)}
        self.asks = asks
        self.fields["asks"].choices = [(q, _title(q, pack)) for q, pack in asks.items()]
        self.models = {m: model(m) for m in _names(packs.MODELS, its.model_ids)}
        self.fields["model_ids"].choices = [(m, _title(m, p)) for m, p in self.models.items()]
        domains = dict.fromkeys([*CODES, *(d for pack in asks.values() for d in pack.domains)])
        self.fields["by"].choices = [(d, said(column_label(d))) for d in domains]
        self._add_readings()

    def _add_readings(self) -> None:
        """A field for every profile and unsettled point of the models."""
        self.readings: dict[str, tuple[str, str, str]] = {}
        for name, pack in self.models.items():
            title = said(pack.title)
            if pack.profiles:
                label = f"{title} · {say('类型', 'profile')}"
                now = self.instance.profile or pack.profile
                self._add(f"profile:{name}", label, pack.profiles, now)
            for reading in pack.readings:
                field = f"reading:{name}:{reading.id}"
                key = f"{pack.id}:{reading.id}"
                self.readings[field] = (name, key, reading.default)
                now = (self.instance.options or {}).get(key, reading.default)
                self._add(field, f"{title} · {said(reading.title)}", reading.choices, now)

    def _add(self, name: str, label: str, options: Any, now: str | None) -> None:
        texts = [(o.id, said(getattr(o, "label", None) or o.title)) for o in options]
        self.fields[name] = forms.ChoiceField(
            label=label, choices=texts, initial=now, required=False
        )

    @property
    def readings_fields(self) -> list[Any]:
        """The bound fields of profiles and readings."""
        return [self[n] for n in self.fields if n.startswith(("profile:", "reading:"))]

    def clean(self) -> dict[str, Any]:
        """Hold the models against what is asked, and the days against each other."""
        found = super().clean() or {}
        asked = [self.asks[name] for name in found.get("asks") or []]
        if len({pack.id for pack in asked}) < len(asked):
            self.add_error("asks", _TWICE)
        for name in found.get("model_ids") or []:
            needed = questionnaire_of(name)
            if needed not in asked:
                self.add_error("model_ids", self._lacks(name, needed))
        opens, closes = found.get("opens_on"), found.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", say("截止日期早于开始日期", "This is before the first day"))
        return found

    def clean_slug(self) -> str:
        """Keep the words that are addresses already."""
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED:
            raise forms.ValidationError(say("这个短名已被系统使用", "This name is in use"))
        return slug

    def _lacks(self, name: str, needed: Questionnaire) -> Any:
        return say(
            "“{m}”需要问卷“{q}”（{key}），请同时勾选；没有列出时，请改选读取现用版本的模型",
            "{m} needs the questionnaire {q} ({key}): tick it too, or where it is not listed choose "
            "a model that reads the version in use",
            m=said(self.models[name].title),
            q=said(needed.title),
            key=needed.key,
        )

    def told(self) -> dict[str, Any]:
        """Return the fields of the round as the verbs take them."""
        data = self.cleaned_data
        plain = {n: data[n] for n in self.Meta.fields if n not in ("asks", "opens_on", "closes_on")}
        chosen = data["model_ids"]
        options = {
            key: data[field]
            for field, (name, key, default) in self.readings.items()
            if name in chosen and data.get(field) and data[field] != default
        }
        profiles = [data.get(f"profile:{name}") for name in chosen if f"profile:{name}" in data]
        return {
            **plain,
            "questionnaire": data["asks"][0],
            "also": data["asks"][1:],
            "options": options,
            "profile": next((p for p in profiles if p), ""),
            "opens_on": data["opens_on"],
            "closes_on": data["closes_on"],
        }


class DrawForm(forms.Form):
    """How the sample is drawn."""

    whom = forms.ChoiceField(
        label=say("调查对象", "Whom to ask"),
        choices=[
            ("sample", say("抽取样本", "A sample")),
            ("all", say("全部企业（普查）", "Every firm (census)")),
        ],
        initial="sample",
    )
    size = forms.IntegerField(
        label=say("样本量（家）", "Size of the sample (firms)"), min_value=1, required=False
    )
    strata = forms.MultipleChoiceField(
        label=say("分层变量", "Strata"), widget=TICKS, required=False
    )
    allocation = forms.CharField(
        label=say("分配方式", "Allocation"),
        initial="proportional",
        help_text=say(
            "proportional 按比例；equal 等额；power:0.5 幂分配；neyman:列名 奈曼分配",
            "proportional; equal; power:0.5; neyman:COLUMN",
        ),
    )
    minimum = forms.IntegerField(
        label=say("每层至少（家）", "At least from a stratum (firms)"),
        min_value=1,
        initial=2,
        help_text=say("少于 2 家无法估计该层误差", "With fewer than 2, no error can be estimated"),
    )
    sizes = forms.MultipleChoiceField(
        label=say("只抽这些规模", "Only these sizes"), widget=TICKS, required=False
    )
    districts = forms.MultipleChoiceField(
        label=say("只抽这些县市区", "Only these districts"), widget=TICKS, required=False
    )
    seed = forms.IntegerField(
        label=say("随机种子", "Seed"),
        min_value=0,
        max_value=2**53,
        help_text=say(
            "任何整数；公开它，任何人都能重复这次抽样",
            "Any whole number; publish it, and anybody can repeat the draw",
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seed"].initial = secrets.randbelow(SEEDS)
        columns = [*CODES, *attributes_known()]
        self.fields["strata"].choices = [(c, said(column_label(c))) for c in columns]
        for field, register in (("sizes", "size"), ("districts", "district")):
            self.fields[field].choices = [(code, said(text)) for code, text in choices(register)]

    def clean_allocation(self) -> str:
        """Hold the rule against those that are known."""
        try:
            return str(Allocation.parse(self.cleaned_data["allocation"]))
        except TajiError as error:
            raise forms.ValidationError(error.render(language())) from error

    def clean(self) -> dict[str, Any]:
        """Ask for a size where a sample is wanted."""
        found = super().clean() or {}
        if found.get("whom") == "sample" and not found.get("size") and "size" not in self.errors:
            self.add_error("size", say("请填写样本量", "Give the size of the sample"))
        return found

    def hidden_copy(self) -> list[Any]:
        """The same answers as hidden fields, so that what was previewed is what is drawn."""
        return [field.as_hidden(attrs={"id": f"drawn_{field.name}"}) for field in self]

    def request(self) -> dict[str, Any]:
        """Return what ``drawing`` is asked for."""
        data = self.cleaned_data
        return {
            "size": data["size"] if data["whom"] == "sample" else None,
            "strata": data["strata"],
            "allocation": data["allocation"],
            "minimum": data["minimum"],
            "seed": data["seed"],
            "population": {name: data[name] for name in ("sizes", "districts") if data[name]},
        }


class LettersForm(forms.Form):
    """What stands on every letter beside the words of the round."""

    bureau_zh = forms.CharField(label=say("落款单位（中文）", "Signed by (Chinese)"), max_length=60)
    bureau_en = forms.CharField(label=say("落款单位（英文）", "Signed by (English)"), max_length=80)
    phone = forms.CharField(label=say("咨询电话", "Phone for questions"), max_length=40)
    minutes = forms.IntegerField(
        label=say("填报大约需要（分钟）", "Minutes that it takes"),
        min_value=5,
        max_value=600,
        initial=40,
    )
    language = forms.ChoiceField(
        label=say("信函语言", "Language of the letters"),
        choices=[
            ("zh", say("中文", "Chinese")),
            ("en", say("英文", "English")),
            ("both", say("中英双语", "Both")),
        ],
    )


class AnswersForm(forms.Form):
    """A file of answers, and what only its owner knows about it."""

    file = forms.FileField(label=say("答卷文件", "File of answers"))
    shares = forms.ChoiceField(
        label=say("比例题的写法", "How shares are written"),
        required=False,
        choices=[
            (
                "",
                say(
                    "自动判断；有歧义时退回", "By itself; refused where it can be read in two ways"
                ),
            ),
            ("percent", say("百分数（35 表示 35%）", "Per cent (35 is 35 %)")),
            ("fraction", say("小数（0.35 表示 35%）", "Fractions (0.35 is 35 %)")),
        ],
    )
    duplicates = forms.ChoiceField(
        label=say("同一企业有多份答卷时", "Where a firm stands more than once"),
        choices=[
            ("error", say("全部退回", "Refuse all of its rows")),
            ("last", say("用最后一份", "Take the last")),
            ("first", say("用第一份", "Take the first")),
        ],
    )
