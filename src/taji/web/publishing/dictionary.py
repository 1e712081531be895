"""The data dictionary of published estimates: every column and every key, in Chinese and English.

Says what each key is called, in which unit its numbers are and what an empty row means. It reads
the packs and the keys that the estimates hold; no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from taji.base.text import Text
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire as load_questionnaire
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.web.rounds.models import Round

__all__ = ["COLUMNS", "SUPPRESSION", "Entry", "entries", "write_dictionary"]

FRACTION = Text(zh="比例，0–1", en="fraction, 0-1")
FIRMS = Text(zh="家", en="firms")
POINTS = Text(zh="分", en="points")
YUAN = Text(zh="元", en="yuan")
AS_ESTIMATE = Text(zh="同 estimate", en="as the estimate")

#: The columns of ``estimates.csv``, in their order.
COLUMNS: tuple[tuple[str, Text, Text | None], ...] = (
    ("question", Text(zh="题目编号，或“模型:节点”", en="Id of a question, or model:node"), None),
    ("option", Text(zh="答案选项或等级的编号", en="Id of an answer or of a level"), None),
    ("statistic", Text(zh="统计量", en="Statistic"), None),
    (
        "by",
        Text(zh="分组依据；空为全市", en="What the city is broken down by; empty: the whole city"),
        None,
    ),
    ("group", Text(zh="组；空为全市", en="The group; empty: the whole city"), None),
    (
        "estimate",
        Text(zh="对全市（或该组）全部企业的估计值", en="Estimate for all firms of city or group"),
        Text(zh="见题目", en="see the question"),
    ),
    ("se", Text(zh="标准误", en="Standard error"), AS_ESTIMATE),
    ("ci_low", Text(zh="置信区间下限", en="Lower end of the interval"), AS_ESTIMATE),
    ("ci_high", Text(zh="置信区间上限", en="Upper end of the interval"), AS_ESTIMATE),
    ("confidence", Text(zh="置信水平", en="Confidence level of the interval"), FRACTION),
    ("n", Text(zh="用到的有效作答企业数", en="Firms whose answers were used"), FIRMS),
    ("base", Text(zh="被问到此题的企业数", en="Firms that the question was put to"), FIRMS),
    ("deff", Text(zh="设计效应", en="Design effect"), None),
    (
        "suppressed",
        Text(
            zh="true：为保护企业不予公布，数字为空",
            en="true: withheld to protect firms, no numbers",
        ),
        None,
    ),
)
STATISTICS = {
    "proportion": Text(zh="占比", en="share of firms"),
    "mean": Text(zh="平均值", en="mean"),
    "total": Text(zh="合计", en="total"),
    "ratio": Text(zh="比率", en="ratio"),
}
SUPPRESSION = Text(
    zh="可能使人认出某一家企业的数字不予公布：该行保留其键，suppressed 为 true，数字为空。"
    "由公布的数字相减而能推出的，也一并不予公布。",
    en="A number that could betray a firm is withheld: its row keeps the key, suppressed is true "
    "and the numbers are empty. What could be had by subtracting published numbers is withheld too.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a reader of the data may look up."""

    kind: str  # column, statistic, question, option, node, level, breakdown, group
    key: str
    option: str = ""
    title_zh: str
    title_en: str
    unit_zh: str = ""
    unit_en: str = ""


def entries(its: Round, estimates: pl.DataFrame) -> Iterator[Entry]:
    """Say every column, and every key that stands in the estimates."""
    for name, title, unit in COLUMNS:
        yield _entry("column", name, title, unit=unit)
    for name in estimates["statistic"].unique(maintain_order=True).to_list():
        yield _entry("statistic", name, STATISTICS[name])
    asked = load_questionnaire(its.questionnaire)
    keys = estimates["question"].unique(maintain_order=True).to_list()
    for key in keys:
        if key in asked.items:
            yield from _question(asked.items[key])
    yield from _models(its, set(keys))
    pairs = estimates.filter(pl.col("by").is_not_null()).select("by", "group").unique()
    for by, part in pairs.sort("by", "group").group_by("by", maintain_order=True):
        yield from _breakdown(asked, str(by[0]), [str(g) for g in part["group"].to_list()])


def _question(item: Item) -> Iterator[Entry]:
    row = item.row
    words = item.label
    unit = {"money": YUAN, "share": FRACTION}.get(item.kind, item.question.unit)
    yield _entry("question", item.id, words, unit=unit)
    for option in item.question.options:
        yield _entry("option", item.id, option.label, option=option.id)
    if item.question.register_ is not None and row is None:
        for code in register(item.question.register_).entries:
            yield _entry("option", item.id, code.label, option=code.code)


def _models(its: Round, keys: set[str]) -> Iterator[Entry]:
    profile = its.profile or None
    for name in its.model_ids:
        one = load_model(name)
        if profile in {p.id for p in one.profiles}:
            one = load_model(name, profile=profile)
        for node in one.nodes:
            if f"{one.id}:{node.id}" in keys:
                yield _entry("node", f"{one.id}:{node.id}", node.title, unit=POINTS)
        for level in one.levels:
            yield _entry("level", f"{one.id}:total", level.title, option=level.id)


def _breakdown(asked: Questionnaire, by: str, groups: list[str]) -> Iterator[Entry]:
    item = asked.items.get(by)
    yield _entry("breakdown", by, Text.same(by) if item is None else item.label)
    known: dict[str, Text] = {}
    if item is not None:
        known = {option.id: option.label for option in item.question.options}
        if item.question.register_ is not None:
            known |= {e.code: e.label for e in register(item.question.register_).entries}
    for group in groups:
        yield _entry("group", by, known.get(group, Text.same(group)), option=group)


def _entry(
    kind: str, key: str, title: Text, *, option: str = "", unit: Text | None = None
) -> Entry:
    return Entry(
        kind=kind,
        key=key,
        option=option,
        title_zh=title.zh,
        title_en=title.en,
        unit_zh="" if unit is None else unit.zh,
        unit_en="" if unit is None else unit.en,
    )


def write_dictionary(its: Round, estimates: pl.DataFrame, folder: Path) -> None:
    """Write ``dictionary.csv`` and ``dictionary.json``."""
    listed = [asdict(entry) for entry in entries(its, estimates)]
    pl.DataFrame(listed).write_csv(folder / "dictionary.csv", include_bom=True)
    told = {"suppression": SUPPRESSION.model_dump(), "entries": listed}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (folder / "dictionary.json").write_text(text + "\n", encoding="utf-8")
