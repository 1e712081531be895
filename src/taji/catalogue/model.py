"""What an assessment model is: a tree of nodes, each with one rule, and its levels.

A model in a pack may hold *readings* (points on which sources differ or the
standard is unsettled) and *profiles* (discrete or process industry). Once these
are chosen, ``Model`` is plain: every node has its one rule, and
``taji.assess`` compiles it. Opinions about the numbers live in the pack.

Every node has a range from 0 to ``max``. A *leaf* reads one question of the
questionnaire; a *branch* reads other nodes.

Leaf
    Each item of the question (one, or one per row) earns ``earned`` points out of
    ``most``; the node's value is ``max`` times the mean over items of earned/most.

    * ``sum``: points of the ticked options (or of the chosen one); ``most`` is the sum of
      all positive points for ticks, the largest for a single choice.
    * ``capped_sum``: the same, never over ``cap``; ``most`` is ``cap``.
    * ``bands``: the points of the band that the number falls in; ``most`` is the largest.
    * ``mean``: the number itself on a scale from 0; ``most`` is the scale's upper end. With
      ``points`` (for single choices) the points of the option; ``most`` the largest.

Branch
    * ``sum``: sum of the children; ``max`` is the sum of their maxima.
    * ``mean``, ``weighted_mean``: ``max`` times the (weighted) mean of child/child.max. Pruned
      children are left out and the other weights renormalised.
    * ``min``: ``max`` times the least child/child.max.
    * ``ladder``: children are rungs in order; a rung whose value/max is at least ``reach``
      counts 1 and lets the next be read; the first not reached counts its value/max.
      ``max`` is the number of rungs.

``count_at_least`` is a test of levels: how many of the named nodes reach a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.pack import UNSURE, Confidence, Pack, Spec

__all__ = [
    "Band",
    "CountAtLeast",
    "Doubt",
    "Level",
    "LevelBand",
    "LevelTests",
    "Model",
    "Node",
    "Profile",
    "Reading",
    "ReadingChoice",
    "Rule",
    "ScoreAtLeast",
    "Test",
]

Rule = Literal["sum", "capped_sum", "bands", "mean", "weighted_mean", "min", "ladder"]


class Band(Spec):
    """Points for a range of a number; ``from``/``to`` include their end, ``over``/``below`` not."""

    from_: Exact | None = Field(default=None, alias="from")
    over: Exact | None = None
    to: Exact | None = None
    below: Exact | None = None
    points: Exact


class Node(Spec):
    """One node of a resolved model."""

    id: str
    title: Text
    rule: Rule
    #: Leaf: the id of the question (or of one item of it) that is read.
    question: str | None = None
    points: Mapping[str, Exact] | None = None
    bands: tuple[Band, ...] | None = None
    cap: Exact | None = None
    #: Leaf: options that count only when all of these are ticked as well.
    requires: Mapping[str, tuple[str, ...]] | None = None
    #: Leaf: the option that prunes the node ("not applicable"), if pruning is allowed here.
    prune: str | None = None
    #: Branch: children, and their weights where the rule is ``weighted_mean``.
    of: tuple[str, ...] = ()
    weights: Mapping[str, Exact] | None = None
    reach: Exact | None = None
    #: Upper end of the node's range. [points]
    max: Exact
    #: The node's value is itself a level (a rung, a band): shown in ``level``.
    is_level: bool = False
    #: False for a step of the calculation that no result shows.
    shown: bool = True
    confidence: Confidence | None = None
    #: Where this node's numbers come from, if from elsewhere than the pack's own source.
    source: str | None = None
    note: Text | None = None


class ScoreAtLeast(Spec):
    """A test: the score of ``node`` is at least ``value``. [points]"""

    test: Literal["score_at_least"]
    node: str
    value: Exact


class CountAtLeast(Spec):
    """A test: at least ``count`` of the nodes ``of`` have a score of at least ``value``."""

    test: Literal["count_at_least"]
    title: Text
    of: tuple[str, ...] = Field(min_length=1)
    value: Exact
    count: int = Field(ge=1)


Test = Annotated[ScoreAtLeast | CountAtLeast, Field(discriminator="test")]


class Level(Spec):
    """A level that a result can have. ``id`` is what results show ("2", "advanced")."""

    id: str
    title: Text
    gist: Text | None = None


class LevelBand(Level):
    """A level given by a range of the total."""

    from_: Exact | None = Field(default=None, alias="from")
    over: Exact | None = None
    to: Exact | None = None
    below: Exact | None = None


class LevelTests(Level):
    """A level given by tests that must all hold; one without tests is the floor."""

    tests: tuple[Test, ...] = ()


class ReadingChoice(Spec):
    """One way to read an unsettled point."""

    id: str
    label: Text
    source: str


class Reading(Spec):
    """A point on which sources differ; the choice is the bureau's, not the code's."""

    id: str
    title: Text
    default: str
    confidence: Confidence
    choices: tuple[ReadingChoice, ...] = Field(min_length=2)


class Profile(Spec):
    """A variant of the model for a kind of firm."""

    id: str
    title: Text


class Doubt(Spec):
    """Something of a model that a reader of its results must be told to check."""

    what: Text
    confidence: Confidence


class Model(Pack):
    """A model with its readings and profile chosen: what ``taji.assess`` compiles."""

    questionnaire: str
    document: str
    date: str
    #: What the values of the nodes, up to ``total``, are counted in.
    unit: Text
    #: Least answered share of a node's weight for which a score is given. [fraction]
    coverage_min: Exact
    #: How the least coverage is known; ``house`` where the model itself says nothing.
    coverage_confidence: Confidence = "house"
    nodes: tuple[Node, ...]
    #: From lowest to highest; all bands of the total, or all tests, or none: a model
    #: without levels of its own (its nodes may still be levels each).
    levels: tuple[LevelBand, ...] | tuple[LevelTests, ...] = ()
    #: How the rule of levels is known, where this differs from the pack as a whole.
    level_confidence: Confidence | None = None
    level_source: tuple[str, ...] = ()
    level_note: Text | None = None
    #: Decimals to which the total is rounded before its level is decided; None: exact.
    level_decimals: int | None = None
    readings: tuple[Reading, ...] = ()
    profiles: tuple[Profile, ...] = ()
    default_profile: str | None = None
    #: What was chosen.
    profile: str | None = None
    options: Mapping[str, str] = Field(default_factory=dict)
    #: Why the pack cannot be scored, where facts are missing; None when it can.
    unscorable: Text | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def shown(self) -> tuple[Node, ...]:
        """The nodes that results show, in the order of the pack, ``total`` last."""
        return tuple(node for node in self.nodes if node.shown)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What is not settled: the pack, its levels, the readings chosen, its nodes."""
        found = [(self.title, self.confidence)]
        if self.level_confidence is not None:
            found.append((Text(zh="等级规则", en="the rule of levels"), self.level_confidence))
        found.extend((reading.title, reading.confidence) for reading in self.readings)
        if self.confidence not in UNSURE:  # else every node shares the doubt of the pack
            found.extend((node.title, node.confidence) for node in self.nodes if node.confidence)
        return tuple(Doubt(what=what, confidence=how) for what, how in found if how in UNSURE)
