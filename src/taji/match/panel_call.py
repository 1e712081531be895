"""What a draw of panels is asked for: who may judge what, how well, and under which rules.

Decides how a call is held (pairs as arrays, sorted, never a barred one) and the same call in
another order of names. Does not read files (``taji.desk.panelling``) nor choose anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import FloatArray, IntArray

__all__ = ["NONE", "Call", "shuffled", "totals"]

#: A reviewer without an organisation stands alone: no rule of organisations binds him.
NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Applications, reviewers, the pairs that may be, and the rules.

    Attributes
    ----------
    applications, reviewers : int
        How many there are; they are numbered from 0.
    application, reviewer : IntArray, shape (n_pair,)
        The pairs that may be: sorted by application, then reviewer; each once, none in conflict.
    affinity : FloatArray, shape (n_pair,)
        How well the reviewer fits the application. [points of the table]
    per_application : int
        Reviewers of every panel. [reviewers]
    most_load, least_load : int
        Applications that a reviewer has at most and at least. [applications]
    organisation : IntArray, shape (reviewers,)
        Number of the reviewer's organisation, ``NONE`` where he has none: a panel holds at most
        one reviewer of each.
    wants : tuple of IntArray
        For every speciality that an application requires, the pairs that would bring it: one of
        them at least is chosen.
    """

    applications: int
    reviewers: int
    application: IntArray
    reviewer: IntArray
    affinity: FloatArray
    per_application: int
    most_load: int
    least_load: int = 0
    organisation: IntArray
    wants: tuple[IntArray, ...] = ()

    @property
    def seats(self) -> int:
        """Seats on all panels together. [seats]"""
        return self.applications * self.per_application

    def groups(self) -> IntArray:
        """Number the pairs of one application and organisation alike; ``NONE`` where alone."""
        organisation = self.organisation[self.reviewer]
        width = int(self.organisation.max(initial=NONE)) + 1
        key = np.where(organisation == NONE, NONE, self.application * width + organisation)
        found, group, size = np.unique(key, return_inverse=True, return_counts=True)
        lone = (found == NONE) | (size < 2)
        number = np.where(lone, NONE, np.cumsum(~lone) - 1)
        return np.asarray(number[group], dtype=np.int64)


def totals(call: Call, chosen: FloatArray) -> FloatArray:
    """Add up the affinity of every panel.

    Parameters
    ----------
    chosen : FloatArray, shape (n_pair,)
        1 where the pair is chosen, or the probability that it is. [fraction]

    Returns
    -------
    FloatArray, shape (applications,)
        [points of the table]
    """
    added = np.bincount(call.application, call.affinity * chosen, call.applications)
    return np.asarray(added, dtype=np.float64)


def shuffled(call: Call, seed: int) -> tuple[Call, IntArray]:
    """Rename applications and reviewers by lot, so that ties fall to nobody because of a name.

    Returns
    -------
    Call
        The same call under the new numbers.
    IntArray, shape (n_pair,)
        Which pair of the first call each pair of the new one is.
    """
    rng = np.random.default_rng(seed)
    application = rng.permutation(call.applications)[call.application]
    new_reviewer = rng.permutation(call.reviewers)
    reviewer = new_reviewer[call.reviewer]
    order = np.lexsort((reviewer, application))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    organisation = np.empty_like(call.organisation)
    organisation[new_reviewer] = call.organisation
    return (
        replace(
            call,
            application=application[order],
            reviewer=reviewer[order],
            affinity=call.affinity[order],
            organisation=organisation,
            wants=tuple(np.sort(place[want]) for want in call.wants),
        ),
        order,
    )
