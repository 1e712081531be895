"""Compute what the assessed firms show, and keep it with the round.

Decides which tables are kept and what is said where there are too few assessed firms. The measures
are ``taji.desk.agreeing``'s, the corrected estimates ``taji.desk.correcting``'s.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.agreeing import answers_agree, of_questionnaire, scores_agree
from taji.desk.choosing import Chosen
from taji.desk.correcting import correct
from taji.desk.request import PortraitRequest
from taji.web.audit.log import record
from taji.web.fieldwork.models import Analysis
from taji.web.fieldwork.tracks import GROUP, Tracks, request_of, tracks_of
from taji.web.people.models import User
from taji.web.publishing.models import Made
from taji.web.rounds.models import Round

__all__ = ["analyse", "ask_analysis"]

#: Fewest assessed firms for agreement to be shown as more than a count. [firms]
LEAST = 2
FEW = Text(
    zh="经专家评估并提交的企业只有 {n} 家，不足以计算。请等待更多评估提交。",
    en="Only {n} firms have an assessment handed in; that is too few to compute anything. Wait for "
    "more.",
)
NO_DRAW = Text(
    zh="没有抽取第二阶段样本：专家评估的企业是指定的，不能用来修正全市估计。",
    en="No second phase was drawn: the assessed firms were chosen by hand and cannot correct the "
    "city's estimates.",
)


@transaction.atomic
def ask_analysis(its: Round, *, by: User) -> Analysis:
    """Put an analysis of a round into the queue, or return the one that waits there."""
    from taji.web.fieldwork.jobs import run_analysis

    waiting = Analysis.objects.filter(round=its, state=Made.QUEUED).first()
    if waiting is not None:
        return waiting
    made = Analysis.objects.create(round=its, asked_by=by)
    record("fieldwork.analyse", actor=by, subject=f"round:{its.slug}", analysis=made.pk)
    transaction.on_commit(lambda: run_analysis.enqueue(made.pk))
    return made


def analyse(made: Analysis) -> None:
    """Compute one analysis; what it finds is kept at once, or why it finds nothing."""
    made.state = Made.RUNNING
    made.save(update_fields=["state"])
    tracks = tracks_of(made.round)
    made.assessed = tracks.first.height
    try:
        made.results = _results(made.round, tracks)
        made.state, made.problem = Made.DONE, {}
    except TajiError as error:
        made.state = Made.REFUSED
        made.problem = {"zh": error.render("zh"), "en": error.render("en")}
    made.done_at = timezone.now()
    made.save()


def _results(its: Round, tracks: Tracks) -> dict[str, Any]:
    n = tracks.first.height
    found: dict[str, Any] = {
        "submitted": tracks.own.height,
        "assessed": n,
        "drawn": tracks.drawn.height,
        "twice": tracks.second.height,
    }
    if n < LEAST:
        return {**found, "few": {"zh": FEW.zh.format(n=n), "en": FEW.en.format(n=n)}}
    found["own"] = answers_agree(tracks.asked, tracks.own, tracks.first).to_dicts()
    found["experts"] = answers_agree(tracks.asked, tracks.first, tracks.second).to_dicts()
    with tempfile.TemporaryDirectory(prefix="taji-visits-") as made:
        request, chosen = request_of(its, Path(made))
        found["models"] = [_model(request, one, tracks) for one in chosen]
    return found


def _model(request: PortraitRequest, one: Chosen, tracks: Tracks) -> dict[str, Any]:
    """Agreement in the score, and the corrected estimates, under one model."""
    title = one.model.title
    told: dict[str, Any] = {
        "model": one.model.id,
        "title": {"zh": title.zh, "en": title.en},
        "levels": {level.id: level.title.model_dump() for level in one.model.levels},
        "own": asdict(scores_agree(tracks.asked, one, tracks.own, tracks.first)),
        "experts": asdict(scores_agree(tracks.asked, one, tracks.first, tracks.second)),
    }
    if not tracks.drawn.height:
        return {**told, "problem": NO_DRAW.model_dump()}
    expert = of_questionnaire(tracks.asked, one.asked, tracks.drawn)
    try:
        out = correct(request, expert, model=one.model.id, strata=GROUP)
    except TajiError as error:
        return {**told, "problem": {"zh": error.render("zh"), "en": error.render("en")}}
    return {**told, "estimates": [] if out.estimates is None else out.estimates.to_dicts()}
