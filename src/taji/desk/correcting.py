"""The city's scores corrected by the firms that experts assessed.

Scores a round by what firms said and by what experts found, and puts the two-phase estimates and the
agreement of both tracks side by side. The formulas are ``taji.survey.two_phase`` and
``taji.assess.agreement``. For the bureau's own eyes: the tables have not passed disclosure control.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.assess.agreement import agreement_table
from taji.assess.compile import compile_model
from taji.assess.score_agreement import (
    Differences,
    Measured,
    icc_agreement,
    score_differences,
)
from taji.base.arrays import FloatArray
from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.base.text import Text
from taji.desk.choosing import Chosen
from taji.desk.gathering import notes_of
from taji.desk.request import PortraitRequest
from taji.desk.rounds import Answered, Joined, answered, joined
from taji.desk.steps import SILENT, Steps
from taji.engine.local import score_frame
from taji.survey.design import DesignColumnError
from taji.survey.measures import wide_scores
from taji.survey.two_phase import Corrected, Statistic, two_phase

__all__ = ["CORRECTED", "Corrections", "ModelChoiceError", "StrangerAssessedError", "correct"]

#: Columns of the corrected estimates.
CORRECTED = pl.Schema(
    {
        "model": pl.String,
        "node": pl.String,
        "level": pl.String,
        "statistic": pl.String,
        "own": pl.Float64,
        "own_low": pl.Float64,
        "own_high": pl.Float64,
        "assessed": pl.Float64,
        "assessed_low": pl.Float64,
        "assessed_high": pl.Float64,
        "corrected": pl.Float64,
        "se": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "df": pl.Int64,
        "slope": pl.Float64,
        "correlation": pl.Float64,
        "gain": pl.Float64,
        "n": pl.Int64,
        "n_assessed": pl.Int64,
    }
)

#: Alpha's bootstrap starts here, so that the same answers give the same table.
SEED = 2021

CORRECTING = Text(zh="以专家评估校正", en="Correcting by the experts' assessments")


class StrangerAssessedError(TajiError):
    """Experts assessed firms that did not answer in the round."""

    code = "desk.stranger_assessed"
    sentences = {
        "en": "{count} assessed firms did not answer in this round, the first being {first}. Only firms "
        "with answers of their own can correct the estimates: leave the others out, or take in "
        "their answers.",
        "zh": "有 {count} 家经评估的企业本期没有自答，第一家为 {first}。只有自答过的企业才能用于校正："
        "请去掉这些企业，或先录入其答卷。",
    }


class ModelChoiceError(TajiError):
    """The model to correct by is not one of the round's."""

    code = "desk.model_choice"
    sentences = {
        "en": "The round is not scored by {model}; its models: {known}. Name one of them.",
        "zh": "本期没有按 {model} 评分；可用模型：{known}。请从中选择。",
    }


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the experts' assessments make of a round.

    Attributes
    ----------
    estimates : DataFrame or None
        ``CORRECTED``: the mean of the total score, then the share of firms at each level; None
        where the answers were refused.
    agreement : DataFrame or None
        ``taji.assess.agreement.AGREEMENT`` of both tracks, by question.
    scores : Measured or None
        ICC(A,1) of both total scores.
    differences : Differences or None
        Own less expert's total score. [points]
    tally : str
        ``read N, accepted A, refused R``, in rows.
    rejected : bool
        The answers were refused as a whole.
    notes : tuple of Text
        What a person should hear.
    """

    estimates: pl.DataFrame | None
    agreement: pl.DataFrame | None
    scores: Measured | None
    differences: Differences | None
    tally: str
    rejected: bool
    notes: tuple[Text, ...]


def correct(
    request: PortraitRequest,
    expert: pl.DataFrame,
    *,
    model: str | None = None,
    strata: str | None = None,
    steps: Steps = SILENT,
) -> Corrections:
    """Correct the scores of a round by experts' answers about some of its firms.

    Parameters
    ----------
    request : PortraitRequest
        The round; its models score both tracks.
    expert : DataFrame
        Canonical answers as ``taji.survey.intake`` gives them, one row for each assessed
        ``enterprise``.
    model : str, optional
        Id of the model; None: the request's first.
    strata : str, optional
        Column of the round's rows (answers, design or register) inside whose groups the assessed
        firms were drawn at random; None: among all that answered.
    steps : Steps
        Hears of progress.

    Raises
    ------
    ModelChoiceError, StrangerAssessedError, DesignColumnError
        See each.
    FewAssessedError
        If too few firms were assessed.
    TajiError
        As ``taji.desk.portraying.portray``.
    """
    came = answered(request, steps=steps)
    chosen = _chosen(came, model)
    notes, tally = notes_of(came.intake, None), came.intake.summary
    if came.intake.stopped:
        return Corrections(None, None, None, None, tally, True, notes)
    rows = joined(came)
    _check_strangers(rows, expert)
    steps.begin(CORRECTING)
    own = rows.sheets[chosen.asked.id]
    tracks = rows.answers.select(KEY)
    for track, answers in (("own", own), ("expert", expert)):
        scored = _scored(answers, chosen, track)
        tracks = tracks.join(scored, on=KEY, how="left", maintain_order="left")
    estimates = _estimates(rows, tracks, chosen, strata, request.confidence)
    first, second = _numbers(tracks, "own/score"), _numbers(tracks, "expert/score")
    table = agreement_table(
        chosen.asked,
        own,
        expert,
        rng=np.random.default_rng(SEED),
        confidence=request.confidence,
    )
    return Corrections(
        estimates=estimates,
        agreement=table,
        scores=icc_agreement(first, second, confidence=request.confidence),
        differences=score_differences(first, second, confidence=request.confidence),
        tally=tally,
        rejected=False,
        notes=notes,
    )


def _chosen(came: Answered, model: str | None) -> Chosen:
    for one in came.chosen:
        if model in (None, one.name, one.model.id):
            return one
    known = ", ".join(one.model.id for one in came.chosen)
    raise ModelChoiceError(model=model or "-", known=known or "-")


def _check_strangers(rows: Joined, expert: pl.DataFrame) -> None:
    strangers = expert.join(rows.answers, on=KEY, how="anti")
    if strangers.height:
        raise StrangerAssessedError(count=strangers.height, first=strangers[KEY].sort()[0])


def _scored(answers: pl.DataFrame, chosen: Chosen, track: str) -> pl.DataFrame:
    """Score and level of the total; a firm without a score has no level either."""
    total = f"{chosen.model.id}:total"
    wide = wide_scores(score_frame(answers, compile_model(chosen.model, chosen.asked)))
    named = {f"{track}/score": pl.col(total), f"{track}/level": pl.col(f"{total}/level")}
    return wide.select(KEY, **named)


def _numbers(frame: pl.DataFrame, column: str) -> FloatArray:
    values = frame[column].cast(pl.Float64).fill_null(float("nan"))
    return np.asarray(values.to_numpy(), dtype=np.float64)


def _estimates(
    rows: Joined, tracks: pl.DataFrame, chosen: Chosen, strata: str | None, confidence: float
) -> pl.DataFrame:
    sample = rows.design.bind(rows.answers)
    groups = None if strata is None else _groups(rows.answers, strata)
    found = []
    for level, statistic, own, expert in _targets(tracks, chosen):
        out = two_phase(
            sample, own, expert, strata=groups, statistic=statistic, confidence=confidence
        )
        found.append(_row(chosen.model.id, level, statistic, out))
    return pl.DataFrame(found, schema=CORRECTED, orient="row")


def _groups(answers: pl.DataFrame, column: str) -> list[str]:
    if column not in answers.columns:
        known = ", ".join(answers.columns[:12])
        raise DesignColumnError(key="strata", column=column, known=known)
    return answers[column].cast(pl.String).fill_null("").to_list()


def _targets(
    tracks: pl.DataFrame, chosen: Chosen
) -> Iterator[tuple[str | None, Statistic, FloatArray, FloatArray]]:
    """The total score, then whether a firm is at each level, on both tracks."""
    yield None, "mean", _numbers(tracks, "own/score"), _numbers(tracks, "expert/score")
    for level in chosen.model.levels:
        at = tracks.select(pl.col("own/level", "expert/level") == level.id)
        yield level.id, "proportion", _numbers(at, "own/level"), _numbers(at, "expert/level")


def _row(model: str, level: str | None, statistic: Statistic, out: Corrected) -> tuple[object, ...]:
    own, assessed, corrected = out.own, out.assessed, out.corrected
    return (
        *(model, "total", level, statistic),
        *(own.value, own.ci_low, own.ci_high),
        *(assessed.value, assessed.ci_low, assessed.ci_high),
        *(corrected.value, corrected.se, corrected.ci_low, corrected.ci_high, corrected.df),
        *(out.slope, out.correlation, out.gain, own.n, corrected.n),
    )
