"""How sure levels are, on a city whose truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from taji.assess.rungs import places_of, sheets_of, units_of
from taji.city.chance import normal
from taji.city.spec import load_city
from taji.city.truth import invent
from taji.desk.assessing import ChancesAsked, NoPairsError, assess
from taji.desk.chancing import chance_of, how_sure, open_programs

FIRMS, VISITED = 600, 120


@pytest.fixture(scope="module")
def programs():
    return open_programs("sme2024", options={"q1_full": "free", "q4": "j", "required": "ten"})


@pytest.fixture(scope="module")
def told(programs):
    """What firms say who are, each to its own degree, too kind to themselves; and what is true."""
    truth = invent(load_city()).answers.sample(FIRMS, seed=4)
    units, keys = units_of(programs), truth["enterprise"].to_list()
    own = programs[0].sheets(truth).select(*programs[0].columns)
    true = places_of(units, own)
    said = true.copy()
    for at, unit in enumerate(units):
        lean = 0.35 + 0.5 * normal(4, "firm", keys) + 0.5 * normal(4, unit.column, keys)
        step = (lean > 1.2).astype(int) + (lean > 2.0) - (lean < -1.0)
        said[:, at] = np.clip(true[:, at] + step, 0, len(unit.values) - 1)
    written = sheets_of(units, said[None], true, own, programs[0].questionnaire)
    return truth.with_columns(written.get_columns()), truth


@pytest.fixture(scope="module")
def sure(programs, told):
    said, truth = told
    return how_sure(said, programs, expert=truth[:VISITED])


def levels_of(programs, truth):
    """Places of the true levels."""
    codes = programs[0].wide(truth)["total:level"].to_list()
    ids = [level.id for level in programs[0].model.levels]
    return np.array([ids.index(programs[0].levels[code]) for code in codes])


def test_of_firms_told_p_about_p_hold_the_level(programs, told, sure):
    true = levels_of(programs, told[1])[VISITED:]
    table = sure.chances.levels.filter(node="total")["probability"].to_numpy().reshape(FIRMS, -1)
    told_p = table[VISITED:]
    held = np.eye(told_p.shape[1])[true]

    for low, high in ((0.0, 0.1), (0.1, 0.4), (0.4, 0.7), (0.7, 0.9), (0.9, 1.01)):
        inside = (told_p >= low) & (told_p < high)
        error = 2 * np.sqrt(told_p[inside].mean() * (1 - told_p[inside].mean()) / inside.sum())
        assert abs(told_p[inside].mean() - held[inside].mean()) < 0.06 + error


def test_probabilities_lie_nearer_the_truth_than_the_level_alone(programs, told, sure):
    true = levels_of(programs, told[1])[VISITED:]
    table = sure.chances.levels.filter(node="total")["probability"].to_numpy().reshape(FIRMS, -1)
    one = np.eye(table.shape[1])
    shown = one[levels_of(programs, told[0])[VISITED:]]
    brier = ((table[VISITED:] - one[true]) ** 2).sum(axis=1).mean()
    of_level = ((shown - one[true]) ** 2).sum(axis=1).mean()

    assert brier < 0.8 * of_level


def test_the_expected_number_at_each_level_lies_nearer_the_truth(programs, told, sure):
    expected = (
        sure.chances.levels.filter(node="total")
        .group_by("level", maintain_order=True)
        .agg(pl.col("probability").sum())["probability"]
        .to_numpy()
    )
    true = np.bincount(levels_of(programs, told[1]), minlength=len(expected))
    shown = np.bincount(levels_of(programs, told[0]), minlength=len(expected))

    assert np.abs(expected - true).sum() < 0.5 * np.abs(shown - true).sum()


def test_a_reading_that_the_bureau_settled_is_not_open():
    assert len(open_programs("sme2024")) == 8
    assert len(open_programs("sme2024", options={"sme2024:q4": "equal"})) == 4
    assert open_programs("sme2024", options={"q4": "equal"})[0].model.options["q4"] == "equal"


def test_experts_count_before_repeats_and_both_before_the_assumption(programs, told):
    said, truth = told
    few = said[:3]["enterprise"].to_list()
    tracks = [
        how_sure(said, programs, expert=expert, repeat=repeat, only=few, draws=20)
        for expert, repeat in ((None, None), (None, truth[:9]), (truth[:7], truth[:9]))
    ]

    assert [one.reliability.track for one in tracks] == ["assumed", "repeat", "expert"]
    assert [one.reliability.firms for one in tracks] == [0, 9, 7]
    assert set(tracks[2].tables["track"]) == {"expert", "repeat"}
    assert chance_of(tracks[0], few[0]).grounds.same is None
    assert chance_of(tracks[0], "nobody") is None


def test_the_command_writes_tables_beside_scores_that_do_not_change(tmp_path, told):
    said, truth = told
    said[:40].write_parquet(tmp_path / "said.parquet")
    truth[:10].write_parquet(tmp_path / "expert.parquet")
    plain, out = tmp_path / "plain.csv", tmp_path / "scores.csv"
    assess(tmp_path / "said.parquet", model="sme2024", out=plain)
    done = assess(
        tmp_path / "said.parquet",
        model="sme2024",
        out=out,
        sure=ChancesAsked(expert=tmp_path / "expert.parquet", draws=40),
    )
    firms = pl.read_csv(tmp_path / "scores.chances_firms.csv")

    assert out.read_bytes() == plain.read_bytes()
    assert firms.height == 40
    assert set(firms["track"]) == {"expert"}
    assert pl.read_csv(tmp_path / "scores.chances.csv").columns == [
        *("enterprise", "model", "node", "level", "probability", "se")
    ]
    assert (tmp_path / "scores.chances_readings.csv").is_file()
    assert (tmp_path / "scores.reliability.csv").is_file()
    assert any("10 家企业" in note.zh for note in done.notes)


def test_a_second_track_of_other_firms_is_refused(tmp_path, told):
    said, truth = told
    said[:5].write_parquet(tmp_path / "said.parquet")
    truth[5:9].write_parquet(tmp_path / "expert.parquet")

    with pytest.raises(NoPairsError) as refused:
        assess(
            tmp_path / "said.parquet",
            model="sme2024",
            out=tmp_path / "scores.csv",
            sure=ChancesAsked(expert=tmp_path / "expert.parquet"),
        )
    assert refused.value.fields["firms"] == 4
