"""Keep the planes under the bound that passes have found, and the least point of them.

Decides nothing about steps (``taji.plan.portfolio.prices``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.math_opt.python import mathopt

from taji.base.arrays import FloatArray
from taji.plan.portfolio.answer import Answer
from taji.plan.portfolio.instance import ChoiceArray, Rows

__all__ = ["Lowest", "Planes"]

#: Shares of a mixture below this are rounding. [fraction]
SMALLEST_SHARE = 1e-9
#: Prices as near an edge as this lie on it: so exactly the programme is solved. [fraction]
EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class Lowest:
    """The least point of the planes: prices, and the value there without settled firms."""

    prices: FloatArray
    value: float


class Planes:
    """Planes under the surplus of each cell, in a linear programme that remembers its basis."""

    def __init__(self, rows: Rows, *, scale: FloatArray, unit: float) -> None:
        self._rows, self._scale, self._unit = rows, scale, unit
        self._model = mathopt.Model()
        self._price = [self._model.add_variable(lb=0.0) for _ in scale]
        n_cell = rows.member.shape[1]
        self._surplus = [self._model.add_variable(lb=-np.inf) for _ in range(n_cell)]
        for variable, cost in zip(self._price, rows.bound * scale / unit, strict=True):
            self._model.objective.set_linear_coefficient(variable, float(cost))
        for variable in self._surplus:
            self._model.objective.set_linear_coefficient(variable, 1.0)
        self._model.objective.is_maximize = False
        self._found: list[tuple[Answer, list[mathopt.LinearConstraint]]] = []
        self._shares: dict[mathopt.LinearConstraint, float] = {}
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
        self._settings = mathopt.SolveParameters(threads=1)
        self._settings.glop.primal_feasibility_tolerance = 1e-9
        self._settings.glop.dual_feasibility_tolerance = 1e-9

    def add(self, prices: FloatArray, found: Answer) -> None:
        """Add the planes of a pass: its surplus at its prices, sinking by what is used there."""
        rows, model = self._rows, self._model
        slope = rows.sign[:, None] * np.where(rows.member, found.use[rows.use], 0.0)
        level = (found.surplus + prices @ slope) / self._unit
        steps = slope * self._scale[:, None] / self._unit
        planes = []
        for c, variable in enumerate(self._surplus):
            plane = model.add_linear_constraint(lb=float(level[c]))
            plane.set_coefficient(variable, 1.0)
            for r in np.flatnonzero(steps[:, c]):
                plane.set_coefficient(self._price[r], float(steps[r, c]))
            planes.append(plane)
        self._found.append((found, planes))

    def lowest(self, low: FloatArray, high: FloatArray) -> Lowest | None:
        """The least point of the planes with prices between ``low`` and ``high``.

        None where the numbers lie too far apart to be told from rounding.
        """
        for place, variable in enumerate(self._price):
            variable.lower_bound = float(low[place] / self._scale[place])
            variable.upper_bound = float(high[place] / self._scale[place])
        result = self._solver.solve(params=self._settings)
        if not result.has_primal_feasible_solution() or not result.has_dual_feasible_solution():
            result = mathopt.solve(self._model, mathopt.SolverType.GLOP)
        if not result.has_primal_feasible_solution() or not result.has_dual_feasible_solution():
            return None
        values = np.array(result.variable_values(self._price)) * self._scale
        self._shares = result.dual_values()
        # A price at an edge is the edge itself, not what scaling there and back makes of it.
        prices = np.where(values <= low * (1 + EDGE), low, values)
        prices = np.where(values >= high * (1 - EDGE), high, prices)
        return Lowest(prices, result.objective_value() * self._unit)

    def mixture(self) -> tuple[tuple[FloatArray, ChoiceArray], ...]:
        """Answers that hold the least point up, each with its share in each cell."""
        out = []
        for found, planes in self._found:
            shares = np.array([self._shares.get(plane, 0.0) for plane in planes])
            if np.any(shares > SMALLEST_SHARE):
                out.append((np.maximum(shares, 0.0), found.choice))
        return tuple(out)
