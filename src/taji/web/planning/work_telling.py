"""A decision as its page tells it: what was asked, the figures that prove it, the first rows.

Decides which figures and which rows are shown; all of them stand in the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from taji.base.text import LANGUAGES, Text
from taji.web.planning.models import Kind, Work

__all__ = [
    "SHOWN",
    "WORDS",
    "Rows",
    "asked_of",
    "figures_of",
    "files_of",
    "page_of",
    "pages_of",
    "rows_of",
]

#: Rows of a table that a page shows; the file has all.
SHOWN = 20
#: From here on two decimals are enough.
LARGE = 1e5
#: Decimals of a per cent below which a gap is rounding.
SURE = 9
#: Where the figures of each kind stand.
_CERTIFICATES = ("certificate.json", "summary.json")
YES, NO, NONE = Text(zh="是", en="yes"), Text(zh="否", en="no"), Text.same("—")
#: What can be told of a decision, in this order; a kind tells what it has.
FIGURES: Mapping[str, Text] = {
    "feasible": Text(zh="可行", en="Feasible"),
    "status": Text(zh="证明", en="Proof"),
    "proven": Text(zh="已证明最优", en="Proved the best"),
    "value": Text(zh="总价值", en="Value"),
    "bound": Text(zh="上界", en="Bound"),
    "least": Text(zh="最低评审组匹配度", en="Lowest panel"),
    "least_bound": Text(zh="最低评审组的上界", en="Bound of the lowest panel"),
    "sum": Text(zh="匹配度合计", en="Sum of affinities"),
    "sum_bound": Text(zh="合计的上界", en="Bound of the sum"),
    "gap": Text(zh="与上界的差距", en="Gap to the bound"),
    "connected": Text(zh="评审图连通", en="Graph connected"),
    "blocking_pairs": Text(zh="阻塞对", en="Blocking pairs"),
    "price_of_stability": Text(zh="稳定的代价", en="Price of stability"),
    "share_matched": Text(zh="已分配的需求", en="Needs matched"),
    "largest_share_of_days": Text(zh="最大一家所得份额", en="Largest share of a provider"),
    "needs_without_eligible": Text(
        zh="没有合格服务商的需求", en="Needs without an eligible provider"
    ),
    "supported": Text(zh="获支持的企业", en="Enterprises supported"),
    "enterprises": Text(zh="企业", en="Enterprises"),
    "exceptions": Text(zh="不按公布价格的例外", en="Exceptions to the posted prices"),
    "applications": Text(zh="申报", en="Applications"),
    "reviewers": Text(zh="评审人", en="Reviewers"),
    "conflicts": Text(zh="需回避的组合", en="Pairs in conflict"),
    "flips": Text(zh="因校正而越线", en="Cross the line by correction"),
    "seconds": Text(zh="用时（秒）", en="Seconds"),
}
_SHARES = frozenset({"gap", "share_matched", "largest_share_of_days", "price_of_stability"})
#: Keys of the desk in words.
WORDS: Mapping[str, Text] = {
    "in": Text(zh="升到线上", en="above it now"),
    "out": Text(zh="降到线下", en="below it now"),
    "prices": Text(zh="公布的价格", en="posted prices"),
    "exception": Text(zh="例外", en="exception"),
    "advisory": Text(zh="只列出", en="lists"),
    "allocate": Text(zh="分配", en="allocation"),
    "stable": Text(zh="稳定匹配", en="stable matching"),
    "fair": Text(zh="公平", en="fair"),
    "sum": Text(zh="合计最高", en="highest sum"),
    "linear": Text(zh="分数是数量", en="scores are amounts"),
    "rasch": Text(zh="多面 Rasch", en="many-facet Rasch"),
    "optimal": Text(zh="已证明最优", en="proved the best"),
    "feasible": Text(zh="可行，未证明最优", en="feasible, without proof"),
    "drawn": Text(zh="抽签", en="drawn by lot"),
    "time": Text(zh="时限已到", en="time was up"),
    "adopted": Text(zh="提升 × 企业实施的可能性", en="the rise times the chance of adoption"),
    "certain": Text(zh="提升（假定都会实施）", en="the rise, as if all were carried out"),
    "additional": Text(
        zh="提升 × 因补助而增加的可能性", en="the rise times what the subsidy adds to the chance"
    ),
}
#: What can be asked for, and how it is called.
PARAMETERS: Mapping[str, Text] = {
    "every_enterprise": Text(zh="每家企业恰好一个选项", en="Exactly one option each"),
    "mode": Text(zh="方式", en="Mode"),
    "top": Text(zh="每项需求列出", en="Providers listed"),
    "share_cap": Text(zh="份额上限", en="Cap of shares"),
    "per_application": Text(zh="每份申报评审人", en="Reviewers of each application"),
    "max_load": Text(zh="评审人至多", en="Most of a reviewer"),
    "min_load": Text(zh="评审人至少", en="Least of a reviewer"),
    "pair_cap": Text(zh="组合概率上限", en="Cap of pairs"),
    "allow_unlinked": Text(zh="接受不连通", en="Unlinked accepted"),
    "fund": Text(zh="资助个数", en="Funded"),
    "model": Text(zh="校正模型", en="Model"),
    "budgets": Text(zh="企业自付预算（元）", en="Budgets of a firm (yuan)"),
    "share": Text(zh="补助比例（%）", en="Subsidy, share (%)"),
    "cap": Text(zh="每家补助上限（元）", en="Subsidy of a firm at most (yuan)"),
    "counting": Text(zh="价值怎样计", en="What counts as value"),
    "ahead": Text(zh="目标：以上几级", en="Levels aimed at"),
    "periods": Text(zh="规划期数", en="Periods"),
    "seconds": Text(zh="每个方案的时限（秒）", en="Time for each plan (s)"),
    "time_limit": Text(zh="时限（秒）", en="Time limit (s)"),
    "seed": Text(zh="种子", en="Seed"),
}
#: Tables that a page shows the first rows of, and what they are.
_TABLES: Mapping[str, Mapping[str, Text]] = {
    Kind.PORTFOLIO: {"decisions.csv": Text(zh="逐家的决定", en="Each decision")},
    Kind.MATCHING: {
        "assignment.csv": Text(zh="分配结果", en="Who gets what"),
        "ranked.csv": Text(zh="各项需求的服务商", en="Providers for each need"),
        "why_not.csv": Text(zh="为什么不是这家", en="Why not this provider"),
    },
    Kind.PANEL: {"assignment.csv": Text(zh="评审组", en="Panels")},
    Kind.RANKING: {
        "flips.csv": Text(zh="因校正而越线（须由人签字）", en="Cross the line (people sign)"),
        "ranking.csv": Text(zh="排名", en="Ranking"),
        "reviewers.csv": Text(zh="评委宽严", en="Severity of reviewers"),
    },
}
_HEADS: Mapping[str, Text] = {
    "enterprise": Text(zh="企业", en="Enterprise"),
    "option": Text(zh="选项", en="Option"),
    "value": Text(zh="价值", en="Value"),
    "price_of_use": Text(zh="按价格的用量", en="Use at the prices"),
    "surplus": Text(zh="盈余", en="Surplus"),
    "other_option": Text(zh="次优选项", en="Other option"),
    "other_surplus": Text(zh="次优盈余", en="Other surplus"),
    "decided_by": Text(zh="依据", en="Decided by"),
    "need": Text(zh="需求", en="Need"),
    "provider": Text(zh="服务商", en="Provider"),
    "rank": Text(zh="名次", en="Rank"),
    "relevance": Text(zh="相关度", en="Relevance"),
    "price": Text(zh="报价（元）", en="Price (yuan)"),
    "reasons": Text(zh="理由", en="Reasons"),
    "reason": Text(zh="原因", en="Reason"),
    "application": Text(zh="申报", en="Application"),
    "reviewer": Text(zh="评审人", en="Reviewer"),
    "raw_mean": Text(zh="原始均分", en="Raw mean"),
    "fair_mean": Text(zh="校正均分", en="Fair mean"),
    "se": Text(zh="标准误", en="Standard error"),
    "rank_low": Text(zh="名次下限", en="Rank from"),
    "rank_high": Text(zh="名次上限", en="Rank to"),
    "p_above_line": Text(zh="在线上的概率", en="Chance above the line"),
    "severity": Text(zh="宽严", en="Severity"),
    "n": Text(zh="评审数", en="Scored"),
    "infit": Text(zh="infit", en="infit"),
    "outfit": Text(zh="outfit", en="outfit"),
    "raw_rank": Text(zh="原始名次", en="Raw rank"),
    "direction": Text(zh="方向", en="Direction"),
    "reviewers": Text(zh="评审人", en="Reviewers"),
    "signed_by": Text(zh="签字", en="Signed by"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The first rows of a table: its file, what it is, heads and cells, and how many more there are."""

    name: str
    title: Text
    heads: Sequence[Text]
    numeric: frozenset[int]
    rows: Sequence[Sequence[Text]]
    more: int


def figures_of(work: Work) -> list[tuple[Text, Text]]:
    """Return the figures of a certificate, each with its name."""
    path = next((p for name in _CERTIFICATES if (p := work.path / name).is_file()), None)
    told = {} if path is None else json.loads(path.read_text(encoding="utf-8"))
    return [(title, _said(name, told[name])) for name, title in FIGURES.items() if name in told]


def asked_of(work: Work) -> list[tuple[Text, Text]]:
    """Return what was asked for, each with its name; nothing where it was left open."""
    asked = work.parameters
    return [
        (title, _said(name, asked[name]))
        for name, title in PARAMETERS.items()
        if asked.get(name) is not None
    ]


def _said(name: str, value: Any) -> Text:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, list):
        parts = [f"{one:,}" for one in value]
        return Text(zh="、".join(parts), en="; ".join(parts))
    if isinstance(value, str):
        return WORDS.get(value, Text.same(value))
    share = name in _SHARES or name == "share_cap"
    text = f"{round(100 * value, SURE):.4g} %" if share else f"{value:,.10g}"
    return Text.same(text)


def files_of(work: Work) -> list[str]:
    """Return the files that were written, by name."""
    return sorted(path.name for path in work.path.iterdir())


def pages_of(work: Work) -> list[str]:
    """Return the languages of the report that can be opened as a page."""
    return [spoken for spoken in LANGUAGES if page_of(work, spoken).is_file()]


def page_of(work: Work, spoken: str) -> Path:
    """Return where the report in one language lies, if there is one."""
    return work.path / f"{work.kind}.{spoken}.html"


def rows_of(work: Work) -> list[Rows]:
    """Return the first rows of the tables of a decision."""
    return [
        _rows(work.path / name, title)
        for name, title in _TABLES.get(work.kind, {}).items()
        if (work.path / name).is_file()
    ]


def _rows(path: Path, title: Text) -> Rows:
    table = pl.scan_csv(path, infer_schema_length=1_000)
    first = table.head(SHOWN).collect()
    height = table.select(pl.len()).collect().item()
    numeric = {place for place, dtype in enumerate(first.dtypes) if dtype.is_numeric()}
    return Rows(
        name=path.name,
        title=title,
        heads=[_HEADS.get(name, Text.same(name)) for name in first.columns],
        numeric=frozenset(numeric),
        rows=[[_cell(cell) for cell in row] for row in first.iter_rows()],
        more=max(0, height - SHOWN),
    )


def _cell(value: Any) -> Text:
    if value is None:
        return NONE
    if isinstance(value, float):
        many = value.is_integer() or abs(value) >= LARGE
        text = f"{value:,.0f}" if many else f"{value:,.5g}"
        return Text.same(text)
    return WORDS.get(value) or Text.same(str(value))
