"""A portrait made on the platform: the same as the command makes, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from taji.cli import run
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.steps import SILENT
from taji.desk.verifying import verify
from taji.web.answering.exporting import answers_frame, as_filed, as_text
from taji.web.answering.models import Sheet
from taji.web.publishing.asking import ask_again, ask_portrait
from taji.web.publishing.files import INTERNAL, PUBLIC, root
from taji.web.publishing.jobs import make_portrait
from taji.web.publishing.models import Made, Portrait
from taji.web.rounds.asked import asked_of

pytestmark = pytest.mark.django_db


def _download(browser, portrait: Portrait, name: str, folder: Path) -> Path:
    response = browser.get(f"/portraits/{portrait.pk}/files/{name}")
    assert response.status_code == 200, name
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    path = folder / name
    path.write_bytes(
        b"".join(response.streaming_content) if response.streaming else response.content
    )
    return path


@pytest.mark.parametrize("answers", ["answers.parquet", "answers.csv"])
def test_the_command_makes_the_same_estimates_from_the_downloaded_answers(
    analyst, portrait, tmp_path, answers
):
    design = _download(analyst, portrait, "design.yaml", tmp_path)
    register = _download(analyst, portrait, "register.csv", tmp_path)
    file = _download(analyst, portrait, answers, tmp_path)
    published = _download(analyst, portrait, "estimates.csv", tmp_path)

    code = run(
        ["portrait", str(file), "--questionnaire", portrait.round.questionnaire]
        + [word for name in portrait.round.model_ids for word in ("--model", name)]
        + ["--design", str(design), "--register", str(register), "--out", str(tmp_path / "out")]
        + ["--quiet"]
    )

    assert code == 0
    assert (tmp_path / "out" / "estimates.csv").read_bytes() == published.read_bytes()


@pytest.mark.skipif("TAJI_TEST_DATABASE_URL" in os.environ, reason="of files, not of the database")
def test_the_stored_folder_verifies_as_a_whole_and_in_a_language_by_itself(portrait):
    for folder in (portrait.path, portrait.path / "en"):
        found = verify(folder)
        assert found.holds, found.differences


def test_both_languages_give_the_same_estimates(portrait):
    zh, en = (portrait.path / name / "estimates.csv" for name in ("zh", "en"))

    assert zh.read_bytes() == en.read_bytes() == (portrait.path / "estimates.csv").read_bytes()


def test_every_file_that_is_offered_is_there(portrait):
    for place in {*INTERNAL.values(), *PUBLIC.values()}:
        assert (portrait.path / place).is_file(), place


def test_no_unfinished_folder_is_left(portrait):
    assert not list(root().glob(".unfinished*"))


def test_the_progress_of_a_job_is_written_while_it_runs(unscored, city, monkeypatch):
    seen = []
    job = ask_portrait(unscored, by=city.users["analyst"])
    write = type(Portrait.objects.all()).update

    def told(rows, **values):
        if "step_zh" in values:
            seen.append((values["step_zh"], values["step_en"], values["share"]))
        return write(rows, **values)

    monkeypatch.setattr(type(Portrait.objects.all()), "update", told)
    make_portrait.func(job.pk)

    shares = [share for _, _, share in seen]
    assert shares == sorted(shares)
    assert len({zh for zh, _, _ in seen}) >= 5
    assert all(zh and en for zh, en, _ in seen)


def test_a_lone_stratum_is_told_in_the_reader_s_language_with_the_next_step(city, files, analyst):
    for number, case in enumerate(city.cases):
        sheet = city.sheet(number)
        sheet.submission = sheet.submissions.create(
            number=1, answers={"q2": "35"}, sha256="0" * 64, by=city.users["firm"]
        )
        sheet.save()
        assert case.stratum_drawn == 1
    job = ask_portrait(city.round, by=city.users["analyst"])
    make_portrait.func(job.pk)

    job.refresh_from_db()
    page = analyst.get(f"/portraits/{job.pk}/").content.decode()
    assert (job.state, job.folder) == (Made.FAILED, "")
    assert "lone_unit" in page
    assert job.problem["zh"] in page
    assert not list(root().glob("*2026*"))


def test_refused_answers_show_which_cells_and_leave_no_folder(unscored, city, analyst):
    sheet = Sheet.objects.filter(case__round=unscored, track=Sheet.Track.FIRM).first()
    true = sheet.submission
    item = next(one.key for one in asked_of(unscored).items.values() if one.item.kind == "single")
    sheet.submission = sheet.submissions.create(
        number=9, answers={**true.answers, item: "=1+1"}, sha256="0" * 64, by=true.by
    )
    sheet.save()
    job = ask_portrait(unscored, by=city.users["analyst"])
    make_portrait.func(job.pk)

    job.refresh_from_db()
    page = analyst.get(f"/portraits/{job.pk}/").content.decode()
    listed = b"".join(analyst.get(f"/portraits/{job.pk}/refused.csv").streaming_content).decode()
    assert (job.state, job.folder) == (Made.REFUSED, "")
    assert "=1+1" in page
    assert ",'=1+1," in listed
    assert "refused 1" in job.problem["en"]

    sheet.submission = true
    sheet.save()
    ask_again(job, by=city.users["analyst"])
    make_portrait.func(job.pk)
    job.refresh_from_db()
    assert job.state == Made.DONE


def test_amounts_in_ten_thousands_leave_as_yuan_and_come_back_as_yuan(its, tmp_path):
    asked = asked_of(its)
    frame = answers_frame(its)
    money = [
        one.item.id
        for one in asked.items.values()
        if one.item.kind == "money" and one.item.question.per == 10_000
    ]
    assert money
    assert frame.select(pl.col(money).drop_nulls().max()).row(0)[0] > 10_000

    for name, table in (("a.parquet", as_filed(frame, asked)), ("a.csv", as_text(frame, asked))):
        path = tmp_path / name
        table.write_parquet(path) if name == "a.parquet" else table.write_csv(path)
        read = gather(path, asked.questionnaires, IntakeChoices(), steps=SILENT)
        back = read.of(asked.questionnaires[0].id)
        assert back.select(money).equals(frame.select(money))


def test_shares_that_all_lie_under_one_per_cent_are_not_taken_for_fractions(city, tmp_path):
    for number in range(2):
        sheet = city.sheet(number)
        sheet.submission = sheet.submissions.create(
            number=1, answers={"q2": "0.5"}, sha256="0" * 64, by=city.users["firm"]
        )
        sheet.save()
    asked = asked_of(city.round)
    frame = answers_frame(city.round)

    for name, table in (("a.parquet", as_filed(frame, asked)), ("a.csv", as_text(frame, asked))):
        path = tmp_path / name
        table.write_parquet(path) if name == "a.parquet" else table.write_csv(path)
        read = gather(path, asked.questionnaires, IntakeChoices(accept_partial=True), steps=SILENT)
        assert "q2" not in [row["column"] for row in read.table("en").iter_rows(named=True)]


def test_a_spreadsheet_of_answers_holds_no_formula(city):
    frame = pl.DataFrame({"enterprise": ["=1+1", "@x"], "stratum": ["-a", "b"]})

    assert as_text(frame, asked_of(city.round)).rows() == [("'=1+1", "'-a"), ("'@x", "b")]
