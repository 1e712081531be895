"""Read a case of a portfolio from its files: options, limits, floors, laid out to be solved.

Decides how amounts become whole smallest units. Does not solve (``taji.desk.funding``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from taji.base.arrays import FloatArray
from taji.desk.portfolio_limits import FloorSpec, read_floors, read_limits
from taji.desk.portfolio_table import Options, read_options
from taji.plan.portfolio.instance import Floor, Portfolio, in_units, lay_out

__all__ = ["Case", "load_case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A table of options with its limits and floors, laid out to be solved.

    Attributes
    ----------
    scale : FloatArray, shape (n_use,)
        Smallest units in one unit of each resource.
    """

    options: Options
    limits: Mapping[str, float]
    floors: tuple[FloorSpec, ...]
    portfolio: Portfolio
    scale: FloatArray

    @property
    def limited(self) -> tuple[str, ...]:
        """Resources that have a limit, in the order of their rows."""
        return tuple(name for name in self.options.uses if name in self.limits)

    @property
    def row_scale(self) -> FloatArray:
        """Smallest units in one unit of what each row limits, shape (n_row,)."""
        return self.scale[self.portfolio.rows.use]


def load_case(
    options_path: Path, limits_path: Path, floors_path: Path | None, *, every_enterprise: bool
) -> Case:
    """Read options, limits and floors, and lay them out.

    Parameters
    ----------
    options_path, limits_path, floors_path : Path
        Table of options; JSON of limits; JSON of floors, or None.
    every_enterprise : bool
        Whether every enterprise must get exactly one option.

    Raises
    ------
    TajiError
        If a file cannot be used; the sentence says where.
    """
    options = read_options(options_path)
    limits = read_limits(limits_path, options.uses)
    floors = read_floors(floors_path, options.uses, options.groups) if floors_path else ()
    scale = np.ones(len(options.uses))

    def whole_uses() -> Iterator[FloatArray]:
        for place, column in enumerate(options.all_uses()):
            scaled, scale[place] = in_units(column)
            yield scaled

    portfolio = lay_out(
        options.starts,
        options.numbers("value"),
        whole_uses(),
        limits=[limits.get(name) for name in options.uses],
        floors=[
            Floor(
                (options.group_frame[floor.group] == floor.value).to_numpy(),
                options.uses.index(floor.use),
                floor.min,
            )
            for floor in floors
        ],
        compulsory=every_enterprise,
    )
    rows = portfolio.rows
    bound = rows.bound * scale[rows.use]
    hair = 1e-9 * np.maximum(1.0, np.abs(bound))
    bound = np.floor(bound + np.minimum(hair, 1e-3))  # a floor stands with its sign turned
    return Case(
        options=options,
        limits=limits,
        floors=floors,
        portfolio=replace(portfolio, rows=replace(rows, bound=bound)),
        scale=scale,
    )
