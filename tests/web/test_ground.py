"""The ground that every page stands on."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from tests.web.conftest import KEYS

from taji.base.identifiers import is_uscc
from taji.catalogue.load import questionnaire
from taji.survey.intake import is_canonical
from taji.web.answering.exporting import answers_frame
from taji.web.answering.giving import ConflictError, FrozenError, Given, RefusedError, give
from taji.web.answering.models import AnswerEvent, Submission
from taji.web.audit.log import first_broken, record
from taji.web.audit.models import Entry
from taji.web.rounds import tokens
from taji.web.rounds.asked import Asked
from taji.web.rounds.models import Case, Invitation, Round

ASKED = Asked((questionnaire("sme2024"),))


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("zh", "首页"), ("en", "Home")])
def test_the_front_door_speaks_the_language_of_the_reader(language, words):
    page = Client().get("/", {"lang": language}).content.decode()

    assert f"<title>{words}" in page


@pytest.mark.django_db
def test_no_page_may_run_inline_script_or_be_framed():
    response = Client().get("/")

    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"


def test_the_firms_of_the_tests_have_true_credit_codes():
    assert all(is_uscc(key) for key in KEYS)


def test_an_answer_is_kept_with_its_event(city):
    sheet = city.sheet()

    saved = give(
        sheet.pk, Given(item="q2", text="３５％", seen=0), asked=ASKED, by=city.users["firm"]
    )

    sheet.refresh_from_db()
    assert (saved.value, saved.number) == ("35", 1)
    assert sheet.answers == {"q2": {"v": "35", "n": 1}}
    assert AnswerEvent.objects.get(sheet=sheet).value == "35"
    assert Case.objects.get(pk=sheet.case_id).state == Case.State.ANSWERING


def test_two_editors_of_one_answer_see_the_conflict_and_nothing_is_overwritten(city):
    sheet = city.sheet()
    firm = city.users["firm"]
    give(sheet.pk, Given(item="q2", text="35", seen=0), asked=ASKED, by=firm)

    with pytest.raises(ConflictError) as caught:
        give(sheet.pk, Given(item="q2", text="40", seen=0), asked=ASKED, by=firm)

    sheet.refresh_from_db()
    assert caught.value.fields["theirs"] == "35"
    assert sheet.answers["q2"]["v"] == "35"


def test_what_is_no_answer_is_refused_with_the_reason_in_both_languages(city):
    with pytest.raises(RefusedError) as caught:
        give(
            city.sheet().pk,
            Given(item="q2", text="140", seen=0),
            asked=ASKED,
            by=city.users["firm"],
        )

    assert caught.value.fields["item"] == "q2"
    assert "100" in caught.value.render("zh")
    assert "100" in caught.value.render("en")


def test_a_frozen_round_takes_no_answer(city):
    Round.objects.update(state=Round.State.FROZEN)

    with pytest.raises(FrozenError):
        give(
            city.sheet().pk, Given(item="q2", text="1", seen=0), asked=ASKED, by=city.users["firm"]
        )


def test_the_log_cannot_be_changed_or_shortened(city):
    record("test.one", actor=city.users["analyst"], subject="round:2026", n=1)
    record("test.two")

    for sql in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert first_broken() is None


def test_a_changed_entry_breaks_the_chain_at_its_place(city):
    for number in range(3):
        record("test", n=number)
    entries = list(Entry.objects.all())
    entries[1].facts = {"n": 99}

    broken = first_broken(entries)

    assert broken is not None
    assert (broken.number, broken.reason) == (2, "content")


def test_what_was_submitted_comes_out_as_canonical_answers(city):
    answers = {"q1": ["a", "b"], "q2": "35.5", "q8": "plan"}
    sheet = city.sheet()
    sheet.submission = Submission.objects.create(
        sheet=sheet, number=1, answers=answers, sha256="0" * 64, by=city.users["firm"]
    )
    sheet.save()

    frame = answers_frame(city.round)

    row = frame.row(0, named=True)
    assert (row["enterprise"], row["q1/a"], row["q1/c"]) == (city.firms[0].key, True, False)
    assert (row["q2"], row["q8"], row["q3"], row["q4/finance"]) == (35.5, "plan", None, None)
    assert (row["stratum"], row["weight"]) == ("430211", 20.0)
    assert is_canonical(frame.schema, ASKED.questionnaires)


def test_a_token_opens_its_own_invitation_and_no_other(city):
    one, other = (
        Invitation.objects.create(case=case, nonce=tokens.new_nonce()) for case in city.cases
    )

    assert tokens.find(tokens.token(one)) == one
    assert tokens.find(tokens.token(one).replace("1-", "2-", 1)) != other
    assert tokens.find("zz-nothing") is None
