"""Keep how sure the level of every firm is: made in the background, read by the result page.

Decides when a firm's probabilities are made anew (its answers, the model or the experts' pairs
changed) and that a page only reads them. How they are made is ``taji.desk.chancing``'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
from django.db.models import F

from taji.base.identifiers import KEY
from taji.desk.chancing import chance_of, how_sure, open_programs
from taji.report.diagnosis import Grounds, LevelChance
from taji.web.answering.exporting import of_questionnaire
from taji.web.answering.models import KeptChance, Sheet, Submission
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round

__all__ = ["kept_chance", "kept_chances", "make_chances"]

#: Rows written at once. [rows]
_BATCH = 500


def kept_chance(submission: Submission, model: str) -> LevelChance | None:
    """Return how sure the level of a version is; None before it was made."""
    return next((chance for _, chance in kept_chances([submission], model)), None)


def kept_chances(
    submissions: Sequence[Submission], model: str
) -> Iterator[tuple[Submission, LevelChance]]:
    """Yield the versions for which it was made, under the readings chosen now."""
    kept = {
        row.submission_id: row
        for row in KeptChance.objects.filter(submission__in=submissions, model=model)
    }
    for one in submissions:
        row = kept.get(one.pk)
        if row is not None and row.reading == _reading(one.sheet.case.round):
            yield one, _told(row.told)


def _told(told: Mapping[str, Any]) -> LevelChance:
    shares = tuple((level, share) for level, share in told["shares"])
    return LevelChance(**{**told, "shares": shares, "grounds": Grounds(**told["grounds"])})


def make_chances(its: Round, answers: pl.DataFrame) -> int:
    """Make what is missing or rests on something else by now.

    Parameters
    ----------
    its : Round
    answers : DataFrame
        What firms handed in, with the register's columns that donors are near by.

    Returns
    -------
    int
        Firms made anew, over all models. [firms]
    """
    from taji.web.fieldwork.tracks import experts_of

    expert = experts_of(its)
    pairs = hashlib.sha256(expert.write_json().encode()).hexdigest()
    versions = {
        one.sheet.case.organisation.key: one
        for one in Submission.objects.filter(
            sheet__case__round=its,
            sheet__track=Sheet.Track.FIRM,
            sheet__submission_id=F("pk"),
        ).select_related("sheet__case__organisation")
    }
    return sum(_make(its, name, answers, expert, pairs, versions) for name in its.model_ids)


def _make(
    its: Round,
    name: str,
    answers: pl.DataFrame,
    expert: pl.DataFrame,
    pairs: str,
    versions: dict[str, Submission],
) -> int:
    programs = open_programs(name, profile=its.profile or None, options=its.options or None)
    if not programs[0].model.levels:
        return 0
    basis = hashlib.sha256(f"{pairs} {programs[0].model.key}".encode()).hexdigest()
    reading = _reading(its)
    kept = set(
        KeptChance.objects.filter(
            submission__sheet__case__round=its, model=name, basis=basis, reading=reading
        ).values_list("submission_id", flat=True)
    )
    wanted = [key for key in answers[KEY] if key in versions and versions[key].pk not in kept]
    if not wanted:
        return 0
    asked, pack = asked_of(its), programs[0].questionnaire
    sure = how_sure(
        of_questionnaire(answers, asked, pack),
        programs,
        expert=of_questionnaire(expert, asked, pack),
        only=wanted,
    )
    rows = [
        KeptChance(
            submission=versions[key], model=name, basis=basis, reading=reading, told=asdict(chance)
        )
        for key in wanted
        if (chance := chance_of(sure, key)) is not None
    ]
    KeptChance.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["submission", "model"],
        update_fields=["basis", "reading", "told", "made_at"],
    )
    return len(rows)


def _reading(its: Round) -> str:
    """What was chosen of the model, as a short digest."""
    chosen = f"{its.profile} {sorted((its.options or {}).items())}"
    return hashlib.sha256(chosen.encode()).hexdigest()[:16]
