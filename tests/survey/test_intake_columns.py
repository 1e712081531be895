"""Headers of every dialect find their questions; what is unclear is an error that names both."""

from __future__ import annotations

import pytest

from taji.catalogue.load import questionnaire
from taji.survey.intake import canonical_names, plan_columns, recogniser
from taji.survey.intake.columns import (
    AmbiguousColumnError,
    DoubleColumnError,
    KeyColumnError,
    NoQuestionError,
)

ZHUZHOU = questionnaire("zhuzhou2021")
SME, DMAT = questionnaire("sme2024"), questionnaire("dmat")


def meaning(header, *questionnaires, labels=None):
    plan = plan_columns(
        ["enterprise", header, "plan" if ZHUZHOU in questionnaires else "q2"],
        questionnaires,
        labels=labels,
    )
    column = plan.columns[1]
    return column.role if column.item is None else (column.item, column.option)


@pytest.mark.parametrize(
    "header",
    [
        "links/design",
        "links[design]",
        "links.design",
        "links_design",
        "LINKS/Design",
        "zhuzhou2021:links/design",
        "course/links/design",
        "group_a/part-2/links/design",
        "ｌｉｎｋｓ［ｄｅｓｉｇｎ］",
        "目前已对哪些业务环节做了数字化、智能化改造？（可多选） [设计优化]",
        "8、目前已对哪些业务环节做了数字化、智能化改造？（可多选）:设计优化",
        "已改造环节—研发设计",
        "Which business links have been renewed digitally so far? "
        "(Tick all that apply) [Design optimisation]",
    ],
)
def test_a_tick_column_is_known_in_every_dialect(header):
    assert meaning(header, ZHUZHOU) == ("zhuzhou2021:links", "design")


@pytest.mark.parametrize(
    "header",
    [
        "specialists",
        "people/specialists",
        "智能制造专业人才是否充足？",
        "10、智能制造专业人才是否充足",
        "10.智能制造专业人才是否充足？[单选题]",
        "*10. 智能制造专业人才是否充足",
        "Ｑ10：智能制造专业人才是否充足？",
        "专业人才",
        "Are there enough specialists in smart manufacturing?",
        "specialists. Are there enough specialists?",
    ],
)
def test_a_question_is_known_by_id_and_by_label_behind_any_numbering(header):
    assert meaning(header, ZHUZHOU) == ("zhuzhou2021:specialists", None)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("q1/product_service_design/already", ("dmat:q1/product_service_design", "already")),
        ("q1[product_service_design_already]", ("dmat:q1/product_service_design", "already")),
        ("q4[blockchain]", ("dmat:q4/blockchain", None)),
        ("d2/q4/blockchain", ("dmat:q4/blockchain", None)),
        ("q11/energy_monitoring", ("dmat:q11/energy_monitoring", None)),
    ],
)
def test_the_lines_of_a_grid_are_known(header, wanted):
    plan = plan_columns(["uscc", header], [DMAT])

    assert (plan.columns[1].item, plan.columns[1].option) == wanted


@pytest.mark.parametrize(
    "header", ["enterprise", "USCC", "1、统一社会信用代码", "企业编号", "id", "a/id"]
)
def test_the_key_is_known_under_all_its_names(header):
    assert plan_columns([header, "plan"], [ZHUZHOU]).key.header == header


def test_of_several_keys_the_surest_is_the_key_and_the_others_stay():
    plan = plan_columns(["id", "_id", "统一社会信用代码", "plan"], [ZHUZHOU])

    assert plan.key.header == "统一社会信用代码"
    assert [column.name for column in plan.extras] == ["id", "_id"]


def test_the_record_number_of_a_survey_tool_is_not_taken_for_the_enterprise():
    with pytest.raises(KeyColumnError):
        plan_columns(["_id", "plan"], [ZHUZHOU])


def test_a_header_that_fits_two_questionnaires_is_refused_with_both_named():
    with pytest.raises(AmbiguousColumnError) as caught:
        plan_columns(["enterprise", "q2"], [SME, DMAT], file="a.csv")

    assert caught.value.code == "survey.column_ambiguous"
    assert caught.value.fields["meanings"] == "dmat:q2, sme2024:q2"
    assert "sme2024:q2" in caught.value.render("zh")


def test_a_prefix_says_which_of_two_questionnaires_is_meant():
    plan = plan_columns(["enterprise", "sme2024:q2", "dmat:q4/mes"], [SME, DMAT])

    assert list(plan.items) == ["sme2024:q2", "dmat:q4/mes"]
    assert canonical_names([SME, DMAT])["sme2024", "q2"] == "sme2024:q2"


def test_two_columns_for_one_question_are_refused_with_both_named():
    with pytest.raises(DoubleColumnError) as caught:
        plan_columns(["enterprise", "5、专业人才", "6、专业人才"], [ZHUZHOU], file="a.csv")

    assert caught.value.fields["first"] == "5、专业人才"
    assert caught.value.fields["second"] == "6、专业人才"


def test_the_surer_of_two_spellings_wins_and_the_other_column_is_kept():
    plan = plan_columns(["enterprise", "plan", "plan. comments on the plan"], [ZHUZHOU])

    assert plan.columns[1].item == "zhuzhou2021:plan"
    assert [column.name for column in plan.extras] == ["plan. comments on the plan"]


def test_an_unknown_column_is_kept_under_a_free_name_with_the_name_it_resembles():
    plan = plan_columns(["enterprise", "specialist", "plan", "weight", "weight"], [ZHUZHOU])

    near, *weights = plan.extras
    assert near.nearest == "zhuzhou2021:specialists"
    assert [column.name for column in weights] == ["weight", "weight_2"]
    assert [column.nearest for column in weights] == [None, None]


def test_a_label_of_a_variable_serves_where_its_name_says_nothing():
    assert meaning("V7", ZHUZHOU, labels={1: "专业人才"}) == ("zhuzhou2021:specialists", None)


def test_a_file_without_a_known_question_is_refused():
    with pytest.raises(NoQuestionError) as caught:
        plan_columns(["enterprise", "colour"], [ZHUZHOU], file="a.csv")

    assert caught.value.fields["found"] == "enterprise, colour"


def test_the_recogniser_counts_known_names_only():
    assert recogniser([ZHUZHOU])(["说明", "", "1、专业人才", "enterprise", "0.35"]) == 2


@pytest.mark.parametrize("name", ["zhuzhou2021", "sme2024", "dmat", "cmmm", "siri"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_question_of_every_pack_is_found_by_id_and_by_label(name, language):
    pack = questionnaire(name)
    for item in pack.items.values():
        spellings = [*item.columns, item.label[language]]
        if item.kind == "multi":
            spellings += [
                f"{item.label[language]} [{o.label[language]}]" for o in item.question.options
            ]
        for spelling in spellings:
            plan = plan_columns(["enterprise", spelling], [pack])
            assert plan.columns[1].item == f"{name}:{item.id}", spelling
