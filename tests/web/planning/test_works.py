"""The analyst's workbench: files in, the desk's own words and files out, nobody else let in."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import polars as pl
import pytest
from tests.assess.panels import simulated
from tests.cli.test_plan_portfolio import FLOORS, LIMITS, options
from tests.match import panel_checker
from tests.plan.portfolio.checker import check
from tests.web.conftest import add_user, put_away
from tests.web.planning.conftest import decide, upload

from taji.assess import severity_ranks, severity_rasch
from taji.base.text import Text
from taji.cli import run
from taji.desk import option_words
from taji.match import panel_found
from taji.web.audit.models import Entry
from taji.web.people.models import Role
from taji.web.planning.asking import ask_work
from taji.web.planning.jobs import do_work
from taji.web.planning.models import Work
from taji.web.planning.page_words import on_page
from taji.web.publishing.models import Made

pytestmark = pytest.mark.django_db

EXAMPLE = Path(__file__).resolve().parents[3] / "docs/analyst/example"


def parquet(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def portfolio(browser, limits=LIMITS, floors=FLOORS) -> Work:
    return decide(
        browser,
        "portfolio",
        options=upload("options.parquet", parquet(options())),
        limits=upload("limits.json", json.dumps(limits)),
        floors=upload("floors.json", json.dumps(floors)),
        time_limit="60",
        seed="1",
    )


def ratings() -> bytes:
    panel, _, _ = simulated(21, applications=40, load=10, severity=0.8)
    return (
        pl.DataFrame(
            {
                "application": [panel.applications[place] for place in panel.application],
                "reviewer": [panel.reviewers[place] for place in panel.reviewer],
                "score": (70 + 8 * panel.score).round(1),
            }
        )
        .write_csv()
        .encode()
    )


def test_a_portfolio_holds_against_the_raw_table_and_its_report_opens(analyst):
    work = portfolio(analyst)

    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    certificate = json.loads((work.path / "certificate.json").read_text("utf-8"))
    choice = dict(pl.read_parquet(work.path / "choice.parquet").iter_rows())
    rows = options().cast({"group_district": pl.String}).to_dicts()
    held = check(rows, choice, LIMITS, FLOORS)
    assert not held.broken
    assert float(held.value) == pytest.approx(certificate["value"])
    assert work.sentences[0]["zh"] in page
    assert str(work.path.parent) not in page
    assert f"{certificate['value']:,.10g}" in page
    for path in work.path.iterdir():
        got = analyst.get(f"/decide/{work.pk}/files/{path.name}")
        assert b"".join(got.streaming_content) == path.read_bytes()
        assert "attachment" in got.headers["Content-Disposition"]
        put_away(got)
    report = analyst.get(f"/decide/{work.pk}/page/zh/")
    assert report.status_code == 200
    assert "script" not in report.headers["Content-Security-Policy"]


def test_resources_groups_and_floors_have_names_and_units_and_unknown_ones_their_bare_name(analyst):
    work = portfolio(analyst)

    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    report = analyst.get(f"/decide/{work.pk}/page/zh/").content.decode()
    for told in (page, report):
        assert "一次性投入（元）" in told
        assert "县市区“天元区”的一次性投入" in told
        assert '<th scope="row">days</th>' in told
        assert "use_" not in told
        assert "group_" not in told
    certificate = json.loads((work.path / "certificate.json").read_text("utf-8"))
    assert set(certificate["limits"]) == set(LIMITS)


def test_limits_that_cannot_be_kept_are_answered_with_what_to_loosen(analyst):
    work = portfolio(analyst, limits={"use_money": 1_000})

    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    assert (work.state, work.feasible) == (Made.DONE, False)
    assert len(work.sentences) >= 2
    assert all(one["zh"].replace(">", "&gt;") in page for one in work.sentences)
    assert "use_money" not in page
    assert not (work.path / "choice.parquet").exists()


def test_matching_shows_each_need_s_providers_and_why_not_the_others(analyst, tmp_path):
    files = [EXAMPLE / name for name in ("needs.csv", "providers.csv")]
    needs, providers = (upload(path.name, path.read_bytes()) for path in files)
    sent = {"mode": "allocate", "top": "5", "share_cap": "50", "time_limit": "60", "seed": "1"}

    work = decide(analyst, "matching", needs=needs, providers=providers, **sent)

    code = run(
        [
            *("match", "needs", "--needs", str(files[0]), "--providers", str(files[1])),
            *("--mode", "allocate", "--share-cap", "0.5", "--out", str(tmp_path / "out")),
            "--quiet",
        ]
    )
    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    assert code == 0
    for name in ("assignment.csv", "ranked.csv", "why_not.csv"):
        made = (work.path / name).read_bytes()
        assert made == (tmp_path / "out" / name).read_bytes(), name
    reasons = pl.read_csv(work.path / "why_not.csv")["reason"]
    assert reasons[0] in page


def test_panels_keep_every_rule_and_what_cannot_be_met_is_said(analyst):
    rows = [
        (f"A{a}", f"R{r}", (a * 7 + r * 5) % 10, int(a == r)) for a in range(6) for r in range(6)
    ]
    table = "application,reviewer,affinity,conflict\n" + "".join(
        ",".join(map(str, row)) + "\n" for row in rows
    )
    sent = {"max_load": "3", "min_load": "1", "mode": "fair", "time_limit": "60", "seed": "7"}

    work = decide(
        analyst, "panel", affinity=upload("affinity.csv", table), per_application="3", **sent
    )
    raw = panel_checker.Raw(
        affinity={(a, r): float(x) for a, r, x, _ in rows},
        conflict=frozenset((a, r) for a, r, _, c in rows if c),
        k=3,
        most=3,
        least=1,
        organisation={},
    )
    chosen = list(pl.read_csv(work.path / "assignment.csv").iter_rows())
    assert panel_checker.faults(raw, chosen) == []

    refused = decide(
        analyst, "panel", affinity=upload("affinity.csv", table), per_application="4", **sent
    )
    page = analyst.get(f"/decide/{refused.pk}/").content.decode()
    assert refused.state == Made.FAILED
    assert "无法组成评审组" in page


def test_a_ranking_lists_who_crosses_the_line_for_people_to_sign(analyst):
    sent = {"fund": "10", "model": "linear", "seed": "1"}

    work = decide(analyst, "ranking", ratings=upload("ratings.csv", ratings()), **sent)

    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    flips = pl.read_csv(work.path / "flips.csv")
    assert flips.height > 0
    assert "须由人签字" in page
    assert all(name in page for name in flips["application"])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("affinity.exe", b"MZ", "affinity.exe"),
        ("affinity.csv", b"a,b\n1,2\n", "application"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_words(analyst, name, content, words):
    sent = {"per_application": "1", "max_load": "3", "min_load": "0", "mode": "fair"}
    answer = analyst.post(
        "/decide/panel/",
        {**sent, "time_limit": "5", "seed": "1", "affinity": upload(name, content)},
    )
    if answer.status_code == 302:  # what is in it, only the job can see
        do_work.func(Work.objects.get().pk)
        answer = analyst.get(answer.url)
        assert Work.objects.get().state == Made.FAILED

    assert words in answer.content.decode()
    assert "alert" in answer.content.decode()


def test_missing_files_and_senseless_numbers_are_told_beside_their_field(analyst):
    answer = analyst.post("/decide/ranking/", {"fund": "0", "model": "linear", "seed": "1"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_ratings_error"' in page
    assert 'id="id_fund_error"' in page
    assert not Work.objects.exists()


def test_only_analysts_of_the_whole_city_decide(city, signed_in):
    city.users["local"] = add_user("local", city.bureau, Role.ANALYST, "430211")
    work = ask_work(
        "ranking",
        {"ratings": upload("ratings.csv", b"x")},
        {"fund": None, "model": "linear", "seed": 1},
        by=city.users["analyst"],
    )

    for who in ("local", "firm", "expert", "administrator", "auditor", "provider"):
        for address in (f"/decide/{work.pk}/", "/decide/panel/", f"/decide/{work.pk}/files/x.csv"):
            assert signed_in(who).get(address).status_code in (403, 404), (who, address)
    assert "涉及全市" in signed_in("local").get("/decide/").content.decode()
    listed = signed_in("analyst").get("/decide/").content.decode()
    assert f"/decide/{work.pk}/" in listed


@pytest.mark.parametrize("name", ["../../secret.key", "secret.key", "certificate.json.", ".."])
def test_nothing_but_the_files_of_the_decision_is_served(analyst, name):
    work = portfolio(analyst, floors=[])

    assert analyst.get(f"/decide/{work.pk}/files/{name}").status_code in (301, 404)


def test_the_log_ties_what_was_decided_to_the_files_it_rests_on(analyst):
    content = ratings()
    sent = {"fund": "10", "model": "linear", "seed": "1"}
    work = decide(analyst, "ranking", ratings=upload("ratings.csv", content), **sent)
    decide(analyst, "ranking", ratings=upload("ratings.csv", b"a,b\n1,2\n"), **sent)

    asked, ended, _, failed = Entry.objects.filter(action__startswith="work.").order_by("number")
    digest = hashlib.sha256(content).hexdigest()
    assert asked.facts["inputs"] == ended.facts["inputs"] == {"ratings": digest}
    assert asked.facts["parameters"]["fund"] == 10
    made = (work.path / "ranking.csv").read_bytes()
    assert ended.facts["files"]["ranking.csv"] == hashlib.sha256(made).hexdigest()
    assert (failed.facts["state"], failed.actor) == ("failed", "analyst")
    assert failed.facts["because"]


BAD = {
    "portfolio": {
        "options": (
            "options.csv",
            "enterprise,option,value,use_money\na,p,x,1\nb,p,y,2\nc,p,3,4\n",
        ),
        "limits": ("limits.json", '{"use_money": 5}'),
    },
    "matching": {
        "needs": ("needs.csv", "need,enterprise,text,days\nN1,a,MES,x\nN2,b,,3\n"),
        "providers": ("providers.csv", "provider,text,capacity\nP1,MES,=1+1\n"),
    },
    "panel": {
        "affinity": ("a.csv", "application,reviewer,affinity,conflict\nA,R,x,0\nA,S,y,0\n"),
    },
    "ranking": {"ratings": ("r.csv", "application,reviewer,score\nA,R,x\nA,S,y\nB,R,1\n")},
}
WISHES = {
    "portfolio": {},
    "matching": {"mode": "advisory", "top": "5"},
    "panel": {"per_application": "1", "max_load": "3", "min_load": "0", "mode": "fair"},
    "ranking": {"fund": "1", "model": "linear"},
}


@pytest.mark.parametrize(
    ("kind", "count"), [("portfolio", 2), ("matching", 3), ("panel", 2), ("ranking", 2)]
)
def test_refused_cells_are_listed_to_be_taken_away_and_corrected(analyst, signed_in, kind, count):
    files = {name: upload(*one) for name, one in BAD[kind].items()}

    work = decide(analyst, kind, time_limit="5", seed="1", **WISHES[kind], **files)

    address = f"/decide/{work.pk}/refused.csv"
    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    got = analyst.get(address)
    listed = pl.read_csv(b"".join(got.streaming_content), infer_schema=False)
    put_away(got)
    assert work.state == Made.FAILED
    assert address in page
    assert listed.columns == ["file", "sheet", "row", "column", "value", "reason"]
    assert listed.height == count
    assert set(listed["file"]) <= {name for name, _ in BAD[kind].values()}
    assert not any(str(value).startswith("=") for value in listed["value"])
    assert all(row["reason"] in page for row in listed.to_dicts())
    assert len(work.problem["zh"]) < 120
    assert signed_in("firm").get(address).status_code == 403


def test_a_work_that_was_not_refused_cell_by_cell_has_no_such_list(analyst):
    work = portfolio(analyst)

    assert analyst.get(f"/decide/{work.pk}/refused.csv").status_code == 404


def test_a_fault_names_the_field_of_the_page_and_not_the_flag_of_the_command(analyst):
    rows = "application,reviewer,affinity,conflict\n" + "".join(
        f"A{a},R{r},1,0\n" for a in range(4) for r in range(2)
    )
    sent = {
        **WISHES["panel"],
        "per_application": "2",
        "max_load": "1",
        "time_limit": "5",
        "seed": "1",
    }

    work = decide(analyst, "panel", affinity=upload("a.csv", rows), **sent)

    page = analyst.get(f"/decide/{work.pk}/").content.decode()
    assert work.state == Made.FAILED
    assert "每名评审人至多评几份" in page
    assert "Applications of a reviewer at most" in work.problem["en"]
    assert "--" not in work.problem["zh"] + work.problem["en"]


def test_what_is_said_of_a_ranking_without_a_line_names_the_field_too(analyst):
    sent = {"model": "linear", "seed": "1"}

    work = decide(analyst, "ranking", ratings=upload("ratings.csv", ratings()), **sent)

    assert "没有给出“资助多少个”" in work.sentences[0]["zh"]
    assert "--" not in str(work.sentences)


def test_every_flag_that_the_desk_names_to_a_page_has_a_field_there():
    """What the desk may say to each kind of work: the sentences in which flags stand."""
    said = {
        "panel": [*panel_found.REASONS.values()],
        "ranking": [
            Text(**error.sentences)
            for error in (severity_ranks.LineError, severity_rasch.StepsError)
        ],
        "options": [*option_words._REASONS.values()],
    }
    for kind, texts in said.items():
        for text in texts:
            told = on_page(kind, text)
            assert "--" not in told.zh + told.en, told
