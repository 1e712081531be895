"""The packs that this library brings: sound, complete, and true to the collected facts."""

from __future__ import annotations

from fractions import Fraction

import pytest
import yaml

from taji.catalogue import load
from taji.catalogue.check import check
from taji.catalogue.files import KINDS

EVERY = [(kind, name) for kind in KINDS for name in load.available(kind)]


def facts(shared, name):
    text = (shared / "facts" / f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)  # every value as typed, so nothing is rounded


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_pack_passes_its_own_check(kind, name):
    assert check(load.pack_file(kind, name)) == ()


def test_there_are_the_packs_that_the_issue_asks_for():
    assert {"zhuzhou2021", "sme2024", "dmat", "cmmm", "siri", "sme2022"} <= set(
        load.available("questionnaires")
    )
    assert {"sme2024", "dmat", "cmmm", "siri", "sme2022"} <= set(load.available("models"))
    assert {"eu_digital_intensity", "cmmm_national"} <= set(load.available("benchmarks"))
    assert {"gbt4754", "zhuzhou_districts", "size_class"} <= set(load.available("registers"))


@pytest.mark.parametrize("name", load.available("models"))
def test_every_model_brings_worked_cases(name):
    assert load.cases_of(name)


@pytest.mark.parametrize("name", ["zhuzhou2021"])
def test_the_citys_own_questions_share_no_id_with_those_of_the_models(name):
    own = {question.id for question in load.questionnaire(name).questions}

    for model in load.available("models"):
        assert not own & {q.id for q in load.questionnaire_of(model).questions}


def test_the_citys_questionnaire_holds_every_published_finding():
    findings = load.questionnaire("zhuzhou2021").findings

    assert {(f.question, f.option): f.published.percent for f in findings} == {
        ("plan", "yes"): 9,
        ("links", "production"): 64,
        ("links", "design"): 24,
        ("links", "logistics"): None,
        ("links", "sales"): None,
        ("links", "service"): None,
        ("specialists", "lacking"): 92,
        ("outside_help", "yes"): 94,
        ("rd_team", "yes"): 8,
    }
    assert [f.published.below_percent for f in findings if f.published.percent is None] == [10] * 3


def test_registers_hold_the_sections_the_divisions_and_the_districts():
    industry, districts = load.register("gbt4754"), load.register("zhuzhou_districts")

    assert [c for c in industry.codes if c.isalpha()] == list("ABCDEFGHIJKLMNOPQRST")
    assert [int(c) for c in industry.codes if c.isdigit()] == list(range(13, 44))
    assert {industry.by_code[c].parent for c in industry.codes if c.isdigit()} == {"C"}
    assert len(districts.codes) == 9
    assert all(code.startswith("4302") for code in districts.codes)


def test_facts_from_memory_are_marked_so():
    assert load.model("cmmm").confidence == "memory"
    assert load.model("cmmm").by_id["level1"].confidence == "memory"
    assert load.register("gbt4754").confidence == "memory"
    marks = {i.id: i.confidence for i in load.benchmark("eu_digital_intensity").indicators}
    assert marks["basic_2022"] == "memory"


@pytest.mark.outside
@pytest.mark.parametrize("reading", ["j", "equal"])
def test_sme2024_gives_the_points_of_the_facts(shared, reading):
    model = load.model("sme2024", options={"q4": reading})

    for fact in facts(shared, "sme2024")["questions"]:
        node = model.by_id[fact["id"]]
        assert node.max == Fraction(fact["max"])
        if fact["type"] == "band":
            assert [_band(band) for band in node.bands] == [_typed(b) for b in fact["bands"]]
        elif not (fact["id"] == "q4" and reading == "equal"):
            expected = {o["id"]: Fraction(o["points"]) for o in fact["options"]}
            assert dict(node.points) | {"none": 0} == expected | {"none": 0}


def _band(band):
    return band.from_, band.over, band.to, band.points


def _typed(band):
    ends = (band.get(key) for key in ("from", "over", "to", "points"))
    return tuple(None if end is None else Fraction(end) for end in ends)


@pytest.mark.outside
def test_sme2024_has_the_scenarios_and_level_rule_of_the_facts(shared):
    known, model = facts(shared, "sme2024"), load.model("sme2024")
    scenarios = known["scenarios"]["items"]
    required = {f"s_{s['id']}" for s in scenarios if s["required"] == "true"}

    assert {f"s_{s['id']}" for s in scenarios} == set(model.levels[1].tests[1].of)
    for level, rule in zip(model.levels[1:], known["level_rule"]["levels"], strict=True):
        score, every, needed = level.tests
        assert level.id == rule["level"]
        assert score.value == Fraction(rule["score_min"])
        assert every.value == needed.value == Fraction(rule["scenario_level"])
        assert (every.count, needed.count) == (
            int(rule["scenarios_min"]),
            int(rule["required_min"]),
        )
        assert set(needed.of) == required


@pytest.mark.outside
def test_dmat_asks_the_options_of_the_facts_in_their_order(shared):
    known, asked = facts(shared, "dmat"), load.questionnaire("dmat")
    by_id = {question.id: question for question in asked.questions}

    for fact in known["questions"]:
        question = by_id[fact["id"]]
        found = question.rows or [o for o in question.options if not o.exclusive]
        assert [entry.id for entry in found] == fact["options"]
    for dimension in known["dimensions"]["items"]:
        assert list(load.model("dmat").by_id[dimension["id"]].of) == dimension["questions"]


@pytest.mark.outside
@pytest.mark.parametrize("level", range(1, 6))
@pytest.mark.parametrize("profile", ["discrete", "process"])
def test_cmmm_weighs_as_the_facts_do(shared, profile, level):
    model = load.model("cmmm", profile=profile)
    weights = facts(shared, "cmmm")["weights"][profile]
    groups = weights["domains"] | weights["subdomains"]

    assert _weights(model.by_id[f"level{level}"]) == _levelled(weights["elements"], level)
    for name, expected in groups.items():
        assert _weights(model.by_id[f"{name}.{level}"]) == _levelled(expected, level)


def _weights(node):
    return dict(node.weights)


def _levelled(weights, level):
    return {f"{name}.{level}": Fraction(weight) for name, weight in weights.items()}


@pytest.mark.outside
def test_cmmm_allows_pruning_where_the_facts_do(shared):
    asked, model = load.questionnaire("cmmm"), load.model("cmmm")

    for element in facts(shared, "cmmm")["structure"]["elements"]:
        for domain in element["domains"]:
            for sub in domain["subdomains"]:
                options = asked.items[f"{sub['id']}.3"].option_ids
                prunable = domain["prunable"] == "true"
                assert ("na" in options) == prunable
                assert (model.by_id[f"{sub['id']}.3"].prune == "na") == prunable


@pytest.mark.outside
def test_the_national_distributions_are_those_of_the_facts(shared):
    rows = facts(shared, "cmmm")["national_distribution_percent"]["rows"]
    known = {int(row["year"]): row for row in rows}

    for indicator in load.benchmark("cmmm_national").indicators:
        row = known.pop(indicator.year)
        assert indicator.confidence == row["confidence"]
        assert (indicator.n or "null") == row["firms"]
        for share in indicator.distribution:
            assert share.value == Fraction(row[share.id])
        if indicator.value is not None:
            assert indicator.value == Fraction(row["l2_plus"])
    assert not known


@pytest.mark.outside
def test_siri_has_the_dimensions_of_the_facts(shared):
    blocks = facts(shared, "siri")["blocks"]

    known = [d["id"] for b in blocks for p in b["pillars"] for d in p["dimensions"]]

    assert [node.id for node in load.model("siri").nodes] == known


@pytest.mark.outside
def test_the_2022_levels_begin_where_the_facts_say(shared):
    bands = facts(shared, "sme2022")["level_thresholds"]["bands"]

    found = [(level.id, level.from_) for level in load.model("sme2022").levels]

    assert found == [(band["level"], Fraction(band["min"])) for band in bands]
