"""Both tracks of a round as the tables that the desk reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from django.db.models import F

from taji.base.identifiers import KEY
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.choosing import Chosen, chosen_models
from taji.desk.request import PortraitRequest
from taji.web.answering.exporting import ANSWERS, DESIGN, answers_frame, columns_of, export_round
from taji.web.answering.models import Sheet, Submission
from taji.web.fieldwork.drawing import frame_of
from taji.web.fieldwork.models import Subsample
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.models import Round

__all__ = ["GROUP", "Tracks", "experts_of", "request_of", "tracks_of"]

#: Column that holds the group inside which the assessed firms were drawn.
GROUP = "second_phase"


@dataclass(frozen=True, slots=True)
class Tracks:
    """What firms and experts said in a round.

    Attributes
    ----------
    own : DataFrame
        Every firm that handed in.
    first, second : DataFrame
        What experts found, one row a firm: of the expert who began first, and of the other where
        two assessed it.
    drawn : DataFrame
        Of ``first``, the firms that were drawn for the second phase.
    """

    asked: tuple[Questionnaire, ...]
    own: pl.DataFrame
    first: pl.DataFrame
    second: pl.DataFrame
    drawn: pl.DataFrame


def tracks_of(its: Round) -> Tracks:
    """Read both tracks of a round."""
    asked = asked_of(its)
    by_firm, drawn = _found_by(its)
    first = _frame({key: sheets[0] for key, sheets in by_firm.items()}, asked)
    second = _frame({key: sheets[1] for key, sheets in by_firm.items() if len(sheets) > 1}, asked)
    return Tracks(
        asked=asked.questionnaires,
        own=answers_frame(its),
        first=first,
        second=second,
        drawn=first.filter(pl.col(KEY).is_in(sorted(drawn))),
    )


def experts_of(its: Round) -> pl.DataFrame:
    """Read what experts found, one row a firm: of the expert who began first."""
    by_firm, _ = _found_by(its)
    return _frame({key: sheets[0] for key, sheets in by_firm.items()}, asked_of(its))


def _found_by(its: Round) -> tuple[dict[str, list[dict[str, object]]], set[str]]:
    """What experts handed in by firm, the first begun first, and the firms that were drawn."""
    rows = Submission.objects.filter(
        sheet__case__round=its,
        sheet__track=Sheet.Track.EXPERT,
        sheet__submission_id=F("pk"),
        sheet__case__in=Sheet.objects.filter(
            case__round=its, track=Sheet.Track.FIRM, submission__isnull=False
        ).values("case_id"),
    ).order_by("sheet__case__organisation__key", "sheet_id")
    found = rows.values_list(
        "sheet__case__organisation__key", "answers", "sheet__case__second_phase"
    )
    by_firm: dict[str, list[dict[str, object]]] = {}
    drawn: set[str] = set()
    for key, answers, chosen in found:
        by_firm.setdefault(key, []).append(answers)
        if chosen is not None:
            drawn.add(key)
    return by_firm, drawn


def _frame(sheets: dict[str, dict[str, object]], asked: Asked) -> pl.DataFrame:
    columns = columns_of(sheets.values(), asked)
    return pl.DataFrame({KEY: pl.Series(list(sheets), dtype=pl.String), **columns})


def request_of(its: Round, folder: Path) -> tuple[PortraitRequest, tuple[Chosen, ...]]:
    """Write the round into ``folder`` and return the request that reads it, and its models.

    Each firm's row has the group inside which the assessed firms were drawn.
    """
    export_round(its, folder)
    path = folder / ANSWERS
    strata = Subsample.objects.filter(round=its).values_list("strata", flat=True).first() or []
    group = pl.concat_str(strata, separator="|") if strata else pl.lit("all")
    groups = frame_of(its).select(KEY, group.alias(GROUP))
    pl.read_parquet(path).join(groups, on=KEY, how="left", maintain_order="left").write_parquet(
        path
    )
    design = folder / DESIGN
    request = PortraitRequest(
        answers=path,
        questionnaire=its.questionnaire,
        models=tuple(its.model_ids),
        profile=its.profile or None,
        options=its.options,
        design=design if design.is_file() else None,
        simulated=its.simulated,
    )
    return request, chosen_models(request)
