"""Who scored what: the scores of a panel as arrays, and whether they hang together.

Decides what a pair is (one reviewer on one application), which reviewers have scored too little to
be corrected, and whether the panel is one connected whole. Does not decide how severe anybody is
(``taji.assess.severity``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Text

__all__ = [
    "LEAST_SCORED",
    "DisconnectedError",
    "Pairs",
    "Ratings",
    "parts",
    "refuse_parts",
    "totals",
]

#: A reviewer of fewer applications than this is not corrected. [applications]
LEAST_SCORED = 4
#: Names told of each part before the rest is counted.
SHOWN = 4


class DisconnectedError(TajiError):
    """The panel falls into parts that nobody links."""

    code = "panel.disconnected"
    sentences = {
        "en": "The panel falls into {count} parts that share no reviewer, so that severity cannot be "
        "told from quality across them: {parts}. Let a reviewer of one part score an application "
        "of another, or rank each part by itself.",
        "zh": "评审关系分成互不相连的 {count} 个部分，各部分之间没有共同的评委，无法区分评委宽严与"
        "项目优劣：{parts}。请让一个部分的评委加评另一部分的项目，或分别排名。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """The scores of a panel, one entry a score.

    Attributes
    ----------
    applications, reviewers, criteria : tuple of str
        Names, in the order of their places; one criterion where the panel has none.
    application, reviewer, criterion : IntArray, shape (n_score,)
        Places in these.
    score : FloatArray, shape (n_score,)
        [points of the panel's scale]
    """

    applications: tuple[str, ...]
    reviewers: tuple[str, ...]
    criteria: tuple[str, ...]
    application: IntArray
    reviewer: IntArray
    criterion: IntArray
    score: FloatArray

    @classmethod
    def of(
        cls,
        application: Sequence[str],
        reviewer: Sequence[str],
        score: Sequence[float] | FloatArray,
        criterion: Sequence[str] | None = None,
    ) -> Self:
        """Take scores as they stand in a table; names are put in order.

        Examples
        --------
        >>> panel = Ratings.of(["b", "a", "b"], ["x", "x", "y"], [3.0, 4.0, 5.0])
        >>> panel.applications, panel.application.tolist()
        (('a', 'b'), [1, 0, 1])
        """
        criterion = [""] * len(application) if criterion is None else criterion
        columns = [
            np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)
            for names in (application, reviewer, criterion)
        ]
        names = [tuple(str(name) for name in unique) for unique, _ in columns]
        places = [np.asarray(inverse, dtype=np.int64) for _, inverse in columns]
        return cls(
            applications=names[0],
            reviewers=names[1],
            criteria=names[2],
            application=places[0],
            reviewer=places[1],
            criterion=places[2],
            score=np.asarray(score, dtype=np.float64),
        )

    def raw_means(self) -> FloatArray:
        """Mean of all scores of each application, shape (n_application,)."""
        size = len(self.applications)
        return totals(self.application, self.score, size) / np.bincount(self.application)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The scores of a panel by pair of application and reviewer.

    Attributes
    ----------
    application, reviewer : IntArray, shape (n_pair,)
        Places in ``Ratings.applications`` and ``Ratings.reviewers``.
    of_score : IntArray, shape (n_score,)
        The pair of each score.
    n : FloatArray, shape (n_pair,)
        Scores of the pair.
    criteria : csr_array, shape (n_pair, n_criterion)
        1 where the pair has a score under the criterion.
    scored : IntArray, shape (n_reviewer,)
        Applications that each reviewer scored.
    """

    application: IntArray
    reviewer: IntArray
    of_score: IntArray
    n: FloatArray
    criteria: csr_array
    scored: IntArray

    @classmethod
    def of(cls, ratings: Ratings) -> Self:
        """Gather the scores of a panel into pairs."""
        key = ratings.application * len(ratings.reviewers) + ratings.reviewer
        unique, of_score = np.unique(key, return_inverse=True)
        reviewer = unique % len(ratings.reviewers)
        shape = (len(unique), len(ratings.criteria))
        ones = np.ones(len(key))
        return cls(
            application=unique // len(ratings.reviewers),
            reviewer=reviewer,
            of_score=np.asarray(of_score, dtype=np.int64),
            n=np.bincount(of_score).astype(np.float64),
            criteria=coo_array((ones, (of_score, ratings.criterion)), shape=shape).tocsr(),
            scored=np.bincount(reviewer, minlength=len(ratings.reviewers)),
        )

    @property
    def thin(self) -> BoolArray:
        """Reviewers who scored too few applications to be corrected, shape (n_reviewer,)."""
        return np.asarray(self.scored < LEAST_SCORED)


def totals(place: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum of the values at each place, shape (size,)."""
    return np.asarray(np.bincount(place, values, size), dtype=np.float64)


def parts(ratings: Ratings, *, without: BoolArray | None = None) -> IntArray:
    """Tell which part of the panel each application is in, shape (n_application,), from 0.

    Parameters
    ----------
    ratings : Ratings
    without : BoolArray, shape (n_reviewer,), optional
        Reviewers who do not count as a link.
    """
    size = len(ratings.applications), len(ratings.reviewers)
    linking = np.ones(len(ratings.score), dtype=bool)
    if without is not None:
        linking = ~without[ratings.reviewer]
    ends = (ratings.application[linking], size[0] + ratings.reviewer[linking])
    total = size[0] + size[1]
    graph = coo_array((np.ones(int(linking.sum())), ends), shape=(total, total))
    _, label = connected_components(graph, directed=False)
    _, inverse = np.unique(label[: size[0]], return_inverse=True)
    return np.asarray(inverse, dtype=np.int64)


def refuse_parts(ratings: Ratings) -> None:
    """Refuse a panel that falls into parts.

    Raises
    ------
    DisconnectedError
    """
    part = parts(ratings)
    if not part.max():
        return
    count = int(part.max()) + 1
    told = [_part(ratings, part == place) for place in range(min(count, SHOWN))]
    raise DisconnectedError(
        count=count,
        parts=Text(
            zh="；".join(text.zh for text in told) + ("；……" if count > SHOWN else ""),
            en="; ".join(text.en for text in told) + ("; …" if count > SHOWN else ""),
        ),
    )


def _part(ratings: Ratings, inside: BoolArray) -> Text:
    """Name a part by its first applications and reviewers."""
    applications = [ratings.applications[place] for place in np.flatnonzero(inside)]
    present = np.unique(ratings.reviewer[inside[ratings.application]])
    reviewers = [ratings.reviewers[place] for place in present]
    return Text(
        zh=f"项目 {_first(applications, '、')}（共 {len(applications)} 个）"
        f"由评委 {_first(reviewers, '、')}（共 {len(reviewers)} 位）评",
        en=f"{len(applications)} applications ({_first(applications, ', ')}) "
        f"by {len(reviewers)} reviewers ({_first(reviewers, ', ')})",
    )


def _first(names: list[str], comma: str) -> str:
    return comma.join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
