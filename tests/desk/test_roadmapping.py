"""Roadmaps from a file of answers, as the desk makes them."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from taji.assess.compile import Program
from taji.catalogue.load import measures, questionnaire_of
from taji.city.demo import DemoFiles
from taji.desk.comparing_plans import compare_plans
from taji.desk.diagnosing import program_of
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.measures_for import NoQuestionnaireError
from taji.desk.pricing import ProjectColumnsError, make_price_book
from taji.desk.roadmapping import (
    NoFirmError,
    RoadmapRequest,
    make_roadmap,
    plan_roadmap,
)
from taji.desk.steps import SILENT
from taji.desk.subsidy_file import SubsidyFileError, read_subsidy
from taji.desk.surveyed_firms import survey_firms
from taji.plan.thresholds import given, reach_of
from taji.report.fonts import family
from taji.report.roadmap import tell_roadmap

FIELDS = {
    *("status", "bound", "gap", "finish_period", "cost", "chosen", "level_by_period"),
    *("binding", "alternatives", "conflict", "robust", "seed", "time_limit"),
}


@pytest.fixture(scope="module")
def sheets(demo: DemoFiles) -> pl.DataFrame:
    asked = questionnaire_of("sme2024")
    return gather(demo.answers, [asked], IntakeChoices(), steps=SILENT).of(asked.id)


def first_of(sheets: pl.DataFrame, level: str, *, most: bool) -> pl.DataFrame:
    """The firm of a level with the least points, or the most."""
    program = program_of("sme2024")
    wide = program.wide(sheets)
    here = wide.get_column("total:level") == program.levels.index(level)
    points = wide.select("total:points").with_row_index().filter(here)
    return sheets[int(points.sort("total:points", descending=most).item(0, "index"))]


@pytest.fixture(scope="module")
def firm(sheets: pl.DataFrame) -> pl.DataFrame:
    """A firm of level 1 for which level 2 takes some work."""
    return first_of(sheets, "1", most=False)


@pytest.fixture(scope="module")
def beginner(sheets: pl.DataFrame) -> pl.DataFrame:
    """A firm under level 1 that lacks little of it."""
    return first_of(sheets, "0", most=True)


def asked(firm: pl.DataFrame, **more) -> RoadmapRequest:
    known = {
        "enterprise": firm.item(0, "enterprise"),
        "target": "2",
        "staff": 2.0,
        "seconds": 600.0,
    }
    return RoadmapRequest(**known | {"others": False, "robust": False} | more)


@pytest.fixture(scope="module")
def content(firm: pl.DataFrame):
    return plan_roadmap(firm, asked(firm, budget=2_000_000, others=True, robust=True)).content


def scored(program: Program, sheet: pl.DataFrame, chosen, period: int) -> str:
    """Apply what is done by a period from the pack itself, and score."""
    pack = measures("sme2024").by_id
    reaches = []
    for step in chosen:
        if step["finish"] <= period:
            measure = pack[step["measure"]]
            (variant,) = [v for v in measure.variants if v.id == step["variant"]]
            for effect in measure.effects_of(variant):
                reaches += reach_of(program, effect, "mid")
    wide = program.wide(given(program, sheet, reaches))
    return program.levels[wide.item(0, "total:level")]


def test_the_result_has_every_field_of_the_contract(content):
    assert set(content) >= FIELDS
    assert content["status"] == "optimal"
    assert content["gap"] == 0
    assert content["bound"] == content["cost"]
    assert {"measure", "variant", "start", "finish", "cost"} <= set(content["chosen"][0])


def test_levels_are_those_that_the_program_gives_to_the_changed_answers(content, firm):
    program = program_of("sme2024")
    chosen, levels = content["chosen"], content["level_by_period"]

    assert len(levels) == content["periods"] == 12
    assert content["level_now"] == "1"
    for period in (1, content["finish_period"], 12):
        assert levels[period - 1] == scored(program, firm, chosen, period)
    assert levels[content["finish_period"] - 1] == "2"
    assert content["finish_period"] == 1 or levels[content["finish_period"] - 2] == "1"


def test_costs_add_up_and_are_those_of_the_pack(content):
    pack = measures("sme2024").by_id
    for step in content["chosen"]:
        (variant,) = [v for v in pack[step["measure"]].variants if v.id == step["variant"]]
        after = 12 - step["finish"]
        assert step["purchase"] == variant.cost["small"].mid
        assert step["running"] == variant.running.get("small", 0) * after
        assert step["finish"] - step["start"] + 1 == variant.duration
    total = sum(step["cost"] for step in content["chosen"])
    assert content["cost"] == total == sum(content["paid_by_period"])
    assert sum(content["paid_by_year"]) == total
    assert max(content["staff_by_period"]) <= 2.0


def test_alternatives_are_within_five_per_cent_and_reach_the_target(content, firm):
    program = program_of("sme2024")

    assert len(content["alternatives"]) >= 2
    for other in content["alternatives"]:
        assert other["cost"] <= content["cost"] * 1.05
        assert other["distance"] > 0
        finish = other["finish_period"]
        assert scored(program, firm, other["chosen"], finish) == "2"


def test_a_robust_plan_is_never_earlier(content):
    robust = content["robust"]

    pack = measures("sme2024").by_id
    dearer = 0
    for step in content["chosen"]:
        (variant,) = [v for v in pack[step["measure"]].variants if v.id == step["variant"]]
        dearer += variant.cost["small"].high - variant.cost["small"].mid
    assert robust["plan_in_bad_luck"]["cost"] == content["cost"] + dearer
    if robust["status"] != "infeasible":
        assert robust["finish_period"] >= content["finish_period"]


def test_that_costs_are_assumed_is_said_in_the_result_and_first_in_the_report(content):
    assert content["confidence"] == "assumption"
    assert "规划假设" in content["assumptions"]["zh"]
    for language, words in (("zh", "规划假设"), ("en", "Planning assumptions")):
        sections = tell_roadmap(content, language=language, font=family())
        assert words in sections[0].blocks[0].text
        assert [section.id for section in sections][:3] == ["lead", "plan", "cash"]


def test_an_unreachable_target_says_how_much_is_missing_and_that_amount_is_enough(beginner):
    poor = plan_roadmap(beginner, asked(beginner, budget=5_000)).content

    budget = next(row for row in poor["conflict"] if row["limit"] == "budget")
    assert poor["status"] == "infeasible"
    assert f"{budget['missing']:,.0f}" in budget["words"]["en"]
    assert f"{budget['missing']:,.0f}" in budget["words"]["zh"]
    assert poor["budget_missing"] == poor["budget_needed"] - 5_000
    assert poor["reachable"]["level"] == "1"
    enough = plan_roadmap(beginner, asked(beginner, budget=poor["budget_needed"])).content
    assert enough["status"] == "optimal"
    assert enough["cost"] == poor["budget_needed"]
    sections = tell_roadmap(poor, language="en", font=family())
    assert [section.id for section in sections] == ["lead", "conflict"]


def test_the_same_request_writes_the_same_bytes(demo, firm, tmp_path):
    request = asked(firm, budget=2_000_000)
    for name in ("one", "two"):
        make_roadmap(demo.answers, request, out=tmp_path / f"{name}.json")

    one, two = ((tmp_path / f"{name}.json").read_bytes() for name in ("one", "two"))

    assert one == two
    assert json.loads(one)["status"] == "optimal"


def test_the_report_is_written_in_both_languages(demo, firm, tmp_path):
    make_roadmap(
        demo.answers, asked(firm, budget=2_000_000), out=tmp_path / "r.json", report=tmp_path / "r"
    )

    for language in ("zh", "en"):
        assert (tmp_path / "r" / f"roadmap.{language}.pdf").read_bytes().startswith(b"%PDF")


def test_a_firm_that_did_not_answer_is_told(demo, firm, tmp_path):
    with pytest.raises(NoFirmError) as caught:
        make_roadmap(
            demo.answers, replace(asked(firm), enterprise="nobody"), out=tmp_path / "r.json"
        )

    assert caught.value.fields["accepted"] == 65
    assert not (tmp_path / "r.json").exists()


def test_measures_for_other_answers_are_refused(firm):
    with pytest.raises(NoQuestionnaireError):
        plan_roadmap(firm, asked(firm, model="dmat"))


def test_a_subsidy_makes_the_plan_cheaper(firm, tmp_path):
    file = tmp_path / "aid.yaml"
    file.write_text("share: 0.5\ncap: 20000\n", "utf-8")

    plain = plan_roadmap(firm, asked(firm, budget=2_000_000)).content
    aided = plan_roadmap(firm, asked(firm, budget=2_000_000, subsidy=file)).content

    assert aided["finish_period"] == plain["finish_period"]
    assert 0 < aided["subsidy_paid"] <= 20_000
    assert aided["cost"] <= plain["cost"] - aided["subsidy_paid"]
    assert sum(aided["paid_by_period"]) == aided["cost"] + aided["subsidy_paid"]


@pytest.mark.parametrize(
    "text",
    [
        *("share: 2\ncap: 5\n", "share: 0.3\n", "cap: 5\nmoon: 1\n", "- a\n"),
        *("share: 0.3\ncap: 1.5\n", "share: 0.3\ncap: 5\nmeasures: [moon]\n", "share: [\n"),
    ],
)
def test_a_subsidy_that_makes_no_sense_is_refused(tmp_path, text):
    file = tmp_path / "aid.yaml"
    file.write_text(text, "utf-8")

    with pytest.raises(SubsidyFileError) as caught:
        read_subsidy(file, measures("sme2024"))

    assert "aid.yaml" in caught.value.render("zh")


def test_the_size_comes_from_the_answers_then_the_register_then_is_small(demo, tmp_path):
    said = pl.read_csv(demo.answers, infer_schema=False).head(3)
    key = said.item(0, "enterprise")
    register = pl.DataFrame({"enterprise": [key], "size": ["medium"]})
    register.write_csv(tmp_path / "register.csv")
    said.with_columns(pl.lit("micro").alias("firm/size")).write_csv(tmp_path / "said.csv")
    said.drop("firm/size").write_csv(tmp_path / "silent.csv")

    def size(answers: str, known: str | None) -> tuple[str, str]:
        found = survey_firms(
            tmp_path / answers,
            questionnaire_of("sme2024"),
            IntakeChoices(),
            register=None if known is None else tmp_path / known,
            by=(),
            steps=SILENT,
        )
        first = found.sizes[found.sheets.get_column("enterprise").to_list().index(key)]
        return first.size, first.known_from

    assert size("said.csv", "register.csv") == ("micro", "answers")
    assert size("silent.csv", "register.csv") == ("medium", "register")
    assert size("silent.csv", None) == ("small", "assumed")


def test_a_price_book_is_a_pack_that_a_roadmap_takes(firm, tmp_path):
    rows = ["措施,做法,规模,费用"] + [f"sec_policy,own,small,{n}万" for n in (1, 2, 3, 4, 5)]
    rows += ["sec_policy,own,small,-1", "moon,own,small,5", "crm,cloud,small,3万"]
    file = tmp_path / "projects.csv"
    file.write_text("\n".join(rows), "utf-8")

    priced = make_price_book(file, measures="sme2024", out=tmp_path / "book")

    pack = measures(priced.pack)
    assert priced.tally == "read 8, accepted 6, refused 2"
    assert pack.by_id["sec_policy"].variants[0].cost["small"].mid == 30_000
    assert pack.by_id["crm"] == measures("sme2024").by_id["crm"]
    assert (
        pack.by_id["sec_policy"].variants[1] == measures("sme2024").by_id["sec_policy"].variants[1]
    )
    refused = pl.read_csv(tmp_path / "book" / "refused.csv")
    assert refused.get_column("row").to_list() == [7, 8]
    content = plan_roadmap(firm, asked(firm, measures=str(priced.pack), budget=2_000_000)).content
    assert content["measures"] == "sme2024_city@1.0"


def test_a_table_without_costs_is_no_table_of_projects(tmp_path):
    file = tmp_path / "projects.csv"
    file.write_text("measure,variant,size\ncrm,cloud,small\n", "utf-8")

    with pytest.raises(ProjectColumnsError) as caught:
        make_price_book(file, measures="sme2024", out=tmp_path)

    assert caught.value.fields["column"] == "cost"


def test_the_optimum_never_needs_more_than_ranking(demo, sheets, tmp_path):
    few = tmp_path / "few.csv"
    lines = demo.answers.read_text("utf-8-sig").splitlines()
    few.write_text("\n".join(lines[:6]), "utf-8")

    compared = compare_plans(few, out=tmp_path / "out", budgets=(100_000,), register=demo.register)

    firms = compared.firms
    assert firms.height == 5
    for way in ("ranked", "thrifty"):
        known = firms.filter(pl.col(f"{way}_cost").is_not_null())
        assert (known.get_column("least_cost") <= known.get_column(f"{way}_cost")).all()
    assert compared.summary["ways"][0]["way"] == "least"
    assert (tmp_path / "out" / "compare.csv").is_file()
