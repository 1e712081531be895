"""How sure the levels of a round are: readings, donors and pairs put together.

Decides which readings are open, whose pairs are believed and what a reader is told of the
grounds. The formulas are ``taji.assess.chances``'s; files are ``taji.desk.assessing``'s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product

import polars as pl

from taji.assess.chances import Chances, chances
from taji.assess.compile import Program, compile_model
from taji.assess.imputing import hot_deck
from taji.assess.reliability import (
    Reliability,
    assumed,
    measured,
    reliability_table,
)
from taji.assess.rungs import Unit, places_of, units_of
from taji.base.identifiers import KEY
from taji.base.text import LANGUAGES, Text
from taji.catalogue.chances import ChanceRule, chance_rule
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire_of
from taji.catalogue.pack import UNSURE
from taji.desk.choosing import own_choices
from taji.report.diagnosis import Grounds, LevelChance
from taji.report.level_chance import grounds_words
from taji.report.phrases import Phrases

__all__ = ["Sure", "chance_of", "grounds_in_words", "grounds_of", "how_sure", "open_programs"]


@dataclass(frozen=True, slots=True)
class Sure:
    """Probabilities of levels, and what they rest on.

    Attributes
    ----------
    chances : Chances
    reliability : Reliability
        The tables that were used.
    tables : DataFrame
        ``taji.assess.reliability.RELIABILITY`` of every track that was given, the one used first.
    readings : int
        Combinations of readings that were held equally likely.
    """

    chances: Chances
    reliability: Reliability
    tables: pl.DataFrame
    readings: int


def open_programs(
    name: str, *, profile: str | None = None, options: Mapping[str, str] | None = None
) -> tuple[Program, ...]:
    """Return a model under every combination of its unsettled readings, the one shown first.

    A reading that ``options`` names was settled by the bureau and stays so; what is another
    model's is left to it.

    Examples
    --------
    >>> [len(open_programs("sme2024", options=o)) for o in ({}, {"q4": "equal"})]
    [8, 4]
    """
    own, chosen = own_choices(load_model(name), profile=profile, options=options or {})
    shown, asked = load_model(name, profile=own, options=chosen), questionnaire_of(name)
    loose = [r for r in shown.readings if r.confidence in UNSURE and r.id not in chosen]
    ids = [
        (reading.default, *(one.id for one in reading.choices if one.id != reading.default))
        for reading in loose
    ]
    return tuple(
        compile_model(
            load_model(
                name,
                profile=own,
                options=chosen | dict(zip([r.id for r in loose], combination, strict=True)),
            ),
            asked,
        )
        for combination in product(*ids)
    )


def how_sure(
    answers: pl.DataFrame,
    programs: tuple[Program, ...],
    *,
    expert: pl.DataFrame | None = None,
    repeat: pl.DataFrame | None = None,
    only: Collection[str] | None = None,
    draws: int | None = None,
    seed: int = 1,
    rule: ChanceRule | None = None,
) -> Sure:
    """Return how sure the level of every firm is.

    Parameters
    ----------
    answers : DataFrame
        Canonical answers of the round: the firms asked about, the donors of missing answers, and
        the first of every pair.
    programs : tuple of Program
        From ``open_programs``.
    expert, repeat : DataFrame, optional
        What experts found, and what firms said again, for some of the firms. Experts' pairs are
        used where there are any, else repeats, else the assumption of the rule.
    only : collection of str, optional
        Keys of the firms to tell of; None: all.
    draws : int, optional
        For each firm; the rule's where it is left out.
    seed : int
    rule : ChanceRule, optional
        The library's where it is left out.

    Raises
    ------
    LevelsMissingError
        If nothing in the model has levels.
    """
    rule = rule or chance_rule()
    answers = _with_groups(answers, rule)
    units = units_of(programs)
    tracks = [
        track
        for track in (
            _paired(units, programs[0], answers, expert, "expert", rule),
            _paired(units, programs[0], answers, repeat, "repeat", rule),
        )
        if track is not None
    ] or [assumed(units, rule)]
    each = -(-(draws or rule.draws) // len(programs))
    deck = hot_deck(
        units,
        answers,
        places_of(units, programs[0].sheets(answers)),
        rule=rule,
        draws=each * len(programs),
        seed=seed,
    )
    asked = answers if only is None else answers.filter(pl.col(KEY).is_in(sorted(only)))
    found = chances(
        asked,
        programs,
        reliability=tracks[0],
        deck=deck,
        draws=each * len(programs),
        seed=seed,
    )
    tables = pl.concat([reliability_table(units, track) for track in tracks])
    return Sure(found, tracks[0], tables, len(programs))


def grounds_of(sure: Sure) -> Grounds:
    """Return what a reader is told that the probabilities rest on."""
    found = sure.reliability
    return Grounds(
        track=found.track,
        firms=found.firms,
        pairs=found.pairs,
        same=found.same if found.pairs else None,
        readings=sure.readings,
    )


def grounds_in_words(sure: Sure) -> tuple[Text, ...]:
    """Return the grounds as sentences."""
    zh, en = (grounds_words(grounds_of(sure), Phrases(language)) for language in LANGUAGES)
    return tuple(Text(zh=one, en=other) for one, other in zip(zh, en, strict=True))


def chance_of(sure: Sure, enterprise: str) -> LevelChance | None:
    """Return how sure the level of one firm is; None where it has none."""
    firm = sure.chances.firms.filter(enterprise=enterprise)
    levels = sure.chances.levels.filter(enterprise=enterprise, node="total")
    if firm.is_empty() or levels.is_empty():
        return None
    told = firm.row(0, named=True)
    return LevelChance(
        shares=tuple(levels.select("level", "probability").iter_rows()),
        from_reliability=told["from_reliability"],
        from_missing=told["from_missing"],
        from_readings=told["from_readings"],
        draws=told["draws"],
        grounds=grounds_of(sure),
    )


def _with_groups(answers: pl.DataFrame, rule: ChanceRule) -> pl.DataFrame:
    """Name the columns that donors are near by as the rule does: forms put a group before them."""
    found = {
        name: next((c for c in answers.columns if c.endswith(f"/{name}")), None)
        for name in rule.near
        if name not in answers.columns
    }
    named = [pl.col(column).alias(name) for name, column in found.items() if column is not None]
    return answers.with_columns(named)


def _paired(
    units: tuple[Unit, ...],
    program: Program,
    answers: pl.DataFrame,
    other: pl.DataFrame | None,
    track: str,
    rule: ChanceRule,
) -> Reliability | None:
    """The tables of the firms on both tracks; None where there are none."""
    if other is None:
        return None
    keys = answers.select(pl.col(KEY).cast(pl.String)).join(
        other.select(pl.col(KEY).cast(pl.String)), on=KEY, how="semi"
    )
    if keys.is_empty():
        return None
    order = keys.sort(KEY)
    everybody = places_of(units, program.sheets(answers))
    first, second = (
        places_of(
            units, program.sheets(order.join(frame, on=KEY, how="left", maintain_order="left"))
        )
        for frame in (answers, other)
    )
    return measured(
        units,
        first,
        second,
        track="expert" if track == "expert" else "repeat",
        rule=rule,
        population=everybody,
    )
