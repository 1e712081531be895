"""Handing out packs: exact, chosen, and refused with what is allowed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from taji.catalogue import load
from taji.catalogue.problem import ChoiceError, UnknownPackError


def test_points_and_weights_come_as_exact_fractions():
    model = load.model("sme2024")

    assert model.by_id["q9"].points["data"] == Fraction(15, 8)
    assert sum(model.by_id["q4"].points.values()) == 10
    assert model.coverage_min == Fraction(7, 10)


def test_a_quotient_is_exact_where_no_decimal_could_be():
    points = load.model("sme2024", options={"q4": "equal"}).by_id["q4"].points

    assert points["hr"] == Fraction(10, 14)
    assert sum(points.values()) == 10


def test_readings_left_out_take_the_default_of_the_pack():
    assert load.model("dmat").options == {"q1": "b", "q7": "seven", "level_rounding": "exact"}
    assert load.model("cmmm").profile == "discrete"
    assert load.model("sme2024").options == {"q1_full": "free", "q4": "j", "required": "ten"}


def test_each_reading_of_the_eu_tool_changes_its_own_rule_and_nothing_else():
    plain = load.model("dmat")
    a, six = load.model("dmat", options={"q1": "a"}), load.model("dmat", options={"q7": "six"})

    assert (plain.by_id["q1"].rule, a.by_id["q1"].rule, a.by_id["q1"].cap) == (
        "sum",
        "capped_sum",
        1,
    )
    assert six.by_id["q7"].cap == 6
    assert [n for n in plain.by_id if plain.by_id[n] != a.by_id[n]] == ["q1"]
    assert [n for n in plain.by_id if plain.by_id[n] != six.by_id[n]] == ["q7"]
    assert load.model("dmat", options={"level_rounding": "integer"}).level_decimals == 0
    assert plain.level_decimals is None


def test_without_warehouse_nine_scenarios_are_required():
    nine = load.model("sme2024", options={"required": "nine"})

    required = [set(level.tests[2].of) for level in nine.levels[1:]]

    assert [len(names) for names in required] == [9] * 4
    assert not any("s_warehouse" in names for names in required)
    assert "s_warehouse" in nine.levels[1].tests[1].of


def test_the_process_profile_has_no_product_design_and_its_own_weights():
    process = load.model("cmmm", profile="process")

    assert "product_design.3" not in process.by_id
    assert "product_service.3" not in process.by_id
    assert process.by_id["manufacturing.3"].weights["production.3"] == 63
    assert load.model("cmmm").by_id["manufacturing.3"].weights["production.3"] == 48


def test_nodes_of_the_maturity_model_go_level_by_level_and_end_with_the_total():
    ids = [node.id for node in load.model("cmmm").shown]

    assert ids[:2] == ["org_strategy.1", "skills.1"]
    assert [ids[20], ids[41], ids[-2], ids[-1]] == ["level1", "level2", "level5", "total"]
    assert len(ids) == 5 * 21 + 1


@pytest.mark.parametrize(
    ("name", "keys", "choice", "allowed"),
    [
        ("dmat", {"options": {"q1": "d"}}, "q1", "q1=a, q1=b, q1=c"),
        ("dmat", {"options": {"q8": "a"}}, "q8", "q7=six"),
        ("cmmm", {"profile": "services"}, "profile", "profile=discrete, profile=process"),
        ("dmat", {"profile": "discrete"}, "profile", "q1=a"),
        ("sme2022", {"options": {"a": "b"}}, "a", "-"),
    ],
)
def test_a_choice_that_a_model_does_not_have_is_refused_with_those_it_has(
    name, keys, choice, allowed
):
    with pytest.raises(ChoiceError) as caught:
        load.model(name, **keys)

    assert caught.value.code == "catalogue.choice"
    assert caught.value.fields["choice"] == choice
    assert allowed in str(caught.value.fields["allowed"])
    assert "可选" in caught.value.render("zh")


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(UnknownPackError) as caught:
        load.model("sme2023")

    assert caught.value.code == "catalogue.unknown_pack"
    assert caught.value.fields["name"] == "sme2023"
    assert "sme2024" in str(caught.value.fields["allowed"])


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(UnknownPackError):
        load.available("recipes")


def test_what_is_not_settled_is_told_with_the_model():
    doubts = {doubt.what.en: doubt.confidence for doubt in load.model("sme2024").doubts}

    assert doubts["the rule of levels"] == "one_source"
    assert {"unsettled", "one_source"} == set(doubts.values())
    assert load.model("cmmm").doubts[0].confidence == "memory"


def test_a_model_without_a_score_of_its_own_has_neither_total_nor_levels():
    siri = load.model("siri")

    assert "total" not in siri.by_id
    assert siri.levels == ()
    assert len(siri.nodes) == 16
    assert all(node.is_level for node in siri.nodes)
