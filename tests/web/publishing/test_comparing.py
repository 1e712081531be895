"""Two rounds compared on the platform."""

from __future__ import annotations

import polars as pl
import pytest
from tests.web.publishing.conftest import hold_round

from taji.web.publishing.jobs import make_comparison
from taji.web.publishing.models import Comparison, Made

pytestmark = pytest.mark.django_db


@pytest.fixture
def rounds(city, files, demo_files, demo_answers):
    """The demo city's round, and a later one that fifteen of its firms did not answer."""
    by = city.users["analyst"]
    later = demo_answers.sort("enterprise").head(50)
    return [
        hold_round(demo_files, answers, by, slug=slug, models=())
        for slug, answers in (("earlier", demo_answers), ("later", later))
    ]


def test_the_page_of_a_comparison_says_how_many_firms_are_in_both_and_draws_the_change(
    analyst, rounds
):
    for its in rounds:
        its.design = {**its.design, "lone_unit": "adjust"}
        its.save()
    before, after = rounds
    asked = analyst.post("/portraits/compare/", {"before": before.pk, "after": after.pk})
    job = Comparison.objects.get()
    make_comparison.func(job.pk)
    job.refresh_from_db()
    assert job.state == Made.DONE, job.problem

    zh = analyst.get(asked.headers["Location"], {"lang": "zh"}).content.decode()
    en = analyst.get(asked.headers["Location"], {"lang": "en"}).content.decode()
    table = analyst.get(f"/portraits/compare/{job.pk}/change.csv")

    assert "其中 50 家两轮都作答" in zh
    assert "50 of them in both" in en
    assert "<svg" in zh
    assert "style=" not in zh.split("<main")[1]
    changes = pl.read_csv(b"".join(table.streaming_content), infer_schema_length=None)
    assert changes.filter("suppressed")["change"].null_count() == changes["suppressed"].sum()
    assert changes["change"].drop_nulls().len() > 0


def test_a_round_is_not_compared_with_itself(analyst, rounds):
    only = rounds[0].pk

    analyst.post("/portraits/compare/", {"before": only, "after": only})
    analyst.post("/portraits/compare/", {"before": only, "after": "x"})

    assert not Comparison.objects.exists()


def test_nobody_else_sees_a_comparison(signed_in, rounds, city):
    job = Comparison.objects.create(
        before=rounds[0], after=rounds[1], asked_by=city.users["analyst"]
    )

    assert signed_in("firm").get(f"/portraits/compare/{job.pk}/").status_code == 403
