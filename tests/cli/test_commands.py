"""The commands, as a person at a terminal uses them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from taji.cli import run

SCORES = [
    *("enterprise", "model", "node", "points", "max_points", "score", "coverage"),
    *("level", "level_best"),
]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    assert run(["demo", "--dir", str(folder), "--quiet"]) == 0
    return folder


def _last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_demo_writes_a_portrait_in_each_language_that_verifies(city: Path):
    assert run(["verify", str(city / "portrait-zh"), "--quiet"]) == 0
    assert '<html lang="en' in (city / "portrait-en" / "portrait.html").read_text("utf-8")


def test_verify_exits_with_one_and_names_what_changed(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = city / "portrait-en"
    kept = (folder / "estimates.csv").read_bytes()
    try:
        (folder / "estimates.csv").write_bytes(kept.replace(b"plan,yes", b"plan,YES", 1))
        code = run(["verify", str(folder), "--lang", "en"])
    finally:
        (folder / "estimates.csv").write_bytes(kept)

    assert code == 1
    assert "estimates.csv" in capsys.readouterr().err


def test_a_draw_is_replayed_from_its_certificate(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    register = tmp_path / "register.csv"
    register.write_bytes((city / "register.csv").read_bytes())
    out = tmp_path / "sample.csv"

    drawn = run(
        [
            *("sample", str(register), "--size", "80", "--strata", "industry_group,size"),
            *("--seed", "7", "--out", str(out)),
        ]
    )
    proved = run(["sample", "--replay", str(tmp_path / "sample.json"), "--lang", "en"])

    assert (drawn, proved) == (0, 0)
    sample = pl.read_csv(out, infer_schema_length=None)
    assert sample.height == 80
    assert sample.columns[-4:] == ["stratum", "stratum_size", "stratum_drawn", "weight"]
    assert sample["weight"].sum() == pytest.approx(3026)

    table = pl.read_csv(register, infer_schema=False)
    table.head(table.height - 1).write_csv(register)
    assert run(["sample", "--replay", str(tmp_path / "sample.json"), "--lang", "en"]) == 1
    assert "register" in capsys.readouterr().err


def test_assess_scores_every_firm_and_ends_with_the_tally(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "scores.csv"

    code = run(
        [
            *("assess", str(city / "answers-wenjuanxing.xlsx"), "--model", "sme2024"),
            *("--out", str(out), "--why"),
        ]
    )

    scores = pl.read_csv(out, infer_schema_length=None)
    assert code == 0
    assert _last_line(capsys) == "read 65, accepted 65, refused 0"
    assert scores.columns == SCORES
    assert scores["enterprise"].n_unique() == 65
    assert scores.group_by("enterprise", maintain_order=True).last()["node"].unique().to_list() == [
        "total"
    ]
    assert (tmp_path / "scores.why.csv").is_file()


def test_assess_gives_the_same_scores_from_canonical_parquet(city: Path, tmp_path: Path):
    truth = pl.read_parquet(city / "truth.parquet").drop("maturity", "invented").head(50)
    truth.write_parquet(tmp_path / "answers.parquet")
    truth.with_columns(pl.selectors.boolean().cast(pl.Int8)).write_csv(tmp_path / "answers.csv")

    for kind in ("parquet", "csv"):
        words = ["assess", str(tmp_path / f"answers.{kind}"), "--model", "sme2024", "--shares"]
        words = words[:-1] if kind == "parquet" else [*words, "percent"]
        assert run([*words, "--out", str(tmp_path / f"{kind}.csv"), "--quiet"]) == 0

    assert (tmp_path / "parquet.csv").read_bytes() == (tmp_path / "csv.csv").read_bytes()


def test_a_duplicate_stops_the_work_and_is_listed(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    table = pl.read_csv(city / "answers-kobo.csv", infer_schema=False)
    pl.concat([table, table.head(1)]).write_csv(tmp_path / "answers.csv")
    words = ["assess", str(tmp_path / "answers.csv"), "--model", "sme2024", "--lang", "en"]

    refused = run([*words, "--out", str(tmp_path / "a.csv")])
    told = _last_line(capsys)
    accepted = run([*words, "--out", str(tmp_path / "b.csv"), "--duplicates", "first"])

    assert (refused, told) == (1, "read 66, accepted 64, refused 2")
    assert not (tmp_path / "a.csv").exists()
    assert (accepted, _last_line(capsys)) == (0, "read 66, accepted 65, refused 1")
    assert pl.read_csv(tmp_path / "refused.csv").height == 1


def test_a_file_that_is_no_table_gets_a_sentence_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "answers.xlsx").write_bytes(b"PK\x03\x04 cut short")

    code = run(
        [
            *("assess", str(tmp_path / "answers.xlsx"), "--model", "sme2024", "--lang", "zh"),
            *("--out", str(tmp_path / "o.csv")),
        ]
    )

    said = capsys.readouterr().err
    assert code == 1
    assert "answers.xlsx" in said
    assert "Traceback" not in said


def test_every_shipped_pack_is_sound_and_listed(capsys: pytest.CaptureFixture[str]):
    assert run(["models", "check", "--lang", "en"]) == 0
    assert "0 problems" in capsys.readouterr().out
    assert run(["models", "list", "--lang", "en"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("sme2024@", "dmat@", "cmmm@", "zhuzhou2021@"))


def test_a_model_from_memory_says_so(capsys: pytest.CaptureFixture[str]):
    assert run(["models", "show", "cmmm", "--lang", "en"]) == 0
    assert "to be checked against the standard" in capsys.readouterr().out


def test_a_broken_pack_is_refused_by_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "model.yaml").write_text("id: Bad\nversion: 1\nnodes: []\n", encoding="utf-8")

    assert run(["models", "check", str(tmp_path / "model.yaml"), "--lang", "en"]) == 1
    assert "version" in capsys.readouterr().err


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text("enterprise,q5\nA,most\nB,all\n", encoding="utf-8")
    return path


def _assess(sheet: Path, out: Path, *words: str) -> int:
    return run(["assess", str(sheet), "--model", "sme2024", "--out", str(out), *words])


@pytest.mark.parametrize("content", ["", "enterprise,q5\n", "enterprise,x\nA,1\n", "a\x00b\n1,2\n"])
def test_answers_that_stop_as_a_whole_end_with_the_tally_too(
    content: str, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    sheet.write_text(content, encoding="utf-8")

    assert _assess(sheet, tmp_path / "o.csv") == 1
    assert _last_line(capsys) == "read 0, accepted 0, refused 0"


def test_no_command_overwrites_what_it_reads(
    sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    kept = sheet.read_bytes()
    words = ["sample", str(sheet), "--size", "1", "--strata", "q5", "--min", "0"]
    refused = sheet.rename(tmp_path / "refused.csv")

    codes = [
        run([*words[:1], str(refused), *words[2:], "--out", str(refused)]),
        _assess(refused, refused),
        _assess(refused, tmp_path / "o.csv"),
        run(["portrait", str(refused), "--questionnaire", "sme2024", "--out", str(tmp_path)]),
    ]

    assert codes == [2, 2, 2, 2]
    assert refused.read_bytes() == kept


def test_a_typed_parquet_file_is_read_whatever_its_spelling(sheet: Path, tmp_path: Path):
    answers = {"enterprise": ["A"], "q1": ["a|b"], "q2": [35.0], "信息系统": ["most"]}
    pl.DataFrame(answers).write_parquet(tmp_path / "answers.parquet")
    pl.DataFrame(answers).write_csv(tmp_path / "answers.csv")

    for kind in ("parquet", "csv"):
        assert _assess(tmp_path / f"answers.{kind}", tmp_path / f"{kind}-scores.csv") == 0

    scores = (tmp_path / "parquet-scores.csv").read_bytes()
    assert scores == (tmp_path / "csv-scores.csv").read_bytes()
    assert b"A,sme2024,q1,4.0,8.0,4.0,1.0" in scores


def test_a_false_credit_code_is_refused_in_parquet_as_in_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    answers = pl.DataFrame({"enterprise": ["91110000600037342L", "B"], "q2": [35.0, 1.0]})
    answers.write_parquet(tmp_path / "answers.parquet")

    assert _assess(tmp_path / "answers.parquet", tmp_path / "o.csv") == 1
    assert _last_line(capsys) == "read 2, accepted 1, refused 1"


@pytest.mark.parametrize(
    "words",
    [
        ["sample", "{sheet}", "--size", "1", "--strata", "q5", "--out", "{o}", "--allocation", "x"],
        ["sample", "{sheet}", "--size", "1", "--strata", "zz", "--out", "{o}"],
        ["sample", "{sheet}", "--size", "1", "--strata", ",", "--out", "{o}"],
        ["sample", "{sheet}", "--size", "1", "--strata", "q5", "--min", "0", "--out", "o.doc"],
        ["assess", "{sheet}", "--model", "sme2024", "--out", "o.doc"],
        ["assess", "{sheet}", "--model", "sme2024", "--out", "{sheet}/o.csv"],
        ["portrait", "{sheet}", "--questionnaire", "sme2024", "--out", "{sheet}"],
        ["portrait", "{sheet}", "--questionnaire", "sme2024", "--out", "{o}", "--by", "zz"],
    ],
)
def test_wrong_usage_exits_with_two_and_one_sentence(
    words: list[str], sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    filled = [word.format(sheet=sheet, o=tmp_path / "o.csv") for word in words]

    assert run([*filled, "--lang", "zh"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("错误：")
    assert "内部" not in said


def test_a_register_touched_without_effect_is_told_beside_the_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    register = pl.DataFrame({"id": list("abcdef"), "size": ["s"] * 6, "phone": list("123456")})
    words = ["--size", "3", "--strata", "size", "--lang", "en"]
    register.write_csv(tmp_path / "register.csv")
    assert (
        run(
            [
                *("sample", str(tmp_path / "register.csv")),
                *(*words, "--out", str(tmp_path / "sample.csv")),
            ]
        )
        == 0
    )
    replay = ["sample", "--replay", str(tmp_path / "sample.json"), "--lang", "en"]

    capsys.readouterr()
    assert run(replay) == 0
    untouched = capsys.readouterr().out
    register.with_columns(phone=pl.lit("7")).write_csv(tmp_path / "register.csv")
    assert run(replay) == 0
    touched = capsys.readouterr().out

    assert "changed" not in untouched
    assert "The same draw" in touched
    assert "file of the register was changed" in touched


def test_a_questionnaire_is_published_as_an_xlsform(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "form.xlsx"

    assert run(["models", "xlsform", "sme2024", "--out", str(out), "--lang", "en"]) == 0
    assert out.is_file()
    assert "32 questions" in capsys.readouterr().out
    assert run(["models", "xlsform", "nowhere", "--out", str(out)]) == 2
