"""Options of support on the platform: made from a round as the command makes them, then chosen from."""

from __future__ import annotations

import io
import json
from html import unescape

import polars as pl
import pytest
from tests.web.conftest import add_user, put_away
from tests.web.planning.conftest import decide, hand_in, upload

from taji.base.identifiers import KEY
from taji.cli import run
from taji.web.answering.exporting import answers_frame, as_filed
from taji.web.audit.models import Entry
from taji.web.people.models import Role
from taji.web.planning.jobs import do_work
from taji.web.planning.models import Work
from taji.web.planning.option_forms import SupportForm
from taji.web.publishing.models import Made
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round

pytestmark = pytest.mark.django_db

ASKED = {
    "round": "2026",
    "budgets": "30000、120000",
    "share": "40",
    "cap": "60000",
    "counting": "adopted",
    "ahead": "1",
    "periods": "4",
    "seconds": "60",
    "seed": "1",
}
SUPPORT = {"time_limit": "60", "seed": "1"}


@pytest.fixture
def answered(city):
    """Both firms of the round handed in; the second left nearly all blank."""
    hand_in(city)
    few = hand_in(city, 1)
    few.sheet.submission = few.sheet.submissions.create(
        number=2, answers={}, sha256="1" * 64, by=city.users["other_firm"]
    )
    few.sheet.save()
    return city


@pytest.fixture
def options(answered, analyst) -> Work:
    """The options of the round."""
    made = decide(analyst, "options", **ASKED)
    assert made.state == Made.DONE, made.problem
    return made


def words(browser, address: str) -> str:
    return unescape(browser.get(address).content.decode())


def test_the_command_makes_the_same_table_from_the_exported_answers(answered, options, tmp_path):
    frame = as_filed(answers_frame(answered.round), asked_of(answered.round))
    frame.write_parquet(tmp_path / "answers.parquet")
    firms = [(f.key, f.name, f.size, f.district, f.industry) for f in answered.firms[:2]]
    names = [KEY, "name", "size", "district", "industry"]
    pl.DataFrame(firms, schema=names, orient="row").write_csv(tmp_path / "register.csv")
    (tmp_path / "aid.yaml").write_text("share: 0.4\ncap: 60000\n", "utf-8")
    files = ("--register", str(tmp_path / "register.csv"), "--subsidy", str(tmp_path / "aid.yaml"))
    sizes = ("--budgets", "30000,120000", "--ahead", "1", "--periods", "4", "--time-limit", "60")

    code = run(
        [
            *("plan", "options", str(tmp_path / "answers.parquet"), *files, *sizes),
            *("--out", str(tmp_path / "out"), "--accept-partial", "--quiet"),
        ]
    )

    assert code == 0
    ours, theirs = (
        pl.read_parquet(folder / "options.parquet") for folder in (options.path, tmp_path / "out")
    )
    assert ours.height > 1
    assert ours.equals(theirs)
    assert (options.path / "firms.csv").read_bytes() == (tmp_path / "out/firms.csv").read_bytes()


def test_the_page_says_what_was_made_why_the_rest_was_not_and_what_it_all_rests_on(
    answered,
    options,
    analyst,
):
    page = words(analyst, f"/decide/{options.pk}/")
    table = pl.read_parquet(options.path / "options.parquet")

    assert options.sentences[0]["zh"] in page
    assert "仍在填报" in page
    assert answered.firms[0].name in page
    assert table["title_zh"][0] in page
    assert f"{table['use_subsidy'][0]:,}" in page
    assert "补助资金（元）" in page
    assert "use_subsidy" not in page
    assert answered.firms[1].name in page
    assert "答得太少" in page
    assert "规划假设" in page
    assert "一次性费用的 40 %，每家至多 60,000 元" in page
    assert "sme2024@" in page


def test_the_table_is_taken_home_as_parquet_and_as_csv_that_no_spreadsheet_runs(
    answered,
    options,
    analyst,
):
    for name in ("options.parquet", "options.csv", "options.xlsx", "firms.csv"):
        got = analyst.get(f"/decide/{options.pk}/files/{name}")
        content = b"".join(got.streaming_content)
        put_away(got)
        assert content == (options.path / name).read_bytes()
        if name == "options.csv":
            told = pl.read_csv(io.BytesIO(content), infer_schema=False)
    table = pl.read_parquet(options.path / "options.parquet")
    assert told["use_subsidy"].cast(pl.Int64).to_list() == table["use_subsidy"].to_list()


def test_the_portfolio_is_chosen_from_the_options_with_limits_typed_by_name(
    answered, options, analyst
):
    table = pl.read_parquet(options.path / "options.parquet")
    most = int(table["use_subsidy"].max())
    address = f"/decide/{options.pk}/portfolio/"
    form = words(analyst, address)
    assert address in words(analyst, f"/decide/{options.pk}/")
    assert "补助资金（元）" in form
    assert "补助资金，第 1 年（元）" in form
    assert f"{most:,} 元" in form

    answer = analyst.post(address, {**SUPPORT, "use_subsidy": str(most - 1)})
    work = Work.objects.latest("pk")
    assert answer.url == f"/decide/{work.pk}/"
    do_work.func(work.pk)
    work.refresh_from_db()

    assert work.state == Made.DONE, work.problem
    assert (work.source, work.round) == (options, options.round)
    certificate = json.loads((work.path / "certificate.json").read_text("utf-8"))
    best = table.filter(pl.col("use_subsidy") < most)["value"].max()
    assert certificate["limits"]["use_subsidy"]["limit"] == most - 1
    assert certificate["value"] == pytest.approx(best)
    page = words(analyst, answer.url)
    assert f"/decide/{options.pk}/" in page
    assert answered.firms[0].name in page
    assert table.filter(pl.col("value") == best)["title_zh"][0] in page
    assert "use_subsidy" not in page


def test_budgets_stand_apart_as_the_reader_writes_them(answered, analyst):
    assert "50000、100000" in words(analyst, "/decide/options/")
    english = analyst.get("/decide/options/", headers={"accept-language": "en"})
    assert "50000 100000" in english.content.decode()


def test_a_year_in_which_no_option_costs_anything_needs_no_limit():
    spent = {"use_subsidy": 90_000.0, "use_subsidy_1": 90_000.0, "use_subsidy_2": 0.0}

    assert SupportForm(spent).resources == ("use_subsidy", "use_subsidy_1")
    assert "use_subsidy_2" not in SupportForm(spent).fields
    assert SupportForm({"use_subsidy": 0.0}).resources == ("use_subsidy",)


def test_a_portfolio_without_any_limit_is_not_begun(options, analyst):
    answer = analyst.post(f"/decide/{options.pk}/portfolio/", SUPPORT)

    assert answer.status_code == 422
    assert 'id="id_use_subsidy_error"' in answer.content.decode()
    assert Work.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("round", "none"),
        ("budgets", "viel"),
        ("budgets", "0"),
        ("cap", ""),
        ("share", "101"),
        ("ahead", "0"),
        ("periods", "0"),
        ("seconds", "9999"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_beside_their_field(
    answered,
    analyst,
    field,
    value,
):
    answer = analyst.post("/decide/options/", ASKED | {field: value})

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Work.objects.exists()


def test_what_a_subsidy_adds_cannot_be_counted_without_a_subsidy(answered, analyst):
    sent = ASKED | {"share": "", "cap": "", "counting": "additional"}

    answer = analyst.post("/decide/options/", sent)

    assert answer.status_code == 422
    assert 'id="id_share_error"' in answer.content.decode()


def test_a_round_without_answers_or_measures_is_refused_beside_its_name(city, analyst):
    empty = analyst.post("/decide/options/", ASKED)
    hand_in(city)
    Round.objects.update(model_ids=["cmmm"])
    unplanned = analyst.post("/decide/options/", ASKED)

    assert "没有企业提交" in empty.content.decode()
    assert "措施包" in unplanned.content.decode()
    assert not Work.objects.exists()


def test_own_assumptions_are_taken_and_faulty_ones_told(answered, analyst):
    worth = (
        'id: ours\nversion: "1.0"\ntitle: {zh: 本市, en: ours}\nsource: [city]\n'
        "confidence: assumption\nlevel: 20\nadoption: {base: 0.4, cost: 0.5, saving: 0.3, "
        "usual: {micro: 50000, small: 50000, medium: 90000}, least: 500}\n"
    )
    made = decide(analyst, "options", worth=upload("ours.yaml", worth), **ASKED)
    faulty = decide(analyst, "options", worth=upload("ours.yaml", "level: -1\n"), **ASKED)

    page = words(analyst, f"/decide/{made.pk}/")
    assert made.state == Made.DONE, made.problem
    assert "20 分" in page
    assert "40 %" in page
    assert faulty.state == Made.FAILED
    assert faulty.problem["zh"] in words(analyst, f"/decide/{faulty.pk}/")


def test_the_round_and_the_workbench_lead_to_the_options(answered, analyst):
    assert "/decide/options/" in words(analyst, "/decide/")
    page = words(analyst, "/decide/options/?round=2026")
    assert '<option value="2026" selected>' in page


def test_only_analysts_of_the_whole_city_make_options_and_choose_from_them(
    city, options, signed_in
):
    city.users["local"] = add_user("local", city.bureau, Role.ANALYST, "430211")
    addresses = (f"/decide/{options.pk}/portfolio/", f"/decide/{options.pk}/", "/decide/options/")

    for who in ("local", "firm", "expert", "administrator", "auditor", "provider"):
        for address in addresses:
            assert signed_in(who).get(address).status_code in (403, 404), (who, address)


def test_nothing_is_chosen_from_a_work_that_holds_no_options(options, analyst):
    Work.objects.update(state=Made.FAILED)

    assert analyst.get(f"/decide/{options.pk}/portfolio/").status_code == 404
    assert analyst.get("/decide/999/portfolio/").status_code == 404


def test_the_log_tells_the_round_and_ties_the_portfolio_to_the_options(options, analyst):
    analyst.post(f"/decide/{options.pk}/portfolio/", {**SUPPORT, "use_subsidy": "1000"})

    asked, ended, then = Entry.objects.filter(action__startswith="work.").order_by("number")
    made = ended.facts["files"]["options.parquet"]
    assert asked.facts["round"] == "2026"
    assert asked.facts["parameters"]["budgets"] == [30_000, 120_000]
    assert then.facts["source"] == options.pk
    assert then.facts["inputs"]["options"] == made
