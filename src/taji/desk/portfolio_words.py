"""Say of a portfolio what was found, or which limit or floor must give way by how much."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taji.base.arrays import BoolArray
from taji.base.text import Text
from taji.catalogue.resources import floor_of, resource_of
from taji.desk.portfolio_case import Case
from taji.plan.portfolio.shortage import Shortage

__all__ = ["Lack", "lacks", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One way to make room: what to loosen by how much, all of it together.

    Attributes
    ----------
    way : str
        ``any``, ``floors`` or ``limits``: what was allowed to give way.
    loosen : tuple of mapping
        Each floor or limit with ``by``, in its own units; empty where this way does not help.
    sentence : Text
        The same in words.
    """

    way: str
    loosen: tuple[Mapping[str, Any], ...]
    sentence: Text

    def record(self) -> dict[str, Any]:
        """The way as it stands in the certificate."""
        return {
            "way": self.way,
            "loosen": [dict(item) for item in self.loosen],
            "words": {"zh": self.sentence.zh, "en": self.sentence.en},
        }


def lacks(case: Case, found: Shortage, loose: BoolArray) -> list[Lack]:
    """Put a shortage into words."""
    sign = case.portfolio.rows.sign
    way = "any" if loose.all() else "floors" if sign[loose][0] < 0 else "limits"
    if found.choice is None:
        kind = {
            "any": ("放宽", "Loosening"),
            "floors": ("只降低下限", "Lowering floors alone"),
            "limits": ("只提高上限", "Raising limits alone"),
        }[way]
        text = Text(zh=f"{kind[0]}不能使方案成立。", en=f"{kind[1]} does not make room.")
        return [Lack(way=way, loosen=(), sentence=text)]
    n = len(case.limited)
    items: list[dict[str, Any]] = []
    zh, en = [], []
    for r, short in enumerate(found.short / case.row_scale):
        if short <= 0:
            continue
        by = math.ceil(short * 100 - 1e-6) / 100
        if r < n:
            name = case.limited[r]
            items.append({"use": name, "limit": case.limits[name], "by": by})
            of = resource_of(name)
            most, more = of.amount(f"{case.limits[name]:,.10g}"), of.amount(f"{by:,.10g}")
            zh.append(f"把{of.title.zh}的上限 {most.zh} 提高 {more.zh}")
            en.append(f"raise the limit of {of.title.en}, {most.en}, by {more.en}")
        else:
            floor = case.floors[r - n]
            items.append({**floor.model_dump(), "by": by})
            named, of = floor_of(floor.group, floor.value, floor.use), resource_of(floor.use)
            least, lack = of.amount(f"{floor.min:,.10g}"), of.amount(f"{by:,.10g}")
            zh.append(f"下限（{named.zh}，至少 {least.zh}）缺 {lack.zh}")
            en.append(f"the floor ({named.en}, at least {least.en}) lacks {lack.en}")
    text = Text(zh="；".join(zh) + "。", en="; ".join(en) + ".")
    return [Lack(way=way, loosen=tuple(items), sentence=text)] if items else []


def told(certificate: Mapping[str, Any], lacking: tuple[Lack, ...], out: Path) -> tuple[Text, ...]:
    """What to say of a result."""
    if not certificate["feasible"]:
        proven = certificate["proven"]
        head = Text(
            zh="没有任何方案能同时满足全部上限和下限。任选一种放宽办法："
            if proven
            else "在时限内没有找到满足全部上限和下限的方案。可行的放宽办法：",
            en="No choice keeps all limits and floors. Loosen in one of these ways:"
            if proven
            else "No choice that keeps all limits and floors was found in time. These would do:",
        )
        return (head, *dict.fromkeys(lack.sentence for lack in lacking))  # ways may be the same
    gap = certificate["gap"]
    quality = Text(
        zh="已证明最优" if certificate["proven"] else f"离上界不超过 {100 * gap:.2g}%",
        en="proven best" if certificate["proven"] else f"within {100 * gap:.2g} % of the bound",
    )
    return (
        Text(
            zh=f"{certificate['enterprises']} 家企业中支持 {certificate['supported']} 家，"
            f"总价值 {certificate['value']:,.10g}（{quality.zh}）：{out}",
            en=f"{certificate['supported']} of {certificate['enterprises']} enterprises are "
            f"supported, worth {certificate['value']:,.10g} together ({quality.en}): {out}",
        ),
        *(Text(**note) for note in certificate["notes"]),
    )
