"""The table of options, from answers to the portfolio."""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp, log
from multiprocessing import active_children
from pathlib import Path

import polars as pl
import pytest

from taji.catalogue.load import measures, questionnaire_of
from taji.city.demo import DemoFiles
from taji.cli import run
from taji.desk.diagnosing import program_of
from taji.desk.domains import UnknownBreakdownError
from taji.desk.files import OverwriteError
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.measures_for import NoQuestionnaireError
from taji.desk.option_request import (
    NothingAdditionalError,
    OptionsRequest,
    SubsidyTwiceError,
    UsualCostError,
)
from taji.desk.option_workers import WORTHWHILE, WorkerLostError
from taji.desk.optioning import make_options
from taji.desk.steps import SILENT
from taji.plan.problem import NoLevelError
from taji.plan.thresholds import given, reach_of

BUDGETS = (30_000, 120_000)
WORTH = """id: ours
version: "1.0"
title: {zh: 本市, en: ours}
source: [city]
confidence: assumption
level: 20
adoption: {base: 0.4, cost: 0.5, saving: 0.3, usual: {micro: 50000, small: 50000, medium: 90000}, least: 500}
"""


@pytest.fixture(scope="module")
def place(demo: DemoFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six answers: four as they are, one nearly blank, one of a large firm; a register of eight."""
    folder = tmp_path_factory.mktemp("options")
    answers = pl.read_csv(demo.answers, infer_schema=False).head(6)
    blank = [c for c in answers.columns if c.startswith(("base/", "management/", "scenarios/"))]
    at = pl.int_range(pl.len())
    answers.with_columns(
        *(pl.when(at == 4).then(None).otherwise(pl.col(c)).alias(c) for c in blank),
    ).with_columns(
        pl.when(at == 5).then(pl.lit("large")).otherwise("firm/size").alias("firm/size")
    ).write_csv(folder / "answers.csv")
    register = pl.read_csv(demo.register, infer_schema=False)
    answered = register.filter(pl.col("enterprise").is_in(answers["enterprise"].to_list()))
    silent = register.filter(~pl.col("enterprise").is_in(answers["enterprise"].to_list())).head(2)
    pl.concat([answered, silent]).write_csv(folder / "register.csv")
    (folder / "aid.yaml").write_text("share: 0.4\ncap: 60000\n", "utf-8")
    (folder / "more.yaml").write_text("share: 0.7\ncap: 60000\n", "utf-8")
    return folder


def asked(place: Path, out: str, **more) -> OptionsRequest:
    known = {
        "answers": place / "answers.csv",
        "register": place / "register.csv",
        "subsidies": (place / "aid.yaml",),
        "out": place / out,
        "budgets": BUDGETS,
        "seconds": 600.0,
    }
    return OptionsRequest(**known | more)


@pytest.fixture(scope="module")
def made(place: Path) -> Path:
    assert not make_options(asked(place, "made")).rejected
    return place / "made"


@pytest.fixture(scope="module")
def table(made: Path) -> pl.DataFrame:
    return pl.read_parquet(made / "options.parquet")


@pytest.fixture(scope="module")
def records(made: Path) -> dict[tuple[str, str], dict]:
    lines = (made / "roadmaps.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return {(one["enterprise"], one["option"]): one for one in found}


@pytest.fixture(scope="module")
def firms(made: Path) -> pl.DataFrame:
    return pl.read_csv(made / "firms.csv", infer_schema=False)


def of(table: pl.DataFrame, records) -> list[tuple[dict, dict]]:
    return [(row, records[row["enterprise"], row["option"]]) for row in table.to_dicts()]


def test_an_option_never_takes_more_of_the_firm_than_its_budget(table, records):
    assert table.height > 8
    for row, plan in of(table, records):
        bought = sum(step["purchase"] for step in plan["chosen"])
        assert row["own_cost"] == bought - plan["subsidy_paid"] <= row["budget"]
        assert row["budget"] in BUDGETS
        assert row["purchase"] == bought


def test_the_citys_money_is_what_its_rule_grants_in_the_year_the_work_is_done(table, records):
    for row, plan in of(table, records):
        granted = [
            min(
                60_000,
                sum(s["purchase"] for s in plan["chosen"] if s["finish"] <= 4 * year) * 4 // 10,
            )
            for year in range(4)
        ]
        assert row["use_subsidy"] == granted[3] == plan["subsidy_paid"]
        for year in (1, 2, 3):
            assert row[f"use_subsidy_{year}"] == granted[year] - granted[year - 1]


def test_the_value_is_the_rise_of_the_scored_answers_times_the_chance_of_adoption(
    place, table, records
):
    program, pack = program_of("sme2024"), measures("sme2024").by_id
    usual = {"micro": 100_000, "small": 200_000, "medium": 440_000}
    sheets = _sheets(place)
    rungs = [c for c in program.wide(sheets).columns if c.startswith("s_") and ":points" in c]
    for row, plan in of(table, records):
        sheet = sheets.filter(pl.col("enterprise") == row["enterprise"])
        reaches = []
        for step in plan["chosen"]:
            measure = pack[step["measure"]]
            (variant,) = [v for v in measure.variants if v.id == step["variant"]]
            reaches += [r for e in measure.effects_of(variant) for r in reach_of(program, e, "mid")]
        now = program.wide(sheet)
        then = program.wide(given(program, program.sheets(sheet), reaches))
        rise = sum(then.item(0, name) - now.item(0, name) for name in ["total:points", *rungs])
        share = max(row["own_cost"], 1000) / max(row["purchase"], 1000)
        size = max(row["purchase"], 1000) / usual[row["group_size"]]
        chance = 1 / (1 + exp(0.35 * log(share) + 0.10 * log(size)))
        assert row["improvement"] == pytest.approx(rise, abs=1e-6)
        assert row["points"] == pytest.approx(then.item(0, "total:points"))
        assert row["level"] == program.levels[then.item(0, "total:level")]
        assert row["probability"] == pytest.approx(chance, abs=1e-6)
        assert row["probability_alone"] <= row["probability"]
        assert row["value"] == pytest.approx(rise * chance, abs=1e-4)


def _sheets(place: Path) -> pl.DataFrame:
    asked_of = questionnaire_of("sme2024")
    return gather(place / "answers.csv", [asked_of], IntakeChoices(), steps=SILENT).of(asked_of.id)


def test_no_option_of_a_firm_is_beaten_by_another_of_its_own(table):
    order = program_of("sme2024").levels
    more = ("value", "improvement")
    less = ("own_cost", "use_subsidy", "use_subsidy_1", "use_subsidy_2", "use_subsidy_3")
    for _, own in table.group_by("enterprise"):
        rows = own.to_dicts()
        for a in rows:
            for b in rows:
                if a is b:
                    continue
                assert not (
                    all(a[k] >= b[k] for k in more)
                    and all(a[k] <= b[k] for k in less)
                    and order.index(a["level"]) >= order.index(b["level"])
                    and (a["reached"] or 999) <= (b["reached"] or 999)
                )


def test_every_firm_has_a_line_and_who_has_no_option_learns_why(firms, table):
    by_reason = dict(firms.filter(pl.col("options") == "0").group_by("reason").len().iter_rows())

    assert firms.height == 8
    assert by_reason == {"few_answers": 1, "no_size": 1, "no_answers": 2}
    for row in firms.to_dicts():
        assert int(row["options"]) == table.filter(pl.col("enterprise") == row["enterprise"]).height
        if row["options"] == "0":
            assert row["reason_zh"]
            assert row["reason_en"]
    dear = firms.filter(pl.col("reason") == "next_dear").to_dicts()
    assert dear, "one of the firms is far from its next level"
    assert all(int(row["next_needs"]) > max(BUDGETS) for row in dear)


def test_groups_have_the_names_and_codes_of_the_portraits_breakdowns(table, place):
    register = pl.read_csv(place / "register.csv", infer_schema=False)
    joined = table.join(register, on="enterprise")

    for name in ("district", "industry_group", "industry"):
        assert joined[f"group_{name}"].to_list() == joined[name].to_list()
    chosen = make_options(asked(place, "by", by=("district",), budgets=(20_000,)))
    columns = pl.read_parquet(place / "by" / "options.parquet").columns
    assert chosen.summary["options"] > 0
    assert [c for c in columns if c.startswith("group_")] == ["group_district"]


def test_a_firm_that_has_reached_the_target_has_no_option(place, firms):
    make_options(asked(place, "target", target="1", budgets=(20_000,)))

    lines = pl.read_csv(place / "target" / "firms.csv", infer_schema=False)
    there = lines.filter(pl.col("level").is_in(["1", "2", "3", "4"]))
    assert there.height > 1
    assert (there["options"] == "0").all()
    assert set(there["reason"]) == {"at_target"}


def test_several_rules_are_several_levels_of_support_and_more_support_is_likelier_taken(place):
    rules = (place / "aid.yaml", place / "more.yaml")
    make_options(asked(place, "rules", subsidies=rules, budgets=(20_000,), counting="additional"))

    table = pl.read_parquet(place / "rules" / "options.parquet")
    names = set(table["option"].str.split("/").list.first())
    assert names == {"aid", "more"}
    share = table["use_subsidy"] / table["purchase"]
    assert (share <= 0.7).all()
    gained = table["improvement"] * (table["probability"] - table["probability_alone"])
    assert table["value"].to_list() == pytest.approx(gained.to_list(), abs=1e-4)


def test_without_a_rule_the_money_is_all_that_is_bought_and_the_firm_is_taken_to_pay_it(place):
    make_options(asked(place, "plain", subsidies=(), budgets=(20_000,), counting="certain"))

    table = pl.read_parquet(place / "plain" / "options.parquet")
    years = table["use_money_1"] + table["use_money_2"] + table["use_money_3"]
    assert table["use_money"].to_list() == table["purchase"].to_list() == years.to_list()
    assert table["probability"].to_list() == table["probability_alone"].to_list()
    assert table["value"].to_list() == table["improvement"].to_list()


def test_a_city_may_count_levels_and_write_its_own_chances(place):
    (place / "worth.yaml").write_text(WORTH, "utf-8")
    make_options(asked(place, "own", worth=place / "worth.yaml", budgets=(60_000,)))

    for row in pl.read_parquet(place / "own" / "options.parquet").to_dicts():
        risen = int(row["level"]) - int(row["level_now"])
        assert row["improvement"] >= 20 * risen
        assert row["reached"] is not None or risen == 0
        assert row["value"] == pytest.approx(row["improvement"] * row["probability"], abs=1e-4)


def test_the_same_request_writes_the_same_tables(place, made):
    make_options(asked(place, "again"))

    for name in ("options.parquet", "firms.csv", "roadmaps.jsonl", "limits_example.json"):
        assert (place / "again" / name).read_bytes() == (made / name).read_bytes(), name


def test_somebody_who_stops_keeps_the_firms_that_are_ready(place):
    turns = iter([False] * 12)
    stopped = make_options(
        asked(place, "stopped", budgets=(20_000,)), stopped=lambda: next(turns, True)
    )

    lines = pl.read_csv(place / "stopped" / "firms.csv", infer_schema=False)
    assert stopped.summary["stopped"]
    assert lines.height == 8
    assert "stopped" in lines["reason"].to_list()


@pytest.fixture(scope="module")
def many(demo: DemoFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many answers as are worth several processes."""
    folder = tmp_path_factory.mktemp("many")
    answers = pl.read_csv(demo.answers, infer_schema=False).head(WORTHWHILE + 1)
    answers.write_csv(folder / "answers.csv")
    return folder


def request_of(many: Path, out: str) -> OptionsRequest:
    given = {"budgets": (20_000,), "ahead": 1, "periods": 4, "seconds": 600.0}
    return OptionsRequest(answers=many / "answers.csv", out=many / out, **given)


def test_several_processes_write_the_same_tables_as_one(many):
    alone = make_options(request_of(many, "alone"))
    together = make_options(request_of(many, "together"), workers=2)

    assert alone.summary["options"] > 0
    assert alone.summary == together.summary
    for name in ("options.parquet", "firms.csv", "roadmaps.jsonl", "limits_example.json"):
        assert (many / "alone" / name).read_bytes() == (many / "together" / name).read_bytes()


def test_somebody_who_stops_several_processes_keeps_the_firms_that_are_ready(many):
    made = make_options(request_of(many, "stopped"), stopped=lambda: True, workers=2)

    lines = pl.read_csv(many / "stopped" / "firms.csv", infer_schema=False)
    assert made.summary["stopped"]
    assert lines.height == WORTHWHILE + 1
    assert "stopped" in lines["reason"].to_list()


def test_an_order_to_end_leaves_no_process_behind(many):
    def ordered() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_options(request_of(many, "ended"), stopped=ordered, workers=2)

    assert not active_children()
    assert not (many / "ended" / "options.parquet").exists()


def test_a_process_that_is_ended_from_outside_is_told(many):
    def kill() -> bool:
        for child in active_children():
            child.kill()
        return False

    with pytest.raises(WorkerLostError) as caught:
        make_options(request_of(many, "lost"), stopped=kill, workers=2)

    assert caught.value.render("zh") != caught.value.render("en")
    assert not (many / "lost" / "options.parquet").exists()


def test_the_way_from_answers_to_a_portfolio_stays_within_the_citys_money(place, made, table):
    for name in ("options.parquet", "options.xlsx"):
        (made / "limits.json").write_text(
            json.dumps({"use_subsidy": 60_000, "use_subsidy_1": 50_000}), "utf-8"
        )
        out = place / f"portfolio-{name}"
        words = ["--limits", str(made / "limits.json"), "--out", str(out), "--quiet"]
        assert run(["plan", "portfolio", str(made / name), *words]) == 0

        chosen = pl.read_parquet(out / "choice.parquet").join(table, on=["enterprise", "option"])
        certificate = json.loads((out / "certificate.json").read_text("utf-8"))
        assert 0 < chosen["use_subsidy"].sum() <= 60_000
        assert chosen["use_subsidy_1"].sum() <= 50_000
        assert certificate["proven"]
        assert certificate["value"] == pytest.approx(chosen["value"].sum())
        assert [set(note) for note in certificate["notes"]] == [{"zh", "en"}]
        assert "planning assumptions" in certificate["notes"][0]["en"]


def test_the_example_of_limits_limits_nothing_and_names_every_resource(place, made, table):
    limits = json.loads((made / "limits_example.json").read_text("utf-8"))
    out = place / "free"
    words = ["--limits", str(made / "limits_example.json"), "--out", str(out), "--quiet"]

    assert run(["plan", "portfolio", str(made / "options.parquet"), *words]) == 0

    best = table.group_by("enterprise").agg(pl.col("value").max())["value"].sum()
    certificate = json.loads((out / "certificate.json").read_text("utf-8"))
    assert list(limits) == [c for c in table.columns if c.startswith("use_")]
    assert certificate["value"] == pytest.approx(best)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"target": "9"}, NoLevelError),
        ({"model": "dmat"}, NoQuestionnaireError),
        ({"subsidies": (), "counting": "additional"}, NothingAdditionalError),
        ({"by": ("moon",)}, UnknownBreakdownError),
    ],
)
def test_what_does_not_fit_is_refused_in_both_languages(place, more, error):
    with pytest.raises(error) as caught:
        make_options(asked(place, "wrong", **more))

    assert caught.value.render("zh") != caught.value.render("en")
    assert not (place / "wrong" / "options.parquet").exists()


def test_files_that_clash_are_refused_by_name(place, tmp_path):
    twin = tmp_path / "aid.yaml"
    twin.write_text("share: 0.1\ncap: 1\n", "utf-8")
    with pytest.raises(SubsidyTwiceError):
        make_options(asked(place, "wrong", subsidies=(place / "aid.yaml", twin)))

    lacking = tmp_path / "worth.yaml"
    lacking.write_text(WORTH.replace("medium: 90000", "huge: 90000"), "utf-8")
    with pytest.raises(UsualCostError) as caught:
        make_options(asked(place, "wrong", worth=lacking))
    assert caught.value.fields["size"] == "medium"

    request = asked(place, "wrong")
    inside = replace(request, answers=place / "made" / "options.xlsx", out=place / "made")
    with pytest.raises(OverwriteError):
        make_options(inside)


def test_answers_that_are_refused_are_listed_by_file_row_and_column_and_nothing_else_is_written(
    place, tmp_path, capsys
):
    rows = pl.read_csv(place / "answers.csv", infer_schema=False)
    key = pl.when(pl.int_range(pl.len()) == 1).then(pl.lit("")).otherwise("enterprise")
    rows.with_columns(key.alias("enterprise")).write_csv(tmp_path / "bad.csv")

    words = ["--budgets", "20000", "--out", str(tmp_path / "out"), "--lang", "en"]
    code = run(["plan", "options", str(tmp_path / "bad.csv"), *words])

    refused = pl.read_csv(tmp_path / "out" / "refused.csv", infer_schema=False)
    assert code == 1
    assert refused.select("file", "row", "column").row(0) == ("bad.csv", "3", "enterprise")
    assert not (tmp_path / "out" / "options.parquet").exists()
    assert capsys.readouterr().err.strip().endswith("read 6, accepted 5, refused 1")


@pytest.mark.parametrize("budgets", ["", "0", "-5,10", "much"])
def test_budgets_that_are_no_amounts_are_refused_with_an_example(place, capsys, budgets):
    words = ["--budgets", budgets, "--out", str(place / "wrong"), "--lang", "zh"]

    assert run(["plan", "options", str(place / "answers.csv"), *words]) == 2

    assert "--budgets" in capsys.readouterr().err


def test_a_wrong_breakdown_is_told_with_the_usual_ones_first(place, tmp_path):
    request = OptionsRequest(
        answers=place / "answers.csv", out=tmp_path, budgets=BUDGETS, by=("moon",)
    )

    with pytest.raises(UnknownBreakdownError) as caught:
        make_options(request)

    assert str(caught.value.fields["known"]).startswith("size, district, ")
