"""A firm that has handed in answers at level 1, a roadmap of it, and an analyst who decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.conftest import City

from taji.web.answering.models import Submission
from taji.web.planning.asking import ask_roadmap
from taji.web.planning.jobs import do_work, make_roadmap
from taji.web.planning.models import Roadmap, Work
from taji.web.rounds.asked import asked_of

#: Rungs and ticks of a firm a little above level 1: every scenario on rung 1.
RUNG = "1"


def hand_in(city: City, number: int = 0) -> Submission:
    """Let a firm hand in answers that make level 1."""
    answers = {}
    for key, one in asked_of(city.round).items.items():
        if one.item.kind == "multi":
            answers[key] = [one.item.option_ids[0]]
        elif one.item.kind == "single":
            answers[key] = one.item.option_ids[1]
        else:
            answers[key] = RUNG if one.item.kind == "scale" else "40"
    sheet = city.sheet(number)
    sheet.submission = Submission.objects.create(
        sheet=sheet, number=1, answers=answers, sha256="0" * 64, by=city.users["firm"]
    )
    sheet.save()
    return sheet.submission


@pytest.fixture
def submission(city: City) -> Submission:
    """What firm 0 handed in."""
    return hand_in(city)


@pytest.fixture
def roadmap(city: City, submission: Submission) -> Callable[..., Roadmap]:
    """``roadmap(budget=…)``: asked for by the firm, and worked out."""

    def made(**more: object) -> Roadmap:
        given = {"by": city.users["firm"], "target": "2", "periods": 3, **more}
        asked = ask_roadmap(submission, model="sme2024", measures="sme2024", **given)
        make_roadmap.func(asked.pk)
        asked.refresh_from_db()
        return asked

    return made


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    """A folder of files of its own."""
    settings.FILES = tmp_path / "files"
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": settings.FILES},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.fixture
def analyst(signed_in) -> Client:
    """A browser of an analyst of the whole city."""
    return signed_in("analyst")


def upload(name: str, content: bytes | str) -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def decide(browser, kind: str, **sent) -> Work:
    """Send a form and let the job run."""
    answer = browser.post(f"/decide/{kind}/", sent)
    assert answer.status_code == 302, answer.content.decode()
    work = Work.objects.latest("pk")
    assert answer.url == f"/decide/{work.pk}/"
    do_work.func(work.pk)
    work.refresh_from_db()
    return work
