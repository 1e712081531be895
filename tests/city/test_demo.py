"""The files of the demo city."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter

import polars as pl
import pytest
import yaml

from taji.city.demo import write_demo
from taji.city.spec import CityPackError, load_city
from taji.survey.sampling import Certificate, replay


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def rows(demo):
    """The raw Kobo file, read by Python's own reader."""
    with demo.answers.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# What Zhuzhou Daily reported in February 2022: column of the raw file, cell, per cent.
PUBLISHED = [
    ("course/plan", "yes", 9),
    ("course/links/production", "1", 64),
    ("course/links/design", "1", 24),
    ("people/specialists", "lacking", 92),
    ("people/outside_help", "yes", 94),
    ("people/rd_team", "yes", 8),
]
UNDER_TEN = ["course/links/logistics", "course/links/sales", "course/links/service"]


def shares(rows, column, cell):
    """Weighted and plain share of a cell among those who answered. [per cent]

    The weight is worked out again from the strata, not read.
    """
    answering = Counter(row["stratum"] for row in rows)
    told = [row for row in rows if row[column] != ""]
    weights = [int(row["stratum_size"]) / answering[row["stratum"]] for row in told]
    yes = [row[column] == cell for row in told]
    weighted = math.fsum(w for w, y in zip(weights, yes, strict=True) if y) / math.fsum(weights)
    return 100 * weighted, 100 * sum(yes) / len(yes)


def test_the_default_round_has_the_published_number_of_answers(rows):
    assert len(rows) == 65


@pytest.mark.parametrize(("column", "cell", "percent"), PUBLISHED)
def test_the_published_percentages_come_out_of_the_raw_answers(rows, column, cell, percent):
    weighted, plain = shares(rows, column, cell)

    assert round(weighted) == percent
    assert round(plain) == percent


@pytest.mark.parametrize("column", UNDER_TEN)
def test_links_that_few_renewed_are_under_ten_per_cent(rows, column):
    weighted, plain = shares(rows, column, "1")

    assert 0 < round(weighted) < 10
    assert 0 < round(plain) < 10


def test_questions_rest_on_different_bases(rows):
    bases = {column: sum(row[column] != "" for row in rows) for column, _, _ in PUBLISHED}

    assert len(set(bases.values())) >= 2
    assert max(bases.values()) <= 65


def test_weights_in_the_file_are_those_of_the_strata(rows):
    answering = Counter(row["stratum"] for row in rows)

    for row in rows:
        assert float(row["weight"]) == int(row["stratum_size"]) / answering[row["stratum"]]
    assert min(answering.values()) >= 2


def test_the_same_seed_writes_the_same_bytes(demo, tmp_path):
    again = write_demo(tmp_path)

    for path in sorted(demo.directory.iterdir()):
        assert (again.directory / path.name).read_bytes() == path.read_bytes(), path.name


def test_another_seed_surveys_the_same_city_again(demo, tmp_path):
    other = write_demo(tmp_path, seed=77)

    for kept in ("register", "truth"):
        assert getattr(other, kept).read_bytes() == getattr(demo, kept).read_bytes()
    for changed in ("sample", "certificate", "answers", "answers_limesurvey"):
        assert getattr(other, changed).read_bytes() != getattr(demo, changed).read_bytes()


def test_the_certificate_proves_the_sample_on_disk(demo):
    certificate = Certificate.model_validate_json(demo.certificate.read_text(encoding="utf-8"))
    register = pl.read_csv(demo.register, infer_schema=False)
    sample = pl.read_csv(demo.sample, infer_schema=False)

    assert replay(register, certificate, sample=sample).same
    assert certificate.register_file == demo.register.name
    assert (
        json.loads(demo.certificate.read_text(encoding="utf-8"))["seed"] == load_city().round.seed
    )


def test_the_design_names_columns_of_the_answers(demo, rows):
    design = yaml.safe_load(demo.design.read_text(encoding="utf-8"))

    assert design.pop("totals") == "asked"
    assert design == {"strata": "stratum", "weight": "weight", "population": "stratum_size"}
    assert set(design.values()) <= set(rows[0])


def test_every_file_says_that_it_is_simulated(demo, rows):
    assert {row["invented"] for row in rows} == {"1"}
    assert pl.read_csv(demo.register, infer_schema=False)["invented"].unique().to_list() == ["1"]
    assert pl.read_csv(demo.sample, infer_schema=False)["invented"].unique().to_list() == ["1"]
    assert pl.read_parquet(demo.truth)["invented"].unique().to_list() == [1]
    readme = demo.readme.read_text(encoding="utf-8")
    assert "虚构" in readme
    assert "invented" in readme


def test_the_whole_truth_is_kept_for_those_who_prove_estimators(demo, truth):
    known = pl.read_parquet(demo.truth)

    assert known.drop("maturity", "invented").equals(truth.answers)


def test_a_pack_whose_shares_do_not_sum_is_refused_with_its_path(tmp_path):
    from taji.catalogue.files import pack_file

    text = pack_file("cities", "zhuzhou_demo").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace('{"no": 0.905, "yes": 0.095}', '{"no": 0.9, "yes": 0.2}'))

    with pytest.raises(CityPackError) as caught:
        load_city(broken)

    assert caught.value.code == "city.pack"
    assert caught.value.fields["path"] == "answers.items.plan.ordered"
