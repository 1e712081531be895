"""Read the limits of a city's resources and its floors of fairness.

Decides what the two files may say. What they mean for a choice is ``taji.plan.portfolio``'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from taji.base.errors import TajiError
from taji.base.text import Text

__all__ = ["FloorSpec", "FloorsError", "LimitsError", "read_floors", "read_limits"]

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LimitsError(TajiError):
    """The file of limits cannot be used."""

    code = "plan.limits"
    sentences = {
        "en": '{file}: {reason}. Limits are written {{"use_money": 1000000, …}}: columns of the '
        "options, and the most of each that may be used.",
        "zh": '{file}：{reason}。上限应写成 {{"use_money": 1000000, …}}：选项表中的列名，以及最多可用多少。',
    }


class FloorsError(TajiError):
    """The file of floors cannot be used."""

    code = "plan.floors"
    sentences = {
        "en": '{file}: {reason}. Floors are written [{{"group": "group_district", "value": '
        '"430211", "use": "use_money", "min": 200000}}, …].',
        "zh": '{file}：{reason}。下限应写成 [{{"group": "group_district", "value": "430211", '
        '"use": "use_money", "min": 200000}}, …]。',
    }


class FloorSpec(BaseModel):
    """Firms whose ``group`` is ``value`` must get at least ``min`` of ``use`` together."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    group: str
    value: str
    use: str
    min: Amount


_LIMITS: TypeAdapter[dict[str, Amount]] = TypeAdapter(dict[str, Amount])
_FLOORS: TypeAdapter[list[FloorSpec]] = TypeAdapter(list[FloorSpec])


def read_limits(path: Path, uses: tuple[str, ...]) -> Mapping[str, float]:
    """Read the limits.

    Raises
    ------
    LimitsError
        If the file is no JSON of limits, or names a resource that the options do not have.
    """
    try:
        limits = _LIMITS.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, ValidationError) as error:
        raise LimitsError(file=path.name, reason=_fault(error)) from error
    for name in limits:
        if name not in uses:
            raise LimitsError(file=path.name, reason=_unknown(name, uses))
    return limits


def read_floors(
    path: Path, uses: tuple[str, ...], groups: tuple[str, ...]
) -> tuple[FloorSpec, ...]:
    """Read the floors.

    Raises
    ------
    FloorsError
        If the file is no JSON of floors, or names a column that the options do not have.
    """
    try:
        floors = _FLOORS.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, ValidationError) as error:
        raise FloorsError(file=path.name, reason=_fault(error)) from error
    for floor in floors:
        for name, known in ((floor.use, uses), (floor.group, groups)):
            if name not in known:
                raise FloorsError(file=path.name, reason=_unknown(name, known))
    return tuple(floors)


def _unknown(name: str, known: tuple[str, ...]) -> Text:
    return Text(
        zh=f"选项表没有列 {name}，只有 {'、'.join(known) or '（无）'}",
        en=f"the options have no column {name}, only {', '.join(known) or 'none'}",
    )


def _fault(error: Exception) -> Text:
    if isinstance(error, ValidationError):
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "1"
        return Text(zh=f"{where} 处的写法有误", en=f"what stands at {where} is not as it should be")
    return Text(zh="内容不是 JSON", en="it is no JSON")
