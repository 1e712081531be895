"""Send one round of the survey through a synthetic city.

Turns the truth into what a bureau gets to see: a drawn sample, of which some firms do not
answer at all and others leave questions blank. Decides who answers what, and the weights
that make up for silence. Never changes the truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit

from taji.base.arrays import BoolArray, FloatArray
from taji.city.chance import uniform
from taji.city.spec import City
from taji.city.truth import Truth
from taji.survey.sampling import Draw, draw

__all__ = ["People", "Round", "blank", "people_of", "responds", "survey_round"]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the survey.

    Attributes
    ----------
    seed : int
        Seed of the round.
    drawn : Draw
        The sample and its certificate.
    answers : DataFrame, shape (n_responding, ...)
        ``enterprise``, the canonical columns with blanks as null, then ``stratum`` (as in the
        sample), ``stratum_size`` and ``stratum_drawn`` [firms] and ``weight``, the firms that the answer stands for.
    """

    seed: int
    drawn: Draw
    answers: pl.DataFrame


def survey_round(truth: Truth, *, seed: int | None = None, size: int | None = None) -> Round:
    r"""Draw firms, ask them, and weight those that answered.

    Parameters
    ----------
    truth : Truth
        The city.
    seed : int, optional
        Seed of the round; the city's default round where it is left out.
    size : int, optional
        Firms to draw; the pack's where it is left out. [firms]

    Returns
    -------
    Round

    Notes
    -----
    A firm answers with a chance that depends on its size and maturity; strata with too few
    answers are called again until they have ``least_responding``. Inside a stratum the
    :math:`r_h` answering firms stand for all :math:`N_h`, so the weight is
    :math:`N_h / r_h` (weighting-class adjustment [1]_). Blanks of single questions get no
    weight of their own: they narrow the base of their question.

    References
    ----------
    .. [1] R. Valliant, J. A. Dever, F. Kreuter, *Practical Tools for Designing and Weighting
       Survey Samples*, 2nd ed., Springer, 2018, ch. 13. doi:10.1007/978-3-319-93632-1
    """
    plan = truth.city.round
    seed = plan.seed if seed is None else seed
    drawn = draw(
        truth.register,
        size=plan.size if size is None else size,
        strata=plan.strata,
        seed=seed,
        allocation=plan.allocation,
        minimum=plan.minimum,
    )
    chosen = drawn.sample.select("enterprise", "stratum", "stratum_size", "stratum_drawn")
    people = people_of(truth, chosen["enterprise"])
    answering = chosen.filter(
        pl.Series(responds(truth.city, people, chosen["stratum"].to_list(), seed=seed))
    )
    return Round(seed=seed, drawn=drawn, answers=_answers(truth, answering, seed))


@dataclass(frozen=True, slots=True)
class People:
    """What chances depend on, for some firms: their key, size class and maturity."""

    keys: list[str]
    size: list[str]
    maturity: FloatArray

    def effect(self, by_size: Mapping[str, float], per_maturity: float) -> FloatArray:
        """Return the log-odds that size and maturity add."""
        added = np.array([by_size.get(size, 0.0) for size in self.size])
        return added + per_maturity * self.maturity


def responds(city: City, people: People, strata: list[str], *, seed: int) -> BoolArray:
    """Return which of the drawn firms answer.

    Parameters
    ----------
    city : City
        Its parameters.
    people : People
        The drawn firms.
    strata : list of str, shape (n_drawn,)
        Their strata.
    seed : int
        Seed of the round.

    Returns
    -------
    BoolArray, shape (n_drawn,)
    """
    plan = city.round
    chance = expit(
        logit(plan.response) + people.effect(plan.response_by_size, plan.response_per_maturity)
    )
    reluctance = uniform(seed, f"response/{plan.stream}", people.keys) / chance
    answering: BoolArray = reluctance < 1
    count = Counter(s for s, yes in zip(strata, answering, strict=True) if yes)
    for row in np.argsort(reluctance, kind="stable"):
        if not answering[row] and count[strata[row]] < plan.least_responding:
            answering[row] = True
            count[strata[row]] += 1
    return answering


def blank(city: City, people: People, item: str, *, seed: int) -> BoolArray:
    """Return which of the answering firms leave an item blank."""
    answers = city.answers
    answer = answers.items[item]
    if answer.blank == 0:
        return np.zeros(len(people.keys), dtype=np.bool_)
    effect = people.effect(answers.blank_by_size, answers.blank_per_maturity)
    chance = expit(logit(answer.blank) + effect)
    left: BoolArray = uniform(seed, f"blank/{item}/{answer.stream}", people.keys) < chance
    return left


def people_of(truth: Truth, keys: pl.Series) -> People:
    """Return what the chances of these firms depend on, in the order of ``keys``."""
    known = truth.register.select("enterprise", "size").with_columns(
        maturity=pl.Series(truth.maturity)
    )
    found = keys.to_frame("enterprise").join(known, on="enterprise", maintain_order="left")
    return People(keys.to_list(), found["size"].to_list(), found["maturity"].to_numpy())


def _answers(truth: Truth, answering: pl.DataFrame, seed: int) -> pl.DataFrame:
    answering = answering.sort("enterprise")
    people = people_of(truth, answering["enterprise"])
    full = answering.select("enterprise").join(
        truth.answers, on="enterprise", maintain_order="left"
    )
    told = full.with_columns(
        pl.when(~pl.Series(blank(truth.city, people, name, seed=seed)))
        .then(pl.col(column))
        .alias(column)
        for name, item in truth.items.items()
        for column in item.columns
    )
    answered = answering.select(pl.len().over("stratum"))["len"].to_numpy()
    return told.with_columns(
        stratum=answering["stratum"],
        stratum_size=answering["stratum_size"],
        stratum_drawn=answering["stratum_drawn"],
        weight=answering["stratum_size"] / pl.Series(answered.astype(np.float64)),
    )
