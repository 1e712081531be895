"""What is known of all applications at once: estimates with the errors that they share.

Two applications that one reviewer scored are wrong together where his severity is wrong. This
keeps that without an array of applications by applications: given the effects of the panel
(severities, criteria), applications are independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from taji.base.arrays import FloatArray

__all__ = ["Joint", "row_variance"]

#: Rows worked on at once, so that a large panel does not fill memory. [rows]
BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    r"""A normal distribution of the applications' measures.

    Attributes
    ----------
    measure : FloatArray, shape (n_application,)
        Expected value.
    own : FloatArray, shape (n_application,)
        Variance left if all effects of the panel were known.
    pull : csr_array, shape (n_application, n_effect)
        How the measure moves with each effect.
    covariance : FloatArray, shape (n_effect, n_effect)
        Of the effects.

    Notes
    -----
    The covariance of the measures is :math:`\mathrm{diag}(own) + P C P^\top`, with *P* the pull and
    *C* the covariance of the effects.
    """

    measure: FloatArray
    own: FloatArray
    pull: csr_array
    covariance: FloatArray

    def se(self) -> FloatArray:
        """Standard error of each measure, shape (n_application,)."""
        return np.asarray(np.sqrt(self.own + row_variance(self.pull, self.covariance)))

    def draws(self, rng: np.random.Generator, *, n: int) -> FloatArray:
        """Draw all measures together, shape (n, n_application)."""
        size = len(self.covariance)
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.clip(values, 0.0, None))
        effects = root @ rng.standard_normal((size, n))
        noise = rng.standard_normal((n, len(self.measure)))
        return np.asarray(self.measure + (self.pull @ effects).T + noise * np.sqrt(self.own))


def row_variance(rows: csr_array, covariance: FloatArray) -> FloatArray:
    """Variance of each combination of effects, one a row, shape (n_row,)."""
    found = np.zeros(rows.shape[0])
    for first in range(0, rows.shape[0], BATCH):
        some = rows[first : first + BATCH]
        found[first : first + BATCH] = some.multiply(some @ covariance).sum(axis=1)
    return found
