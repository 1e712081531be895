"""What may be wrong with a design, each fault with its next step."""

from __future__ import annotations

from typing import ClassVar

from taji.base.errors import TajiError
from taji.base.text import Language

__all__ = [
    "DesignColumnError",
    "DesignKeyError",
    "DesignNumberError",
    "LoneUnitError",
    "PopulationError",
]


class DesignKeyError(TajiError):
    """The design says something that cannot be understood."""

    code = "survey.design_key"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "design: `{key}` is {value}; expected {expected}. Correct it in design.yaml.",
        "zh": "设计文件：`{key}` 为 {value}，应为 {expected}。请在 design.yaml 中更正。",
    }


class DesignColumnError(TajiError):
    """A column that the design names is not in the data."""

    code = "survey.design_column"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "design: `{key}` names the column {column}, which the data do not have (they have: "
            "{known}). Correct the name, or join the register that holds it."
        ),
        "zh": (
            "设计文件：`{key}` 指定的列 {column} 不在数据中（现有：{known}）。"
            "请更正列名，或关联含有该列的名录。"
        ),
    }


class DesignNumberError(TajiError):
    """A cell that the design needs is missing, or is not a usable number."""

    code = "survey.design_number"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Row {row}{enterprise}: `{column}` ({key}) is {value}; expected {expected}. Correct the "
            "cell, or leave the row out on purpose before estimating."
        ),
        "zh": (
            "第 {row} 行{enterprise}：`{column}`（{key}）为 {value}，应为 {expected}。"
            "请更正该单元格，或在估计之前有意剔除该行。"
        ),
    }


class PopulationError(TajiError):
    """The population of a stratum contradicts the rows."""

    code = "survey.population"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Stratum {stratum}: {problem} (drawn {drawn}, population {population:.10g}). Correct "
            "`{column}`: it is the number of units in the stratum, the same on every row of it."
        ),
        "zh": (
            "层 {stratum}：{problem}（样本 {drawn}，总体 {population:.10g}）。"
            "请更正 `{column}`：应为该层的单位总数，层内各行相同。"
        ),
    }


class LoneUnitError(TajiError):
    """A stratum has one unit only, so its variance cannot be estimated."""

    code = "survey.lone_unit"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{count} strata have a single unit and no variance: {strata}. Merge each with a "
            "similar stratum, or set `lone_unit: adjust` (cautious) or `lone_unit: certainty` "
            "(only if the unit was sure to be drawn) in design.yaml."
        ),
        "zh": (
            "有 {count} 个层只有一个单位，无法估计方差：{strata}。"
            "请与相近的层合并，或在 design.yaml 中设置 `lone_unit: adjust`（偏保守）"
            "或 `lone_unit: certainty`（仅当该单位必然入样）。"
        ),
    }
