"""How sure a level is: exact where it can be counted, and the same in any company."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import polars as pl
import pytest

from taji.assess.cases import answer_frame
from taji.assess.chances import CHANCES, FIRM_CHANCES, LevelsMissingError, chances
from taji.assess.compile import compile_model
from taji.assess.firm_errors import unlinked
from taji.assess.imputing import hot_deck
from taji.assess.reliability import Reliability, assumed
from taji.assess.rungs import places_of, units_of
from taji.catalogue.chances import chance_rule
from taji.catalogue.load import model, questionnaire

RULE = chance_rule()
READINGS = ({}, {"q4": "equal"}, {"required": "nine"}, {"q4": "equal", "required": "nine"})

#: A firm at 40.475 of 100 points: level 2 by a hair, so that answers to q2, q8 and q12 decide.
SHEET = {
    "q1": ["a", "b"],
    "q2": 30,
    "q3": 30,
    "q4": ["finance", "hr"],
    "q5": "several",
    "q6": ["policy"],
    "q7": ["policy"],
    "q8": "plan",
    "q9": ["itops"],
    "q10": ["people"],
    "q11": 2,
    "q12": "flat",
    "q13": "up",
    "q14": "up",
    "q15": "flat",
    **{
        f"s_{name}": 2
        for name in ("product_design", "marketing", "production", "quality", "equipment", "safety")
    },
    **{
        f"s_{name}": 1
        for name in ("process_design", "after_sales", "planning", "energy", "purchasing")
    },
    **{f"s_{name}": 0 for name in ("warehouse", "finance", "hr", "office", "decision")},
}


@pytest.fixture(scope="module")
def programs():
    asked = questionnaire("sme2024")
    return tuple(compile_model(model("sme2024", options=chosen), asked) for chosen in READINGS)


@pytest.fixture(scope="module")
def program(programs):
    return programs[0]


def sheet(**changed):
    return answer_frame(questionnaire("sme2024"), SHEET | changed)


def tables(units, **rows):
    """Tables that are sure of everything but of the rows that are given, as fractions."""
    found = []
    for unit in units:
        table = np.eye(len(unit.values))
        for claimed, row in rows.get(unit.column, {}).items():
            table[claimed] = [float(share) for share in row]
        found.append(table)
    counts = tuple(np.zeros(table.shape, dtype=np.int64) for table in found)
    sizes = [len(table) for table in found]
    return Reliability("expert", tuple(found), counts, 0, unlinked(sizes))


def sureness(answers, programs, reliability, *, draws=400, seed=1, deck=None):
    return chances(answers, programs, reliability=reliability, deck=deck, draws=draws, seed=seed)


def deck_of(answers, program, draws, seed=1):
    units = units_of([program])
    places = places_of(units, program.sheets(answers))
    return hot_deck(units, answers, places, rule=RULE, draws=draws, seed=seed)


def test_a_small_case_agrees_with_counting_every_outcome(program):
    rows = {
        "q2": {2: [Fraction(0), Fraction(1, 8), Fraction(5, 8), Fraction(1, 4), Fraction(0)]},
        "q8": {2: [Fraction(1, 10), Fraction(1, 5), Fraction(2, 5), Fraction(3, 10), 0, 0]},
        "q12": {1: [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]},
    }
    units = {unit.column: unit for unit in units_of([program])}
    exact: dict[str, Fraction] = {}
    for outcome in product(*(range(len(units[column].values)) for column in rows)):
        shares = [next(iter(rows[c].values()))[t] for c, t in zip(rows, outcome, strict=True)]
        weight = Fraction(np.prod([Fraction(share) for share in shares]))
        answers = {c: units[c].values[t] for c, t in zip(rows, outcome, strict=True)}
        if weight:
            level = program.levels[program.wide(sheet(**answers))["total:level"][0]]
            exact[level] = exact.get(level, Fraction(0)) + weight

    found = sureness(sheet(), [program], tables(units.values(), **rows), draws=20_000)
    told = found.levels.filter(node="total")

    assert sum(exact.values()) == 1
    assert 0.1 < float(exact["2"]) < 0.9
    for level, probability, se in told.select("level", "probability", "se").iter_rows():
        assert abs(probability - float(exact.get(level, 0))) <= 4 * max(se, 1e-9)


def test_nothing_unsure_is_sure(program):
    units = units_of([program])

    for reliability in (None, tables(units)):
        firm = sureness(sheet(), [program], reliability).firms.row(0, named=True)

        assert firm["p_level"] == 1.0
        assert firm["se"] == firm["p_lower"] == firm["p_higher"] == 0.0
        assert firm["from_reliability"] == firm["from_missing"] == firm["from_readings"] == 0.0
        assert firm["level"] == firm["likeliest"] == firm["level_best"] == "2"


def test_probabilities_of_a_node_sum_to_one_and_the_tables_are_tidy(programs, random_sheets):
    answers = random_sheets(programs[0].questionnaire, 12, np.random.default_rng(5))
    found = sureness(answers, programs, assumed(units_of(programs), RULE))
    sums = found.levels.group_by("enterprise", "node").agg(pl.col("probability").sum())
    firms = found.firms

    assert found.levels.schema == CHANCES
    assert firms.schema == FIRM_CHANCES
    assert sums["probability"].to_numpy() == pytest.approx(1.0)
    assert firms["enterprise"].to_list() == answers["enterprise"].to_list()
    assert firms.select(
        pl.sum_horizontal("p_level", "p_lower", "p_higher")
    ).to_series().to_numpy() == pytest.approx(1.0)
    assert found.readings.height == 12 * len(programs)


def test_company_and_order_change_no_firm(programs, random_sheets, monkeypatch):
    answers = random_sheets(programs[0].questionnaire, 9, np.random.default_rng(6))
    reliability = assumed(units_of(programs), RULE)
    deck = deck_of(answers, programs[0], 40)
    turned = answers.reverse()
    together = sureness(answers, programs, reliability, draws=40, deck=deck)

    monkeypatch.setattr("taji.assess.chances._AT_ONCE", 130)  # one firm at a time
    apart = sureness(turned, programs, reliability, draws=40, deck=deck_of(turned, programs[0], 40))
    alone = sureness(answers[3:4], programs, reliability, draws=40, deck=deck)

    order = ["enterprise", "node", "level"]
    assert together.levels.sort(order).equals(apart.levels.sort(order))
    assert together.firms.sort("enterprise").equals(apart.firms.sort("enterprise"))
    assert alone.firms.equals(together.firms[3:4])


def test_another_seed_draws_otherwise_within_the_error_that_is_told(program):
    reliability = assumed(units_of([program]), RULE)
    first, second = (
        sureness(sheet(), [program], reliability, draws=4000, seed=seed).firms.row(0, named=True)
        for seed in (1, 2)
    )

    assert first["p_level"] != second["p_level"]
    assert abs(first["p_level"] - second["p_level"]) < 5 * first["se"]


def test_each_source_is_told_alone(programs):
    full, blank = sheet(), sheet(q2=None, q3=None)
    others = pl.concat(
        [
            sheet(q2=share, q3=share).with_columns(enterprise=pl.lit(f"D{share}"))
            for share in (0, 15, 30, 50, 70, 90, 95, 100, 5, 35, 45, 55)
        ]
    )
    deck = deck_of(others, programs[0], 400)
    settled = sureness(full, programs[:1], None, deck=deck).firms.row(0, named=True)
    missing = sureness(blank, programs[:1], None, deck=deck).firms.row(0, named=True)
    believed = sureness(full, programs[:1], assumed(units_of(programs), RULE), deck=deck).firms.row(
        0, named=True
    )

    assert settled["p_level"] == 1.0
    assert missing["missing"] == 2
    assert missing["from_missing"] > 0
    assert missing["from_reliability"] == 0.0
    assert missing["p_higher"] > 0
    assert believed["from_reliability"] > 0
    assert believed["from_missing"] == 0.0


def test_readings_are_equally_likely(programs):
    """The edge: 39.975 points under one reading of q4, 40.16 under the other."""
    thirteen = [
        o for o in programs[0].questionnaire.items["q4"].option_ids if o not in ("hr", "none")
    ]
    on_the_edge = sheet(q4=thirteen, q10=["none"], q13="flat", q14="down")
    found = sureness(on_the_edge, programs, None)
    levels = found.readings.select("reading", "level").rows()
    share = sum(level == "2" for _, level in levels) / len(levels)
    firm = found.firms.row(0, named=True)

    assert len(levels) == len(programs)
    assert share == 0.5
    assert found.levels.filter(node="total", level="2")["probability"][0] == share
    assert firm["from_readings"] == 0.5


def test_more_missing_is_never_surer_on_average(program, random_sheets):
    rng = np.random.default_rng(7)
    answers = random_sheets(program.questionnaire, 150, rng, missing=1e-9)
    answers = answers.with_columns(pl.col(pl.Boolean).fill_null(False))
    columns = [unit.column for unit in units_of([program])]
    wiped = rng.random((answers.height, len(columns)))
    sure = []
    for share in (0.0, 0.1, 0.3, 0.6):
        some = answers.with_columns(
            pl.when(pl.Series(wiped[:, at] >= share)).then(pl.col(column)).alias(column)
            for at, column in enumerate(columns)
        )
        donors = deck_of(answers, program, 200)
        found = sureness(some, [program], None, draws=200, deck=donors)
        likeliest = (
            found.levels.filter(node="total")
            .group_by("enterprise")
            .agg(pl.col("probability").max())
        )
        sure.append(likeliest["probability"].mean())

    assert sure[0] == 1.0
    assert sure == sorted(sure, reverse=True)


def test_a_model_without_levels_is_refused(program):
    nodes = tuple(replace(node, level=None, level_best=None) for node in program.nodes)
    flat = replace(program, nodes=nodes)

    with pytest.raises(LevelsMissingError) as refused:
        sureness(sheet(), [flat], None)
    assert refused.value.code == "assess.no_levels"


def test_errors_that_go_together_spread_the_level_more(program):
    units = units_of([program])
    apart = assumed(units, RULE)
    linked = replace(apart, errors=replace(apart.errors, together=0.8))
    loose = replace(apart, errors=replace(apart.errors, together=0.0))
    spread = [
        sureness(sheet(), [program], one, draws=2000).levels.filter(node="total")
        for one in (loose, linked)
    ]
    variance = [
        (told["probability"] * (told["level"].cast(pl.Float64)) ** 2).sum()
        - (told["probability"] * told["level"].cast(pl.Float64)).sum() ** 2
        for told in spread
    ]

    assert variance[0] < variance[1]
