"""How severe each reviewer is and how good each application, by an additive mixed model.

Decides variance components by restricted maximum likelihood and all effects by Henderson's mixed
model equations. Does not decide whether reviewers use the scale differently wide
(``taji.assess.severity_scale``) nor who is above the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.sparse import coo_array, csr_array, diags_array

from taji.assess.ratings import Pairs, Ratings, totals
from taji.assess.severity_joint import Joint, row_variance
from taji.base.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Additive", "fit_additive"]

#: The search for the components ends at this step and this change of the deviance.
STEP, CHANGE = 1e-9, 1e-11
#: A noise below this share of the scores' variance is rounding. [ratio]
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Additive:
    """The additive model, fitted.

    Attributes
    ----------
    deviance : float
        Minus twice the restricted log-likelihood.
    sd_application, sd_reviewer, sd_pair, sd_noise : float
        Standard deviations of quality, severity, a reviewer's opinion of one application, and of
        single scores around it. [points of the scale]
    centre : FloatArray, shape (n_criterion,)
        What an average reviewer gives an average application. [points]
    joint : Joint
        Of the applications, as an average reviewer would score them. [points]; its effects are the
        reviewers that are corrected, then the criteria.
    severity, severity_se : FloatArray, shape (n_reviewer,)
        Points that the reviewer takes off; 0 for those who scored too little, with the
        standard deviation of severity. [points]
    noise : FloatArray, shape (n_pair,)
        Variance of a pair's mean around quality and severity. [points squared]
    square : FloatArray, shape (n_pair,)
        Expected square of that noise given all scores: of the residual, and of what is not known
        of the fitted value; ``noise`` on average if the model holds. [points squared]
    level : FloatArray, shape (n_pair,)
        Mean score of a pair, less what its criteria add. [points]
    """

    deviance: float
    sd_application: float
    sd_reviewer: float
    sd_pair: float
    sd_noise: float
    centre: FloatArray
    joint: Joint
    severity: FloatArray
    severity_se: FloatArray
    noise: FloatArray
    square: FloatArray
    level: FloatArray


def fit_additive(ratings: Ratings) -> Additive:
    r"""Fit the additive mixed model by restricted maximum likelihood.

    Parameters
    ----------
    ratings : Ratings
        A connected panel.

    Notes
    -----
    Score of application *a* by reviewer *r* under criterion *c*:

    .. math:: y_{arc} = \beta_c + \theta_a - \alpha_r + u_{ar} + e_{arc},

    with quality :math:`\theta`, severity :math:`\alpha` and opinion *u* normal around 0, each with
    a variance of its own; *u* only where there are several criteria. With *V* the covariance of all
    scores relative to that of *e*, the components minimise the profiled restricted deviance [1]_

    .. math:: \log|V| + \log|X^\top V^{-1} X| + (n - p) \left(1 + \log \frac{2 \pi Q}{n - p}\right),

    *Q* the weighted sum of squares left. Opinions are taken out pair by pair, applications by their
    diagonal, so that one matrix of reviewers and criteria is factored [2]_. The severity of a
    reviewer with fewer than ``LEAST_SCORED`` applications counts as noise of his scores.

    References
    ----------
    .. [1] D. Bates, M. Mächler, B. Bolker and S. Walker, "Fitting linear mixed-effects models using
       lme4", *Journal of Statistical Software* 67 (2015) 1. doi:10.18637/jss.v067.i01
    .. [2] C. R. Henderson, "Best linear unbiased estimation and prediction under a selection model",
       *Biometrics* 31 (1975) 423-447. doi:10.2307/2529430

    Examples
    --------
    >>> from itertools import product
    >>> pairs = list(product("abcdef", "xy"))
    >>> quality, severity = dict(zip("abcdef", [1, 2, 4, 5, 7, 8])), {"x": 0, "y": 2}
    >>> wobble = [0.1, -0.1, -0.1, 0.1, 0.1, 0.1, -0.1, 0.1, -0.1, -0.1, 0.1, -0.1]
    >>> scores = [quality[a] - severity[r] + w for (a, r), w in zip(pairs, wobble)]
    >>> fit = fit_additive(Ratings.of(*zip(*pairs), scores))
    >>> fit.severity.round(1).tolist()
    [-1.0, 1.0]
    """
    system = _System.of(ratings)
    search = _search(system)
    return _finish(system, ratings, search)


@dataclass(frozen=True, slots=True)
class _System:
    """What of the scores the equations need, whatever the components are."""

    pairs: Pairs
    thin: BoolArray
    thick_of_pair: IntArray  # place among the corrected reviewers; their number for the others
    thick: IntArray
    sums: FloatArray  # of a pair's scores, centred
    crossed: FloatArray  # criterion sums, centred
    squares: float
    middle: float
    n: int
    several: bool

    @classmethod
    def of(cls, ratings: Ratings) -> _System:
        pairs = Pairs.of(ratings)
        thick = np.flatnonzero(~pairs.thin)
        place = np.full(len(ratings.reviewers), len(thick))
        place[thick] = np.arange(len(thick))
        middle = float(ratings.score.mean())
        score = ratings.score - middle
        return cls(
            pairs=pairs,
            thin=pairs.thin[pairs.reviewer],
            thick_of_pair=place[pairs.reviewer],
            thick=thick,
            sums=totals(pairs.of_score, score, len(pairs.n)),
            crossed=totals(ratings.criterion, score, len(ratings.criteria)),
            squares=float(score @ score),
            middle=middle,
            n=len(score),
            several=len(ratings.criteria) > 1,
        )

    @property
    def n_application(self) -> int:
        return int(self.pairs.application.max()) + 1


@dataclass(frozen=True, slots=True)
class _Solved:
    """The equations solved for given relative standard deviations."""

    deviance: float
    variance: float
    kept: FloatArray  # variance of each application's quality over that of noise, effects known
    effects: FloatArray  # corrected reviewers (plus is lenient), then criteria
    inverse: FloatArray  # covariance of the effects over the variance of noise


def _search(system: _System) -> tuple[float, float, float]:
    """Find the relative standard deviations of quality, severity and opinion."""
    free = 3 if system.several else 2
    # weights that no component moves are made once
    fixed = None if system.several or system.thin.any() else _Weights.of(system, 0.0, 0.0)

    def deviance(ratio: FloatArray) -> float:
        quality, severity = abs(float(ratio[0])), abs(float(ratio[1]))
        opinion = abs(float(ratio[2])) if system.several else 0.0
        weights = fixed or _Weights.of(system, severity, opinion)
        return _solve(system, weights, quality, severity).deviance

    options = {"xatol": STEP, "fatol": CHANGE, "maxiter": 2_000, "maxfev": 2_000}
    start = np.full(free, 1.0)
    for _ in range(2):  # a second start from the first's end guards against a collapsed simplex
        found = minimize(deviance, start, method="Nelder-Mead", options=options)
        start = np.where(np.abs(found.x) < 1e-6, 1e-3, np.abs(found.x))
    ratio = np.abs(found.x)
    for place in range(free):  # exactly nothing, where nothing is no worse
        without = ratio.copy()
        without[place] = 0.0
        if deviance(without) <= found.fun + 1e-9:
            ratio = without
    return float(ratio[0]), float(ratio[1]), float(ratio[2]) if free == 3 else 0.0


@dataclass(frozen=True, slots=True)
class _Weights:
    """Weighted sums that depend on opinion, and on severity through reviewers who are not corrected."""

    whole: FloatArray  # determinant of each pair
    coupling: csr_array  # applications by effects
    diagonal: FloatArray  # of the applications
    right: FloatArray  # of the applications
    inner: FloatArray  # effects among themselves
    effects_right: FloatArray
    squares: float

    @classmethod
    def of(cls, system: _System, severity: float, opinion: float) -> _Weights:
        pairs, n_thick = system.pairs, len(system.thick)
        extra = opinion**2 + np.where(system.thin, severity**2, 0.0)
        whole = 1.0 + pairs.n * extra
        weight, share, spread = pairs.n / whole, 1.0 / whole, extra / whole
        to_reviewer = totals(system.thick_of_pair, share * system.sums, n_thick + 1)[:n_thick]
        to_criterion = system.crossed - pairs.criteria.T @ (spread * system.sums)
        return cls(
            whole=whole,
            coupling=_coupling(system, weight, share),
            diagonal=totals(pairs.application, weight, system.n_application),
            right=totals(pairs.application, share * system.sums, system.n_application),
            inner=_inner(system, weight, share, spread),
            effects_right=np.concatenate((to_reviewer, to_criterion)),
            squares=system.squares - float(spread @ system.sums**2),
        )


def _solve(system: _System, weights: _Weights, quality: float, severity: float) -> _Solved:
    """Solve the mixed model equations; applications are eliminated by their diagonal."""
    n_thick = len(system.thick)
    n_criterion = len(weights.inner) - n_thick
    scale = np.concatenate((np.full(n_thick, severity), np.ones(n_criterion)))
    diagonal = 1.0 + quality**2 * weights.diagonal
    kept, coupling = quality**2 / diagonal, weights.coupling
    schur = weights.inner - (coupling.T @ (diags_array(kept) @ coupling)).toarray()
    schur = schur * np.outer(scale, scale)
    schur[np.arange(n_thick), np.arange(n_thick)] += 1.0
    reduced = (weights.effects_right - coupling.T @ (kept * weights.right)) * scale
    factor = cho_factor(schur, lower=True)
    solution = cho_solve(factor, reduced)
    degrees = system.n - n_criterion
    left = weights.squares - float(kept @ weights.right**2) - float(reduced @ solution)
    left = max(left, ROUNDING * max(system.squares, ROUNDING))
    logs = np.log(weights.whole).sum() + np.log(diagonal).sum()
    logs += 2.0 * np.log(np.diag(factor[0])).sum()
    return _Solved(
        deviance=float(logs) + degrees * (1.0 + float(np.log(2.0 * np.pi * left / degrees))),
        variance=left / degrees,
        kept=kept,
        effects=scale * solution,
        inverse=cho_solve(factor, np.diag(scale)) * scale[:, None],
    )


def _coupling(system: _System, weight: FloatArray, share: FloatArray) -> csr_array:
    """Weights between applications and effects."""
    pairs, n_thick = system.pairs, len(system.thick)
    inside = ~system.thin
    reviewers = coo_array(
        (weight[inside], (pairs.application[inside], system.thick_of_pair[inside])),
        shape=(system.n_application, n_thick),
    )
    of_application = coo_array(
        (share, (pairs.application, np.arange(len(share)))),
        shape=(system.n_application, len(share)),
    ).tocsr()
    criteria = (of_application @ pairs.criteria).tocoo()
    return csr_array(
        coo_array(
            (
                np.concatenate((reviewers.data, criteria.data)),
                (
                    np.concatenate((reviewers.row, criteria.row)),
                    np.concatenate((reviewers.col, n_thick + criteria.col)),
                ),
            ),
            shape=(system.n_application, n_thick + pairs.criteria.shape[1]),
        )
    )


def _inner(
    system: _System, weight: FloatArray, share: FloatArray, spread: FloatArray
) -> FloatArray:
    """Weights of the effects among themselves, without their priors."""
    pairs, n_thick = system.pairs, len(system.thick)
    of_reviewer = coo_array(
        (share, (system.thick_of_pair, np.arange(len(share)))), shape=(n_thick + 1, len(share))
    ).tocsr()
    across = (of_reviewer @ pairs.criteria).toarray()[:n_thick]
    own = np.diag(totals(system.thick_of_pair, weight, n_thick + 1)[:n_thick])
    used = np.asarray(pairs.criteria.sum(axis=0))
    criteria = np.diag(used) - (pairs.criteria.T @ (diags_array(spread) @ pairs.criteria)).toarray()
    return np.block([[own, across], [across.T, criteria]])


def _finish(system: _System, ratings: Ratings, ratio: tuple[float, float, float]) -> Additive:
    """Turn the solution into effects with errors, in points."""
    quality, severity, opinion = ratio
    weights = _Weights.of(system, severity, opinion)
    solved, pairs = _solve(system, weights, quality, severity), system.pairs
    n_thick, n_criterion = len(system.thick), pairs.criteria.shape[1]
    kept, moved = solved.kept, csr_array(diags_array(solved.kept) @ weights.coupling)
    theta = kept * weights.right - moved @ solved.effects
    middles = solved.effects[n_thick:]
    covariance = solved.variance * solved.inverse
    to_centre = np.concatenate((np.zeros(n_thick), np.full(n_criterion, 1.0 / n_criterion)))
    pull = csr_array(np.broadcast_to(to_centre, (system.n_application, len(to_centre))) - moved)
    own = solved.variance * kept
    lenient = np.append(solved.effects[:n_thick], 0.0)
    of_criteria = (pairs.criteria @ middles) / pairs.n
    level = system.sums / pairs.n - of_criteria + float(middles.mean())
    fitted = float(middles.mean()) + theta[pairs.application] + lenient[system.thick_of_pair]
    noise = solved.variance * (opinion**2 + np.where(system.thin, severity**2, 0.0) + 1.0 / pairs.n)
    fitted_variance = own[pairs.application] + row_variance(_fitted_rows(system, moved), covariance)
    sd = float(np.sqrt(solved.variance))
    found_severity = np.zeros(len(ratings.reviewers))
    found_severity[system.thick] = -lenient[:n_thick]
    error = np.full(len(ratings.reviewers), sd * severity)
    error[system.thick] = np.sqrt(np.diag(covariance)[:n_thick])
    return Additive(
        deviance=solved.deviance,
        sd_application=sd * quality,
        sd_reviewer=sd * severity,
        sd_pair=sd * opinion,
        sd_noise=sd,
        centre=middles + system.middle,
        joint=Joint(
            measure=theta + float(middles.mean()) + system.middle,
            own=own,
            pull=pull,
            covariance=covariance,
        ),
        severity=found_severity,
        severity_se=error,
        noise=noise,
        square=(level - fitted) ** 2 + fitted_variance,
        level=level + system.middle,
    )


def _fitted_rows(system: _System, moved: csr_array) -> csr_array:
    """How the fitted mean of each pair moves with the effects."""
    pairs, n_thick = system.pairs, len(system.thick)
    rows = np.arange(len(pairs.n))
    inside = ~system.thin
    reviewer = coo_array(
        (np.ones(int(inside.sum())), (rows[inside], system.thick_of_pair[inside])),
        shape=(len(rows), moved.shape[1]),
    ).tocsr()
    criteria = (diags_array(1.0 / pairs.n) @ pairs.criteria).tocoo()
    criterion = coo_array(
        (criteria.data, (criteria.row, n_thick + criteria.col)), shape=reviewer.shape
    ).tocsr()
    return csr_array(reviewer + criterion - moved[pairs.application])
