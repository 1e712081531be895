"""Rank the applications of a panel from a file of scores, and say what the ranks rest on.

Decides which files are written and what is told. How scores are corrected is
``taji.assess.severity``'s, how ranks and chances come of it ``taji.assess.severity_ranks``'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from taji.assess.ratings import LEAST_SCORED, Pairs, Ratings, parts
from taji.assess.severity import Corrected, Model, correct
from taji.assess.severity_ranks import Ranked, rank
from taji.base.text import Text
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.ratings_file import read_ratings
from taji.desk.steps import SILENT, Steps
from taji.store.manifest import environment, fingerprint

__all__ = ["TABLES", "PanelRanked", "rank_panel"]

#: The tables that are written, and the part of ``Ranked`` that each holds.
TABLES = {
    "ranking.csv": "ranking",
    "reviewers.csv": "reviewers",
    "flips.csv": "flips",
    "next_reviews.csv": "next_reviews",
}
SUMMARY = "summary.json"
#: Noisier than the panel by this factor, a reviewer is told. [ratio]
NOISY = 2.0
#: Reviewers named before the rest is counted.
NAMED = 8

READING = Text(zh="读取分数", en="Reading the scores")
CORRECTING = Text(zh="校正评委宽严", en="Correcting for severity")
RANKING = Text(zh="模拟名次", en="Simulating ranks")

MODELS = {
    "additive": Text(zh="加性混合模型", en="additive mixed model"),
    "scale_equal": Text(zh="带评分幅度的混合模型", en="mixed model with widths"),
    "scale_widening": Text(
        zh="带评分幅度的混合模型，误差随幅度放大",
        en="mixed model with widths that widen noise",
    ),
    "rasch": Text(zh="多面 Rasch 模型", en="many-facet Rasch model"),
}


@dataclass(frozen=True, slots=True)
class PanelRanked:
    """A ranking on disk: where it lies, and what to say."""

    folder: Path
    sentence: Text
    notes: tuple[Text, ...]


def rank_panel(
    path: Path,
    *,
    fund: int | None,
    model: Model,
    seed: int,
    out: Path,
    steps: Steps = SILENT,
) -> PanelRanked:
    """Correct the scores of a panel for severity, rank, and write everything into a folder.

    Parameters
    ----------
    path : Path
        Table of scores: application, reviewer, score and, optionally, criterion.
    fund : int or None
        How many applications are above the line. [applications]
    model : {"linear", "rasch"}
        Whether scores are amounts or steps.
    seed : int
        Of the draws that ranks rest on.
    out : Path
        Folder for ``TABLES`` and ``summary.json``.

    Returns
    -------
    PanelRanked
    """
    targets = [out / name for name in (*TABLES, SUMMARY)]
    keep_inputs([path], targets)
    steps.begin(READING)
    ratings, blank = read_ratings(path)
    steps.begin(CORRECTING)
    corrected = correct(ratings, model=model)
    steps.begin(RANKING)
    ranked = rank(ratings, corrected, fund=fund, rng=np.random.default_rng(seed))
    notes = tuple(_notes(ratings, corrected, blank))
    for name, part in TABLES.items():
        write_table(getattr(ranked, part), out / name)
    summary = {
        **_summary(ratings, corrected, ranked, fund=fund),
        "model_asked": model,
        "blank": blank,
        "seed": seed,
        "sha256": fingerprint(path, relative_to=out).sha256,
        "ratings": path.name,
        "libraries": environment(),
        "notes": [{"zh": note.zh, "en": note.en} for note in notes],
    }
    with whole(out / SUMMARY) as unfinished:
        text = json.dumps(summary, ensure_ascii=False, indent=1, sort_keys=True)
        unfinished.write_text(text + "\n", encoding="utf-8")
    return PanelRanked(out, _sentence(ratings, corrected, ranked, fund, out), notes)


def _summary(
    ratings: Ratings, corrected: Corrected, ranked: Ranked, *, fund: int | None
) -> Mapping[str, Any]:
    """What the ranks rest on."""
    thin = Pairs.of(ratings).thin
    widths = corrected.width
    return {
        "model": corrected.fitted,
        "n": len(ratings.score),
        "applications": len(ratings.applications),
        "reviewers": len(ratings.reviewers),
        "criteria": [name for name in ratings.criteria if name],
        "connected": True,  # a panel that is not has been refused
        "components": dict(corrected.components),
        "review_noise": corrected.review_noise if np.isfinite(corrected.review_noise) else None,
        "widths": None
        if widths is None
        else {name: float(w) for name, w in zip(ratings.reviewers, widths, strict=True)},
        "not_corrected": [ratings.reviewers[place] for place in np.flatnonzero(thin)],
        "least_scored": LEAST_SCORED,
        "fund": fund,
        "flips": ranked.flips.height,
    }


def _notes(ratings: Ratings, corrected: Corrected, blank: int) -> list[Text]:
    """What a person should hear."""
    thin = Pairs.of(ratings).thin
    notes = []
    if blank:
        notes.append(
            Text(
                zh=f"有 {blank} 行没有分数，未计入。",
                en=f"{blank} rows have no score and do not count.",
            )
        )
    if thin.any():
        names = _names(ratings, thin)
        notes.append(
            Text(
                zh=f"评审不足 {LEAST_SCORED} 个项目的评委不作校正（宽严记为 0）：{names}。",
                en=f"Reviewers of fewer than {LEAST_SCORED} applications are not corrected (severity 0): "
                f"{names}.",
            )
        )
        if parts(ratings, without=thin).max():
            notes.append(
                Text(
                    zh="只有不作校正的评委把评审关系连成一体，各部分之间的比较较弱；建议增加交叉评审。",
                    en="Only reviewers who are not corrected hold the panel together, so that parts of it "
                    "compare weakly; have more applications reviewed across.",
                )
            )
    noisy = (corrected.outfit > NOISY) & ~thin
    if noisy.any():
        names = _names(ratings, noisy)
        notes.append(
            Text(
                zh=f"以下评委的打分明显偏离其他评委（outfit 大于 {NOISY:g}），请核对：{names}。",
                en=f"Scores of these reviewers are far from what others give (outfit above {NOISY:g}); "
                f"look at them: {names}.",
            )
        )
    if float(np.ptp(corrected.joint.measure)) <= 1e-9 * float(np.ptp(ratings.score)):
        notes.append(
            Text(
                zh="分数分不出项目的优劣：项目之间的差别不大于误差。名次没有依据。",
                en="The scores do not tell the applications apart: they differ by no more than noise. "
                "The ranks rest on nothing.",
            )
        )
    return notes


def _names(ratings: Ratings, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> str:
    places = np.flatnonzero(chosen)
    rest = f" … ({len(places)})" if len(places) > NAMED else ""
    return ", ".join(ratings.reviewers[place] for place in places[:NAMED]) + rest


def _sentence(
    ratings: Ratings, corrected: Corrected, ranked: Ranked, fund: int | None, out: Path
) -> Text:
    model, flips = MODELS[corrected.fitted], ranked.flips.height
    sizes = len(ratings.applications), len(ratings.reviewers), len(ratings.score)
    line = (
        Text(
            zh=f"线上 {fund} 个；因校正而越线的 {flips} 个，见 flips.csv，须由人签字确认。",
            en=f"{fund} are above the line; {flips} cross it because of correction: people sign for "
            "them in flips.csv.",
        )
        if fund is not None
        else Text(zh="没有给出 --fund，未划线。", en="Without --fund no line is drawn.")
    )
    return Text(
        zh=f"{sizes[0]} 个项目、{sizes[1]} 位评委、{sizes[2]} 个分数，按{model.zh}校正并排名：{out}。{line.zh}",
        en=f"{sizes[0]} applications, {sizes[1]} reviewers, {sizes[2]} scores, corrected by the {model.en} "
        f"and ranked: {out}. {line.en}",
    )
