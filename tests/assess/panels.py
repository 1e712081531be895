"""Panels with known truth, and the dense recomputation that severity is held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from taji.assess.ratings import Ratings

REFERENCE = Path(__file__).parent / "reference"
SCORES = pl.read_csv(REFERENCE / "severity.csv")
#: What R says of them (``reference/severity.R``).
R_SAYS: dict[str, Any] = json.loads((REFERENCE / "severity.json").read_text("utf-8"))


def reference_panel(name: str) -> Ratings:
    rows = SCORES.filter(pl.col("panel") == name)
    criterion = rows["criterion"].to_list() if rows["criterion"].null_count() == 0 else None
    return Ratings.of(
        rows["application"].to_list(),
        rows["reviewer"].to_list(),
        rows["score"].to_list(),
        criterion,
    )


def simulated(
    seed: int,
    *,
    applications: int = 60,
    reviews: int = 3,
    load: int = 10,
    severity: float = 0.6,
    width: float = 0.0,
    noise: float = 0.7,
) -> tuple[Ratings, Any, Any]:
    """A panel, the true qualities, the true severities."""
    rng = np.random.default_rng(seed)
    count = applications * reviews // load
    table, loads = np.empty((applications, reviews), dtype=np.int64), np.zeros(count)
    for row in table:  # those with the least to do, drawn among equals
        row[:] = np.lexsort((rng.random(count), loads))[:reviews]
        loads[row] += 1
    application = np.repeat(np.arange(applications), reviews)
    reviewer = table.ravel()
    truth, severe = rng.standard_normal(applications), severity * rng.standard_normal(count)
    wide = np.exp(width * rng.standard_normal(count))
    score = (
        wide[reviewer] * truth[application]
        - severe[reviewer]
        + noise * rng.standard_normal(len(application))
    )
    names = [f"a{place:03d}" for place in application], [f"r{place:02d}" for place in reviewer]
    return Ratings.of(*names, score), truth, severe


def dense(ratings: Ratings, *, application: float, reviewer: float, noise: float) -> dict[str, Any]:
    """Qualities, severities and deviance by whole matrices, at given standard deviations."""
    z = np.eye(len(ratings.applications))[ratings.application]
    w = np.eye(len(ratings.reviewers))[ratings.reviewer]
    n, y = len(ratings.score), ratings.score
    v = application**2 * z @ z.T + reviewer**2 * w @ w.T + noise**2 * np.eye(n)
    inverse, one = np.linalg.inv(v), np.ones((n, 1))
    information = (one.T @ inverse @ one).item()
    centre = (one.T @ inverse @ y).item() / information
    rest = y - centre
    projection = inverse - inverse @ one @ one.T @ inverse / information
    gain = application**2 * z.T
    measure = centre + gain @ inverse @ rest
    to_measure = gain @ projection + np.ones((z.shape[1], 1)) @ one.T @ inverse / information
    covariance = (
        application**2 * np.eye(z.shape[1])
        + to_measure @ v @ to_measure.T
        - to_measure @ z * application**2
        - (to_measure @ z * application**2).T
    )
    return {
        "measure": measure,
        "covariance": covariance,
        "severity": -(reviewer**2) * w.T @ inverse @ rest,
        "deviance": float(
            np.linalg.slogdet(v)[1]
            + np.log(information)
            + rest @ inverse @ rest
            + (n - 1) * np.log(2 * np.pi)
        ),
    }
