"""Answers of every dialect become the same canonical frame; what is refused is listed."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import polars as pl
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taji.base.numerals import read_money
from taji.base.text import Text
from taji.catalogue.load import available, questionnaire, register
from taji.catalogue.questionnaire import (
    Condition,
    Option,
    Question,
    Questionnaire,
    Section,
)
from taji.store.tables import open_tables
from taji.survey.intake import recogniser, take
from taji.survey.intake.gather import NoRowsError

ZHUZHOU = questionnaire("zhuzhou2021")
REGISTERS = {name: register(name) for name in available("registers")}
LINKS = ("design", "production", "logistics", "sales", "service", "none")


def text(word):
    return Text(zh=word, en=word)


def options(*ids, exclusive=()):
    return tuple(Option(id=i, label=text(i.upper()), exclusive=i in exclusive) for i in ids)


def asked(*questions):
    """A questionnaire made for one test."""
    return Questionnaire(
        id="made",
        version="1.0",
        title=text("made"),
        source=("made for a test",),
        confidence="house",
        sections=(Section(id="s", title=text("s"), questions=questions),),
    )


def taken(tmp_path, rows, *questionnaires, **chosen):
    """Write rows as CSV, header first, and take them in."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    path = tmp_path / "answers.csv"
    path.write_text(out.getvalue(), "utf-8")
    return taken_file(path, *questionnaires, **chosen)


def taken_file(path, *questionnaires, **chosen):
    questionnaires = questionnaires or (ZHUZHOU,)
    tables = open_tables(path, recognise=recogniser(questionnaires))
    intake = take(tables, questionnaires, registers=REGISTERS, **chosen)
    assert intake.accepted + intake.refused == intake.read
    assert intake.answers.height == intake.accepted
    return intake


def column(intake, name):
    return intake.answers[name].to_list()


def reasons(intake):
    return [
        (row["row"], row["column"], row["value"], row["code"])
        for row in intake.refusals.iter_rows(named=True)
    ]


# --- dialects ------------------------------------------------------------------------------

#: Design and production ticked; nothing at all answered; none of them.
TICKED = {
    "design": [True, None, False],
    "production": [True, None, False],
    "logistics": [False, None, False],
    "sales": [False, None, False],
    "service": [False, None, False],
    "none": [False, None, True],
}
SPLIT = [[1, 1, 0, 0, 0, 0], [""] * 6, [0, 0, 0, 0, 0, 1]]
MARKED = [["Y", "Y", "", "", "", ""], [""] * 6, ["", "", "", "", "", "Y"]]
DIALECTS = {
    "ids joined": (["links"], [["design|production"], [""], ["none"]]),
    "labels joined zh": (["links"], [["设计优化┋生产制造"], ["(跳过)"], ["都还没有"]]),
    "labels joined en": (["links"], [["Design optimisation; Production"], [""], ["None so far"]]),
    "semicolons": (["links"], [["design；production"], ["(空)"], ["none"]]),
    "kobo spaces": (["course/links"], [["design production"], [""], ["none"]]),
    "kobo split": ([f"course/links/{i}" for i in LINKS], SPLIT),
    "kobo both": (
        ["links", *(f"links/{i}" for i in LINKS)],
        [
            ["design production", *SPLIT[0]],
            ["", *SPLIT[1]],
            ["none", *SPLIT[2]],
        ],
    ),
    "limesurvey": ([f"links[{i}]" for i in LINKS], MARKED),
    "limesurvey words": (
        [f"links[{i}]" for i in LINKS],
        [["是", "是", *["否"] * 4], [""] * 6, [*["No"] * 5, "Yes"]],
    ),
    "skipped split": ([f"links:{i}" for i in LINKS], [SPLIT[0], ["（跳过）"] * 6, SPLIT[2]]),
    "marks": ([f"links/{i}" for i in LINKS], [["√", "√", "", "", "", ""], [""] * 6, MARKED[2]]),
    "labels in split columns": (
        [f"已改造环节:{label}" for label in ("设计优化", "生产", "物流", "销售", "服务", "无")],
        [["设计优化", "生产制造", "", "", "", ""], [""] * 6, ["", "", "", "", "", "都还没有"]],
    ),
    "wenjuanxing": (
        ["8、目前已对哪些业务环节做了数字化、智能化改造？（可多选）"],
        [["A.设计优化┋B.生产制造"], ["(跳过)"], ["都还没有"]],
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_ticks_of_every_dialect_become_the_same_columns(tmp_path, dialect):
    headers, body = DIALECTS[dialect]
    rows = [["enterprise", "industry", "size", "district", *headers]]
    rows += [[f"k{i}", "34", "small", "430211", *cells] for i, cells in enumerate(body)]

    intake = taken(tmp_path, rows)

    assert intake.refusals_found == 0
    assert {i: column(intake, f"links/{i}") for i in LINKS} == TICKED


def test_a_blank_beside_split_zeros_and_ones_stays_not_answered(tmp_path):
    made = asked(Question(id="q", kind="multi", label=text("Q"), options=options("a", "b")))

    intake = taken(tmp_path, [["enterprise", "q/a", "q/b"], ["k1", "1", ""], ["k2", "", "0"]], made)

    assert column(intake, "q/a") == [True, None]
    assert column(intake, "q/b") == [None, False]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_choice_is_known_by_id_and_label_in_any_width_and_case(tmp_path, language):
    answers = [
        "lacking",
        "LACKING",
        " Lacking ",
        "缺乏",
        "缺少",
        "ｌａｃｋｉｎｇ",
        "A、缺乏",
        "缺乏。",
    ]
    header = ZHUZHOU.items["specialists"].label[language]
    rows = [["enterprise", header], *([f"k{i}", a] for i, a in enumerate(answers))]

    intake = taken(tmp_path, rows)

    assert set(column(intake, "specialists")) == {"lacking"}


@pytest.mark.parametrize(
    ("cell", "wanted"), [("Y", "yes"), ("是", "yes"), ("0", "no"), ("FALSE", "no"), ("没有", "no")]
)
def test_yes_and_no_are_known_in_every_spelling(tmp_path, cell, wanted):
    assert column(taken(tmp_path, [["enterprise", "plan"], ["k", cell]]), "plan") == [wanted]


def test_numbers_and_amounts_are_read_in_the_unit_of_the_question(tmp_path):
    cells = [("1,234", "350"), ("１２", "350万元"), ("7", "1.2亿"), ("7.0", "12345.67"), ("", "")]
    rows = [["enterprise", "headcount", "revenue"], *([f"k{i}", *c] for i, c in enumerate(cells))]

    intake = taken(tmp_path, rows)

    assert column(intake, "headcount") == [1234, 12, 7, 7, None]
    assert column(intake, "revenue") == [3_500_000, 3_500_000, 120_000_000, 123_456_700, None]


def test_dates_are_read_in_the_usual_unambiguous_spellings(tmp_path):
    made = asked(Question(id="day", kind="date", label=text("Day")))
    days = ["2024-01-31", "2024/1/31", "2024年1月31日", "2024.01.31", "2024-01-31 00:00:00"]
    rows = [["enterprise", "day"], *([f"k{i}", d] for i, d in enumerate([*days, "31/1/2024"]))]

    intake = taken(tmp_path, rows, made)

    assert column(intake, "day") == [dt.date(2024, 1, 31)] * 5 + [None]
    assert [code for *_, code in reasons(intake)] == ["date"]


def test_a_percentage_format_of_a_spreadsheet_is_read_as_such(tmp_path):
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    percent = book.add_format({"num_format": "0%"})
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 2, "两化融合调查")
    sheet.write_row(1, 0, ["统一社会信用代码", "关键工序自动化率", "备注"])
    for row, share in enumerate([0.35, 0.7, 1], start=2):
        sheet.write(row, 0, f"k{row}")
        sheet.write(row, 1, share, percent)
    book.close()

    assert column(taken_file(path), "key_process_automation") == [35, 70, 100]


def test_spss_codes_are_read_by_their_labels(tmp_path):
    path = tmp_path / "a.sav"
    data = pl.DataFrame(
        {
            "enterprise": ["a", "b", "c"],
            "V1": [1.0, 2.0, None],
            "links_design": [1.0, 2.0, 2.0],
            "key_process_automation": [35.5, 7.0, None],
        }
    )
    pyreadstat.write_sav(
        data,
        path,
        column_labels=["", "智能制造专业人才是否充足？", "", ""],
        variable_value_labels={
            "V1": {1.0: "够用", 2.0: "缺乏"},
            "links_design": {1.0: "Yes", 2.0: "No"},
        },
    )

    intake = taken_file(path)

    assert intake.refusals_found == 0
    assert column(intake, "specialists") == ["enough", "lacking", None]
    assert column(intake, "links/design") == [True, False, False]
    assert column(intake, "key_process_automation") == [35.5, 7, None]


def test_canonical_answers_written_as_parquet_come_back_unchanged(tmp_path):
    rows = [["enterprise", "plan", "links", "revenue", "key_process_automation", "weight"]]
    rows += [["k1", "yes", "design", "350", "35", "1.5"], ["k2", "", "", "", "", ""]]
    first = taken(tmp_path, rows)
    path = tmp_path / "a.parquet"
    # money leaves in yuan; the question asks for 10,000 yuan
    first.answers.drop("revenue").write_parquet(path)

    again = taken_file(path)

    assert again.answers.equals(first.answers.drop("revenue"))


# --- shares --------------------------------------------------------------------------------


def shares(tmp_path, *cells, **chosen):
    rows = [["enterprise", "key_process_automation"], *([f"k{i}", c] for i, c in enumerate(cells))]
    return taken(tmp_path, rows, **chosen)


def test_a_bare_share_is_per_cent(tmp_path):
    intake = shares(tmp_path, "35", "0.5", "70%", "７０％", "100")

    assert column(intake, "key_process_automation") == [35, 0.5, 70, 70, 100]


@pytest.mark.parametrize("cells", [("0.35", "0.7"), ("0.35", "1"), ("0", "0.35"), ("0.35", "70%")])
def test_a_column_of_bare_fractions_is_refused_with_both_readings_shown(tmp_path, cells):
    intake = shares(tmp_path, *cells)

    assert intake.stopped
    bare = [c for c in cells if not c.endswith("%") and c != "0"]
    assert [value for _, _, value, code in reasons(intake)] == [str(float(c)) for c in bare]
    assert intake.refused == len(bare)
    told = intake.table("zh")["reason"][0]
    assert "0.35%" in told
    assert "35%" in told


@pytest.mark.parametrize("cells", [("1", "1"), ("0", "0"), ("35%", "70%"), ("0.35", "35")])
def test_a_column_with_one_possible_reading_is_not_refused(tmp_path, cells):
    assert shares(tmp_path, *cells).refusals_found == 0


def test_the_caller_may_say_how_shares_are_meant(tmp_path):
    percent = shares(tmp_path, "0.35", "0.07", "70%", shares="percent")
    fraction = shares(tmp_path, "0.35", "0.07", "70%", shares="fraction")

    assert column(percent, "key_process_automation") == [0.35, 0.07, 70]
    assert column(fraction, "key_process_automation") == [35, 7, 70]


def test_a_share_refused_for_its_size_still_shows_that_the_column_is_in_per_cent(tmp_path):
    intake = shares(tmp_path, "0.35", "150")

    assert column(intake, "key_process_automation") == [0.35, None]
    assert [code for *_, code in reasons(intake)] == ["range"]


# --- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("plan", "maybe", "option"),
        ("plan", "yes|no", "several"),
        ("links", "design|rockets", "option"),
        ("links", "none|design", "exclusive"),
        ("headcount", "about 12", "number"),
        ("headcount", "-3", "range"),
        ("headcount", "1.2万", "number"),
        ("revenue", "$350", "money"),
        ("key_process_automation", "101", "range"),
        ("key_process_automation", "most", "share"),
    ],
)
def test_a_bad_cell_is_refused_alone_and_its_row_goes_on(tmp_path, header, cell, code):
    intake = taken(tmp_path, [["enterprise", header, "outside_help"], ["k1", cell, "yes"]])

    assert reasons(intake) == [(2, header, cell, code)]
    assert (intake.accepted, intake.refused, intake.refused_alone) == (1, 0, 1)
    assert not intake.stopped
    assert column(intake, "outside_help") == ["yes"]
    values = intake.answers.drop("enterprise", "outside_help").row(0)
    assert set(values) == {None}


def test_an_exclusive_option_beside_another_tick_is_refused_in_split_columns_too(tmp_path):
    headers = ["enterprise", *(f"links/{i}" for i in LINKS)]
    intake = taken(tmp_path, [headers, ["k1", 1, 0, 0, 0, 0, 1], ["k2", 0, 0, 0, 0, 0, 1]])

    assert reasons(intake) == [(2, "links", "design|none", "exclusive")]
    assert "design" in intake.table("en")["reason"][0]
    assert column(intake, "links/none") == [None, True]


def test_a_bad_tick_stays_unknown_beside_marks(tmp_path):
    intake = taken(tmp_path, [["enterprise", "links[design]", "links[sales]"], ["k1", "Y", "huh"]])

    assert reasons(intake) == [(2, "links[sales]", "huh", "tick")]
    assert column(intake, "links/sales") == [None]


def test_joined_and_split_ticks_that_disagree_are_refused(tmp_path):
    made = asked(Question(id="q", kind="multi", label=text("Q"), options=options("a", "b")))

    intake = taken(tmp_path, [["enterprise", "q", "q/a", "q/b"], ["k1", "a", "0", "1"]], made)

    assert [code for *_, code in reasons(intake)] == ["disagrees"]
    assert intake.answers.row(0) == ("k1", None, None)


REQUIRED = ["enterprise", "industry", "size", "district"]


@pytest.mark.parametrize("cell", ["", "huge"])
def test_a_required_cell_that_is_empty_or_bad_refuses_its_row(tmp_path, cell):
    rows = [REQUIRED, ["k1", "34", cell, "天元区"], ["k2", "34", "小型", "天元区"]]

    intake = taken(tmp_path, rows)
    partial = taken(tmp_path, rows, accept_partial=True)

    assert (intake.summary, intake.stopped) == ("read 2, accepted 1, refused 1", True)
    assert (partial.summary, partial.stopped) == ("read 2, accepted 2, refused 0", False)
    assert column(partial, "size") == [None, "small"]
    assert len(reasons(intake)) == len(reasons(partial)) == 1


def test_codes_of_a_register_are_read_by_code_and_by_name(tmp_path):
    rows = [REQUIRED, ["k1", "C34", "小型", "天元区"], ["k2", "34", "small", "430211"]]
    rows.append(["k3", "34", "small", "火星区"])

    intake = taken(tmp_path, rows)

    assert column(intake, "industry") == ["34", "34"]
    assert column(intake, "district") == ["430211", "430211"]
    assert reasons(intake) == [(4, "district", "火星区", "code")]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "key_missing"),
        ("  ", "key_missing"),
        ("91110000600037342L", "key_check"),
        ("9.1430200000E+17", "key_digits"),
    ],
)
def test_a_bad_key_refuses_its_row_whatever_is_accepted(tmp_path, key, code):
    rows = [["enterprise", "plan"], [key, "yes"], ["k", "yes"]]

    for partial in (False, True):
        intake = taken(tmp_path, rows, accept_partial=partial)
        assert [code for *_, code in reasons(intake)] == [code]
        assert (intake.refused, intake.stopped) == (1, not partial)


def test_valid_codes_and_other_keys_are_counted_apart(tmp_path):
    rows = [["uscc", "plan"], ["９1110000600037341l", "yes"], ["厂-7", "yes"]]

    intake = taken(tmp_path, rows)

    assert (intake.keys_checked, intake.keys_other) == (1, 1)
    assert column(intake, "enterprise") == ["91110000600037341L", "厂-7"]


def test_content_beyond_the_header_refuses_the_row(tmp_path):
    intake = taken(tmp_path, [["enterprise", "plan"], ["k1", "yes", "no"], ["k2", "no"]])

    assert reasons(intake) == [(2, "", "no", "ragged")]
    assert column(intake, "enterprise") == ["k2"]


DOUBLE = [
    ["enterprise", "plan"],
    ["k1", "yes"],
    ["k2", "no"],
    ["k1", "no"],
    ["", "no"],
    [" ｋ1 ", "yes"],
]


def test_duplicates_are_all_refused_unless_one_is_chosen(tmp_path):
    error = taken(tmp_path, DOUBLE)
    first = taken(tmp_path, DOUBLE, duplicates="first")
    last = taken(tmp_path, DOUBLE, duplicates="last")

    assert column(error, "enterprise") == ["k2"]
    assert [row for row, *_, code in reasons(error) if code == "duplicate"] == [2, 4, 6]
    assert "2, 4, 6" in error.table("en")["reason"].str.join(" ")[0]
    assert (column(first, "plan"), column(last, "plan")) == (["yes", "no"], ["no", "yes"])
    assert first.repeated == last.repeated == error.repeated == 1


def test_a_chosen_duplicate_does_not_stop_the_data(tmp_path):
    rows = [row for row in DOUBLE if row[0]]

    assert not taken(tmp_path, rows, duplicates="first").stopped
    assert taken(tmp_path, rows).stopped


def test_the_last_acceptable_sheet_counts_where_the_last_is_refused(tmp_path):
    rows = [REQUIRED, ["k", "34", "small", "天元区"], ["k", "34", "", "天元区"]]

    assert column(taken(tmp_path, rows, duplicates="last"), "size") == ["small"]


SKIP = asked(
    Question(id="has", kind="single", label=text("Has"), options=options("yes", "no")),
    Question(
        id="which",
        kind="multi",
        label=text("Which"),
        options=options("a", "b"),
        asked_if=Condition(question="has", any_of=("yes",)),
        required=True,
    ),
)


def test_an_answer_to_a_question_that_was_not_put_is_refused(tmp_path):
    rows = [
        ["enterprise", "has", "which"],
        ["k1", "yes", "a"],
        ["k2", "no", "a|b"],
        ["k3", "no", ""],
        ["k4", "", "b"],
    ]

    intake = taken(tmp_path, rows, SKIP)

    assert reasons(intake) == [(3, "which", "a|b", "not_asked")]
    assert column(intake, "which/a") == [True, None, None, False]


def test_a_required_question_is_required_only_of_those_to_whom_it_was_put(tmp_path):
    rows = [["enterprise", "has", "which"], ["k1", "yes", ""], ["k2", "no", ""], ["k3", "yes", "b"]]

    intake = taken(tmp_path, rows, SKIP)

    assert reasons(intake) == [(2, "which", None, "required")]
    assert column(intake, "enterprise") == ["k2", "k3"]


def test_unticked_boxes_of_a_skipped_question_are_no_answer(tmp_path):
    rows = [["enterprise", "has", "which/a", "which/b"], ["k1", "no", "0", "0"]]

    intake = taken(tmp_path, rows, SKIP)

    assert intake.refusals_found == 0
    assert column(intake, "which/a") == [None]


def test_a_scale_takes_whole_numbers_within_its_ends(tmp_path):
    made = asked(Question(id="q", kind="scale", label=text("Q"), low=0, high=5))
    rows = [["enterprise", "q"], *([f"k{i}", c] for i, c in enumerate(["0", "5.0", "2.5", "6"]))]

    intake = taken(tmp_path, rows, made)

    assert column(intake, "q") == [0, 5, None, None]
    assert [code for *_, code in reasons(intake)] == ["whole", "range"]
    assert intake.answers.schema["q"] == pl.Int64


# --- the whole -----------------------------------------------------------------------------


def test_the_list_of_refusals_may_be_shortened_and_the_count_not(tmp_path):
    rows = [["enterprise", "plan"], *([f"k{i}", "maybe"] for i in range(20))]

    intake = taken(tmp_path, rows, max_errors=3)

    assert (intake.refusals.height, intake.refusals_found) == (3, 20)


def test_the_table_of_refusals_speaks_both_languages_and_names_the_place(tmp_path):
    intake = taken(tmp_path, [["enterprise", "plan"], ["k1", "mabye"]])

    zh, en = intake.table("zh"), intake.table("en")

    assert zh.columns == ["file", "sheet", "row", "column", "value", "reason"]
    assert zh.row(0)[:5] == en.row(0)[:5] == ("answers.csv", None, 2, "plan", "mabye")
    assert "选项" in zh["reason"][0]
    assert "option" in en["reason"][0]


def test_extra_columns_stay_as_they_are_after_the_answers(tmp_path):
    rows = [["stratum", "enterprise", "weight", "plan", ""], ["a ", "k1", "1.50", "yes", ""]]

    answers = taken(tmp_path, rows).answers

    assert answers.columns == ["enterprise", "plan", "stratum", "weight"]
    assert answers.row(0) == ("k1", "yes", "a", "1.50")


def test_two_questionnaires_with_the_same_ids_keep_their_answers_apart(tmp_path):
    sme, dmat = questionnaire("sme2024"), questionnaire("dmat")
    rows = [["enterprise", "sme2024:q2", "dmat:q2"], ["k1", "35", "management_ready"]]

    intake = taken(tmp_path, rows, sme, dmat)

    assert intake.of("sme2024").columns == ["enterprise", "q2"]
    assert "q2/management_ready" in intake.of("dmat").columns
    assert intake.of("dmat")["q2/management_ready"].to_list() == [True]
    assert "q3" in intake.missing("sme2024")
    assert "q2" not in intake.missing("sme2024")


def test_a_header_without_rows_is_refused(tmp_path):
    with pytest.raises(NoRowsError) as caught:
        taken(tmp_path, [["enterprise", "plan"]])

    assert caught.value.code == "survey.no_rows"


def test_several_tables_are_one_intake_and_duplicates_are_found_across_them(tmp_path):
    (tmp_path / "a.csv").write_text("enterprise,plan\nk1,yes\nk2,yes\n", "utf-8")
    (tmp_path / "b.csv").write_text("企业编号,专业人才\nk2,缺乏\nk3,缺乏\n", "utf-8")
    tables = [s for n in "ab" for s in open_tables(tmp_path / f"{n}.csv")]

    intake = take(tables, [ZHUZHOU])

    assert column(intake, "enterprise") == ["k1", "k3"]
    assert intake.summary == "read 4, accepted 2, refused 2"
    assert "a.csv:3, b.csv:2" in intake.table("en")["reason"][0]


# --- laws ----------------------------------------------------------------------------------

LAW = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
odd = st.one_of(
    st.decimals(min_value=-200, max_value=20_000, places=4, allow_nan=False).map(str),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8),
    st.sampled_from(["70%", "1e5", "1_000", "+5", "5.", ".5", "infinity", "NaN", "1,000", "350万"]),
)


@LAW
@given(st.lists(odd, min_size=1, max_size=30))
def test_a_column_of_amounts_is_read_as_its_cells_are_read_one_by_one(tmp_path, cells):
    rows = [["enterprise", "digital_spend"], *([f"k{i}", c] for i, c in enumerate(cells))]

    intake = taken(tmp_path, rows)

    wanted = []
    for cell in cells:
        value = read_money(cell, per=10_000)
        wanted.append(None if value is None or value < 0 else float(value))
    assert column(intake, "digital_spend") == wanted
    listed = {row for row, *_ in reasons(intake)}
    for row, (cell, value) in enumerate(zip(cells, wanted, strict=True), start=2):
        answered = bool(cell.strip()) and cell.strip("\ufeff\u200b\u200c\u200d\u2060\u200e\u200f")
        assert value is not None or row in listed or not answered or not cell.split()


@LAW
@given(st.lists(st.sets(st.sampled_from(LINKS[:5])), min_size=1, max_size=12), st.data())
def test_ticks_mean_the_same_joined_and_split(tmp_path, answers, data):
    separator = data.draw(st.sampled_from(["|", "┋", ";", "；", " ", ",", "、"]))
    joined = [["enterprise", "links"]]
    split = [["enterprise", *(f"links/{i}" for i in LINKS[:5])]]
    for i, ticked in enumerate(answers):
        joined.append([f"k{i}", separator.join(data.draw(st.permutations(sorted(ticked))))])
        split.append([f"k{i}", *(int(link in ticked) if ticked else "" for link in LINKS[:5])])

    one, other = taken(tmp_path, joined), taken(tmp_path, split)

    names = [f"links/{i}" for i in LINKS[:5]]
    assert one.answers.select(names).equals(other.answers.select(names))


@LAW
@given(st.permutations(range(12)), st.permutations(range(4)))
def test_neither_the_order_of_rows_nor_that_of_columns_matters(tmp_path, down, across):
    table = [["enterprise", "plan", "revenue", "links"]]
    table += [
        [f"k{i}", ("yes", "no", "?")[i % 3], f"{i}.5", ("design", "x", "")[i % 3]]
        for i in range(12)
    ]
    straight = taken(tmp_path, table)
    turned = [table[0], *(table[1 + i] for i in down)]

    shuffled = taken(tmp_path, [[row[i] for i in across] for row in turned])

    order = straight.answers.columns
    assert (
        shuffled.answers.select(order)
        .sort("enterprise")
        .equals(straight.answers.sort("enterprise"))
    )
    assert shuffled.refusals_found == straight.refusals_found


def test_an_amount_is_exact_where_binary_fractions_are_not(tmp_path):
    cells = [f"{i}.{i % 100:02d}" for i in range(1, 2_000)]
    rows = [["enterprise", "revenue"], *([f"k{i}", c] for i, c in enumerate(cells))]

    got = column(taken(tmp_path, rows), "revenue")

    assert got == [float(Decimal(c) * 10_000) for c in cells]
