"""The command that chooses a portfolio, as a person at a terminal uses it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.plan.portfolio.checker import check

from taji.cli import run

LIMITS = {"use_money": 40_000.0, "use_days": 90.0}
FLOORS = [
    {"group": "group_district", "value": "430211", "use": "use_money", "min": 15_000},
    {"group": "group_district", "value": "430212", "use": "use_money", "min": 9_000.5},
]


def options(n: int = 60, seed: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        {
            "enterprise": f"e{firm:03d}",
            "option": f"plan-{option}",
            "value": round(rng.uniform(1, 20), 1),
            "use_money": round(rng.uniform(100, 4_000), 2),
            "use_days": float(rng.integers(0, 12)),
            "group_district": 430211 + firm % 3,
            "group_size": "small" if firm % 5 else "medium",
        }
        for firm in range(n)
        for option in range(1 + firm % 4)
    ]
    return pl.DataFrame(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    options().write_parquet(tmp_path / "options.parquet")
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS), "utf-8")
    (tmp_path / "floors.json").write_text(json.dumps(FLOORS), "utf-8")
    return tmp_path


def plan(folder: Path, *words: str, options: str = "options.parquet", out: str = "out") -> int:
    return run(
        [
            *("plan", "portfolio", str(folder / options), "--limits", str(folder / "limits.json")),
            *("--out", str(folder / out), "--lang", "en", *words),
        ]
    )


def certificate(folder: Path, out: str = "out") -> dict:
    return json.loads((folder / out / "certificate.json").read_text("utf-8"))


def broken(folder: Path, floors=(), out: str = "out", *, every: bool = False) -> tuple[str, ...]:
    table = options().with_columns(pl.col("group_district").cast(pl.String))
    chosen = dict(pl.read_parquet(folder / out / "choice.parquet").iter_rows())
    found = check(table.to_dicts(), chosen, LIMITS, floors, every=every)
    assert float(found.value) == pytest.approx(certificate(folder, out)["value"], abs=1e-9)
    return found.broken


def test_a_portfolio_keeps_limits_and_floors_and_says_how_good_it_is(folder: Path):
    assert plan(folder, "--floors", str(folder / "floors.json"), "--seed", "7") == 0

    told = certificate(folder)
    assert broken(folder, FLOORS) == ()
    assert told["bound"] >= told["value"]
    assert told["gap"] <= 1e-4
    assert (told["feasible"], told["seed"], told["method"]) == (True, 7, "exact")
    assert set(told["prices"]) == set(LIMITS)
    assert [floor["got"] >= floor["min"] for floor in told["floors"]] == [True, True]
    assert {"seconds", "seconds_in_all", "time_limit", "stopped"} <= set(told)


def test_each_decision_has_its_line_and_exceptions_are_few(folder: Path):
    assert plan(folder) == 0

    lines = pl.read_csv(folder / "out" / "decisions.csv")
    chosen = pl.read_parquet(folder / "out" / "choice.parquet")
    assert lines.height == 60
    assert lines.drop_nulls("option").select("enterprise", "option").equals(chosen)
    by_prices = lines.filter(pl.col("decided_by") == "prices")
    assert (by_prices["surplus"] >= by_prices["other_surplus"].fill_null(-1e9) - 1e-6).all()
    assert lines.height - by_prices.height <= 12
    assert certificate(folder)["exceptions"] == lines.height - by_prices.height


def test_csv_and_parquet_in_any_order_give_the_same_value(folder: Path):
    shuffled = options().sample(fraction=1.0, shuffle=True, seed=1)
    shuffled.write_csv(folder / "shuffled.csv")

    assert plan(folder) == 0
    assert plan(folder, options="shuffled.csv", out="shuffled") == 0

    assert broken(folder, out="shuffled") == ()
    assert certificate(folder, "shuffled")["value"] == pytest.approx(certificate(folder)["value"])


def test_the_same_command_writes_the_same_choice(folder: Path):
    assert [plan(folder, out=out) for out in ("one", "two")] == [0, 0]

    for name in ("choice.parquet", "decisions.csv"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


def test_every_enterprise_gets_exactly_one_option_where_asked(folder: Path):
    (folder / "limits.json").write_text(json.dumps({"use_money": 1e6}), "utf-8")

    assert plan(folder, "--every-enterprise") == 0

    assert pl.read_parquet(folder / "out" / "choice.parquet").height == 60


def test_a_warm_start_with_more_money_is_worth_no_less(folder: Path):
    assert plan(folder) == 0
    (folder / "limits.json").write_text(json.dumps({**LIMITS, "use_money": 40_001}), "utf-8")

    assert plan(folder, "--warm", str(folder / "out"), out="more") == 0

    assert certificate(folder, "more")["value"] >= certificate(folder)["value"]
    assert certificate(folder, "more")["warm"] is True


@pytest.fixture
def many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """So many firms, for samples that small, that the first search leaves a margin."""
    monkeypatch.setattr("taji.plan.portfolio.finding.SAMPLE", 200)
    options(1_000).write_parquet(folder / "options.parquet")
    (folder / "limits.json").write_text(
        json.dumps({name: 10 * limit for name, limit in LIMITS.items()}), "utf-8"
    )
    assert plan(folder, out="first") == 0
    assert (folder / "first" / "margin.npz").is_file()
    assert certificate(folder, "first")["margin_used"] is False
    return folder


def more_money(folder: Path, out: str = "more") -> dict:
    limits = json.loads((folder / "limits.json").read_text("utf-8"))
    limits["use_money"] *= 1.005
    (folder / "limits.json").write_text(json.dumps(limits), "utf-8")
    assert plan(folder, "--warm", str(folder / "first"), out=out) == 0
    return certificate(folder, out)


def test_a_warm_start_looks_only_at_what_the_earlier_search_left_open(many: Path):
    told = more_money(many)

    assert told["margin_used"] is True
    assert told["feasible"] is True
    assert told["value"] >= certificate(many, "first")["value"]
    assert told["limits"]["use_money"]["used"] <= told["limits"]["use_money"]["limit"]
    assert (many / "more" / "margin.npz").is_file()


@pytest.mark.parametrize("which", ["options", "limits", "every", "broken", "gone"])
def test_what_was_left_open_for_something_else_is_not_relied_on(many: Path, which: str):
    words = []
    if which == "options":
        changed = options(1_000).with_columns(value=pl.col("value") + (pl.col("value") > 19.9))
        changed.write_parquet(many / "options.parquet")
    elif which == "limits":
        (many / "limits.json").write_text(json.dumps({"use_money": 400_000.0}), "utf-8")
    elif which == "every":
        words = ["--every-enterprise"]
        (many / "limits.json").write_text(json.dumps({"use_money": 2e6}), "utf-8")
    elif which == "broken":
        kept = (many / "first" / "margin.npz").read_bytes()
        (many / "first" / "margin.npz").write_bytes(kept[: len(kept) // 2])
    else:
        (many / "first" / "margin.npz").unlink()

    assert plan(many, *words, "--warm", str(many / "first"), out="again") == 0

    assert certificate(many, "again")["margin_used"] is False
    assert certificate(many, "again")["gap"] <= 1e-4


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (None, "certificate.json"),
        ('{"prices": ', "certificate.json"),
        ('{"least": 1}', "certificate.json"),
        ('{"prices": {}, "floors": []}', "choice.parquet"),
    ],
)
def test_a_folder_without_an_earlier_result_is_refused_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], written: str | None, named: str
):
    (folder / "old").mkdir()
    if written is not None:
        (folder / "old" / "certificate.json").write_text(written, "utf-8")
    pl.DataFrame({"application": ["a"]}).write_parquet(folder / "old" / "choice.parquet")

    assert plan(folder, "--warm", str(folder / "old")) == 1

    assert f"no result of a portfolio that can be read ({named})" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_the_certificate_names_the_table_by_its_hash(folder: Path):
    assert plan(folder) == 0

    digest = hashlib.sha256((folder / "options.parquet").read_bytes()).hexdigest()
    assert certificate(folder)["sha256"] == digest


def test_floors_that_cannot_be_met_say_what_to_loosen_by_how_much(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    greedy = [{**floor, "min": 30_000} for floor in FLOORS]
    (folder / "floors.json").write_text(json.dumps(greedy), "utf-8")

    assert plan(folder, "--floors", str(folder / "floors.json")) == 1

    told, said = certificate(folder), capsys.readouterr().err
    assert (told["feasible"], told["proven"], told["value"]) == (False, True, None)
    assert not (folder / "out" / "choice.parquet").exists()
    ways = {way["way"]: way["loosen"] for way in told["lacking"]}
    assert ways["limits"][0]["use"] == "use_money"
    assert ways["limits"][0]["by"] >= 20_000
    assert sum(item["by"] for item in ways["floors"]) >= 20_000
    assert "raise the limit of purchases, 40,000 yuan, by" in said
    assert "use_money" not in said

    lowered = {item["value"]: item["by"] for item in ways["floors"]}
    wider = [{**floor, "min": floor["min"] - lowered.get(floor["value"], 0)} for floor in greedy]
    (folder / "floors.json").write_text(json.dumps(wider), "utf-8")
    assert plan(folder, "--floors", str(folder / "floors.json")) == 0
    assert broken(folder, wider) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop("value"), "no column value"),
        (lambda t: t.drop("use_money", "use_days"), "no column use_"),
        (lambda t: t.with_columns(use_days=-pl.col("use_days")), "cannot be negative"),
        (lambda t: t.with_columns(value=pl.lit(None, pl.Float64)), "must not be empty"),
        (lambda t: t.with_columns(option=pl.lit("a")), "two options of one name"),
        (
            lambda t: t.with_columns(group_size=pl.int_range(pl.len()).cast(pl.String)),
            "different values of group_size",
        ),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], change, said: str
):
    change(options()).write_parquet(folder / "options.parquet")
    floors = [{"group": "group_size", "value": "small", "use": "use_money", "min": 1}]
    if "group_size" in said:
        (folder / "floors.json").write_text(json.dumps(floors), "utf-8")

    words = ["--floors", str(folder / "floors.json")] if "group_size" in said else []
    assert plan(folder, *words) == 1

    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("limits", "{"),
        ("limits", '{"use_money": "much"}'),
        ("limits", '{"use_gold": 1}'),
        ("limits", '{"use_money": -1}'),
        ("floors", "{}"),
        ("floors", '[{"group": "group_district", "value": "1", "use": "use_money"}]'),
        ("floors", '[{"group": "group_x", "value": "1", "use": "use_money", "min": 1}]'),
    ],
)
def test_limits_and_floors_that_cannot_be_read_are_refused_by_file(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
):
    (folder / f"{name}.json").write_text(text, "utf-8")

    assert plan(folder, "--floors", str(folder / "floors.json")) == 1

    said = capsys.readouterr().err
    assert f"{name}.json" in said
    assert "Taji failed" not in said


def test_the_report_is_written_in_both_languages(folder: Path):
    assert plan(folder, "--floors", str(folder / "floors.json"), "--report") == 0

    for language, said in (("zh", "谁受益"), ("en", "Who benefits")):
        assert said in (folder / "out" / f"portfolio.{language}.html").read_text("utf-8")
