"""Scores of a panel, corrected for who gave them.

Decides which model corrects: the additive one, the one with widths where the data ask for it, or the
many-facet Rasch model where the secretary says that scores are steps. Does not decide who is above
the line (``taji.assess.severity_ranks``); refuses a panel that falls into parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from taji.assess.ratings import Pairs, Ratings, refuse_parts, totals
from taji.assess.severity_additive import Additive, fit_additive
from taji.assess.severity_joint import Joint
from taji.assess.severity_rasch import fit_rasch
from taji.assess.severity_scale import Noise, Scaled, fit_scaled
from taji.base.arrays import FloatArray
from taji.base.errors import TajiError

__all__ = ["Corrected", "Fitted", "Model", "TooFewScoresError", "correct"]

Model = Literal["linear", "rasch"]
Fitted = Literal["additive", "scale_equal", "scale_widening", "rasch"]

#: Fewer corrected reviewers, or fewer applications each, do not tell widths apart.
WIDTH_REVIEWERS, WIDTH_SCORED = 5, 5
#: More corrected reviewers than this are not tried for widths: time. [reviewers]
WIDTH_MOST = 400


class TooFewScoresError(TajiError):
    """There is too little to tell severity from quality."""

    code = "panel.few_scores"
    sentences = {
        "en": "{applications} applications, {reviewers} reviewers and {scores} scores are too few to "
        "tell severity from quality: at least 3 applications, 2 reviewers and more scores than "
        "applications are wanted. Have more reviews made, or rank by the raw means.",
        "zh": "只有 {applications} 个项目、{reviewers} 位评委、{scores} 个分数，不足以区分评委宽严与"
        "项目优劣：至少需要 3 个项目、2 位评委，且分数多于项目数。请增加评审，或按原始平均分排名。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A panel, corrected.

    Attributes
    ----------
    fitted : Fitted
        The model that was used.
    joint : Joint
        Fair means: what an average reviewer would give. [points]
    severity, severity_se : FloatArray, shape (n_reviewer,)
        What the reviewer takes off; 0 for those who scored too little. [points; logits for Rasch]
    width : FloatArray or None, shape (n_reviewer,)
        Points of the reviewer for one point of quality, where the model has widths. [ratio]
    infit, outfit : FloatArray, shape (n_reviewer,)
        Mean squares of what is unexpected in his scores; about 1 if he is like the others.
    scored : FloatArray, shape (n_reviewer,)
        Applications that he scored.
    review_noise : float
        Variance of one more review by a reviewer of the panel around the fair mean.
        [points squared]
    components : mapping of str to float
        Standard deviations of the model, and what else it estimated. [points; logits for Rasch]
    """

    fitted: Fitted
    joint: Joint
    severity: FloatArray
    severity_se: FloatArray
    width: FloatArray | None
    infit: FloatArray
    outfit: FloatArray
    scored: FloatArray
    review_noise: float
    components: Mapping[str, float]


def correct(ratings: Ratings, *, model: Model) -> Corrected:
    r"""Correct the scores of a panel for severity, and for width where the data ask for it.

    Parameters
    ----------
    ratings : Ratings
    model : {"linear", "rasch"}
        Whether scores are amounts or steps.

    Raises
    ------
    DisconnectedError, TooFewScoresError, StepsError

    Notes
    -----
    Widths are used where twice their gain of log-likelihood exceeds :math:`\log n` of *n* pairs, the
    price of one more parameter by Schwarz [1]_; of the two kinds of noise the likelier one is taken.

    References
    ----------
    .. [1] G. Schwarz, "Estimating the dimension of a model", *Annals of Statistics* 6 (1978) 461-464.
       doi:10.1214/aos/1176344136
    """
    refuse_parts(ratings)
    sizes = len(ratings.applications), len(ratings.reviewers), len(ratings.score)
    if sizes[0] < 3 or sizes[1] < 2 or len(Pairs.of(ratings).n) <= sizes[0]:
        raise TooFewScoresError(applications=sizes[0], reviewers=sizes[1], scores=sizes[2])
    with threadpool_limits(
        limits=1
    ):  # the same digits and no waiting for cores, whoever else works
        if model == "rasch":
            return _rasch(ratings)
        additive = fit_additive(ratings)
        scaled = _ask_for_widths(ratings, additive)
        return _additive(ratings, additive) if scaled is None else _scaled(ratings, *scaled)


def _ask_for_widths(ratings: Ratings, additive: Additive) -> tuple[Noise, Scaled] | None:
    """Fit the model with widths where it can be told, and keep it where it gains enough."""
    pairs = Pairs.of(ratings)
    scored = pairs.scored[~pairs.thin]
    if not WIDTH_REVIEWERS <= len(scored) <= WIDTH_MOST or scored.mean() < WIDTH_SCORED:
        return None
    if min(additive.sd_application, additive.sd_noise) <= 1e-6 * float(ratings.score.std()):
        return None  # without differences or without noise there is nothing to weigh
    kinds: tuple[Noise, Noise] = ("equal", "widening")
    tried = [(kind, fit_scaled(ratings, additive, noise=kind)) for kind in kinds]
    best = max(tried, key=lambda one: one[1].gained)
    return best if best[1].gained > np.log(len(pairs.n)) else None


def _additive(ratings: Ratings, fit: Additive) -> Corrected:
    infit, outfit = _fit(ratings, fit.square, fit.noise)
    components = {
        "sd_application": fit.sd_application,
        "sd_reviewer": fit.sd_reviewer,
        "sd_noise": fit.sd_noise,
        "deviance": fit.deviance,
    }
    if len(ratings.criteria) > 1:
        components["sd_pair"] = fit.sd_pair
    return Corrected(
        fitted="additive",
        joint=fit.joint,
        severity=fit.severity,
        severity_se=fit.severity_se,
        width=None,
        infit=infit,
        outfit=outfit,
        scored=Pairs.of(ratings).scored.astype(np.float64),
        review_noise=_review_noise(ratings, fit.joint, fit.sd_application**2, fit.severity_se),
        components=components,
    )


def _scaled(ratings: Ratings, noise: Noise, fit: Scaled) -> Corrected:
    infit, outfit = _fit(ratings, fit.square, fit.noise)
    return Corrected(
        fitted="scale_equal" if noise == "equal" else "scale_widening",
        joint=fit.joint,
        severity=fit.severity,
        severity_se=fit.severity_se,
        width=fit.width,
        infit=infit,
        outfit=outfit,
        scored=Pairs.of(ratings).scored.astype(np.float64),
        review_noise=_review_noise(ratings, fit.joint, fit.sd_application**2, fit.severity_se),
        components={
            "sd_application": fit.sd_application,
            "sd_reviewer": fit.sd_reviewer,
            "sd_noise": fit.sd_noise,
            "sd_width": fit.sd_width,
            "gained": fit.gained,
        },
    )


def _rasch(ratings: Ratings) -> Corrected:
    fit = fit_rasch(ratings)
    return Corrected(
        fitted="rasch",
        joint=fit.joint,
        severity=fit.severity,
        severity_se=fit.severity_se,
        width=None,
        infit=fit.infit,
        outfit=fit.outfit,
        scored=Pairs.of(ratings).scored.astype(np.float64),
        review_noise=_review_noise(
            ratings,
            fit.joint,
            fit.prior,
            fit.severity_se * np.sqrt(fit.prior) / fit.sd_application,  # logits to points
        ),
        components={
            "sd_application": fit.sd_application,
            "sd_reviewer": fit.sd_reviewer,
            "deviance": fit.deviance,
            **{
                f"threshold_{step:g}": float(value)
                for step, value in zip(fit.steps[1:], fit.threshold, strict=True)
            },
        },
    )


def _fit(ratings: Ratings, square: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean squares of each reviewer's noise, weighted by its variance and not."""
    pairs, size = Pairs.of(ratings), len(ratings.reviewers)
    squares = totals(pairs.reviewer, square, size)
    noises = totals(pairs.reviewer, noise, size)
    ratio = totals(pairs.reviewer, square / noise, size)
    return squares / noises, ratio / pairs.scored


def _review_noise(ratings: Ratings, joint: Joint, prior: float, severity_se: FloatArray) -> float:
    """Variance of a review: by what the reviews at hand told, and what is not known of severity."""
    known = joint.own > 0.0
    if prior <= 0.0 or not known.any():
        return float("inf")
    told = float((1.0 / joint.own[known] - 1.0 / prior).sum())
    reviews = np.bincount(Pairs.of(ratings).application, minlength=len(known))[known].sum()
    return float(reviews / told + (severity_se**2).mean()) if told > 0.0 else float("inf")
