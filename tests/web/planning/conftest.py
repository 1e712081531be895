"""A firm that has handed in answers at level 1, and a roadmap of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.conftest import City

from taji.web.answering.models import Submission
from taji.web.planning.asking import ask_roadmap
from taji.web.planning.jobs import make_roadmap
from taji.web.planning.models import Roadmap
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
