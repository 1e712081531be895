"""Answers that look like the real ones, and have no groups in them.

Turns the variables of a round into a sampler of reference rounds: every answer keeps its
distribution and its gaps, every pair of answers (nearly) its rank correlation, and the firms are
one cloud. What differs between the round and its references is what groups explain
(``taji.compare.segments``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from taji.base.arrays import FloatArray
from taji.compare.answers import Variable, encode

__all__ = ["Cloud", "fit_cloud"]


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """A Gaussian copula with the marginal distributions of a round.

    Attributes
    ----------
    root : FloatArray, shape (n_variable, n_variable)
        Root of the latent correlation matrix.
    ordered : tuple of FloatArray
        Known values of each variable, in the order that the dependence runs along.
    missing : tuple of float
        Share of firms that did not answer, for each variable. [fraction]
    """

    root: FloatArray
    ordered: tuple[FloatArray, ...]
    missing: tuple[float, ...]

    def draw(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, ...]:
        """Draw the answers of ``n`` firms."""
        latent = rng.standard_normal((n, len(self.ordered))) @ self.root.T
        rank = stats.norm.cdf(latent)
        return tuple(
            np.where(
                rng.random(n) < gap,
                np.nan,
                values[np.minimum((u * len(values)).astype(np.int64), len(values) - 1)],
            )
            for values, gap, u in zip(self.ordered, self.missing, rank.T, strict=True)
        )


def fit_cloud(variables: Sequence[Variable], *, rows: int, rng: np.random.Generator) -> Cloud:
    r"""Fit a copula to the answers.

    Parameters
    ----------
    variables : sequence of Variable
    rows : int
        Firms from which rank correlations are measured, all pairs of them.
    rng : Generator

    Returns
    -------
    Cloud

    Notes
    -----
    Kendall's :math:`\tau_b` of every pair gives the latent correlation
    :math:`\sin(\pi \tau / 2)` (Greiner's relation), exact for graded answers and for ticks that
    half the firms make, and near otherwise. The options of a choice have no order of their
    own: they are put in the order of the firms' mean place on the first principal component, so
    that most of their dependence can be told by one latent number. The matrix is moved to
    the nearest positive semidefinite one by cutting negative eigenvalues.
    """
    n = len(variables[0].value)
    order = [_order(v, _first_component(variables)) for v in variables]
    some = rng.choice(n, min(rows, n), replace=False)
    pairs = np.triu_indices(len(some), 1)
    gaps = np.stack([o[some][pairs[0]] - o[some][pairs[1]] for o in order])
    signs, known_pairs = np.nan_to_num(np.sign(gaps)), (~np.isnan(gaps)).astype(np.float64)
    untied = (signs**2) @ known_pairs.T  # pairs of firms that both answered both
    scale = np.sqrt(untied * untied.T)
    latent = np.sin(np.pi / 2 * (signs @ signs.T) / np.where(scale > 0, scale, 1.0))
    np.fill_diagonal(latent, 1.0)
    size, vectors = np.linalg.eigh(latent)
    root = vectors * np.sqrt(np.maximum(size, 0.0))
    root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
    known = [~np.isnan(v.value) for v in variables]
    return Cloud(
        root=root,
        ordered=tuple(
            v.value[k][np.argsort(o[k], kind="stable")]
            for v, k, o in zip(variables, known, order, strict=True)
        ),
        missing=tuple(float(1 - k.mean()) for k in known),
    )


def _first_component(variables: Sequence[Variable]) -> FloatArray:
    points = encode(variables, [v.value for v in variables])
    centred = points - points.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(left[:, 0] * size[0])


def _order(variable: Variable, component: FloatArray) -> FloatArray:
    """The values, or for a choice the rank of the chosen option along the component."""
    if not variable.options:
        return variable.value
    place = np.full(variable.options, np.inf)
    for number in range(variable.options):
        chosen = variable.value == number
        if chosen.any():
            place[number] = component[chosen].mean()
    rank = np.argsort(np.argsort(place, kind="stable"), kind="stable").astype(np.float64)
    known = ~np.isnan(variable.value)
    out = np.full(len(variable.value), np.nan)
    out[known] = rank[variable.value[known].astype(np.int64)]
    return out
