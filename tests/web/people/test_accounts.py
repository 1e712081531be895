"""Signing in, second factors, lockouts, and what an administrator may do to accounts."""

from __future__ import annotations

import datetime as dt
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from taji.web.access import Gate, to
from taji.web.audit.models import Entry
from taji.web.people import accounts
from taji.web.people.links import LinkError, choose_password, new_link, open_link
from taji.web.people.models import GUARDED, Membership, Role, SetUp, User

PASSWORD = "xun-lu-2026-qiao"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in(browser: Client, username: str, password: str = PASSWORD, **more: str):
    return browser.post("/accounts/login/", {"login": username, "password": password, **more})


@pytest.fixture
def person(city) -> User:
    user = accounts.add_person("wang", name="王敏", by=city.users["administrator"])
    accounts.give_role(user, city.bureau, Role.ANALYST, by=city.users["administrator"])
    return user


@pytest.fixture
def zh() -> Client:
    return Client(headers={"accept-language": "zh"})


def token_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def test_a_new_person_chooses_a_password_and_a_second_factor_and_is_in(city, person, zh):
    start = "/" + new_link(person, by=city.users["administrator"]).split("/", 3)[3]
    assert "王敏" in zh.get(start).content.decode()
    assert zh.post(start, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302

    assert sign_in(zh, "wang").headers["Location"] == "/accounts/2fa/totp/"
    page = zh.get("/accounts/2fa/totp/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
    assert "data:image/svg+xml" in page
    done = zh.post("/accounts/2fa/totp/", {"code": code_of(secret)})

    assert done.headers["Location"] == "/accounts/2fa/codes/"
    codes = re.findall(r"<code>(\d{8})</code>", zh.get("/accounts/2fa/codes/").content.decode())
    assert len(codes) == 10
    assert zh.get("/register/").status_code == 200
    told = set(Entry.objects.filter(subject="user:wang").values_list("action", flat=True))
    assert {"account.link", "account.password", "account.sign_in"} <= told


@pytest.mark.parametrize("role", sorted(GUARDED))
def test_nobody_of_the_bureau_works_without_a_second_factor(city, role):
    request = RequestFactory().get("/")
    request.user = city.users[role]
    gate, view = Gate(lambda _: HttpResponse()), to(role)(lambda _: HttpResponse())
    assert gate.process_view(request, view, (), {}) is None

    Authenticator.objects.filter(user=request.user).delete()

    response = gate.process_view(request, view, (), {})
    assert response.headers["Location"] == "/accounts/2fa/totp/"


def test_signing_in_asks_for_the_code_of_who_has_one(city, person, zh):
    person.set_password(PASSWORD)
    person.save()
    Authenticator.objects.create(
        user=person, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"}
    )

    assert sign_in(zh, "wang").headers["Location"] == "/accounts/2fa/authenticate/"
    assert zh.get("/office/people/").status_code == 302
    wrong = zh.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "验证码不正确" in wrong.content.decode()
    right = zh.post("/accounts/2fa/authenticate/", {"code": code_of("JBSWY3DPEHPK3PXP")})

    assert right.headers["Location"] == "/"


@pytest.fixture
def counted(settings):
    """Limits as they are outside of tests."""
    settings.AXES_ENABLED = True
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "office_counter",
        }
    }


def test_five_wrong_passwords_lock_the_account_for_half_an_hour(city, person, zh, counted):
    person.set_password(PASSWORD)
    person.save()

    answers = [sign_in(zh, name, "wrong") for name in ("wang", "WANG", " wang", "Wang", "wanG")]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert "锁定" in answers[-1].content.decode()
    assert "Location" not in sign_in(zh, "wang").headers
    assert Entry.objects.filter(action="account.locked", subject="user:wang").exists()
    assert AccessAttempt.objects.get().failures_since_start >= 5


def test_the_lock_of_one_account_locks_no_other_from_the_same_address(city, person, zh, counted):
    for user in (person, city.users["administrator"]):
        user.set_password(PASSWORD)
        user.save()
    for _ in range(5):
        sign_in(zh, "wang", "wrong")

    assert sign_in(zh, "administrator").status_code == 302


def test_the_lock_opens_again(city, person, zh, counted):
    person.set_password(PASSWORD)
    person.save()
    for _ in range(5):
        sign_in(zh, "wang", "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - dt.timedelta(hours=1))
    from django.core.cache import cache

    cache.clear()

    assert sign_in(zh, "wang").status_code == 302


def test_codes_cannot_be_tried_for_ever(city, person, zh, counted):
    person.set_password(PASSWORD)
    person.save()
    secret = "JBSWY3DPEHPK3PXP"
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": secret})
    sign_in(zh, "wang")

    for _ in range(5):
        zh.post("/accounts/2fa/authenticate/", {"code": "000000"})
    right = zh.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert right.status_code == 200
    assert "失败次数过多" in right.content.decode()


def test_behind_a_proxy_the_callers_own_address_is_counted(city, person, zh, counted, settings):
    settings.TRUSTED_PROXIES = 1

    for last in ("9", "10"):
        zh.post(
            "/accounts/login/",
            {"login": "wang", "password": "wrong"},
            headers={"x-forwarded-for": f"203.0.113.1, 198.51.100.{last}"},
        )

    seen = set(AccessAttempt.objects.values_list("ip_address", flat=True))
    assert seen == {"198.51.100.9", "198.51.100.10"}


def test_without_a_proxy_a_caller_cannot_choose_the_address(city, person, zh, counted):
    zh.post(
        "/accounts/login/",
        {"login": "wang", "password": "wrong"},
        headers={"x-forwarded-for": "203.0.113.1"},
    )

    assert AccessAttempt.objects.get().ip_address == "127.0.0.1"


def test_a_set_up_link_works_once_for_a_while_and_until_a_newer_one(city, person):
    by = city.users["administrator"]
    first, second = (token_of(new_link(person, by=by)) for _ in range(2))
    with pytest.raises(LinkError):
        open_link(first)
    assert open_link(second).user == person
    assert second not in str(SetUp.objects.values_list("sha256", flat=True))

    choose_password(second, PASSWORD)
    with pytest.raises(LinkError):
        choose_password(second, PASSWORD)

    third = token_of(new_link(person, by=by))
    SetUp.objects.filter(ended_at=None).update(expires_at=timezone.now())
    with pytest.raises(LinkError):
        open_link(third)


def test_a_dead_link_says_what_to_do(city, zh):
    response = zh.get("/accounts/start/nothing-behind-it/")

    assert response.status_code == 410
    assert "向管理员索取新的链接" in response.content.decode()


def test_a_weak_password_is_refused_beside_the_field(city, person, zh):
    link = "/" + new_link(person, by=city.users["administrator"]).split("/", 3)[3]

    page = zh.post(link, {"password1": "12345678", "password2": "12345678"}).content.decode()

    assert 'id="id_password1_error"' in page
    assert re.search(r'aria-describedby="[^"]*id_password1_error', page)
    assert not User.objects.get(pk=person.pk).has_usable_password()


def test_nobody_raises_themselves(city):
    administrator = city.users["administrator"]

    with pytest.raises(accounts.OwnAccountError):
        accounts.give_role(administrator, city.bureau, Role.ANALYST, by=administrator)
    with pytest.raises(accounts.OwnAccountError):
        accounts.reset_second_factor(administrator, by=administrator)
    with pytest.raises(accounts.OwnAccountError):
        accounts.switch(administrator, on=False, by=administrator)

    assert administrator.memberships.count() == 1


def test_the_last_administrator_stays(city, person):
    administrator = city.users["administrator"]
    own = administrator.memberships.get()
    with pytest.raises(accounts.LastAdministratorError):
        accounts.end_role(own, by=administrator)

    accounts.give_role(person, city.bureau, Role.ADMINISTRATOR, by=administrator)
    accounts.switch(person, on=False, by=administrator)
    with pytest.raises(accounts.LastAdministratorError):
        accounts.end_role(own, by=person)

    accounts.switch(person, on=True, by=administrator)
    accounts.end_role(own, by=person)
    assert Membership.objects.get(pk=own.pk).ended_at is not None


def test_a_role_is_held_where_it_belongs(city, person):
    with pytest.raises(accounts.SeatError) as caught:
        accounts.give_role(
            person, city.firms[0], Role.ADMINISTRATOR, by=city.users["administrator"]
        )

    assert "主管部门" in caught.value.render("zh")
    assert "bureau" in caught.value.render("en")


def test_a_role_is_given_once(city, person):
    by = city.users["administrator"]

    again = accounts.give_role(person, city.bureau, Role.ANALYST, by=by)

    assert person.memberships.get() == again
    assert Entry.objects.filter(action="role.give", subject="user:wang").count() == 1


def test_a_switched_off_account_loses_its_open_session(city, person, zh):
    zh.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert zh.get("/accounts/2fa/").status_code == 200

    accounts.switch(person, on=False, by=city.users["administrator"])

    assert zh.get("/accounts/2fa/").headers["Location"].startswith("/accounts/login/")


def test_a_reset_second_factor_is_set_up_anew_and_told(city, person):
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})

    accounts.reset_second_factor(person, by=city.users["administrator"])

    assert not Authenticator.objects.filter(user=person).exists()
    entry = Entry.objects.get(action="account.second_factor_reset")
    assert (entry.actor, entry.subject, entry.facts) == (
        "administrator",
        "user:wang",
        {"removed": 1},
    )


def test_the_first_administrator_has_a_bureau_and_a_link(db):
    user = accounts.first_administrator("zhang", name="张", bureau="工信局")

    assert user.roles == {Role.ADMINISTRATOR}
    assert open_link(token_of(new_link(user, by=None))).user == user


PAGES = (
    "/accounts/login/",
    "/accounts/inactive/",
    "/accounts/logout/",
    "/accounts/2fa/",
    "/accounts/password/",
    "/accounts/2fa/totp/",
    "/accounts/2fa/totp/off/",
    "/accounts/2fa/codes/",
    "/accounts/2fa/codes/new/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/reauthenticate/",
)
HAN = re.compile(r"[㐀-鿿]")


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_of_an_account_stand_in_our_layout_and_in_one_language(
    city, person, url, language
):
    person.name = "Wang"
    person.set_password(PASSWORD)
    person.save()
    person.memberships.all().delete()
    browser = Client(headers={"accept-language": language})
    if url != "/accounts/login/":
        sign_in(browser, "wang")
        page = browser.get("/accounts/2fa/totp/").content.decode()
        secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
        if url != "/accounts/2fa/totp/":
            browser.post("/accounts/2fa/totp/", {"code": code_of(secret)})

    response = browser.get(url)

    page = response.content.decode()
    assert response.status_code == 200
    assert page.count("<h1") == 1
    assert "taji/taji.css" in page
    assert " style=" not in page
    body = re.sub(r"<code>.*?</code>|中文", "", page[page.index("<main") :])
    assert bool(HAN.search(body)) == (language == "zh")


def test_whoever_came_by_invitation_has_no_password_to_change(city, zh):
    guest = User.objects.create(username="guest")
    guest.set_unusable_password()
    guest.save()
    zh.force_login(guest, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert "没有密码可改" in zh.get("/accounts/password/").content.decode()
    assert "邀请链接就是钥匙" in zh.get("/accounts/2fa/").content.decode()
    for url in PAGES:
        assert zh.get(url).status_code < 500


def test_changing_the_password_is_told_in_the_log(city, person, zh):
    person.set_password(PASSWORD)
    person.save()
    person.memberships.all().delete()
    sign_in(zh, "wang")

    response = zh.post(
        "/accounts/password/",
        {"oldpassword": PASSWORD, "password1": PASSWORD + "-2", "password2": PASSWORD + "-2"},
    )

    assert response.headers["Location"] == "/accounts/2fa/"
    assert Entry.objects.filter(action="account.password", actor="wang").exists()


def test_a_wrong_name_and_a_wrong_password_are_told_alike(city, person, zh):
    person.set_password(PASSWORD)
    person.save()

    told = [
        re.search(r'role="alert">(.*?)</div>', sign_in(zh, name, "wrong").content.decode(), re.S)[1]
        for name in ("wang", "nobody")
    ]

    assert told[0] == told[1]
