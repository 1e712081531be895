"""What a portrait says, before it is drawn: the values that every rendering reads.

``taji.desk`` fills one ``PortraitContent``; the page, the PDF and the workbook show it.
Everything here has passed disclosure control: a renderer may show all that it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from taji.base.text import Text
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Questionnaire

__all__ = ["Domain", "MethodFacts", "PortraitContent", "Segment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One way to break the city down: a ``by`` of the estimates, with its groups in order."""

    by: str
    title: Text
    groups: Mapping[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A kind of firm that the answers set apart.

    ``share`` is the estimated share of the city's firms [fraction]; ``stability`` the mean
    bootstrapped Jaccard similarity [fraction]; ``marks`` the answers that set it apart, as
    ``(statement, share inside, share outside)``.
    """

    title: Text
    n: int
    share: float
    stability: float
    marks: tuple[tuple[Text, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFacts:
    """How the numbers were made, for the method page."""

    population: int | None
    drawn: int | None
    answered: int
    refused: int
    strata: int
    degrees_of_freedom: int
    confidence: float
    interval: str
    design: Mapping[str, str]
    calibration: str | None
    lone_unit: str
    suppressed: int
    published: int
    not_asked_rule: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitContent:
    """The portrait of a city.

    Attributes
    ----------
    estimates : DataFrame
        The contract's ``estimates.csv``. Rows of a model have ``question`` ``model:node``
        (``statistic`` mean, in points) and, for the share of firms at a level, ``model:total`` with
        the level's id as ``option`` (``statistic`` proportion).
    peers : DataFrame
        ``model, node, by, group, n, p10, p25, median, p75, p90, median_low, median_high``: how the
        scores of a peer group are spread; only groups large enough to be shown.
    benchmarks : DataFrame
        ``benchmark, indicator_zh, indicator_en, ours, ci_low, ci_high, n, theirs, unit, year,
        source, confidence, comparable_zh, comparable_en``.
    segments : tuple of Segment
        Empty when no stable segments were found; ``segments_note`` then says so.
    provenance : mapping
        Name to value, as in the manifest: input hash, packs, version, command, seed.
    """

    city: Text
    period: str
    simulated: bool
    questionnaire: Questionnaire
    models: tuple[Model, ...]
    domains: tuple[Domain, ...]
    estimates: pl.DataFrame
    peers: pl.DataFrame
    benchmarks: pl.DataFrame
    segments: tuple[Segment, ...]
    segments_note: Text | None
    method: MethodFacts
    provenance: Mapping[str, str]
