"""The demo city on the platform: consistent, marked as invented, and open to whoever reads the terminal."""

from __future__ import annotations

import re
import shutil
import stat
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

from taji.city.fieldwork import survey_round
from taji.city.spec import load_city
from taji.city.truth import invent
from taji.cli import run
from taji.web.answering.checking import counting_of
from taji.web.answering.exporting import answers_frame
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.audit.log import first_broken
from taji.web.audit.models import Entry
from taji.web.demo.home import ASSESSED, ASSIGNED, TWICE, Welcome, fill_home, told
from taji.web.fieldwork.models import Assignment
from taji.web.people.models import GUARDED, Organisation, Role, User
from taji.web.publishing.models import Portrait
from taji.web.rounds import tokens
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Round

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def welcome(django_db_setup, django_db_blocker, home) -> Iterator[Welcome]:
    """The demo, filled once: each test's own transaction lies within one that is undone at the end."""
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": home / "files"},
    }
    kept = override_settings(FILES=home / "files", STORAGES={**settings.STORAGES, "default": files})
    with django_db_blocker.unblock(), kept, transaction.atomic():
        yield fill_home(home)
        transaction.set_rollback(True)


def test_every_role_has_an_account_that_signs_in_with_what_is_printed(welcome):
    assert {one.role for one in welcome.accounts} == set(Role.values)
    for one in welcome.accounts:
        browser = Client()
        inside = browser.post("/accounts/login/", {"login": one.username, "password": one.password})
        if one.role in GUARDED:
            assert inside.url == "/accounts/2fa/authenticate/"
            inside = browser.post(inside.url, {"code": _code(one.otpauth)})
        assert inside.status_code == 302
        assert int(browser.session["_auth_user_id"]) == User.objects.get(username=one.username).pk


def test_a_recovery_code_is_as_good_as_the_app(welcome):
    one = next(one for one in welcome.accounts if one.role == Role.AUDITOR)
    browser = Client()
    browser.post("/accounts/login/", {"login": one.username, "password": one.password})

    assert browser.post("/accounts/2fa/authenticate/", {"code": one.codes[0]}).status_code == 302
    assert "_auth_user_id" in browser.session


def _code(otpauth: str) -> str:
    secret = parse_qs(urlsplit(otpauth).query)["secret"][0]
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_the_past_round_holds_the_answers_of_the_demo_survey(welcome):
    held = survey_round(invent(load_city("zhuzhou_demo"))).answers

    kept = answers_frame(Round.objects.get(state=Round.State.FROZEN))

    assert kept.select(held.columns).equals(held.sort("enterprise"))


def test_sheets_follow_from_their_events_and_submissions_from_sheets(welcome):
    events: dict[int, list[AnswerEvent]] = {}
    for event in AnswerEvent.objects.order_by("sheet_id", "number"):
        events.setdefault(event.sheet_id, []).append(event)
    for sheet in Sheet.objects.select_related("submission", "case"):
        own = events[sheet.pk]
        assert [event.number for event in own] == list(range(1, sheet.latest + 1))
        assert {e.item: {"v": e.value, "n": e.number} for e in own} == sheet.answers
        if sheet.submission is not None:
            given = {item: kept["v"] for item, kept in sheet.answers.items()}
            assert sheet.submission.answers == counting_of(asked_of(sheet.case.round), given)
    assert Submission.objects.count() == Sheet.objects.exclude(submission=None).count()
    assert first_broken() is None


def test_the_open_round_has_firms_at_every_stage_and_a_key_that_nobody_used(welcome):
    its = Round.objects.get(state=Round.State.OPEN)

    states = set(Case.objects.filter(round=its).values_list("state", flat=True))

    assert states == set(Case.State.values) - {Case.State.WITHDRAWN}
    token = re.search(r"/i/([^/]+)/", welcome.invitation)[1]
    invitation = tokens.find(token)
    assert invitation.case.round == its
    assert invitation.case.organisation.key == welcome.key
    assert invitation.user is None


def test_the_draws_of_both_rounds_replay_from_the_files_kept(welcome, tmp_path, capsys):
    for its in Round.objects.all():
        folder = tmp_path / its.slug
        folder.mkdir()
        for kept in (its.register_file, its.sample_file, its.certificate_file):
            shutil.copy(kept.path, folder / kept.name.rpartition("/")[2])

        assert run(["sample", "--replay", str(folder / f"{its.slug}.json")]) == 0, capsys


def test_everything_is_marked_as_invented(welcome):
    assert not Organisation.objects.filter(invented=False).exists()
    assert not Round.objects.filter(simulated=False).exists()
    assert "虚构" in told(welcome, "zh")
    assert "invented" in told(welcome, "en")


def test_a_second_start_says_the_same_and_changes_nothing(welcome, home):
    before = (Organisation.objects.count(), AnswerEvent.objects.count())

    assert told(fill_home(home), "en") == told(welcome, "en")
    assert (Organisation.objects.count(), AnswerEvent.objects.count()) == before
    assert stat.S_IMODE((home / "demo.json").stat().st_mode) == 0o600


def test_the_portrait_of_the_past_round_is_public(welcome):
    (portrait,) = Portrait.objects.all()

    assert (portrait.state, portrait.is_public, portrait.rows) == ("done", True, 65)
    assert portrait.round.title_zh in Client().get("/public/portraits/").content.decode()


def test_the_log_tells_how_the_demos_firms_were_drawn_assigned_and_assessed(welcome):
    past = Round.objects.get(state=Round.State.FROZEN)
    given = Assignment.objects.filter(case__round=past)

    told = Counter(Entry.objects.values_list("action", flat=True))

    assert told["fieldwork.draw"] == told["fieldwork.assign"] == 1
    assert told["fieldwork.assessed"] == given.exclude(submitted_at=None).count() >= ASSESSED
    assert given.filter(submitted_at=None).exists()
    assert given.count() == ASSIGNED + TWICE
    assert set(given.values_list("drawn", flat=True)) == {True}
