"""The rules of a model as sums, held against the program that scores."""

from __future__ import annotations

import random

import polars as pl
import pytest

from taji.assess.compile import Program, compile_model
from taji.catalogue.load import measures, model, questionnaire_of
from taji.plan.instance import Limits
from taji.plan.problem import Cases, NoLevelError, NoSizeError, problem_of
from taji.plan.thresholds import NotLinearError, given, reach_of, rules_of


def program(name="sme2024", **options) -> Program:
    return compile_model(model(name, options=options), questionnaire_of(name))


def random_sheet(made: Program, seed: int) -> pl.DataFrame:
    """A firm that answers anything, or nothing."""
    draw = random.Random(seed)
    skill = draw.random()
    answers: dict[str, object] = {"enterprise": f"firm{seed}"}
    for item in made.questionnaire.items.values():
        blank = draw.random() < 0.1
        if item.kind == "multi":
            none = draw.random() < 0.1
            for option in item.option_ids:
                tick = none if option == "none" else not none and draw.random() < skill
                answers[f"{item.id}/{option}"] = None if blank else tick
        elif item.kind == "single":
            answers[item.id] = None if blank else draw.choice(item.option_ids)
        elif item.kind == "scale":
            answers[item.id] = None if blank else draw.randint(0, 1 + int(3 * skill))
        else:
            answers[item.id] = None if blank else draw.choice([0.0, 10.0, 10.5, 40.0, 61.0, 100.0])
    return made.sheets(pl.DataFrame({name: [value] for name, value in answers.items()}))


def level(made: Program, sheet: pl.DataFrame) -> str:
    return made.levels[made.wide(sheet).get_column("total:level")[0]]


def points(made: Program, sheet: pl.DataFrame) -> float:
    return float(made.wide(sheet).get_column("total:points")[0])


READINGS = [{}, {"q1_full": "needs_abc"}, {"q4": "equal"}, {"required": "nine"}]


@pytest.mark.parametrize("options", READINGS, ids=str)
def test_sums_of_facts_give_the_level_that_the_program_gives(options):
    made, pack = program(**options), measures("sme2024")
    order = [one.id for one in made.model.levels]
    for seed in range(12):
        draw = random.Random(1000 + seed)
        sheet = random_sheet(made, seed)
        rules = rules_of(made, sheet)
        some = draw.sample(pack.measures, draw.randint(0, 25))
        reaches = [
            reach
            for measure in some
            for effect in measure.effects_of(draw.choice(measure.variants))
            for reach in reach_of(made, effect, draw.choice(["low", "mid", "high"]))
        ]
        held = set(rules.brought(reaches)) | rules.granted
        held = {fact for fact in held if rules.needs[fact] <= held}

        after = given(made, sheet, reaches)

        passed = [
            name
            for name, tests in rules.tests.items()
            if all(sum(w for f, w in t.weights if f in held) >= t.needed for t in tests)
        ]
        assert level(made, after) == max(passed, key=order.index), seed
        total = sum(rules.gains[f] for f in held if not rules.facts[f].node.startswith("s_"))
        assert points(made, after) - points(made, sheet) == pytest.approx(total / rules.unit), seed


def test_no_answer_becomes_worse():
    made = program()
    variants = [(m, v) for m in measures("sme2024").measures for v in m.variants]
    reaches = [
        [reach for effect in m.effects_of(v) for reach in reach_of(made, effect, "mid")]
        for m, v in variants
    ]
    for seed in range(3):
        sheet = random_sheet(made, seed)
        after = pl.concat([sheet, *(given(made, sheet, one) for one in reaches)])
        before, *then = made.wide(after).get_column("total:points").to_list()
        assert min(then) >= before


def test_a_full_network_counts_once_what_it_needs_is_there():
    made = program(q1_full="needs_abc")
    sheet = random_sheet(made, 1).with_columns(
        **{f"q1/{o}": pl.lit(o == "d") for o in ("a", "b", "c", "d", "none")}
    )

    rules = rules_of(made, sheet)

    (full,) = [at for at, fact in enumerate(rules.facts) if fact.column == "q1/d"]
    assert rules.granted == {full}
    assert {rules.facts[at].column for at in rules.needs[full]} == {"q1/a", "q1/b", "q1/c"}


@pytest.mark.parametrize("name", ["cmmm", "siri"])
def test_models_that_are_no_sums_are_refused_by_name(name):
    made = program(name)
    sheet = made.sheets(pl.DataFrame({"enterprise": ["a"]}))

    with pytest.raises(NotLinearError) as caught:
        rules_of(made, sheet)

    assert caught.value.fields["model"] == name


def problem(sheet, **more):
    asked = {"size": "small", "target": "2", "periods": 12, "limits": Limits()} | more
    return problem_of(measures("sme2024"), program(), sheet, **asked)


def test_a_measure_in_place_satisfies_those_that_require_it():
    made = program()
    bare = random_sheet(made, 3).with_columns(pl.lit(False).alias("q1/b"))
    wired = bare.with_columns(pl.lit(True).alias("q1/b"), pl.lit(False).alias("q1/none"))
    pack = measures("sme2024")
    erp = [measure.id for measure in pack.measures].index("erp_core")

    without, having = problem(bare), problem(wired)

    assert "net_app" not in without.in_place
    assert "net_app" in having.in_place
    assert len(without.instance.measures[erp].requires) == 1
    assert having.instance.measures[erp].requires == ()


def test_bad_luck_costs_more_and_brings_less():
    sheet = random_sheet(program(), 5)
    mid, bad = problem(sheet), problem(sheet, cases=Cases(cost="high", effect="low"))

    for ours, theirs in zip(mid.instance.measures, bad.instance.measures, strict=True):
        for usual, unlucky in zip(ours.variants, theirs.variants, strict=False):
            assert usual.purchase <= unlucky.purchase
            assert unlucky.facts <= usual.facts


def test_an_unknown_level_or_size_is_told_with_what_there_is():
    sheet = random_sheet(program(), 5)

    with pytest.raises(NoLevelError) as level_error:
        problem(sheet, target="7")
    with pytest.raises(NoSizeError) as size_error:
        problem(sheet, size="huge")

    assert level_error.value.fields["allowed"] == "0, 1, 2, 3, 4"
    assert size_error.value.fields["allowed"] == "micro, small, medium"
