"""Packs of measures: what one may say, what is found wrong, and what ours covers."""

from __future__ import annotations

import copy

import pytest
import yaml

from taji.assess.compile import compile_model
from taji.catalogue.check import check
from taji.catalogue.load import available, measures, model, questionnaire
from taji.catalogue.measure import CASES
from taji.catalogue.problem import PackError
from taji.plan.thresholds import reach_of


def text(word):
    return {"zh": f"中文{word}", "en": word}


def way(**more):
    sizes = {"small": [10, 20, 30]}
    effects = [{"scenario": "s_quality", "rung": [1, 2, 2]}]
    return {"id": "only", "title": text("only"), "duration": 1, "cost": sizes, "staff": 1} | {
        "effects": effects,
        **more,
    }


PACK = {
    "id": "own",
    "version": "1.0",
    "title": text("measures"),
    "source": ["made for tests"],
    "confidence": "assumption",
    "questionnaire": "sme2024",
    "model": "sme2024",
    "period_months": 3,
    "sizes": ["small"],
    "measures": [
        {"id": "first", "title": text("first"), "ways": [way()]},
        {"id": "second", "title": text("second"), "requires": [["first"]], "ways": [way()]},
    ],
}


def written(tmp_path, change=lambda raw: None):
    raw = copy.deepcopy(PACK)
    change(raw)
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return path


def codes(path):
    return {problem.code for problem in check(path)}


def test_a_sound_pack_loads_from_a_path(tmp_path):
    found = measures(written(tmp_path))

    cost = found.by_id["first"].variants[0].cost["small"]
    assert (cost.low, cost.mid, cost.high, cost.of("high")) == (10, 20, 30, 30)
    assert found.periods_per_year == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda way: way.update(cost={"small": [30, 20, 10]}), "catalogue.order"),
        (lambda way: way.update(cost={"huge": [1, 2, 3]}), "catalogue.sizes"),
        (lambda way: way.update(effects=[]), "catalogue.effect"),
        (lambda way: way.update(effects=[{"answer": "q4"}]), "catalogue.effect"),
        (lambda way: way.update(effects=[{"answer": "q99", "tick": "a"}]), "catalogue.unknown"),
        (lambda way: way.update(effects=[{"answer": "q4", "tick": "moon"}]), "catalogue.unknown"),
        (
            lambda way: way.update(effects=[{"answer": "q5", "at_least": ["all", "all", "moon"]}]),
            "catalogue.unknown",
        ),
        (
            lambda way: way.update(effects=[{"scenario": "s_quality", "rung": [1, 2, 9]}]),
            "catalogue.range",
        ),
        (
            lambda way: way.update(effects=[{"answer": "q2", "at_least": [60, 40, 80]}]),
            "catalogue.order",
        ),
        (lambda way: way.update(duration=0), "catalogue.shape"),
    ],
)
def test_what_is_wrong_with_a_way_is_told(tmp_path, change, code):
    path = written(tmp_path, lambda raw: change(raw["measures"][0]["ways"][0]))

    assert code in codes(path)
    with pytest.raises(PackError):
        measures(path)


def test_measures_that_wait_for_each_other_are_refused(tmp_path):
    def tie(raw):
        raw["measures"][0]["requires"] = [["second"]]

    assert codes(written(tmp_path, tie)) == {"catalogue.order"}


def test_a_pack_that_names_nothing_real_is_refused(tmp_path):
    def lose(raw):
        raw["questionnaire"] = "nowhere"
        raw["measures"][1]["requires"] = [["third"]]

    assert codes(written(tmp_path, lose)) == {"catalogue.unknown"}


@pytest.mark.parametrize("name", available("measures"))
def test_every_pack_of_the_library_is_sound_and_says_that_it_assumes(name):
    pack = measures(name)

    assert check("src/taji/packs/measures/" + name + ".yaml") == ()
    assert pack.confidence == "assumption"
    assert "规划假设" in pack.note.zh
    assert "planning assumption" in pack.note.en


def test_ours_covers_every_question_and_every_rung_of_every_scenario():
    pack, asked = measures("sme2024"), questionnaire("sme2024")
    effects = [
        effect
        for measure in pack.measures
        for variant in measure.variants
        for effect in measure.effects_of(variant)
    ]
    rungs = {(e.item, e.reaches("mid")) for e in effects if e.scenario}
    ticks = {f"{e.item}/{e.tick}" for e in effects if e.tick}
    scenarios = [item for item in asked.items if item.startswith("s_")]

    assert {effect.item for effect in effects} == set(asked.items)
    assert len(scenarios) == 16
    assert {(s, 4) for s in scenarios} <= rungs
    for item in asked.items.values():
        if item.kind == "multi":
            named = {c for c in item.columns if not c.endswith("/none")}
            assert named <= ticks, item.id


def test_low_middle_and_high_effects_ascend_by_the_points_of_the_model():
    program = compile_model(model("sme2024"), questionnaire("sme2024"))
    for measure in measures("sme2024").measures:
        for variant in measure.variants:
            for effect in measure.effects_of(variant):
                places = [
                    max((reach.place for reach in reach_of(program, effect, case)), default=0)
                    for case in CASES
                ]
                assert places == sorted(places), (measure.id, variant.id, effect.item)
                assert places[1] > 0 or effect.item == "q11", (measure.id, effect.item)
