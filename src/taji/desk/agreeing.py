"""How far two tracks of answers about the same firms agree: answer by answer, and in their score.

Puts both tracks through the same model and hands them to ``taji.assess.agreement`` and
``taji.assess.score_agreement``. Computes no measure itself, and does not say who is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.assess.agreement import agreement_table
from taji.assess.compile import compile_model
from taji.assess.score_agreement import Differences, Measured, icc_agreement, score_differences
from taji.base.arrays import FloatArray
from taji.base.identifiers import KEY
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.choosing import Chosen
from taji.engine.local import score_frame
from taji.survey.intake.columns import canonical_names

__all__ = ["ScoresAgree", "answers_agree", "of_questionnaire", "scores_agree"]

#: Alpha's bootstrap starts here, so that the same answers give the same table.
SEED = 2021
#: The score that is compared: the model's own total.
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class ScoresAgree:
    """Agreement of the total scores of two tracks.

    Attributes
    ----------
    icc : Measured
        ICC(A,1).
    differences : Differences
        First less second. [points]
    """

    icc: Measured
    differences: Differences


def answers_agree(
    asked: Sequence[Questionnaire], first: pl.DataFrame, second: pl.DataFrame
) -> pl.DataFrame:
    """Return the agreement of two tracks on every question.

    Parameters
    ----------
    asked : sequence of Questionnaire
        Everything that is asked.
    first, second : DataFrame
        Canonical answers, one row for each ``enterprise``; columns as ``canonical_names`` has them.

    Returns
    -------
    DataFrame
        ``taji.assess.agreement.AGREEMENT`` with ``questionnaire`` before it.
    """
    rng = np.random.default_rng(SEED)
    found = [
        agreement_table(
            pack,
            of_questionnaire(asked, pack, first),
            of_questionnaire(asked, pack, second),
            rng=rng,
        ).select(pl.lit(pack.id).alias("questionnaire"), pl.all())
        for pack in asked
    ]
    return pl.concat(found)


def scores_agree(
    asked: Sequence[Questionnaire], chosen: Chosen, first: pl.DataFrame, second: pl.DataFrame
) -> ScoresAgree:
    """Return the agreement of two tracks in the total score of one model.

    Parameters
    ----------
    asked, first, second
        As for ``answers_agree``.
    chosen : Chosen
        The model.
    """
    both = first.select(KEY).join(second.select(KEY), on=KEY, how="inner").sort(KEY)
    program = compile_model(chosen.model, chosen.asked)
    a, b = (
        _totals(score_frame(of_questionnaire(asked, chosen.asked, track), program), both[KEY])
        for track in (first, second)
    )
    return ScoresAgree(icc_agreement(a, b), score_differences(a, b))


def of_questionnaire(
    asked: Sequence[Questionnaire], pack: Questionnaire, track: pl.DataFrame
) -> pl.DataFrame:
    """The columns of one questionnaire under its own names."""
    names = canonical_names(asked)
    own = {column: theirs for (its, theirs), column in names.items() if its == pack.id}
    kept = [column for column in own if column in track.columns]
    return track.select(KEY, *kept).rename({column: own[column] for column in kept})


def _totals(scores: pl.DataFrame, keys: pl.Series) -> FloatArray:
    """Total scores in the order of ``keys``; NaN where there is none. [points]"""
    total = scores.filter(pl.col("node") == TOTAL).select(KEY, "score")
    values = keys.to_frame().join(total, on=KEY, how="left", maintain_order="left")["score"]
    return np.asarray(values.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)
