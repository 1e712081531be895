"""The administrator's pages: people, organisations, settings, backups."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.conftest import add_user

from taji.web.audit.models import Entry
from taji.web.office import setting
from taji.web.office.jobs import keep_backup
from taji.web.office.models import Setting
from taji.web.people import accounts
from taji.web.people.models import Kind, Membership, Organisation, Role, User

NEW = {"username": "chen", "name": "陈工", "email": "", "phone": "", "district": "", "firm": ""}
PAGES = (
    "/office/people/",
    "/office/people/new/",
    "/office/people/{user}/",
    "/office/organisations/",
    "/office/organisations/{bureau}/",
    "/office/packs/",
    "/office/settings/",
    "/office/backup/",
)


@pytest.fixture
def browser(signed_in):
    return signed_in("administrator")


def where(url: str, city) -> str:
    return url.format(user=city.users["analyst"].pk, bureau=city.bureau.pk)


@pytest.mark.parametrize("url", PAGES)
def test_only_an_administrator_comes_in(city, signed_in, url):
    answers = {role: signed_in(role).get(where(url, city)).status_code for role in Role.values}

    assert answers == {role: 200 if role == Role.ADMINISTRATOR else 403 for role in Role.values}


@pytest.mark.parametrize("url", PAGES)
def test_the_english_page_is_english(city, browser, url):
    Organisation.objects.update(name="An invented office")
    page = browser.get(where(url, city), {"lang": "en"}).content.decode()

    body = re.sub(r"<code>.*?</code>|中文|<textarea.*?</textarea>", "", page, flags=re.S)
    assert not re.search(r"[㐀-鿿]", body)
    assert page.count("<h1") == 1
    assert " style=" not in page


def test_a_person_is_added_with_a_role_and_a_link_that_is_shown_once(city, browser):
    given = {**NEW, "role": Role.EXPERT, "organisation": city.bureau.pk}

    page = browser.post("/office/people/new/", given, follow=True).content.decode()

    user = User.objects.get(username="chen")
    assert user.roles == {Role.EXPERT}
    assert not user.has_usable_password()
    link = re.search(r'readonly value="([^"]+)"', page)[1]
    assert "/accounts/start/" in link
    assert "/accounts/start/" not in browser.get(f"/office/people/{user.pk}/").content.decode()


def test_a_person_of_a_firm_is_found_by_its_credit_code(city, browser):
    given = {**NEW, "role": Role.FIRM, "firm": city.firms[0].key.lower()}
    assert browser.post("/office/people/new/", given).status_code == 302
    assert User.objects.get(username="chen").held[0].organisation == city.firms[0]

    given = {**NEW, "username": "li", "role": Role.FIRM, "firm": "nowhere"}
    assert "没有这家企业" in browser.post("/office/people/new/", given).content.decode()
    assert not User.objects.filter(username="li").exists()


def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_kept(city, browser):
    given = {**NEW, "username": "analyst", "role": Role.EXPERT, "organisation": city.bureau.pk}
    assert "已有人使用" in browser.post("/office/people/new/", given).content.decode()

    accounts_before = User.objects.count()
    provider = Organisation.objects.create(key="p1", name="服务商一")
    provider.kinds.create(kind=Kind.PROVIDER)
    given = {**NEW, "role": Role.AUDITOR, "organisation": provider.pk}
    assert "不能担任审计员" in browser.post("/office/people/new/", given).content.decode()
    assert User.objects.count() == accounts_before


def test_roles_are_given_and_ended_on_the_page_of_a_person(city, browser):
    analyst = city.users["analyst"]
    given = {"role": Role.ADMINISTRATOR, "organisation": city.bureau.pk, "district": ""}
    browser.post(f"/office/people/{analyst.pk}/role/", given)
    held = Membership.objects.get(user=analyst, role=Role.ADMINISTRATOR)

    page = browser.post(f"/office/roles/{held.pk}/end/", follow=True).content.decode()

    held.refresh_from_db()
    assert held.ended_at is not None
    assert "角色已结束" in page
    own = Membership.objects.get(user=city.users["administrator"])
    assert browser.post(f"/office/roles/{own.pk}/end/").status_code == 422
    told = Entry.objects.filter(subject="user:analyst").values_list("action", flat=True)
    assert list(told) == ["role.give", "role.end"]


def test_an_account_is_switched_off_and_on_and_its_second_factor_reset(city, browser):
    expert = city.users["expert"]
    browser.post(f"/office/people/{expert.pk}/second-factor/")
    browser.post(f"/office/people/{expert.pk}/switch/", {"on": "0"})
    expert.refresh_from_db()
    assert not expert.is_active

    browser.post(f"/office/people/{expert.pk}/switch/", {"on": "1"})

    expert.refresh_from_db()
    assert expert.is_active
    told = Entry.objects.filter(subject="user:expert").values_list("action", flat=True)
    assert list(told) == ["account.second_factor_reset", "account.off", "account.on"]


def test_the_list_of_people_asks_no_more_of_many_than_of_few(city, browser):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert browser.get("/office/people/").status_code == 200
        return len(counted)

    few = queries()
    for number in range(40):
        user = accounts.add_person(f"n{number}", name="甲", by=city.users["administrator"])
        accounts.give_role(user, city.bureau, Role.EXPERT, by=city.users["administrator"])

    assert queries() <= few


def test_people_are_found_by_name_and_role(city, browser):
    page = browser.get("/office/people/", {"q": "audi"}).content.decode()
    assert ">auditor<" in page
    assert ">expert<" not in page
    assert ">other_firm<" not in browser.get("/office/people/").content.decode()
    assert ">other_firm<" in browser.get("/office/people/", {"role": "firm"}).content.decode()


def test_an_organisation_is_added_and_corrected_and_a_firm_is_not_touched_here(city, browser):
    given = {"key": "inst-7", "name": "智能制造研究所", "kinds": [Kind.INSTITUTE], "district": ""}
    browser.post("/office/organisations/", given)
    one = Organisation.objects.get(key="inst-7")
    browser.post(
        f"/office/organisations/{one.pk}/", {**given, "kinds": [Kind.INSTITUTE, Kind.PROVIDER]}
    )

    assert set(one.kinds.values_list("kind", flat=True)) == {Kind.INSTITUTE, Kind.PROVIDER}
    assert browser.get(f"/office/organisations/{city.firms[0].pk}/").status_code == 404
    again = browser.post("/office/organisations/", {**given, "name": "另一家"}).content.decode()
    assert "已属于另一机构" in again
    wrong = browser.post(
        "/office/organisations/", {**given, "key": "91110000600037342L"}
    ).content.decode()
    assert "校验位不符" in wrong


def test_settings_have_types_defaults_and_a_history(city, browser):
    assert setting.value("reminder_days") == [7, 14, 21]
    given = {**setting.values(), "reminder_days": "5，10", "bureau_name_zh": "工信局"}

    browser.post("/office/settings/", given)

    assert setting.value("reminder_days") == [5, 10]
    assert setting.text("bureau_name").en == "工信局"
    assert set(Setting.objects.values_list("name", flat=True)) == {
        "reminder_days",
        "bureau_name_zh",
    }
    entry = Entry.objects.get(subject="setting:reminder_days")
    assert entry.facts == {"before": [7, 14, 21], "after": [5, 10]}


def test_rounds_past_the_time_that_answers_are_kept_are_listed(city, browser):
    city.round.state, city.round.frozen_at = "frozen", timezone.now() - dt.timedelta(days=70)
    city.round.save()
    assert "已过保存期限" not in browser.get("/office/settings/").content.decode()

    Setting.objects.create(name="retention_months", value=2)

    assert "已过保存期限" in browser.get("/office/settings/").content.decode()


@pytest.mark.parametrize("days", ["14, 7", "seven", "0", "7, 7", "400"])
def test_a_setting_that_makes_no_sense_is_refused_beside_its_field(city, browser, days):
    given = {**setting.values(), "reminder_days": days}

    response = browser.post("/office/settings/", given)

    assert response.status_code == 422
    assert 'id="id_reminder_days_error"' in response.content.decode()
    assert not Setting.objects.exists()


def test_a_test_mail_comes_from_the_sender_that_is_set(city, browser):
    setting.change({"mail_sender": "round@example.org"}, by=city.users["administrator"])

    page = browser.post("/office/settings/mail/", {"to": "a@example.org"}, follow=True)

    assert [(m.from_email, m.to) for m in mail.outbox] == [("round@example.org", ["a@example.org"])]
    assert "测试邮件已交给邮件服务器" in page.content.decode()


def test_without_a_mail_server_it_says_what_to_set(city, browser, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = ""

    page = browser.post("/office/settings/mail/", {"to": "a@example.org"}, follow=True)

    assert "TAJI_SMTP_HOST" in page.content.decode()


def test_a_backup_is_made_listed_and_handed_out(city, browser, settings, monkeypatch):
    made: list[str] = []
    monkeypatch.setattr(
        "taji.web.office.backup.back_up", lambda path, *, home: made.append(path.name)
    )
    page = browser.post("/office/backup/make/", follow=True).content.decode()
    assert "备份已开始" in page
    keep_backup.func("taji-20261125-120000.zip")
    assert made == ["taji-20261125-120000.zip"]

    folder = settings.HOME / "backups"
    folder.mkdir()
    (folder / "taji-20261125-120000.zip").write_bytes(b"PK")
    (folder / "taji-20261125-120000.zip.part").write_bytes(b"PK")
    assert "taji-20261125-120000.zip" in browser.get("/office/backup/").content.decode()
    answer = browser.get("/office/backup/taji-20261125-120000/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == b"PK"
    assert browser.get("/office/backup/taji-20261125-999999/").status_code == 404
    assert list(
        Entry.objects.filter(action__startswith="backup.").values_list("action", flat=True)
    ) == ["backup.make", "backup.download"]


def test_a_district_is_called_by_its_name_not_by_its_code_alone(city, signed_in):
    page = signed_in("administrator").get("/office/people/new/").content.decode()

    assert "430211 天元区" in page


def test_pages_about_people_name_districts_in_the_readers_language(city, signed_in):
    add_user("of_district", city.bureau, Role.ANALYST, district="430211")
    browser = signed_in("administrator")

    for language, name in (("zh", "天元区"), ("en", "Tianyuan District")):
        page = browser.get("/office/people/", {"lang": language}).content.decode()
        assert (name in page, "430211" in page) == (True, False)
