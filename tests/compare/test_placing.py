"""One firm among its peers, from scores made ready for a round."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from taji.compare.peers import PeerColumnError, percentiles
from taji.compare.placing import PeerScores
from taji.survey.design import Design

LADDER = (("industry", "size"), ("industry",), ("size",), ())
DESIGNS = {
    "no design": Design(),
    "strata of known size": Design(strata=("size",), population=("firms",)),
    "clusters": Design(strata=("size",), cluster=("park",), weight="weight", lone_unit="adjust"),
    "two stages": Design(
        strata=("size",), cluster=("park",), population=("parks", "inside"), lone_unit="adjust"
    ),
}


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    n = 120
    drawn = pl.DataFrame(
        {
            "enterprise": [f"F{i}" for i in range(n)],
            "total": rng.normal(45, 12, n).round(0),
            "industry": [["34", "36", None][k] for k in rng.integers(0, 3, n)],
            "size": rng.choice(["small", "medium", "large"], n, p=[0.7, 0.24, 0.06]),
            "weight": rng.uniform(1, 9, n),
        }
    )
    return drawn.with_columns(
        pl.when(pl.int_range(n) % 17 == 0).then(None).otherwise("total").alias("total"),
        park=pl.concat_str("size", pl.Series(rng.integers(0, 8, n).astype(str))),
        firms=pl.len().over("size") * 3,
        parks=pl.lit(20),
        inside=pl.lit(60),
    )


def peers(frame, design=DESIGNS["no design"], *, ladder=LADDER, minimum=5):
    sample = design.bind(frame)
    return PeerScores.of(
        frame, "total", model="m@1.0", sample=sample, ladder=ladder, minimum=minimum
    )


@pytest.mark.parametrize("name", DESIGNS)
def test_one_firm_stands_where_it_stands_among_all(frame, name):
    design = DESIGNS[name]
    ready = peers(frame, design)
    wanted = percentiles(frame, "total", sample=design.bind(frame), ladder=LADDER, minimum=5)

    for row in wanted.iter_rows(named=True):
        place = ready.place(row["enterprise"])
        if row["percentile"] is None:
            assert place is None
            continue
        assert place is not None
        assert (place.percentile, place.low, place.high, place.n) == pytest.approx(
            (row["percentile"], row["low"], row["high"], row["n"]), rel=1e-12
        )
        assert ("*".join(place.by), "*".join(place.group)) == (row["by"], row["group"])


@pytest.mark.parametrize("name", DESIGNS)
def test_table_and_settings_hold_everything(frame, name):
    ready = peers(frame, DESIGNS[name])
    settings = json.loads(json.dumps(ready.settings()))

    again = PeerScores.of_table(ready.table(), **settings)

    assert again.model == "m@1.0"
    for key in ("F1", "F2", "F3", "F17"):
        assert again.place(key) == ready.place(key)


def test_a_firm_that_corrected_its_answers_is_no_peer_of_its_former_self():
    frame = pl.DataFrame({"enterprise": list("abcde"), "total": [1.0, 2.0, 3.0, 4.0, 5.0]})
    ready = peers(frame, ladder=[()])

    place = ready.place("a", score=9.0)

    assert (place.percentile, place.n) == (0.9, 5)


def test_a_firm_that_is_not_among_the_scores_has_all_of_them_as_peers():
    frame = pl.DataFrame({"enterprise": list("abcd"), "total": [1.0, 2.0, 3.0, 4.0], "size": "s"})
    ready = peers(frame, ladder=[("size",), ()])

    place = ready.place("new", score=2.5, groups={"size": "s"})

    assert (place.percentile, place.n, place.by, place.group) == (0.5, 5, ("size",), ("s",))
    assert ready.place("new") is None, "without a score there is no place"


def test_too_few_peers_are_none():
    frame = pl.DataFrame({"enterprise": list("abc"), "total": [1.0, 2.0, 3.0]})

    assert peers(frame, ladder=[()]).place("a") is None


def test_the_interval_covers_a_firm_placed_in_the_middle_of_a_sample_as_often_as_it_says():
    rng = np.random.default_rng(11)
    city = rng.normal(0, 1, 4000)
    mine, truth = 0.3, float((city < 0.3).mean())
    held = 0
    for _ in range(300):
        drawn = pl.DataFrame({"total": rng.choice(city, 80, replace=False)}).with_columns(
            enterprise=pl.int_range(80).cast(pl.String), firms=pl.lit(4000)
        )
        ready = peers(drawn, Design(population=("firms",)), ladder=[()])
        place = ready.place("new", score=mine)
        held += place.low <= truth <= place.high

    assert held / 300 >= 0.93


def test_a_column_that_is_not_there_is_named():
    frame = pl.DataFrame({"enterprise": ["a", "b"], "total": [1.0, 2.0]})

    with pytest.raises(PeerColumnError) as caught:
        peers(frame, ladder=[("size",)])

    assert caught.value.fields["column"] == "size"
