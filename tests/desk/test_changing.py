"""Two rounds of the demo city, compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from taji.city.demo import DemoFiles, write_demo
from taji.compare.change import CHANGES
from taji.desk.changing import CHANGE_NAME, compare_rounds
from taji.desk.files import OverwriteError
from taji.desk.request import PortraitRequest
from taji.desk.verifying import verify
from taji.store.manifest import Manifest

PLAN = "course/plan"


@pytest.fixture(scope="module")
def later(demo: DemoFiles, request_of_demo: PortraitRequest, tmp_path_factory) -> PortraitRequest:
    """The same firms a year on: fifteen more have a plan."""
    answers = pl.read_csv(demo.answers, infer_schema=False)
    without = pl.col(PLAN) == "no"
    answers = answers.with_columns(
        pl.when(without & (without.cum_sum() <= 15)).then(pl.lit("yes")).otherwise(PLAN).alias(PLAN)
    )
    path = tmp_path_factory.mktemp("later") / "answers.csv"
    answers.write_csv(path)
    return replace(request_of_demo, answers=path, models=(), by=())


@pytest.fixture(scope="module")
def earlier(request_of_demo: PortraitRequest) -> PortraitRequest:
    return replace(request_of_demo, models=(), by=())


def _city(path: Path, question: str, option: str) -> dict[str, float]:
    table = pl.read_csv(path, infer_schema_length=None)
    return table.filter(pl.col("by").is_null(), question=question, option=option).row(0, named=True)


def test_the_table_says_what_changed_with_an_interval_that_knows_the_firms_are_the_same(
    earlier: PortraitRequest, later: PortraitRequest, tmp_path: Path
):
    out = compare_rounds(earlier, later, tmp_path)

    assert out.table == tmp_path / CHANGE_NAME
    assert (out.firms_before, out.firms_after, out.firms_both) == (65, 65, 65)
    assert pl.read_csv(out.table).columns == list(CHANGES)
    plan = _city(out.table, "plan", "yes")
    assert plan["change"] == pytest.approx(plan["after"] - plan["before"])
    assert plan["ci_low"] > 0.05
    assert plan["n_both"] == plan["n_after"] == plan["n_before"]
    same = _city(out.table, "rd_team", "yes")
    assert same["change"] == 0
    assert same["ci_low"] < 0 < same["ci_high"]
    assert "65" in out.notes[-1].zh


def test_another_draw_from_the_same_register_is_compared_by_the_firms_that_it_shares(
    demo: DemoFiles, request_of_demo: PortraitRequest, tmp_path: Path
):
    other = write_demo(tmp_path / "other", seed=7)
    after = replace(
        request_of_demo, answers=other.answers, design=other.design, register=other.register
    )

    out = compare_rounds(request_of_demo, after, tmp_path / "out")

    table = pl.read_csv(out.table, infer_schema_length=None)
    told = table.filter(~pl.col("suppressed"))
    assert 0 < out.firms_both < out.firms_after
    assert {"industry", "size", "district"} == set(table["by"].drop_nulls())
    assert table.filter("suppressed")["change"].null_count() == out.suppressed > 0
    assert told["n_both"].max() <= out.firms_both
    assert np.isfinite(told.drop_nulls("ci_high")["ci_high"].to_numpy()).all()
    assert (
        told.filter(pl.col("ci_high").is_null())["by"].null_count() == 0
    )  # groups too small for one
    scores = told.filter(pl.col("by").is_null(), pl.col("question") == "sme2024:total")
    assert set(scores["statistic"]) == {"mean", "proportion"}


def test_a_round_that_is_refused_is_compared_with_nothing(
    earlier: PortraitRequest, later: PortraitRequest, tmp_path: Path
):
    answers = pl.read_csv(later.answers, infer_schema=False)
    broken = tmp_path / "twice.csv"
    pl.concat((answers, answers)).write_csv(broken)

    out = compare_rounds(earlier, replace(later, answers=broken), tmp_path / "out")

    assert out.rejected
    assert out.table is None
    assert (tmp_path / "out" / "after" / "refused.csv").is_file()
    assert not (tmp_path / "out" / CHANGE_NAME).exists()
    assert any(note.zh.startswith("后期：退回") for note in out.notes)


def test_the_table_does_not_overwrite_the_answers(
    earlier: PortraitRequest, later: PortraitRequest, tmp_path: Path
):
    taken = tmp_path / CHANGE_NAME
    taken.write_bytes(later.answers.read_bytes())

    with pytest.raises(OverwriteError):
        compare_rounds(earlier, replace(later, answers=taken), tmp_path)


def test_a_comparison_is_proved_from_its_manifest_and_a_changed_digit_is_named(
    earlier: PortraitRequest, later: PortraitRequest, tmp_path: Path
):
    out = compare_rounds(earlier, later, tmp_path).table
    manifest = Manifest.read(tmp_path)

    assert manifest.outputs.keys() == {CHANGE_NAME}
    assert {"before answers", "after answers"} <= manifest.inputs.keys()
    assert manifest.simulated
    assert verify(tmp_path).holds

    table = pl.read_csv(out, infer_schema_length=None)
    moved = pl.when(question="plan").then(pl.col("change") + 0.01).otherwise("change")
    table.with_columns(change=moved).write_csv(out)
    told = [difference.en for difference in verify(tmp_path).differences]
    assert any("change of plan · yes · proportion is recorded as" in one for one in told)
