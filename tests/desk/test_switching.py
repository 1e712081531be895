"""Who would change level under another version of a model: held against scoring twice and joining."""

from __future__ import annotations

import shutil

import numpy as np
import polars as pl
import pytest

from taji.assess.compile import compile_model
from taji.catalogue.files import OWN_PACKS, pack_file
from taji.catalogue.load import model, questionnaire, questionnaire_of
from taji.desk.switching import COLUMNS, switch_model
from taji.engine.local import score_frame
from taji.survey.intake.canonical import canonical_schema

ASKED = questionnaire("sme2024")


@pytest.fixture
def stricter(tmp_path, monkeypatch):
    """A version that asks fifteen points more for level 2."""
    folder = tmp_path / "models" / "sme2024" / "1.1"
    shutil.copytree(pack_file("models", "sme2024").parent, folder)
    shutil.rmtree(folder / "cases")
    file = folder / "model.yaml"
    text = file.read_text(encoding="utf-8").replace('version: "1.0"', 'version: "1.1"', 1)
    assert text.count("score: 40") == 1
    file.write_text(text.replace("score: 40", "score: 55"), "utf-8")
    monkeypatch.setenv(OWN_PACKS, str(tmp_path))
    return "sme2024@1.1"


def answers(firms: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    skill = rng.random(firms)
    schema = canonical_schema(ASKED)
    columns: dict[str, object] = {"enterprise": [f"e{n}" for n in range(firms)]}
    for item in ASKED.items.values():
        for column in item.columns:
            kind, blank = schema[column], rng.random(firms) < 0.05
            if kind == pl.Boolean:
                values = (rng.random(firms) < skill).tolist()
            elif kind == pl.Float64:
                values = np.round(skill * 100, 1).tolist()
            elif kind == pl.Int64:
                values = np.floor(skill * 4.99).astype(int).tolist()
            else:
                ids = sorted(item.option_ids)
                values = [ids[int(s * len(ids))] for s in skill]
            columns[column] = pl.Series(
                [None if b else v for b, v in zip(blank, values, strict=True)], dtype=kind
            )
    return pl.DataFrame(columns)


def scored_twice(frame: pl.DataFrame, before: str, after: str) -> pl.DataFrame:
    """The same by the longer way: whole scores of both versions, joined by firm."""
    tables = []
    for name, when in ((before, "before"), (after, "after")):
        tidy = score_frame(frame, compile_model(model(name), questionnaire_of(name)))
        tables.append(
            tidy.filter(pl.col("node") == "total").select(
                "enterprise",
                pl.col("level").cast(pl.String).alias(f"level_{when}"),
                pl.col("level_best").cast(pl.String).alias(f"level_best_{when}"),
                pl.col("score").alias(f"score_{when}"),
            )
        )
    return tables[0].join(tables[1], on="enterprise", maintain_order="left").select(*COLUMNS)


def test_it_is_what_scoring_twice_and_joining_gives(stricter):
    frame = answers(500, seed=4)

    found = switch_model(frame, before="sme2024", after=stricter)

    twice = scored_twice(frame, "sme2024", stricter)
    assert found.table.equals(twice)
    assert found.changed == (twice["level_before"] != twice["level_after"]).sum() > 0
    assert (found.up, found.down) == (0, found.changed)
    assert found.crosstab["firms"].sum() == 500


def test_the_same_version_moves_nobody():
    found = switch_model(answers(50, seed=1), before="sme2024", after="sme2024")

    assert (found.changed, found.up, found.down) == (0, 0, 0)
    assert (found.crosstab["level_before"] == found.crosstab["level_after"]).all()


def test_the_way_back_is_the_mirror(stricter):
    frame = answers(300, seed=2)

    there = switch_model(frame, before="sme2024", after=stricter)
    back = switch_model(frame, before=stricter, after="sme2024")

    assert (there.up, there.down) == (back.down, back.up)


def test_the_order_of_firms_changes_nothing_but_the_order(stricter):
    frame = answers(300, seed=3)

    one = switch_model(frame, before="sme2024", after=stricter)
    other = switch_model(frame.reverse(), before="sme2024", after=stricter)

    assert one.table.equals(other.table.reverse())
    assert one.crosstab.equals(other.crosstab)


def test_an_empty_round_moves_nobody():
    found = switch_model(answers(0, seed=0), before="sme2024", after="sme2024")

    assert (found.table.height, found.crosstab.height, found.changed) == (0, 0, 0)


def test_readings_count_where_a_version_has_them():
    frame = answers(200, seed=5)

    found = switch_model(
        frame, before="sme2024", after="sme2024", options={"q4": "equal", "other": "x"}
    )

    assert found.changed == 0


def test_a_listener_hears_of_every_firm():
    heard: list[int] = []

    switch_model(answers(30, seed=6), before="sme2024", after="sme2024", told=heard.append)

    assert sum(heard) == 30
