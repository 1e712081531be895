"""The door: a link, a code, consent."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.answering.conftest import come_in, invite

from taji.web.answering.entering import PAUSE, TRIES, masked
from taji.web.answering.models import Consent, Door
from taji.web.audit.models import Entry
from taji.web.people.models import Role, User
from taji.web.rounds import tokens
from taji.web.rounds.models import Case, Invitation, Round

pytestmark = pytest.mark.django_db


def address(invitation):
    return f"/i/{tokens.token(invitation)}/"


def test_the_link_alone_shows_who_asks_and_why_but_not_the_name_of_the_firm(city):
    page = Client().get(address(invite(city.cases[0]))).content.decode()

    assert city.round.title_zh in page
    assert city.round.purpose_zh in page
    assert city.firms[0].name not in page
    assert masked(city.firms[0].name) in page
    assert city.firms[0].key not in page


def test_link_and_code_make_a_respondent_who_agreed_to_the_purpose(city):
    invitation = invite(city.cases[0])

    browser = come_in(invitation, code=f" {city.firms[0].key.lower()} ", phone="13800000000")

    invitation.refresh_from_db()
    user = invitation.user
    assert (user.name, user.phone, user.has_usable_password()) == ("张三", "13800000000", False)
    assert [(m.role, m.organisation_id) for m in user.held] == [(Role.FIRM, city.firms[0].pk)]
    told = Consent.objects.get(by=user).purpose_zh
    assert told.splitlines() == [city.round.purpose_zh, "答案自本轮冻结起保存 60 个月。"]
    assert Entry.objects.filter(action="firm.enter", actor=user.username).exists()
    assert browser.get("/firm/").status_code == 200


def test_the_same_link_on_another_device_lets_the_same_person_in(city):
    invitation = invite(city.cases[0])
    phone = come_in(invitation)
    before = User.objects.count()

    computer = come_in(invitation, name="")

    assert User.objects.count() == before
    assert computer.session["_auth_user_id"] == phone.session["_auth_user_id"]
    assert Consent.objects.filter(case=city.cases[0]).count() == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("91430200MA4L16JQ9K", "校验不通过"),
        ("91430200MA4L16", "您填写了 14 位"),
        ("91430211MA4QK3P81K", "与本邀请的企业不符"),
    ],
)
def test_a_wrong_code_is_explained_and_lets_nobody_in(city, code, words):
    invitation = invite(city.cases[0])

    got = Client(headers={"accept-language": "zh"}).post(
        address(invitation), {"code": code, "name": "张三", "agree": "1"}
    )

    invitation.refresh_from_db()
    assert got.status_code == 422
    assert words in got.content.decode()
    assert invitation.user is None


def test_ten_wrong_codes_close_an_invitation_for_a_while_even_for_the_right_one(city):
    invitation = invite(city.cases[0])
    for _ in range(TRIES):
        come_in(invitation, code="91430211MA4QK3P81K")

    come_in(invitation)
    invitation.refresh_from_db()
    assert invitation.user is None
    assert Entry.objects.filter(action="firm.locked").count() == 1

    Door.objects.update(wrong_at=timezone.now() - dt.timedelta(minutes=PAUSE, seconds=1))
    come_in(invitation)
    invitation.refresh_from_db()
    assert invitation.user is not None


def test_nobody_comes_in_without_consent(city):
    invitation = invite(city.cases[0])

    got = Client().post(address(invitation), {"code": city.firms[0].key, "name": "张三"})

    assert got.status_code == 422
    assert not Consent.objects.exists()


def test_a_revoked_or_forged_link_opens_nothing(city):
    invitation = invite(city.cases[0])
    forged = address(invitation)[:-2] + "x/"
    invitation.revoked_at = timezone.now()
    invitation.save()

    assert Client().get(forged).status_code == 404
    assert Client().get(address(invitation)).status_code == 404


def test_a_link_revoked_later_shuts_out_the_person_who_came_by_it(city):
    invitation = invite(city.cases[0])
    browser = come_in(invitation)
    sheet = city.sheet()
    Invitation.objects.update(revoked_at=timezone.now())

    assert browser.get(f"/firm/sheet/{sheet.pk}/page/sme2024.base/").status_code == 404


@pytest.mark.parametrize("state", [Round.State.DRAFT, Round.State.FROZEN])
def test_a_round_that_is_not_open_takes_no_newcomer(city, state):
    Round.objects.update(state=state)
    invitation = invite(city.cases[0])

    come_in(invitation)

    invitation.refresh_from_db()
    assert invitation.user is None


def test_a_firm_may_decline_at_the_door(city):
    invitation = invite(city.cases[0])

    come_in(invitation, decline="1", agree="", name="")

    assert Case.objects.get(pk=city.cases[0].pk).state == Case.State.DECLINED
    assert Entry.objects.filter(action="case.decline").exists()
