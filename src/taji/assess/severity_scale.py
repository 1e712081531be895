"""How wide each reviewer uses the scale, beside how severe he is.

Takes the additive model (``taji.assess.severity_additive``) one step on: what one reviewer spreads
over five points another squeezes into three. Decides the widths and what they make of severities and
qualities. Does not decide whether the data ask for it (``taji.assess.severity``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.sparse import coo_array, csr_array

from taji.assess.ratings import Pairs, Ratings, totals
from taji.assess.severity_additive import Additive
from taji.assess.severity_joint import Joint, row_variance
from taji.base.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Noise", "Scaled", "fit_scaled"]

#: What a wide reviewer's noise does: stays as it is, or widens with him.
Noise = Literal["equal", "widening"]

#: Spread of log widths from which the search starts. [log points]
START = 0.2
#: The search stays within this factor of where it starts. [log]
REACH = 4.0
#: Newton's steps end at this expected gain of the log-likelihood, or this many.
GAIN, STEPS = 1e-11, 100
#: Deviance where the mode is none: larger than any, yet a number.
UNLIKELY = 1e12
#: Log widths spread by no more than this. [log points]
WIDEST = 1.5
#: A log width moves by no more than this in one step. [log points]
MOST_MOVE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """The model with widths, fitted; attributes as of ``Additive`` where they share a name.

    Attributes
    ----------
    gained : float
        Twice the log-likelihood above the same model without widths.
    sd_width : float
        Standard deviation of the log widths.
    width : FloatArray, shape (n_reviewer,)
        Points of this reviewer for one point of quality; 1 for those who scored too little. [ratio]
    """

    gained: float
    sd_application: float
    sd_reviewer: float
    sd_noise: float
    sd_width: float
    joint: Joint
    severity: FloatArray
    severity_se: FloatArray
    width: FloatArray
    noise: FloatArray
    square: FloatArray


def fit_scaled(ratings: Ratings, additive: Additive, *, noise: Noise) -> Scaled:
    r"""Fit severities and widths by the marginal likelihood of their spreads.

    Parameters
    ----------
    ratings : Ratings
        A connected panel.
    additive : Additive
        The additive model of the same panel: the start, the effects of criteria, and how noisy
        the pairs are among each other.
    noise : Noise
        Whether noise is outside the width or widens with it.

    Notes
    -----
    Mean score of a pair, less what its criteria add:

    .. math:: y_{ar} = \mu - \alpha_r + b_r \theta_a + b_r^{\gamma} e_{ar}, \quad
              \log b_r \sim N(0, \sigma_b^2),

    with :math:`\gamma` 0 (equal) or 1 (widening), the rest as in the additive model. Qualities are
    integrated out exactly, severities and widths by Laplace's approximation around their mode, which
    Newton's method finds; its matrix is the observed information by Louis [1]_. Without widths this
    is the restricted likelihood of the additive model. The four standard deviations maximise it.

    References
    ----------
    .. [1] T. A. Louis, "Finding the observed information matrix when using the EM algorithm",
       *Journal of the Royal Statistical Society B* 44 (1982) 226-233.
       doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    problem = _Problem.of(ratings, additive, gamma=0.0 if noise == "equal" else 1.0)
    start = np.log(
        [
            max(additive.sd_application, 0.1 * additive.sd_noise),
            max(additive.sd_reviewer, 0.05 * additive.sd_noise),
            np.sqrt(additive.noise.mean()),
            START,
        ]
    )
    plain = _Mode(problem, widths=False)
    found_plain = _climb(plain, start[:3])
    wide = _Mode(problem, widths=True)
    found = _climb(wide, np.append(found_plain, start[3]))
    return _finish(problem, wide, found, gained=plain.minimum - wide.minimum, ratings=ratings)


@dataclass(frozen=True, slots=True)
class _Problem:
    """The pairs, and which of them meet in one application."""

    score: FloatArray
    application: IntArray
    place: IntArray  # among the corrected reviewers; their number for the others
    thin: BoolArray  # of pairs
    thick: IntArray
    relative: FloatArray  # noise of a pair over the mean
    first: IntArray  # pairs of pairs of one application
    second: IntArray
    n_application: int
    gamma: float

    @classmethod
    def of(cls, ratings: Ratings, additive: Additive, *, gamma: float) -> _Problem:
        pairs = Pairs.of(ratings)
        thick = np.flatnonzero(~pairs.thin)
        place = np.full(len(ratings.reviewers), len(thick))
        place[thick] = np.arange(len(thick))
        size = np.bincount(pairs.application)  # pairs stand in the order of applications
        start = np.concatenate(([0], np.cumsum(size)[:-1]))
        first = np.repeat(np.arange(len(pairs.n)), size[pairs.application])
        within = np.arange(len(first)) - np.repeat(
            np.cumsum(size[pairs.application]) - size[pairs.application], size[pairs.application]
        )
        thin = pairs.thin[pairs.reviewer]
        bare = additive.noise - np.where(thin, additive.sd_reviewer**2, 0.0)
        return cls(
            score=additive.level,
            application=pairs.application,
            place=place[pairs.reviewer],
            thin=thin,
            thick=thick,
            relative=bare / bare.mean(),
            first=first,
            second=start[pairs.application[first]] + within,
            n_application=len(size),
            gamma=gamma,
        )


@dataclass(frozen=True, slots=True)
class _State:
    """What follows from the effects at given standard deviations."""

    fall: float  # minus twice the penalised log-likelihood
    weight: FloatArray
    width: FloatArray
    above: FloatArray  # score less what is expected of an average application
    mean: FloatArray  # of quality, by application
    variance: FloatArray


class _Mode:
    """Finds the mode of the effects: centre, leniencies (minus severity), log widths."""

    def __init__(self, problem: _Problem, *, widths: bool) -> None:
        self.problem, self.widths = problem, widths
        self.n = len(problem.thick)
        self.effects = np.zeros(1 + self.n * (2 if widths else 1))
        self.effects[0] = problem.score.mean()
        self.information = np.eye(len(self.effects))
        self.minimum = np.inf

    def deviance(self, logs: FloatArray) -> float:
        """Minus twice Laplace's approximation of the log-likelihood, moving to the mode."""
        sd = np.exp(logs)
        state = self.state(self.effects, sd)
        for _ in range(STEPS):
            gradient, self.information = self.slopes(state, self.effects, sd)
            step = _downhill(self.information, gradient)
            state, moved = self._move(state, step, sd)
            if not moved or float(step @ gradient) < GAIN:
                break
        _, self.information = self.slopes(state, self.effects, sd)
        sign, determinant = np.linalg.slogdet(self.information)
        if sign <= 0:
            return UNLIKELY
        prior = 2.0 * self.n * float(logs[1]) + (
            2.0 * self.n * float(logs[3]) if self.widths else 0.0
        )
        return state.fall + prior + float(determinant)

    def _move(self, state: _State, step: FloatArray, sd: FloatArray) -> tuple[_State, bool]:
        if self.widths:  # a width moves by no more than a factor at once: the mode is near
            step = step / max(1.0, float(np.abs(step[1 + self.n :]).max()) / MOST_MOVE)
        for halving in range(30):
            effects = self.effects + step / 2**halving
            with np.errstate(all="ignore"):  # a step too far gives no number, and is halved
                tried = self.state(effects, sd)
            if tried.fall <= state.fall:
                self.effects = effects
                return tried, True
        return state, False

    def state(self, effects: FloatArray, sd: FloatArray) -> _State:
        """Integrate the qualities out at given effects."""
        p = self.problem
        lenient, log_width = self._split(effects)
        width = np.exp(log_width)
        noise = sd[2] ** 2 * p.relative * width ** (2.0 * p.gamma) + np.where(
            p.thin, sd[1] ** 2, 0.0
        )
        weight = 1.0 / noise
        above = p.score - effects[0] - lenient
        count = p.n_application
        precision = 1.0 / sd[0] ** 2 + totals(p.application, weight * width**2, count)
        mean = totals(p.application, weight * width * above, count) / precision
        fall = float(
            np.log(noise).sum()
            + np.log(sd[0] ** 2 * precision).sum()
            + weight @ above**2
            - precision @ mean**2
            + (effects[1 : 1 + self.n] ** 2).sum() / sd[1] ** 2
        )
        if self.widths:
            fall += float((effects[1 + self.n :] ** 2).sum() / sd[3] ** 2)
        return _State(fall, weight, width, above, mean, 1.0 / precision)

    def _split(self, effects: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Leniency and log width of each pair's reviewer."""
        place, nothing = self.problem.place, np.zeros(self.n + 1)
        lenient, width = nothing.copy(), nothing.copy()
        lenient[: self.n] = effects[1 : 1 + self.n]
        if self.widths:
            width[: self.n] = effects[1 + self.n :]
        return lenient[place], width[place]

    def slopes(
        self, state: _State, effects: FloatArray, sd: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Uphill slope of the penalised log-likelihood, and its observed information."""
        p, n, gamma = self.problem, self.n, self.problem.gamma
        w, b, d = state.weight, state.width, state.above
        m, v = state.mean[p.application], state.variance[p.application]
        square = m**2 + v
        error, error_theta = d - b * m, d * m - b * square
        error_square = (d - b * m) ** 2 + b**2 * v
        by_level = w * error
        by_width = -gamma + w * b * error_theta + gamma * w * error_square
        level_1, width_1, width_2 = -w * b, w * d * b * (1 - 2 * gamma), w * b**2 * (gamma - 1)
        missing_width = (
            width_1[p.first] * width_1[p.second] * v[p.first]
            + (width_1[p.first] * width_2[p.second] + width_2[p.first] * width_1[p.second])
            * (2 * m * v)[p.first]
            + width_2[p.first] * width_2[p.second] * (4 * m**2 * v + 2 * v**2)[p.first]
        )
        missing_level = level_1[p.first] * level_1[p.second] * v[p.first]
        missing_mixed = level_1[p.first] * (
            width_1[p.second] * v[p.first] + width_2[p.second] * (2 * m * v)[p.first]
        )
        complete_mixed = 2 * gamma * w * error + w * b * m
        complete_width = w * (
            b**2 * square - (1 - 4 * gamma) * b * error_theta + 2 * gamma**2 * error_square
        )
        levels = self._square(w, missing_level)
        mixed = self._square(complete_mixed, missing_mixed)
        gradient = [by_level.sum(keepdims=True), totals(p.place, by_level, n + 1)[:n]]
        corner = np.array([[levels.sum()]])
        side = levels.sum(axis=0)[:n]
        blocks = [[corner, side[None, :]], [side[:, None], levels[:n, :n] + np.eye(n) / sd[1] ** 2]]
        gradient[1] = gradient[1] - effects[1 : 1 + n] / sd[1] ** 2
        if self.widths:
            widths = self._square(complete_width, missing_width)
            cross = mixed[:, :n]
            blocks[0].append(cross.sum(axis=0)[None, :])
            blocks[1].append(cross[:n])
            last = widths[:n, :n] + np.eye(n) / sd[3] ** 2
            blocks.append([cross.sum(axis=0)[:, None], cross[:n].T, last])
            own = totals(p.place, by_width, n + 1)[:n]
            gradient.append(own - effects[1 + n :] / sd[3] ** 2)
        return np.concatenate(gradient), np.block(blocks)

    def _square(self, own: FloatArray, missing: FloatArray) -> FloatArray:
        """Sum by reviewers: what a pair says by itself, less what its application hides."""
        p, size = self.problem, self.n + 1
        flat = totals(p.place[p.first] * size + p.place[p.second], missing, size**2)
        return np.diag(totals(p.place, own, size)) - flat.reshape(size, size)


def _downhill(information: FloatArray, gradient: FloatArray) -> FloatArray:
    """Newton's step, damped until the information is positive definite."""
    damping, size = 0.0, float(np.abs(np.diag(information)).mean())
    while True:
        try:
            damped = information + damping * np.eye(len(gradient))
            return np.asarray(cho_solve(cho_factor(damped, lower=True), gradient))
        except LinAlgError:
            damping = max(2.0 * damping, 1e-3 * size)


def _climb(mode: _Mode, start: FloatArray) -> FloatArray:
    """Find the standard deviations of the greatest likelihood; the mode is left there."""
    bounds = [(at - REACH, at + REACH) for at in start]
    if mode.widths:
        bounds[3] = (start[3] - REACH, float(np.log(WIDEST)))
    found = minimize(
        mode.deviance,
        start,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-10, "gtol": 1e-4},
    )
    mode.minimum = mode.deviance(found.x)
    return np.asarray(found.x)


def _finish(
    problem: _Problem, mode: _Mode, logs: FloatArray, *, gained: float, ratings: Ratings
) -> Scaled:
    """Turn the mode into effects with errors, in points."""
    n, sd = mode.n, np.exp(logs)
    state = mode.state(mode.effects, sd)
    covariance = np.asarray(np.linalg.inv(mode.information), dtype=np.float64)
    pull = _pull(problem, state, n)
    reviewers = len(ratings.reviewers)
    severity, width = np.zeros(reviewers), np.ones(reviewers)
    error = np.full(reviewers, sd[1])
    severity[problem.thick] = -mode.effects[1 : 1 + n]
    width[problem.thick] = np.exp(mode.effects[1 + n :])
    error[problem.thick] = np.sqrt(np.diag(covariance)[1 : 1 + n])
    theta = state.mean[problem.application]
    rows = _fitted_rows(problem, state, pull, n)
    fitted_variance = state.variance[problem.application] * state.width**2 + row_variance(
        rows, covariance
    )
    centre = coo_array(
        (
            np.ones(problem.n_application),
            (np.arange(problem.n_application), [0] * problem.n_application),
        ),
        shape=pull.shape,
    )
    return Scaled(
        gained=gained,
        sd_application=float(sd[0]),
        sd_reviewer=float(sd[1]),
        sd_noise=float(sd[2]),
        sd_width=float(sd[3]),
        joint=Joint(
            measure=mode.effects[0] + state.mean,
            own=state.variance,
            pull=csr_array(pull + centre),
            covariance=covariance,
        ),
        severity=severity,
        severity_se=error,
        width=width,
        noise=1.0 / state.weight,
        square=(state.above - state.width * theta) ** 2 + fitted_variance,
    )


def _pull(problem: _Problem, state: _State, n: int) -> csr_array:
    """How each quality moves with the effects."""
    p, gamma = problem, problem.gamma
    v, m = state.variance[p.application], state.mean[p.application]
    w, b, d = state.weight, state.width, state.above
    by_level = -w * b * v
    by_width = ((1 - 2 * gamma) * w * b * d - (2 - 2 * gamma) * w * b**2 * m) * v
    inside = ~p.thin
    row, place = p.application[inside], p.place[inside]
    return csr_array(
        coo_array(
            (
                np.concatenate((by_level, by_level[inside], by_width[inside])),
                (
                    np.concatenate((p.application, row, row)),
                    np.concatenate((np.zeros(len(w), dtype=np.int64), 1 + place, 1 + n + place)),
                ),
            ),
            shape=(p.n_application, 1 + 2 * n),
        )
    )


def _fitted_rows(problem: _Problem, state: _State, pull: csr_array, n: int) -> csr_array:
    """How the fitted mean of each pair moves with the effects."""
    p, b = problem, state.width
    rows = np.arange(len(b))
    inside = ~p.thin
    direct = coo_array(
        (
            np.concatenate(
                (np.ones(len(b) + int(inside.sum())), (b * state.mean[p.application])[inside])
            ),
            (
                np.concatenate((rows, rows[inside], rows[inside])),
                np.concatenate(
                    (np.zeros(len(b), dtype=np.int64), 1 + p.place[inside], 1 + n + p.place[inside])
                ),
            ),
        ),
        shape=(len(b), pull.shape[1]),
    )
    moved = csr_array(coo_array((b, (rows, p.application)), shape=(len(b), p.n_application))) @ pull
    return csr_array(direct + moved)
