"""Files of answers come into a round; paper too."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.registers import key

from taji.web.answering.exporting import answers_frame
from taji.web.answering.giving import Given, give
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.answering.submitting import digest, submit
from taji.web.rounds import chasing, importing, paper
from taji.web.rounds.asked import asked_of
from taji.web.rounds.errands import begin
from taji.web.rounds.models import Case, Errand
from taji.web.uploads import keep_table

LIMESURVEY = "id,q1[a],q1[b],q1[c],q1[d],q1[none],q2,q8\n"


def keys(bureau) -> list[str]:
    found = Case.objects.filter(round=bureau.round).order_by("pk")
    return list(found.values_list("organisation__key", flat=True))


def read(bureau, text: str, **asked) -> Errand:
    kept = keep_table(SimpleUploadedFile("答卷.csv", text.encode()), "rounds/2027/answers")
    errand = begin(bureau.round, Errand.Kind.ANSWERS, by=bureau.analyst, **asked)
    errand.upload.name, errand.name, errand.sha256 = kept.stored, kept.name, kept.sha256
    errand.save()
    return bureau.again(errand)


def keep(bureau, errand: Errand, existing: str = "skip") -> Errand:
    importing.confirm(errand, existing=existing, by=bureau.analyst)
    return bureau.again(errand)


def sheet(bureau, key: str) -> Sheet:
    return Sheet.objects.get(case__round=bureau.round, case__organisation__key=key)


def test_a_file_is_counted_before_an_answer_is_kept(bureau):
    bureau.invited()
    one, two, *_ = keys(bureau)

    errand = read(bureau, f"id,q2,q8\n{one},35,plan\n{two},140,plan\n{key(99)},5,plan\n")

    assert errand.state == Errand.State.READ, errand.problem
    counts = {
        n: errand.counts[n] for n in ("read", "accepted", "refused_cells", "unknown", "blank")
    }
    assert counts == {"read": 3, "accepted": 3, "refused_cells": 1, "unknown": 1, "blank": 2}
    assert not AnswerEvent.objects.exists()
    refused = pl.read_csv(Path(errand.refusals.path))
    assert set(refused["value"]) == {"140", key(99)}


def test_the_answers_of_a_file_count_as_handed_in_with_their_source(bureau):
    bureau.invited()
    one = keys(bureau)[0]
    errand = read(bureau, LIMESURVEY + f"{one},Y,,Y,,,35.50,plan\n")

    keep(bureau, errand)

    held = sheet(bureau, one)
    assert held.values == {"q1": ["a", "c"], "q2": "35.5", "q8": "plan"}
    assert held.submission.answers == held.values
    assert held.submission.sha256 == digest(held.values)
    assert set(held.events.values_list("source", flat=True)) == {AnswerEvent.Source.FILE}
    case = Case.objects.get(pk=held.case_id)
    assert (case.state, case.submitted_at is not None) == (Case.State.SUBMITTED, True)
    row = answers_frame(bureau.round).row(0, named=True)
    assert (row["q1/a"], row["q1/b"], row["q2"]) == (True, False, 35.5)


def test_a_version_from_a_file_is_the_one_that_the_pages_would_make(bureau):
    bureau.invited()
    one = keys(bureau)[0]
    keep(bureau, read(bureau, f"id,q2,q8\n{one},35,plan\n"))
    held = sheet(bureau, one)

    again = submit(held.pk, by=bureau.analyst)

    assert again.pk == held.submission_id


@pytest.mark.parametrize(("existing", "now"), [("skip", "10"), ("replace", "35")])
def test_answers_that_stand_are_overwritten_only_when_an_analyst_says_so(bureau, existing, now):
    bureau.invited()
    one, two, *_ = keys(bureau)
    case = Case.objects.get(round=bureau.round, organisation__key=one)
    held = paper.sheet_of(case)
    for item, text in (("q2", "10"), ("q3", "20")):
        give(
            held.pk,
            Given(item=item, text=text, seen=0),
            asked=asked_of(bureau.round),
            by=bureau.analyst,
        )

    errand = read(bureau, f"id,q2,q8\n{one},35,plan\n{two},1,plan\n")
    assert (errand.counts["blank"], errand.counts["differing"]) == (1, 1)
    keep(bureau, errand, existing)

    held.refresh_from_db()
    assert held.values["q2"] == now
    assert held.values["q3"] == "20", "the file is silent about it"
    assert held.events.filter(item="q2", value="10").exists(), "what was answered stays on record"
    assert errand.counts["kept"] + errand.counts["skipped"] == 2 or bureau.again(errand)


def test_the_same_file_twice_makes_one_version(bureau):
    bureau.invited()
    one = keys(bureau)[0]
    text = f"id,q2,q8\n{one},35,plan\n"
    keep(bureau, read(bureau, text))

    second = read(bureau, text)
    assert second.counts["same"] == 1
    second = keep(bureau, second, "replace")

    assert second.counts["unchanged"] == 1
    assert Submission.objects.count() == 1


def test_an_import_that_died_goes_on_and_doubles_nothing(bureau, monkeypatch):
    bureau.invited()
    monkeypatch.setattr(importing, "PART", 4)
    text = "id,q2,q8\n" + "".join(f"{k},35,plan\n" for k in keys(bureau))
    errand = read(bureau, text)
    hand_in, parts = importing._hand_in, []

    def failing(*args):
        if len(parts) == 1:
            raise RuntimeError
        parts.append(args)
        hand_in(*args)

    monkeypatch.setattr(importing, "_hand_in", failing)
    with pytest.raises(RuntimeError):
        keep(bureau, errand)
    assert Submission.objects.count() == 4
    monkeypatch.setattr(importing, "_hand_in", hand_in)

    bureau.again(errand)

    assert Submission.objects.count() == 12
    assert AnswerEvent.objects.count() == 24


def test_firms_that_take_no_part_are_listed_and_left_alone(bureau):
    bureau.invited()
    one = keys(bureau)[0]
    case = Case.objects.get(round=bureau.round, organisation__key=one)
    chasing.take_no_part(case, note="", by=bureau.analyst)

    errand = keep(bureau, read(bureau, f"id,q2,q8\n{one},35,plan\n"))

    assert (errand.counts["stopped"], errand.counts["kept"]) == (1, 0)


def test_a_firm_that_stops_while_a_file_is_kept_is_left_alone(bureau, monkeypatch):
    bureau.invited()
    monkeypatch.setattr(importing, "PART", 4)
    known = keys(bureau)
    last = Case.objects.get(round=bureau.round, organisation__key=known[-1])
    errand = read(bureau, "id,q2,q8\n" + "".join(f"{k},35,plan\n" for k in known))
    hand_in = importing._hand_in

    def and_stop(*args):
        hand_in(*args)
        if Case.objects.get(pk=last.pk).state == Case.State.INVITED:
            chasing.take_no_part(last, note="", by=bureau.analyst)

    monkeypatch.setattr(importing, "_hand_in", and_stop)
    errand = keep(bureau, errand)

    assert (errand.counts["stopped"], errand.counts["kept"]) == (1, len(known) - 1)
    assert not AnswerEvent.objects.filter(sheet__case=last).exists()


def test_a_frozen_round_takes_no_file(bureau):
    bureau.invited()
    errand = read(bureau, f"id,q2,q8\n{keys(bureau)[0]},35,plan\n")
    type(bureau.round).objects.update(state="frozen")

    errand = keep(bureau, errand)

    assert errand.state == Errand.State.REFUSED
    assert not Submission.objects.exists()


def test_an_analyst_of_a_district_brings_in_its_firms_only(bureau, of_district):
    bureau.invited()
    by = bureau.city.users["district"]
    cases = Case.objects.filter(round=bureau.round)
    own = cases.filter(organisation__district="430204").first().organisation.key
    other = cases.exclude(organisation__district="430204").first().organisation.key
    kept = keep_table(SimpleUploadedFile("a.csv", f"id,q2\n{own},1\n{other},2\n".encode()), "x")
    errand = begin(bureau.round, Errand.Kind.ANSWERS, by=by)
    errand.upload.name = kept.stored
    errand.save()

    assert bureau.again(errand).counts["unknown"] == 1


def test_two_hundred_rows_take_few_queries(bureau, django_assert_max_num_queries):
    bureau.draw(size=None, strata=[])
    type(bureau.round).objects.filter(slug="2027").update(state="open")
    bureau.round.refresh_from_db()
    text = "id,q2,q3,q8\n" + "".join(f"{k},35,5,plan\n" for k in keys(bureau))
    errand = read(bureau, text)
    importing.confirm(errand, existing="skip", by=bureau.analyst)

    with django_assert_max_num_queries(45):
        bureau.again(errand)

    assert Submission.objects.count() == 40


# --- paper -------------------------------------------------------------------------------


def test_a_clerk_enters_paper_and_hands_in_with_a_note(bureau, signed_in):
    bureau.invited()
    case = Case.objects.filter(round=bureau.round).first()
    browser, there = signed_in("analyst"), f"/rounds/cases/{case.pk}/paper/"
    page = browser.get(there)
    assert "代录纸质答卷" in page.content.decode()

    browser.post(there, {"seen:q1": "0", "q1": ["a", "b"], "seen:q2": "0", "q2": "35"})
    bare = browser.post(f"{there}submit/", {"note": " "})
    assert bare.url == there
    assert not Submission.objects.exists()
    browser.post(f"{there}submit/", {"note": "档案12号"})

    held = sheet(bureau, case.organisation.key)
    assert held.submission.answers == {"q1": ["a", "b"], "q2": "35"}
    assert set(held.events.values_list("source", flat=True)) == {AnswerEvent.Source.PAPER}


def test_a_wrong_paper_answer_is_told_beside_its_field_and_the_rest_is_kept(bureau, signed_in):
    bureau.invited()
    case = Case.objects.filter(round=bureau.round).first()

    page = signed_in("analyst").post(
        f"/rounds/cases/{case.pk}/paper/", {"seen:q2": "0", "q2": "140", "seen:q3": "0", "q3": "5"}
    )

    assert page.status_code == 422
    assert "超出范围" in page.content.decode()
    assert sheet(bureau, case.organisation.key).values == {"q3": "5"}
