"""A firm's roadmap on the platform: asked for, worked out as the command does, shown, kept apart."""

from __future__ import annotations

import json
from html import unescape

import polars as pl
import pytest
from django.utils import timezone
from tests.web.conftest import add_user
from tests.web.planning.conftest import hand_in

from taji.base.identifiers import KEY
from taji.cli import run
from taji.web.answering.exporting import answers_frame, as_filed
from taji.web.answering.stopping import withdraw
from taji.web.audit.models import Entry
from taji.web.fieldwork.models import Assignment
from taji.web.people.models import Role
from taji.web.planning.asking import KEPT, ask_roadmap
from taji.web.planning.jobs import make_roadmap
from taji.web.planning.models import Roadmap
from taji.web.publishing.models import Made
from taji.web.rounds.asked import asked_of

pytestmark = pytest.mark.django_db

#: Figures that depend on the instance alone, where the best was proved.
PROVED = ("status", "finish_period", "cost", "level_now", "size", "target", "limits")


def test_the_result_page_leads_to_the_form_and_the_form_to_a_plan(signed_in, city, submission):
    firm = signed_in("firm")
    sheet = submission.sheet_id
    result = firm.get(f"/firm/sheet/{sheet}/result/").content.decode()
    assert f"/plans/sheets/{sheet}/" in result

    page = firm.get(f"/plans/sheets/{sheet}/").content.decode()
    assert "一级" in page
    assert "规划假设" in page
    sent = {"target": "2", "periods": "3", "budget": "", "per_year": "", "staff": ""}
    answer = firm.post(f"/plans/sheets/{sheet}/", sent)
    made = Roadmap.objects.get()

    assert answer.url == f"/plans/{made.pk}/"
    assert "排队中" in firm.get(answer.url).content.decode()
    make_roadmap.func(made.pk)
    done = firm.get(answer.url).content.decode()
    made.refresh_from_db()
    assert made.state == Made.DONE, made.problem
    assert made.sentence["zh"] in done
    for step in made.content["chosen"]:
        assert step["title"]["zh"] in done
    assert f"{made.content['cost']:,}" in done
    assert "<svg" in done
    assert 'style="' not in done


def test_the_command_finds_the_same_roadmap_in_the_exported_answers(city, roadmap, tmp_path):
    made = roadmap(budget=400_000)
    frame = as_filed(answers_frame(city.round), asked_of(city.round))
    frame.with_columns(pl.lit("small").alias("size")).write_parquet(tmp_path / "answers.parquet")

    code = run(
        [
            *("plan", "roadmap", str(tmp_path / "answers.parquet"), "--enterprise", frame[KEY][0]),
            *("--target", "2", "--periods", "3", "--budget", "400000", "--size", "small"),
            *("--out", str(tmp_path / "roadmap.json"), "--plain", "--accept-partial", "--quiet"),
        ]
    )

    told = json.loads((tmp_path / "roadmap.json").read_text(encoding="utf-8"))
    assert code == 0
    assert told["status"] == "optimal"
    assert {name: told[name] for name in PROVED} == {name: made.content[name] for name in PROVED}


def test_where_there_is_no_plan_the_page_says_what_is_missing(signed_in, roadmap):
    made = roadmap(budget=1_000)

    page = signed_in("firm").get(f"/plans/{made.pk}/").content.decode()

    assert made.content["status"] == "infeasible"
    assert f"{made.content['budget_missing']:,}" in page
    for row in made.content["conflict"]:
        assert row["words"]["zh"] in page


def test_a_roadmap_is_taken_home_as_json_and_as_pdf_in_both_languages(signed_in, roadmap):
    made = roadmap(budget=1_000)
    firm = signed_in("firm")

    told = firm.get(f"/plans/{made.pk}/roadmap.json")
    assert json.loads(told.content) == made.content
    for spoken in ("zh", "en"):
        paper = firm.get(f"/plans/{made.pk}/roadmap.{spoken}.pdf")
        assert paper.content.startswith(b"%PDF")
        assert "attachment" in paper.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "1"),
        ("budget", "-5"),
        ("periods", "0"),
        ("periods", "21"),
        ("per_year", "viel"),
        ("per_year", "1 2"),
        ("staff", "-1"),
    ],
)
def test_limits_that_make_no_sense_are_refused_beside_their_field(
    signed_in, submission, field, value
):
    sent = {"target": "2", "periods": "12", field: value}

    answer = signed_in("firm").post(f"/plans/sheets/{submission.sheet_id}/", sent)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert not Roadmap.objects.exists()


def test_one_amount_stands_for_every_year(signed_in, submission):
    sent = {"target": "2", "periods": "9", "per_year": "300000"}

    signed_in("firm").post(f"/plans/sheets/{submission.sheet_id}/", sent)

    assert Roadmap.objects.get().per_year == [300_000] * 3


def test_whoever_asks_twice_waits_for_the_one_that_is_on_its_way(city, submission):
    given = {"model": "sme2024", "measures": "sme2024", "target": "2", "periods": 3}
    first = ask_roadmap(submission, by=city.users["firm"], **given)

    assert ask_roadmap(submission, by=city.users["firm"], **given) == first
    assert ask_roadmap(submission, by=city.users["analyst"], **given) != first


def test_the_last_ten_are_kept_and_nobody_pushes_out_another_s(city, submission):
    given = {"model": "sme2024", "measures": "sme2024", "target": "2", "periods": 3}
    others = ask_roadmap(submission, by=city.users["analyst"], **given)
    for _ in range(KEPT + 2):
        ask_roadmap(submission, by=city.users["firm"], **given)
        Roadmap.objects.filter(asked_by=city.users["firm"]).update(state=Made.DONE)

    assert Roadmap.objects.filter(asked_by=city.users["firm"]).count() == KEPT
    assert Roadmap.objects.filter(pk=others.pk).exists()


def test_another_firm_another_district_and_an_expert_who_is_not_assigned_find_nothing(
    city, signed_in, roadmap
):
    made = roadmap(budget=1_000)
    city.users["elsewhere"] = add_user("elsewhere", city.bureau, Role.ANALYST, "430204")
    addresses = (f"/plans/{made.pk}/", f"/plans/sheets/{made.submission.sheet_id}/")

    for who in ("other_firm", "elsewhere", "expert"):
        for address in addresses:
            assert signed_in(who).get(address).status_code == 404, (who, address)
    for who in ("analyst", "firm"):
        for address in addresses:
            assert signed_in(who).get(address).status_code == 200, (who, address)


def test_an_expert_plans_with_the_firm_as_long_as_it_is_assigned(city, signed_in, roadmap):
    made = roadmap(budget=1_000)
    given = Assignment.objects.create(
        case=city.cases[0], expert=city.users["expert"], made_by=city.users["analyst"]
    )
    expert = signed_in("expert")

    visit = expert.get(f"/visits/assignments/{given.pk}/").content.decode()
    assert f"/plans/sheets/{made.submission.sheet_id}/" in visit
    assert expert.get(f"/plans/{made.pk}/").status_code == 200
    given.ended_at = timezone.now()
    given.save()
    assert expert.get(f"/plans/{made.pk}/").status_code == 404


def test_a_model_without_measures_offers_no_plan(city, signed_in, submission):
    city.round.model_ids = ["cmmm"]
    city.round.save()
    firm, sheet = signed_in("firm"), submission.sheet_id

    assert firm.get(f"/plans/sheets/{sheet}/").status_code == 404
    assert (
        "/plans/sheets/"
        not in signed_in("analyst").get(f"/rounds/cases/{city.cases[0].pk}/").content.decode()
    )


def test_a_firm_with_too_few_answers_is_told_to_answer_more(city, signed_in, submission):
    submission.sheet.submission = submission.sheet.submissions.create(
        number=2, answers={}, sha256="1" * 64, by=city.users["firm"]
    )
    submission.sheet.save()

    page = signed_in("firm").get(f"/plans/sheets/{submission.sheet_id}/").content.decode()

    assert "已答题目太少" in page
    assert "求路线图" not in page


def test_a_size_that_measures_have_no_costs_for_is_told_and_nothing_else_is_assumed(
    city, roadmap, signed_in
):
    city.firms[0].size = "large"
    city.firms[0].save()
    city.cases[0].refresh_from_db()
    made = roadmap()

    assert made.state == Made.FAILED
    assert "large" in made.problem["zh"]
    assert made.problem["zh"] in unescape(
        signed_in("firm").get(f"/plans/{made.pk}/").content.decode()
    )


def test_what_a_firm_takes_back_takes_its_roadmaps_with_it(city, roadmap):
    roadmap(budget=1_000)
    other = hand_in(city, 1)
    kept = ask_roadmap(
        other,
        by=city.users["analyst"],
        model="sme2024",
        measures="sme2024",
        target="2",
        periods=3,
    )

    withdraw(city.cases[0], by=city.users["firm"], word="撤回", now=timezone.now())

    assert list(Roadmap.objects.all()) == [kept]


def test_the_log_tells_who_asked_with_which_answers_and_what_came_of_it(city, roadmap):
    made = roadmap(budget=1_000)

    asked, ended = Entry.objects.filter(action__startswith="roadmap.").order_by("number")
    assert (asked.action, ended.action) == ("roadmap.ask", "roadmap.made")
    assert asked.actor == "firm"
    assert asked.facts["answers"] == made.submission.sha256
    assert asked.facts["budget"] == 1_000
    assert ended.facts["status"] == "infeasible"


def test_a_firm_takes_its_roadmaps_home_with_everything_else(signed_in, city, roadmap):
    made = roadmap(budget=1_000)

    held = signed_in("firm").get(f"/firm/case/{city.cases[0].pk}/data.json").json()

    assert [one["roadmaps__content"] for one in held["roadmaps"]] == [made.content]
