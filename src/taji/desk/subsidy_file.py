"""Read what somebody else pays towards a roadmap: a share of the purchase up to a cap.

A small file of one rule, until programmes stand as packs of their own. Decides what the file may
say; what the rule means is ``taji.plan.instance.Subsidy``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from taji.base.errors import TajiError
from taji.base.exact import as_fraction
from taji.base.text import Text
from taji.catalogue.measure import Measures
from taji.catalogue.problem import PackError
from taji.catalogue.yaml import read
from taji.plan.instance import Subsidy

__all__ = ["SubsidyFileError", "read_subsidy"]

KEYS = ("share", "cap", "measures", "title", "source")


class SubsidyFileError(TajiError):
    """The file of the subsidy cannot be used."""

    code = "desk.subsidy_file"
    sentences = {
        "en": "{file}: {reason}. Write `share: 0.3` and `cap: 200000` (yuan), and `measures: [id]` "
        "where only some measures count.",
        "zh": "{file}：{reason}。请写成 `share: 0.3`、`cap: 200000`（元），"
        "只补部分措施时再写 `measures: [id]`。",
    }


def read_subsidy(path: Path, measures: Measures) -> Subsidy:
    """Read a subsidy.

    Raises
    ------
    SubsidyFileError
        If the file is no such rule, or names a measure that is not in the pack.
    """
    try:
        content: Any = read(path)
    except PackError as error:
        reason = Text(zh=error.problems[0].reason.zh, en=error.problems[0].reason.en)
        raise SubsidyFileError(file=path.name, reason=reason) from error
    if not isinstance(content, Mapping) or not set(content) <= set(KEYS):
        allowed = ", ".join(KEYS)
        reason = Text(zh=f"只可有 {allowed} 这些键", en=f"only these keys may stand: {allowed}")
        raise SubsidyFileError(file=path.name, reason=reason)
    share, cap = _number(path, content, "share"), _number(path, content, "cap")
    if not 0 < share <= 1 or cap < 0 or cap.denominator != 1:
        reason = Text(
            zh="share 须大于0且不超过1，cap 须为整数元",
            en="share lies over 0 and up to 1, cap is whole yuan",
        )
        raise SubsidyFileError(file=path.name, reason=reason)
    named = content.get("measures", [measure.id for measure in measures.measures])
    unknown = [name for name in named if name not in measures.by_id]
    if unknown:
        listed = ", ".join(map(str, unknown))
        reason = Text(zh=f"措施包中没有 {listed}", en=f"the pack has no measure {listed}")
        raise SubsidyFileError(file=path.name, reason=reason)
    place = {measure.id: at for at, measure in enumerate(measures.measures)}
    return Subsidy(
        share=(share.numerator, share.denominator),
        cap=int(cap),
        measures=frozenset(place[name] for name in named),
    )


def _number(path: Path, content: Mapping[str, Any], key: str) -> Fraction:
    try:
        return as_fraction(content.get(key))
    except ValueError as error:
        reason = Text(zh=f"{key} 不是数", en=f"{key} is no number")
        raise SubsidyFileError(file=path.name, reason=reason) from error
