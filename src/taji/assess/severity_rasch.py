"""Severity on an ordinal scale: the many-facet Rasch model with one rating scale.

Decides severities, difficulties, thresholds and measures where scores are steps, whose distances
nobody knows. Does not decide whether scores are steps or amounts: the secretary of the panel says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import block_diag, coo_array, csr_array, diags_array
from scipy.special import log_softmax, softmax

from taji.assess.ratings import Pairs, Ratings, totals
from taji.assess.severity_joint import Joint
from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError

__all__ = ["MOST_STEPS", "Rasch", "StepsError", "fit_rasch"]

#: A scale of more steps than this is one of amounts. [steps]
MOST_STEPS = 20
#: Nodes reach this far from the middle. [standard deviations of quality]
REACH = 6.0
#: Widest and narrowest distance of two nodes. [standard deviations of quality]
WIDEST, NARROWEST = 0.3, 0.04
#: Newton's steps end at this expected gain of the log-likelihood, or this many.
GAIN, STEPS = 1e-12, 200
#: Where the standard deviation of severities is looked for. [logits]
LEAST_SD, MOST_SD = 0.02, 5.0


class StepsError(TajiError):
    """The scores are not steps of an ordinal scale."""

    code = "panel.steps"
    sentences = {
        "en": "The Rasch model wants whole scores of 2 to {most} different steps; here {found}. Use "
        "`--model linear`, or give the steps as whole numbers.",
        "zh": "Rasch 模型要求分数为整数，且有 2 到 {most} 个不同的等级；现有{found}。"
        "请改用 `--model linear`，或把等级写成整数。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rasch:
    """The many-facet Rasch model, fitted.

    Attributes
    ----------
    deviance : float
        Minus twice the log-likelihood of the scores, severities as they are estimated.
    sd_application, sd_reviewer : float
        Standard deviations of quality and severity. [logits]
    steps : FloatArray, shape (n_threshold + 1,)
        The scores that occur, in order. [points]
    threshold : FloatArray, shape (n_threshold,)
        Where the upper of two neighbouring steps becomes the likelier, for an average reviewer and
        criterion. [logits]
    difficulty : FloatArray, shape (n_criterion,)
        Of the criteria; they sum to 0. [logits]
    severity, severity_se : FloatArray, shape (n_reviewer,)
        0 and the standard deviation of severity for those who scored too little. [logits]
    measure : FloatArray, shape (n_application,)
        Quality. [logits]
    joint : Joint
        Of the applications: the mean score by an average reviewer over the criteria. [points]
    prior : float
        Variance of that among applications. [points squared]
    infit, outfit : FloatArray, shape (n_reviewer,)
        Mean squares of the reviewer's residuals, weighted by information and not; 1 is expected.
    """

    deviance: float
    sd_application: float
    sd_reviewer: float
    steps: FloatArray
    threshold: FloatArray
    difficulty: FloatArray
    severity: FloatArray
    severity_se: FloatArray
    measure: FloatArray
    joint: Joint
    prior: float
    infit: FloatArray
    outfit: FloatArray


def fit_rasch(ratings: Ratings, *, sd_reviewer: float | None = None) -> Rasch:
    r"""Fit the many-facet Rasch model by marginal maximum likelihood.

    Parameters
    ----------
    ratings : Ratings
        A connected panel of whole scores.
    sd_reviewer : float, optional
        Standard deviation of severities; None: estimated. [logits]

    Raises
    ------
    StepsError

    Notes
    -----
    Step *k* against *k* - 1 for application *a*, reviewer *r*, criterion *c* [1]_:

    .. math:: \log \frac{P_k}{P_{k-1}} = \theta_a - \alpha_r - \delta_c - \tau_k.

    Quality :math:`\theta` is normal and integrated out on a grid; severities are normal around 0, so
    that a reviewer who gives the highest step only has a finite one; :math:`\delta, \tau` are free.
    The spread of severities maximises Laplace's approximation of the likelihood. Joint maximum
    likelihood is not used: with two or three scores an application it is far out however it is
    corrected. Steps that nobody gave are left out. Mean squares are taken over what is known of the
    quality, so that their expectation is 1 [2]_.

    References
    ----------
    .. [1] J. M. Linacre, *Many-Facet Rasch Measurement*, MESA Press 1989.
    .. [2] R. J. Adams and M. L. Wu, "The mixed-coefficients multinomial logit model", in *Multivariate
       and Mixture Distribution Rasch Models*, Springer 2007. doi:10.1007/978-0-387-49839-3_4
    """
    steps = _steps(ratings)
    model = _Model(ratings, steps)
    model.spread(1.0 if sd_reviewer is None else sd_reviewer)
    model.refine()
    if sd_reviewer is None:
        found = minimize_scalar(
            lambda log: model.spread(float(np.exp(log))),
            bounds=(np.log(LEAST_SD), np.log(MOST_SD)),
            method="bounded",
            options={"xatol": 1e-3},
        )
        sd_reviewer = float(np.exp(found.x))
    model.spread(sd_reviewer)
    return model.finish(ratings, sd_reviewer)


def _steps(ratings: Ratings) -> FloatArray:
    steps = np.unique(ratings.score)
    if not (2 <= len(steps) <= MOST_STEPS) or (steps != np.round(steps)).any():
        told = ", ".join(f"{step:g}" for step in steps[:6]) + (" …" if len(steps) > 6 else "")
        raise StepsError(most=MOST_STEPS, found=f" {len(steps)}: {told}")
    return np.asarray(steps)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The likelihood at given parameters."""

    log: float
    nodes: FloatArray  # (n_node,) [logits]
    posterior: FloatArray  # (n_application, n_node)
    at_least: FloatArray  # (n_kind, n_node, n_threshold): probability of step k or above
    chance: FloatArray  # (n_kind, n_node, n_step)


class _Model:
    """Parameters: severities, free difficulties, thresholds, log standard deviation of quality.

    A *kind* is a reviewer under a criterion: all scores of a kind have the same chances.
    """

    def __init__(self, ratings: Ratings, steps: FloatArray) -> None:
        pairs = Pairs.of(ratings)
        self.steps, self.application = steps, ratings.application
        self.step = np.searchsorted(steps, ratings.score)
        self.n_threshold, self.n_criterion = len(steps) - 1, len(ratings.criteria)
        self.thick = np.flatnonzero(~pairs.thin)
        self.n_application = len(ratings.applications)
        kinds, kind = np.unique(
            ratings.reviewer * self.n_criterion + ratings.criterion, return_inverse=True
        )
        self.kind, self.kind_reviewer = np.asarray(kind), kinds // self.n_criterion
        self.design = self._design(kinds, len(ratings.reviewers))
        self.gather = self._gather()
        self.parameters = np.zeros(self.design.shape[1] + 1)
        self.z = _grid(WIDEST)
        self.start()

    def _design(self, kinds: IntArray, n_reviewer: int) -> csr_array:
        """How each threshold of each kind falls with the parameters (all but the last)."""
        n_thick, n_free = len(self.thick), self.n_criterion - 1
        place = np.full(n_reviewer, -1)
        place[self.thick] = np.arange(n_thick)
        contrast = np.vstack((np.eye(n_free), -np.ones((1, n_free))))
        rows = np.zeros((len(kinds), self.n_threshold, n_thick + n_free + self.n_threshold))
        reviewer, criterion = kinds // self.n_criterion, kinds % self.n_criterion
        inside = place[reviewer] >= 0
        rows[np.flatnonzero(inside), :, place[reviewer][inside]] = -1.0
        rows[:, :, n_thick : n_thick + n_free] = -contrast[criterion][:, None, :]
        rows[:, :, n_thick + n_free :] = -np.eye(self.n_threshold)
        return csr_array(rows.reshape(-1, rows.shape[2]))

    def _gather(self) -> csr_array:
        """Sums of an application's thresholds by kind: its data are filled in node by node."""
        return csr_array(
            coo_array(
                (np.ones(len(self.kind)), (self.application, self.kind)),
                shape=(self.n_application, int(self.kind.max()) + 1),
            )
        )

    def start(self) -> None:
        """Start at thresholds that reproduce how often each step was given."""
        share = np.bincount(self.step, minlength=self.n_threshold + 1) + 0.5
        place = len(self.parameters) - 1 - self.n_threshold
        self.parameters[place:-1] = np.log(share[:-1] / share[1:])

    def refine(self) -> None:
        """Set nodes as close together as the best known quality is narrow."""
        seen = self.look(self.parameters)
        mean = seen.posterior @ self.z
        narrow = float(np.sqrt((seen.posterior @ self.z**2 - mean**2).min()))
        self.z = _grid(float(np.clip(narrow, NARROWEST, WIDEST)))

    def look(self, parameters: FloatArray) -> _Seen:
        """Chances of every step, and what the scores say of each application."""
        nodes = np.exp(parameters[-1]) * self.z
        eta = (self.design @ parameters[:-1]).reshape(-1, 1, self.n_threshold)
        logs = np.cumsum(nodes[None, :, None] + eta, axis=2)
        logs = np.concatenate((np.zeros((*logs.shape[:2], 1)), logs), axis=2)
        logs = log_softmax(logs, axis=2)
        prior = -0.5 * self.z**2
        prior -= np.log(np.exp(prior).sum())
        score = logs[self.kind, :, self.step]
        by_node = np.vstack(
            [totals(self.application, column, self.n_application) for column in score.T]
        ).T
        by_node += prior
        top = by_node.max(axis=1, keepdims=True)
        whole = np.exp(by_node - top).sum(axis=1, keepdims=True)
        chance = np.exp(logs)
        return _Seen(
            log=float((top + np.log(whole)).sum()),
            nodes=nodes,
            posterior=np.exp(by_node - top) / whole,
            at_least=np.cumsum(chance[:, :, ::-1], axis=2)[:, :, ::-1][:, :, 1:],
            chance=chance,
        )

    def pulls(self, seen: _Seen) -> list[csr_array]:
        """Slopes of each application's log-likelihood at each node, (n_application, n_parameter)."""
        reached = (self.step[:, None] > np.arange(self.n_threshold)).astype(float)
        width = self.n_threshold
        rows = np.repeat(self.application, width)
        columns = (self.kind[:, None] * width + np.arange(width)).ravel()
        found = []
        for place, node in enumerate(seen.nodes):
            error = (reached - seen.at_least[self.kind, place]).ravel()
            shape = (self.n_application, self.design.shape[0])
            local = csr_array(coo_array((error, (rows, columns)), shape=shape))
            slope = local @ self.design
            last = coo_array(node * np.asarray(local.sum(axis=1))[:, None])
            found.append(_beside(slope, last))
        return found

    def slopes(
        self, seen: _Seen, parameters: FloatArray, sd_reviewer: float
    ) -> tuple[FloatArray, FloatArray]:
        """Uphill slope and observed information of the penalised log-likelihood."""
        pulls = self.pulls(seen)
        size = len(parameters)
        mean = csr_array((self.n_application, size))
        square = np.zeros((size, size))
        for place, pull in enumerate(pulls):
            weighted = csr_array(diags_array(seen.posterior[:, place]) @ pull)
            mean = mean + weighted
            square += (pull.T @ weighted).toarray()
        gradient = np.asarray(mean.sum(axis=0)).ravel()
        missing = square - (mean.T @ mean).toarray()
        information = self._complete(seen) - missing
        information[-1, -1] -= gradient[-1]
        severities = np.arange(len(self.thick))
        information[severities, severities] += 1.0 / sd_reviewer**2
        gradient[severities] -= parameters[severities] / sd_reviewer**2
        return gradient, information

    def _complete(self, seen: _Seen) -> FloatArray:
        """Information of the parameters if every quality were known."""
        weight = self.gather.T @ seen.posterior
        above = seen.at_least
        larger = np.maximum.outer(np.arange(self.n_threshold), np.arange(self.n_threshold))
        spread = above[:, :, larger] - above[:, :, :, None] * above[:, :, None, :]
        blocks = np.einsum("gq,gqkl->gkl", weight, spread)
        mixed = np.einsum("gq,q,gqkl->gk", weight, seen.nodes, spread)
        own = float(np.einsum("gq,q,gqkl->", weight, seen.nodes**2, spread))
        inner = (self.design.T @ (block_diag(list(blocks), format="csr") @ self.design)).toarray()
        side = (self.design.T @ mixed.ravel())[:, None]
        return np.block([[inner, side], [side.T, np.array([[own]])]])

    def _penalised(self, seen: _Seen, parameters: FloatArray, sd_reviewer: float) -> float:
        severities = parameters[: len(self.thick)]
        return seen.log - 0.5 * float(severities @ severities) / sd_reviewer**2

    def spread(self, sd_reviewer: float) -> float:
        """Move to the mode for a spread of severities; minus twice Laplace's log-likelihood."""
        seen = self.look(self.parameters)
        height = self._penalised(seen, self.parameters, sd_reviewer)
        for _ in range(STEPS):
            gradient, information = self.slopes(seen, self.parameters, sd_reviewer)
            step = _uphill(information, gradient)
            if float(step @ gradient) < GAIN:
                break
            for halving in range(30):
                tried = self.parameters + step / 2**halving
                seen_there = self.look(tried)
                there = self._penalised(seen_there, tried, sd_reviewer)
                if there >= height:
                    break
            else:
                break
            self.parameters, seen, height = tried, seen_there, there
        _, information = self.slopes(seen, self.parameters, sd_reviewer)
        determinant = float(np.linalg.slogdet(information)[1])
        return -2.0 * height + 2.0 * len(self.thick) * float(np.log(sd_reviewer)) + determinant

    def finish(self, ratings: Ratings, sd_reviewer: float) -> Rasch:
        """Turn the parameters into facets and fair means with errors."""
        seen = self.look(self.parameters)
        _, information = self.slopes(seen, self.parameters, sd_reviewer)
        covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
        n_thick, n_free = len(self.thick), self.n_criterion - 1
        free = self.parameters[n_thick : n_thick + n_free]
        severity = np.zeros(len(ratings.reviewers))
        error = np.full(len(ratings.reviewers), sd_reviewer)
        severity[self.thick] = self.parameters[:n_thick]
        error[self.thick] = np.sqrt(np.diag(covariance)[:n_thick])
        threshold = self.parameters[n_thick + n_free : -1]
        difficulty = np.append(free, -free.sum())
        joint, prior = self._fair(seen, threshold, difficulty, covariance)
        infit, outfit = self._fit(seen, ratings)
        return Rasch(
            deviance=-2.0 * seen.log,
            sd_application=float(np.exp(self.parameters[-1])),
            sd_reviewer=sd_reviewer,
            steps=self.steps,
            threshold=threshold,
            difficulty=difficulty,
            severity=severity,
            severity_se=error,
            measure=seen.posterior @ seen.nodes,
            joint=joint,
            prior=prior,
            infit=infit,
            outfit=outfit,
        )

    def _fair(
        self, seen: _Seen, threshold: FloatArray, difficulty: FloatArray, covariance: FloatArray
    ) -> tuple[Joint, float]:
        """Mean score by an average reviewer, and how it moves with the parameters."""
        eta = seen.nodes[None, :, None] - difficulty[:, None, None] - threshold
        logs = np.concatenate((np.zeros((*eta.shape[:2], 1)), np.cumsum(eta, axis=2)), axis=2)
        chance = softmax(logs, axis=2)
        expected = chance @ self.steps
        above = np.cumsum(chance[:, :, ::-1], axis=2)[:, :, ::-1][:, :, 1:]
        gained = np.cumsum((chance * self.steps)[:, :, ::-1], axis=2)[:, :, ::-1][:, :, 1:]
        moved = gained - expected[:, :, None] * above
        fair = expected.mean(axis=0)
        direct = self._direct(seen, moved)
        measure = seen.posterior @ fair
        pull = csr_array(seen.posterior @ direct)
        for place, slope in enumerate(self.pulls(seen)):
            apart = seen.posterior[:, place] * (fair[place] - measure)
            pull = pull + diags_array(apart) @ slope
        prior = np.exp(-0.5 * self.z**2)
        prior /= prior.sum()
        own = np.clip(seen.posterior @ fair**2 - measure**2, 0.0, None)
        joint = Joint(measure=measure, own=own, pull=csr_array(pull), covariance=covariance)
        return joint, float(prior @ fair**2 - (prior @ fair) ** 2)

    def _direct(self, seen: _Seen, moved: FloatArray) -> FloatArray:
        """How the fair mean at each node moves with the parameters, (n_node, n_parameter)."""
        n_thick, n_free = len(self.thick), self.n_criterion - 1
        direct = np.zeros((len(seen.nodes), len(self.parameters)))
        of_criterion = moved.sum(axis=2)
        direct[:, n_thick : n_thick + n_free] = -(
            (of_criterion[:n_free] - of_criterion[-1:]) / self.n_criterion
        ).T
        direct[:, n_thick + n_free : -1] = -moved.mean(axis=0)
        direct[:, -1] = seen.nodes * of_criterion.mean(axis=0)
        return direct

    def _fit(self, seen: _Seen, ratings: Ratings) -> tuple[FloatArray, FloatArray]:
        """Mean squares of each reviewer, over what is known of the qualities."""
        place = np.arange(self.n_threshold + 1)
        expected = seen.chance @ place
        variance = seen.chance @ place**2 - expected**2
        posterior = seen.posterior[self.application]
        square = (self.step[:, None] - expected[self.kind]) ** 2
        spread = variance[self.kind]
        size = len(ratings.reviewers)
        squares = totals(ratings.reviewer, (posterior * square).sum(axis=1), size)
        spreads = totals(ratings.reviewer, (posterior * spread).sum(axis=1), size)
        ratio = totals(ratings.reviewer, (posterior * square / spread).sum(axis=1), size)
        return squares / spreads, ratio / np.bincount(ratings.reviewer, minlength=size)


def _grid(distance: float) -> FloatArray:
    return np.linspace(-REACH, REACH, 2 * int(np.ceil(REACH / distance)) + 1)


def _beside(slope: csr_array, last: coo_array) -> csr_array:
    """Set one more column beside a sparse array."""
    left = slope.tocoo()
    return csr_array(
        coo_array(
            (
                np.concatenate((left.data, last.data)),
                (
                    np.concatenate((left.row, last.row)),
                    np.concatenate((left.col, last.col + left.shape[1])),
                ),
            ),
            shape=(left.shape[0], left.shape[1] + 1),
        )
    )


def _uphill(information: FloatArray, gradient: FloatArray) -> FloatArray:
    """Newton's step, turned where the surface is not yet curved downwards."""
    values, vectors = np.linalg.eigh(information)
    floor = 1e-6 * float(np.abs(values).max())
    return np.asarray(vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), floor)))
