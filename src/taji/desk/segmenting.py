"""Ask what kinds of firm the answers show, and put the answer in the report's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.base.text import Text
from taji.catalogue.questionnaire import Questionnaire
from taji.compare.answers import variables_of
from taji.compare.segments import find_segments
from taji.desk.choosing import Chosen
from taji.desk.figures import Figures
from taji.report.content import Segment

__all__ = ["SEED", "Segments", "segments_of"]

#: Bootstraps and references of the search for segments start here, in every portrait; it stands in
#: the manifest.
SEED = 2021


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of a portrait, or why there are none."""

    segments: tuple[Segment, ...]
    note: Text | None


def segments_of(
    figures: Figures,
    sheets: Mapping[str, pl.DataFrame],
    asked: Questionnaire,
    chosen: Sequence[Chosen],
) -> Segments:
    """Find kinds of firm among all answers, those that the models read included."""
    questionnaires = {one.id: one for one in (asked, *(c.asked for c in chosen))}
    frames = {asked.id: figures.frame, **{c.asked.id: sheets[c.asked.id] for c in chosen}}
    variables = [
        variable
        for name, questionnaire in questionnaires.items()
        for variable in variables_of(questionnaire, frames[name])
    ]
    found = find_segments(
        variables, weight=np.asarray(figures.sample.weight), rng=np.random.default_rng(SEED)
    )
    return Segments(
        tuple(
            Segment(
                title=one.title,
                n=one.n,
                share=one.share,
                stability=one.stability,
                marks=tuple((mark.statement, mark.inside, mark.outside) for mark in one.marks),
            )
            for one in found.segments
        ),
        found.note,
    )
