"""What a diagnosis of one firm says, before it is shown: the values that every rendering reads.

``taji.desk.diagnosing`` fills one ``Diagnosis``; a web page, the PDF and the Word document show
it. All words are in both languages already, so that a renderer only lays out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from taji.base.text import Text
from taji.catalogue.model import Doubt
from taji.catalogue.pack import Confidence

__all__ = [
    "Barrier",
    "Change",
    "Diagnosis",
    "Grounds",
    "LevelChance",
    "LevelName",
    "Lever",
    "NodeScore",
    "Standing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelName:
    """A level: its id in results, its title, its place from 0 for the lowest."""

    id: str
    title: Text
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeScore:
    """What one node of the model came to.

    Attributes
    ----------
    node, title
        Its id and name.
    depth : int
        0 for the total and for nodes outside its tree, 1 for what stands below, and so on.
    parent : str or None
        The node above it that results show.
    leaf : bool
        It is a question.
    points, max_points : float or None, float
        Earned, blanks earning nothing; and the most. None where the node does not apply. [points]
    score : float or None
        On what was answered; None where too little was. [points]
    coverage : float or None
        Answered share of the node's weight. [fraction]
    level, level_best : str or None
        Of nodes that have levels of their own: worst and best reading.
    doubt : Confidence or None
        How its numbers are known, where a reader must be told to check them.
    """

    node: str
    title: Text
    depth: int
    parent: str | None
    leaf: bool
    points: float | None
    max_points: float
    score: float | None
    coverage: float | None
    level: str | None
    level_best: str | None
    doubt: Confidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A question that holds the level down: ``have`` of ``needed``, and what ``gain`` it would bring."""

    node: str
    title: Text
    question: Text
    have: float
    needed: float
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One answer that would become another, in words; ``short`` names the question in few.

    ``option`` is set where a tick is meant: then ``before`` and ``after`` say whether it is ticked.
    """

    column: str
    question: Text
    short: Text
    option: Text | None
    before: Text
    after: Text
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """One test of the next level that is not met, and what would meet it.

    Attributes
    ----------
    test, title
        Its short form and its words.
    needed, have, gap : float
        What it asks for, what is there, what is missing. [points, or number of nodes]
    counts : bool
        Nodes are counted; else points.
    held_by : tuple of Lever
        The questions that lose the most, the largest first.
    singles : tuple of Change
        Each of them alone would meet the test, the fewest steps first.
    together : tuple of Change
        Where no single answer does: the smallest set that does; empty where none does.
    exact : bool
        ``together`` is proved smallest.
    """

    test: str
    title: Text
    needed: float
    have: float
    gap: float
    counts: bool
    held_by: tuple[Lever, ...]
    singles: tuple[Change, ...]
    together: tuple[Change, ...]
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The firm's place among its peers: share of them below it, with interval. [fraction]

    ``peers`` names the group; ``n`` counts its firms with a score, the firm among them.
    """

    peers: Text
    percentile: float
    low: float | None
    high: float | None
    n: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherModel:
    """What one firm's answers say under another model.

    Attributes
    ----------
    model : str
        Id of the target.
    title : Text
        Its name.
    node : Text
        What is graded: the total, or one of the nodes where the model has no total.
    low, high : Text
        Lowest and highest level that fit the answers; the scores where there are no levels.
    coverage, loss : float
        Of that node. [fraction]
    """

    model: str
    title: Text
    node: Text
    low: Text
    high: Text
    coverage: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the probability of a level rests on.

    Attributes
    ----------
    track : {"expert", "repeat", "assumed"}
        Whose second answers tell how far the first can be trusted; ``assumed``: nobody's.
    firms, pairs : int
        Firms and answers that were given twice. [firms, pairs]
    same : float or None
        Share of pairs in which both are the same; None without pairs. [fraction]
    readings : int
        Readings of the model that were held equally likely.
    """

    track: Literal["expert", "repeat", "assumed"]
    firms: int
    pairs: int
    same: float | None
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChance:
    """How sure the level of a firm is.

    Attributes
    ----------
    shares : tuple of (str, float)
        Each level's id and probability, the lowest level first. [fraction]
    from_reliability, from_missing, from_readings : float
        What each source alone leaves unsure. [fraction]
    draws : int
        Draws behind the probabilities.
    grounds : Grounds
    """

    shares: tuple[tuple[str, float], ...]
    from_reliability: float
    from_missing: float
    from_readings: float
    draws: int
    grounds: Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One firm under one model.

    Attributes
    ----------
    enterprise, firm : str
        Key and name; the name is the key where no other is known.
    occasion : Text or None
        The round or date that it belongs to.
    simulated : bool
        The firm is invented.
    model, model_title, document, unit
        ``id@version``, name, standard, and what points are.
    score, points, max_points, coverage
        Of the total, as for ``NodeScore``.
    coverage_min : float
        Least coverage for a score. [fraction]
    levels : tuple of LevelName
        All levels, the lowest first; empty for a model without.
    level, level_best, next_level : LevelName or None
        The level if every blank earned nothing and if every one earned the most, and the one
        above ``level``.
    nodes : tuple of NodeScore
        The total first, its tree below it, then what stands outside (scenarios).
    barriers : tuple of Barrier
        Every unmet test of the next level; all must be met.
    standing : Standing or None
    doubts : tuple of Doubt
        What is to be checked against the standard.
    others : tuple of OtherModel
        Estimates under other models, which are no assessments; empty where none were made.
    chance : LevelChance or None
        How sure ``level`` is; None where it was not asked, or is not known yet.
    """

    enterprise: str
    firm: str
    occasion: Text | None
    simulated: bool
    model: str
    model_title: Text
    document: str
    unit: Text
    score: float | None
    points: float | None
    max_points: float
    coverage: float | None
    coverage_min: float
    levels: tuple[LevelName, ...]
    level: LevelName | None
    level_best: LevelName | None
    next_level: LevelName | None
    nodes: tuple[NodeScore, ...]
    barriers: tuple[Barrier, ...]
    standing: Standing | None
    doubts: tuple[Doubt, ...]
    others: tuple[OtherModel, ...] = ()
    chance: LevelChance | None = None
