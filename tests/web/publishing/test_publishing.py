"""What may be published, by whom, and that it does not change."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from tests.web.conftest import add_user

from taji.web.audit.models import Entry
from taji.web.people.models import Role
from taji.web.publishing.alive import held
from taji.web.publishing.asking import (
    ChangedFilesError,
    NotPublishableError,
    ask_portrait,
    publish,
    retire,
)
from taji.web.publishing.jobs import make_portrait
from taji.web.publishing.models import Made, Portrait
from taji.web.requeueing import requeue
from taji.web.rounds.models import Round

pytestmark = pytest.mark.django_db


def test_the_analyst_sees_what_becomes_public_and_publishes(analyst, portrait, city):
    confirm = analyst.get(f"/portraits/{portrait.pk}/publish/").content.decode()
    done = analyst.post(f"/portraits/{portrait.pk}/publish/", {"looked": "yes"})

    portrait.refresh_from_db()
    assert "不予公布" in confirm
    assert done.status_code == 302
    assert portrait.is_public
    assert portrait.published_by == city.users["analyst"]
    entry = Entry.objects.get(action="portrait.publish")
    assert entry.facts["manifest"] == portrait.manifest_sha256


def test_nothing_is_published_without_a_second_look_at_what_is_withheld(analyst, portrait):
    page = analyst.post(f"/portraits/{portrait.pk}/publish/", {})

    portrait.refresh_from_db()
    assert page.status_code == 422
    assert "looked-wrong" in page.content.decode()
    assert not portrait.is_public


def test_only_a_portrait_of_a_frozen_round_can_be_published(portrait, city):
    Portrait.objects.update(of_frozen=False)

    with pytest.raises(NotPublishableError):
        publish(portrait, by=city.users["analyst"])


def test_a_portrait_made_before_the_freeze_stays_unpublishable_after_it(its, city):
    Round.objects.filter(pk=its.pk).update(state=Round.State.OPEN)
    portrait = ask_portrait(its, by=city.users["analyst"])
    Portrait.objects.filter(pk=portrait.pk).update(state=Made.DONE, folder="x")
    Round.objects.filter(pk=its.pk).update(state=Round.State.FROZEN)

    with pytest.raises(NotPublishableError):
        publish(portrait, by=city.users["analyst"])


def test_a_file_that_was_changed_since_is_not_published(portrait, city):
    path = portrait.path / "en" / "portrait.pdf"
    path.chmod(0o600)
    path.write_bytes(b"changed")

    with pytest.raises(ChangedFilesError) as caught:
        publish(portrait, by=city.users["analyst"])

    assert caught.value.fields["file"] == "en/portrait.pdf"


def test_a_round_has_one_public_portrait_at_a_time(portrait, city, its):
    publish(portrait, by=city.users["analyst"])
    other = its.portraits.create(asked_by=city.users["analyst"], state=Made.DONE, of_frozen=True)

    with pytest.raises(NotPublishableError):
        publish(other, by=city.users["analyst"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Portrait.objects.filter(pk=other.pk).update(published_at=timezone.now())


def test_a_published_portrait_is_never_made_again(portrait, city):
    publish(portrait, by=city.users["analyst"])
    before = {p: p.stat().st_mtime_ns for p in portrait.path.rglob("*") if p.is_file()}

    make_portrait.func(portrait.pk)

    assert {p: p.stat().st_mtime_ns for p in portrait.path.rglob("*") if p.is_file()} == before


def test_a_retired_portrait_tells_its_reason_and_nothing_else(portrait, city):
    publish(portrait, by=city.users["analyst"])
    retire(portrait, by=city.users["analyst"], because="分层有误 <b>")
    public = Client()

    page = public.get(f"/public/portraits/{portrait.round.slug}/")

    assert page.status_code == 410
    assert "分层有误 &lt;b&gt;" in page.content.decode()
    assert public.get(f"/public/portraits/{portrait.round.slug}/page/zh/").status_code == 404
    assert (
        public.get(f"/public/portraits/{portrait.round.slug}/files/estimates.csv").status_code
        == 404
    )
    assert Entry.objects.filter(action="portrait.retire").exists()


def test_a_retirement_without_a_reason_is_refused_beside_the_field(analyst, portrait, city):
    publish(portrait, by=city.users["analyst"])

    page = analyst.post(f"/portraits/{portrait.pk}/retire/", {"because": "  "})

    portrait.refresh_from_db()
    assert page.status_code == 422
    assert "because-wrong" in page.content.decode()
    assert portrait.is_public


def test_an_analyst_of_a_district_sees_no_portrait_before_the_public_does(portrait, city):
    user = add_user("district", city.bureau, Role.ANALYST, district="430211")
    assert Authenticator.objects.filter(user=user).exists()
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    listed = browser.get("/portraits/").content.decode()

    assert f"/portraits/{portrait.pk}/" not in listed
    for path in ("", "publish/", "files/scores.parquet", "files/answers.csv", "page/zh/"):
        assert browser.get(f"/portraits/{portrait.pk}/{path}").status_code == 404, path
    assert browser.post(f"/portraits/rounds/{portrait.round_id}/ask/").status_code == 404


@pytest.mark.parametrize("role", ["firm", "expert", "administrator", "provider"])
def test_no_other_role_comes_near_a_portrait_of_the_bureau(signed_in, portrait, role):
    for path in ("", "files/scores.parquet", "files/why.csv", "files/answers.parquet"):
        assert signed_in(role).get(f"/portraits/{portrait.pk}/{path}").status_code == 403


def test_asking_twice_gives_the_portrait_that_is_on_its_way(analyst, its):
    first = analyst.post(f"/portraits/rounds/{its.pk}/ask/")
    second = analyst.post(f"/portraits/rounds/{its.pk}/ask/")

    assert first.headers["Location"] == second.headers["Location"]
    assert Portrait.objects.count() == 1


def test_the_page_of_a_running_job_shows_how_far_it_is_and_works_by_reload(analyst, its, city):
    job = ask_portrait(its, by=city.users["analyst"])
    Portrait.objects.update(
        state=Made.RUNNING, step_zh="估计全市", step_en="Estimating", share=0.25
    )
    with held(job) as ours:
        assert ours
        page = analyst.get(f"/portraits/{job.pk}/").content.decode()
        part = analyst.get(f"/portraits/{job.pk}/progress/").content.decode()
    dead = analyst.get(f"/portraits/{job.pk}/").content.decode()
    Portrait.objects.update(state=Made.FAILED)
    ended = analyst.get(f"/portraits/{job.pk}/progress/")

    assert 'value="0.250"' in page
    assert "估计全市" in part
    assert "已中断" not in page
    assert "已中断" in dead
    assert ended.headers["HX-Refresh"] == "true"


def test_a_job_that_somebody_works_on_is_left_alone_and_a_dead_one_is_started_again(its, city):
    from django_tasks_db.models import DBTaskResult

    job = ask_portrait(its, by=city.users["analyst"])
    Portrait.objects.update(state=Made.RUNNING)
    making = DBTaskResult.objects.filter(task_path__endswith="make_portrait")
    with held(job):
        make_portrait.func(job.pk)
        assert not Portrait.objects.get().folder

    assert requeue() == 1
    assert making.count() == 1
    assert requeue() == 0  # it waits for the worker
    assert making.count() == 1


def test_the_list_asks_a_bounded_number_of_queries(
    analyst, its, city, django_assert_max_num_queries
):
    for number in range(30):
        held_round = Round.objects.create(slug=f"r{number}", title_zh="轮", title_en="r")
        held_round.portraits.create(asked_by=city.users["analyst"])

    with django_assert_max_num_queries(12):
        assert analyst.get("/portraits/").status_code == 200


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_of_the_bureau_speak_one_language(analyst, portrait, language):
    for path in ("", f"{portrait.pk}/", f"{portrait.pk}/publish/"):
        page = analyst.get(f"/portraits/{path}", {"lang": language}).content.decode()
        assert ("画像" in page.split("<main")[1]) == (language == "zh") or "模拟" in page
