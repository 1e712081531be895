"""The second phase is drawn once, among firms that handed in, and can be proved."""

from __future__ import annotations

import polars as pl
import pytest
from django.core.files.storage import default_storage
from tests.web.fieldwork.conftest import more_firms

from taji.web.answering.models import Sheet, Submission
from taji.web.audit.models import Entry
from taji.web.fieldwork.drawing import DrawnAlreadyError, TooFewError, draw_subsample, prove
from taji.web.fieldwork.models import Subsample, SubsampleCase


def _submit_all(cases, by):
    for case in cases:
        sheet = Sheet.objects.create(case=case)
        sheet.submission = Submission.objects.create(
            sheet=sheet, number=1, answers={"q2": "10"}, sha256="0" * 64, by=by
        )
        sheet.save()


def test_only_firms_that_handed_in_can_be_drawn(handed_in):
    analyst = handed_in.users["analyst"]
    silent = more_firms(handed_in, 5)

    made = draw_subsample(handed_in.round, size=2, strata=(), seed=7, by=analyst)

    drawn = set(SubsampleCase.objects.filter(subsample=made).values_list("case_id", flat=True))
    assert drawn == {case.pk for case in handed_in.cases}
    assert not drawn & {case.pk for case in silent}
    made.delete()
    with pytest.raises(TooFewError):
        draw_subsample(handed_in.round, size=3, strata=(), seed=7, by=analyst)


def test_a_round_is_drawn_once(handed_in):
    analyst = handed_in.users["analyst"]
    draw_subsample(handed_in.round, size=1, strata=(), seed=7, by=analyst)

    with pytest.raises(DrawnAlreadyError):
        draw_subsample(handed_in.round, size=1, strata=(), seed=8, by=analyst)


def test_the_draw_is_stratified_kept_with_its_certificate_and_replays(handed_in):
    analyst = handed_in.users["analyst"]
    _submit_all(more_firms(handed_in, 10, "430204"), analyst)

    made = draw_subsample(handed_in.round, size=4, strata=("district",), seed=11, by=analyst)

    with default_storage.open(made.sample_file.name) as stream:
        sample = pl.read_csv(stream.read(), infer_schema=False)
    assert made.submitted == 12
    assert sample.height == 4
    assert set(sample["stratum"]) == {"430204", "430211"}
    assert prove(made).same
    entry = Entry.objects.get(action="fieldwork.draw")
    assert (entry.facts["seed"], entry.facts["certificate"]) == (11, made.certificate_sha256)


def test_a_changed_list_of_firms_does_not_replay(handed_in):
    made = draw_subsample(handed_in.round, size=1, strata=(), seed=7, by=handed_in.users["analyst"])
    path = default_storage.path(made.register_file.name)
    pl.read_parquet(path).head(1).write_parquet(path)

    assert not prove(made).same


def test_an_analyst_draws_and_proves_on_the_page(handed_in, signed_in):
    browser = signed_in("analyst")

    browser.post("/visits/rounds/2026/draw/", {"size": "2", "seed": "5", "strata": "district"})
    page = browser.get("/visits/rounds/2026/").content.decode()
    proof = browser.post("/visits/rounds/2026/replay/").content.decode()
    certificate = browser.get("/visits/rounds/2026/certificate/")

    assert handed_in.firms[0].name in page
    assert "未分派" in page
    assert "复验通过" in proof
    assert b'"seed"' in certificate.getvalue()
    certificate.close()


def test_an_analyst_of_one_district_cannot_draw_for_the_city(handed_in, signed_in):
    handed_in.users["analyst"].memberships.update(district="430211")

    answer = signed_in("analyst").post("/visits/rounds/2026/draw/", {"size": "2", "seed": "5"})

    assert answer.status_code == 404
    assert not Subsample.objects.exists()
