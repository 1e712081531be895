"""From a published number to what is behind it, and the replay of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from taji.web.audit import jobs
from taji.web.audit.models import Entry, Replay
from taji.web.audit.replaying import ask_replay
from taji.web.audit.tracing import behind, figures


@pytest.fixture(autouse=True)
def _at_once(settings):
    """Jobs wait to be run by the test."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


def _figure(portrait, question="q2"):
    return figures(portrait, search=question).to_dicts()[0]


def test_a_number_leads_to_every_firm_with_its_version_and_digest(published, signed_in):
    figure = _figure(published)
    browser = signed_in("auditor")

    page = browser.get(
        f"/audit/numbers/{published.pk}/number/?line={figure['line']}"
    ).content.decode()

    count, rows = behind(published, figure, start=0, count=50)
    assert count == figure["n"] == 30
    assert all(row.version.sha256[:16] in page for row in rows)
    assert all(row.enterprise in page for row in rows)
    assert published.manifest_sha256 in page
    assert "models/sme2024@1.0" in page


def test_the_answer_shown_is_the_one_that_was_handed_in(published):
    _, rows = behind(published, _figure(published), start=0, count=50)

    for row in rows:
        assert float(row.value) == float(row.version.answers["q2"])


def test_the_pages_lead_from_the_list_to_the_number(published, signed_in):
    browser = signed_in("auditor")

    numbers = browser.get("/audit/numbers/").content.decode()
    portrait = browser.get(f"/audit/numbers/{published.pk}/?question=q2").content.decode()
    line = _figure(published)["line"]

    assert f"/audit/numbers/{published.pk}/" in numbers
    assert f"?line={line}" in portrait
    assert browser.get(f"/audit/numbers/{published.pk}/number/?line=0").status_code == 404


def test_a_portrait_that_was_never_published_is_not_traced(published, signed_in):
    type(published).objects.update(published_at=None)

    assert signed_in("auditor").get(f"/audit/numbers/{published.pk}/").status_code == 404


@pytest.mark.parametrize("role", ["firm", "expert", "analyst", "administrator"])
def test_others_than_auditors_do_not_see_rows_of_firms(published, signed_in, role):
    line = _figure(published)["line"]

    for tail in ("", f"number/?line={line}"):
        answer = signed_in(role).get(f"/audit/numbers/{published.pk}/{tail}")
        assert answer.status_code == 403


def test_an_auditor_of_one_district_does_not_see_the_citys_rows(published, city, signed_in):
    city.users["auditor"].memberships.update(district="430211")

    assert signed_in("auditor").get(f"/audit/numbers/{published.pk}/").status_code == 404
    assert signed_in("auditor").get("/audit/log/").status_code == 404


def test_pages_of_numbers_keep_their_queries_bounded(
    published, signed_in, django_assert_max_num_queries
):
    browser = signed_in("auditor")
    line = _figure(published)["line"]

    with django_assert_max_num_queries(9):
        browser.get(f"/audit/numbers/{published.pk}/number/?line={line}")


def test_an_untouched_portrait_replays_and_a_touched_number_is_named(published, city, signed_in):
    browser = signed_in("auditor")
    browser.post(f"/audit/numbers/{published.pk}/replay/")
    jobs.run_replay.func(Replay.objects.get().pk)

    page = browser.get(f"/audit/replays/{Replay.objects.get().pk}/").content.decode()
    assert "复验通过" in page

    path = Path(settings.FILES) / published.folder / "estimates.csv"
    figure = _figure(published)
    number = str(figure["estimate"])
    path.write_text(path.read_text("utf-8").replace(number, "12.5", 1), "utf-8")
    again = ask_replay(published, by=city.users["auditor"])
    jobs.run_replay.func(again.pk)

    again.refresh_from_db()
    told = " ".join(one["en"] for one in again.differences)
    assert again.holds is False
    assert "estimates.csv" in told
    assert "q2" in told
    assert "12.5" in told
    assert Entry.objects.filter(action="audit.replayed").count() == 2


def test_a_manifest_that_was_exchanged_is_named(published, city):
    path = Path(settings.FILES) / published.folder / "manifest.json"
    path.write_text("{}", "utf-8")
    made = ask_replay(published, by=city.users["auditor"])

    jobs.run_replay.func(made.pk)

    made.refresh_from_db()
    assert made.holds is False
    assert "manifest.json" in made.differences[0]["zh"]


def test_a_second_click_waits_for_the_same_replay(published, city):
    first = ask_replay(published, by=city.users["auditor"])

    assert ask_replay(published, by=city.users["auditor"]) == first
