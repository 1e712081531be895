"""The portrait, from a file of answers to a folder of results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from taji.city.demo import DemoFiles
from taji.desk.domains import UnknownBreakdownError
from taji.desk.joining import UnregisteredError
from taji.desk.portraying import OUTPUTS, portray
from taji.desk.request import PortraitRequest

CONTRACT = [
    *("question", "option", "statistic", "by", "group", "estimate", "se", "ci_low", "ci_high"),
    *("confidence", "n", "base", "deff", "suppressed"),
]


def _estimates(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "estimates.csv", infer_schema_length=None)


def _city(folder: Path, question: str, option: str) -> float:
    row = _estimates(folder).filter(
        pl.col("by").is_null(), question=question, option=option, statistic="proportion"
    )
    return float(row["estimate"].item())


def test_the_folder_holds_what_the_contract_names(portrait: Path):
    held = {path.name for path in portrait.iterdir()}

    assert held == {*OUTPUTS, "manifest.json"}
    assert _estimates(portrait).columns == CONTRACT


@pytest.mark.parametrize(
    ("question", "option", "per_cent"),
    [
        ("plan", "yes", 9),
        ("links", "production", 64),
        ("links", "design", 24),
        ("specialists", "lacking", 92),
        ("outside_help", "yes", 94),
        ("rd_team", "yes", 8),
    ],
)
def test_the_demo_round_gives_the_published_figures(
    portrait: Path, question: str, option: str, per_cent: int
):
    assert round(100 * _city(portrait, question, option)) == per_cent


@pytest.mark.parametrize("link", ["logistics", "sales", "service"])
def test_few_firms_of_the_demo_round_renewed_the_other_links(portrait: Path, link: str):
    assert 0 < _city(portrait, "links", link) < 0.10


def test_the_three_export_dialects_give_one_portrait(
    demo: DemoFiles, request_of_demo: PortraitRequest, portrait: Path, tmp_path: Path
):
    for file in (demo.answers_limesurvey, demo.answers_wenjuanxing):
        portray(replace(request_of_demo, answers=file), tmp_path / file.stem)

        assert (tmp_path / file.stem / "estimates.csv").read_bytes() == (
            portrait / "estimates.csv"
        ).read_bytes()


def test_a_suppressed_row_keeps_its_key_and_loses_its_numbers(portrait: Path):
    hidden = _estimates(portrait).filter("suppressed")

    assert hidden.height > 0
    assert hidden["question"].null_count() == 0
    for column in ("estimate", "se", "ci_low", "ci_high", "n", "base", "deff"):
        assert hidden[column].null_count() == hidden.height


def test_no_shown_group_rests_on_fewer_than_three_firms(portrait: Path):
    shown = _estimates(portrait).filter(~pl.col("suppressed"), pl.col("n") > 0)

    assert shown["n"].min() >= 3


def test_every_page_says_that_the_data_is_simulated(portrait: Path):
    assert "模拟数据" in (portrait / "portrait.html").read_text(encoding="utf-8")
    assert json.loads((portrait / "manifest.json").read_text("utf-8"))["simulated"] is True


def test_the_page_asks_nothing_of_a_network(portrait: Path):
    text = (portrait / "portrait.html").read_text(encoding="utf-8")

    assert not any(mark in text for mark in ("<link ", "<script src", "@import", 'src="http'))


def test_refused_cells_are_listed_and_the_portrait_is_made_without_them(
    demo: DemoFiles, request_of_demo: PortraitRequest, tmp_path: Path
):
    table = pl.read_csv(demo.answers, infer_schema=False).with_row_index()
    spoilt = table.with_columns(
        pl.when(pl.col("index") == 3)
        .then(pl.lit("perhaps"))
        .otherwise("course/plan")
        .alias("course/plan")
    ).drop("index")
    spoilt.write_csv(tmp_path / "answers.csv")

    request = replace(request_of_demo, answers=tmp_path / "answers.csv", models=())
    done = portray(request, tmp_path / "out")

    refused = pl.read_csv(tmp_path / "out" / "refused.csv")
    assert refused.columns == ["file", "sheet", "row", "column", "value", "reason"]
    assert refused.select("row", "column", "value").rows() == [(5, "course/plan", "perhaps")]
    assert done.tally == "read 65, accepted 65, refused 0"
    assert not done.rejected


def test_a_design_without_a_file_is_a_simple_random_sample_from_the_register(
    request_of_demo: PortraitRequest, demo: DemoFiles, tmp_path: Path
):
    portray(replace(request_of_demo, design=None, models=()), tmp_path)

    answers = pl.read_csv(demo.answers, infer_schema_length=None)["course/plan"].drop_nulls()
    assert _city(tmp_path, "plan", "yes") == pytest.approx((answers == "yes").mean(), rel=1e-12)


def test_a_firm_outside_the_register_is_named(
    request_of_demo: PortraitRequest, demo: DemoFiles, tmp_path: Path
):
    register = pl.read_csv(demo.register, infer_schema=False)
    answered = pl.read_csv(demo.answers, infer_schema=False)["enterprise"].sort()
    register.filter(pl.col("enterprise") != answered[0]).write_csv(tmp_path / "register.csv")

    with pytest.raises(UnregisteredError) as caught:
        portray(replace(request_of_demo, register=tmp_path / "register.csv"), tmp_path / "out")

    assert caught.value.fields["first"] == answered[0]
    assert caught.value.fields["count"] == 1


def test_an_unknown_breakdown_is_refused_with_those_that_would_do(
    request_of_demo: PortraitRequest, tmp_path: Path
):
    with pytest.raises(UnknownBreakdownError) as caught:
        portray(replace(request_of_demo, by=("shoe_size",)), tmp_path)

    assert "district" in str(caught.value.fields["known"])


def test_any_column_of_the_answers_can_break_the_city_down(
    request_of_demo: PortraitRequest, tmp_path: Path
):
    portray(replace(request_of_demo, by=("integration_standard",), models=()), tmp_path)

    groups = _estimates(tmp_path).filter(by="integration_standard")["group"].unique()
    assert {"adopted", "not_adopted"} <= set(groups)


@pytest.mark.outside
def test_a_portrait_of_other_data_agrees_with_r(shared: Path, tmp_path: Path):
    schools = pl.read_csv(shared / "oracle" / "api_apistrat.csv", infer_schema_length=None)
    schools.select(
        pl.col("cds").cast(pl.String).alias("id"), "stype", "api00", "enroll", "pw", "fpc"
    ).write_csv(tmp_path / "answers.csv")
    (tmp_path / "schools.yaml").write_text(
        yaml.safe_dump(
            {
                "id": "schools",
                "version": "1.0",
                "title": {"zh": "学校", "en": "Schools"},
                "source": ["R survey, api"],
                "confidence": "confirmed",
                "domains": ["stype"],
                "sections": [
                    {
                        "id": "all",
                        "title": {"zh": "全部", "en": "All"},
                        "questions": [
                            _number("api00"),
                            _number("enroll"),
                            {
                                "id": "stype",
                                "kind": "single",
                                "label": {"zh": "类型", "en": "Type"},
                                "options": [
                                    {"id": kind, "label": {"zh": kind, "en": kind}}
                                    for kind in "EHM"
                                ],
                            },
                        ],
                    }
                ],
            },
            allow_unicode=True,
        ),
        encoding="utf-8",
    )
    (tmp_path / "design.yaml").write_text("strata: stype\nweight: pw\npopulation: fpc\n")

    portray(
        PortraitRequest(
            answers=tmp_path / "answers.csv",
            questionnaire=str(tmp_path / "schools.yaml"),
            design=tmp_path / "design.yaml",
        ),
        tmp_path / "out",
    )

    truth = json.loads((shared / "oracle" / "survey_api_oracle.json").read_text())["strat"]
    city = _estimates(tmp_path / "out").filter(pl.col("by").is_null())
    mean = city.filter(question="api00", statistic="mean").row(0, named=True)
    total = city.filter(question="enroll", statistic="total").row(0, named=True)
    assert mean["estimate"] == pytest.approx(truth["svymean_api00"]["coef"]["api00"], rel=1e-9)
    assert mean["se"] == pytest.approx(truth["svymean_api00"]["se"]["api00"], rel=1e-9)
    assert total["estimate"] == pytest.approx(truth["svytotal_enroll"]["coef"]["enroll"], rel=1e-9)
    assert total["se"] == pytest.approx(truth["svytotal_enroll"]["se"]["enroll"], rel=1e-9)


def _number(name: str) -> dict[str, object]:
    return {
        "id": name,
        "kind": "number",
        "label": {"zh": name, "en": name},
        "unit": {"zh": "个", "en": "units"},
    }


@pytest.mark.parametrize(("totals", "wanted"), [("answered", 150.0), ("asked", 175.0)])
def test_the_design_says_what_a_blank_counts_in_a_total(tmp_path: Path, totals: str, wanted: float):
    (tmp_path / "robots.yaml").write_text(
        yaml.safe_dump(
            {
                "id": "robots",
                "version": "1.0",
                "title": {"zh": "机器人", "en": "Robots"},
                "source": ["invented"],
                "confidence": "house",
                "sections": [
                    {
                        "id": "all",
                        "title": {"zh": "全部", "en": "All"},
                        "questions": [_number("robots")],
                    }
                ],
            },
            allow_unicode=True,
        ),
        encoding="utf-8",
    )
    (tmp_path / "answers.csv").write_text(
        "id,robots,firms\n"
        + "".join(f"F{i},{v},70\n" for i, v in enumerate(["2", "3"] * 3 + [""])),
        encoding="utf-8",
    )
    (tmp_path / "design.yaml").write_text(
        f"population: firms\ntotals: {totals}\n", encoding="utf-8"
    )
    request = PortraitRequest(
        answers=tmp_path / "answers.csv",
        questionnaire=str(tmp_path / "robots.yaml"),
        design=tmp_path / "design.yaml",
    )

    portray(request, tmp_path / "out")

    total = _estimates(tmp_path / "out").filter(question="robots", statistic="total")
    assert total.select("estimate", "n", "base").rows() == [(pytest.approx(wanted), 6, 7)]
