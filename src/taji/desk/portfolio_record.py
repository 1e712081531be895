"""Write a portfolio down: the choice, the line of each decision, the certificate.

Decides which columns and fields the files have. What is chosen is ``taji.plan.portfolio``'s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from taji.desk.portfolio_case import Case
from taji.desk.portfolio_table import Options
from taji.desk.portfolio_words import Lack
from taji.plan.portfolio.explaining import explain
from taji.plan.portfolio.instance import NOTHING, ChoiceArray
from taji.plan.portfolio.solve import Method, Outcome

__all__ = ["certificate_of", "choice_table", "decisions"]


def choice_table(options: Options, choice: ChoiceArray) -> pl.DataFrame:
    """The options that were chosen; a firm that gets nothing has no row."""
    firm = np.flatnonzero(choice != NOTHING)
    return pl.DataFrame(
        {
            "enterprise": options.enterprise.gather(firm),
            "option": options.names(options.starts[firm] + choice[firm]),
        }
    )


def decisions(case: Case, outcome: Outcome) -> pl.DataFrame:
    """One line for each enterprise: what it got, and how the posted prices say so."""
    assert outcome.choice is not None
    reasons = explain(case.portfolio, outcome.prices, outcome.choice)
    first = case.options.starts[:-1]
    chosen, other = outcome.choice, reasons.other
    rows = np.concatenate(
        [np.where(chosen >= 0, first + chosen, -1), np.where(other >= 0, first + other, -1)]
    )
    names = case.options.names(rows)
    return pl.DataFrame(
        {
            "enterprise": case.options.enterprise,
            "option": names.head(len(chosen)),
            "value": reasons.cost + reasons.surplus,
            "price_of_use": reasons.cost,
            "surplus": reasons.surplus,
            "other_option": names.tail(len(chosen)),
            "other_surplus": pl.Series(reasons.other_surplus).replace(-np.inf, None),
            "decided_by": pl.Series(reasons.exception).replace_strict(
                {False: "prices", True: "exception"}, return_dtype=pl.String
            ),
        }
    )


def certificate_of(
    case: Case,
    outcome: Outcome,
    lacking: tuple[Lack, ...],
    method: Method,
) -> dict[str, Any]:
    """What stands in ``certificate.json``, but for how it was asked for and how long it took."""
    found = outcome.choice is not None
    rows, scale = case.portfolio.rows, case.row_scale
    prices = outcome.prices * scale
    used, fits = np.zeros(len(scale)), False
    if outcome.choice is not None:
        signed = rows.signed(case.portfolio.use_of(outcome.choice))
        used, fits = rows.sign * signed / scale, bool(np.all(signed <= rows.bound))
    n = len(case.limited)
    return {
        "value": outcome.value if found else None,
        "bound": None if outcome.impossible else max(outcome.bound, outcome.value),
        "gap": outcome.gap if found else None,
        "feasible": fits,
        "proven": (found and outcome.gap <= 1e-12) or outcome.impossible,
        "prices": {name: float(prices[r]) for r, name in enumerate(case.limited)},
        "limits": {
            name: {"limit": case.limits[name], "used": float(used[r])}
            for r, name in enumerate(case.limited)
        },
        "floors": [
            {
                **floor.model_dump(),
                "got": float(used[n + r]) if found else None,
                "price": float(prices[n + r]),
            }
            for r, floor in enumerate(case.floors)
        ],
        "lacking": [lack.record() for lack in lacking],
        "enterprises": case.portfolio.size,
        "supported": int((outcome.choice != NOTHING).sum()) if outcome.choice is not None else 0,
        "options": case.portfolio.options,
        "every_enterprise": case.portfolio.compulsory,
        "sha256": case.options.sha256,
        "notes": [note.model_dump() for note in case.options.notes],
        "method": method,
        "passes": outcome.passes,
        "programmes": outcome.programmes,
        "margin_used": outcome.inside,
    }
