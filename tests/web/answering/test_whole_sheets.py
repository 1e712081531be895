"""Whole sheets at once leave what single answers would leave."""

from __future__ import annotations

import datetime as dt

import polars as pl

from taji.web.answering.exporting import answers_frame, columns_of
from taji.web.answering.giving import Given, give
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.answering.submitting import digest
from taji.web.answering.whole_sheets import Filled, fill, sheets_of
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case

NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
TEXTS = {"q1": "a|b", "q2": "35.5", "q8": "plan", "q4": "none"}


def test_canonical_rows_become_sheets_and_come_back(city):
    asked = asked_of(city.round)
    sheets = [{"q1": ["a", "b"], "q2": "35.5", "q8": "plan"}, {"q4": ["none"], "q2": "0"}, {}]

    frame = pl.DataFrame(columns_of(sheets, asked))

    assert sheets_of(frame, asked) == sheets


def test_a_filled_sheet_is_what_giving_each_answer_leaves(city):
    asked, firm = asked_of(city.round), city.users["firm"]
    one = city.sheet(0)
    for item, text in TEXTS.items():
        give(one.pk, Given(item=item, text=text, seen=0), asked=asked, by=firm)
    one.refresh_from_db()
    answers = {key: one.answers[key]["v"] for key in TEXTS}

    filled = Filled(case=city.cases[1], answers={**answers, "q3": None}, by=firm, begun_at=NOON)
    assert fill([filled]) == len(TEXTS)

    other = Sheet.objects.get(case=city.cases[1])
    assert (other.answers, other.latest, other.submission) == (one.answers, one.latest, None)
    columns = ("number", "item", "value", "seen", "source", "by")
    assert list(other.events.order_by("number").values_list(*columns)) == list(
        one.events.order_by("number").values_list(*columns)
    )
    assert Case.objects.get(pk=city.cases[1].pk).state == Case.State.ANSWERING


def test_what_is_handed_in_counts_and_keeps_its_time(city):
    firm = city.users["firm"]
    later = NOON + dt.timedelta(hours=1)
    fill(
        [
            Filled(case=case, answers={"q2": "10"}, by=firm, begun_at=NOON, submitted_at=later)
            for case in city.cases
        ],
        source=AnswerEvent.Source.FILE,
    )

    assert answers_frame(city.round)["q2"].to_list() == [10.0, 10.0]
    for case in Case.objects.all():
        assert (case.state, case.submitted_at) == (Case.State.SUBMITTED, later)
        handed_in = Submission.objects.get(sheet__case=case)
        assert Sheet.objects.get(case=case).submission == handed_in
        assert (handed_in.at, handed_in.sha256) == (later, digest({"q2": "10"}))
