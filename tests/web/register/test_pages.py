"""Pages of the register."""

from __future__ import annotations

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.web.conftest import add_user
from tests.web.registers import file_of, key, rows

from taji.web.people.models import Kind, Organisation, OrganisationKind, Role
from taji.web.register.models import Change, RegisterImport
from taji.web.rounds.models import Contact


@pytest.fixture
def many(city):
    """A few hundred firms more."""
    firms = Organisation.objects.bulk_create(
        Organisation(
            key=row[0],
            name=row[1],
            industry=row[2],
            district=("430211", "430204")[n % 2],
            size="small",
            attributes={"备注": "=1+1"},
        )
        for n, row in enumerate(rows(230))
    )
    OrganisationKind.objects.bulk_create(
        OrganisationKind(organisation=firm, kind=Kind.MANUFACTURER) for firm in firms
    )
    return city


def of_district(city) -> Client:
    """An analyst of the district of firm 1."""
    user = add_user("district", city.bureau, Role.ANALYST, district="430204")
    client = Client(headers={"accept-language": "zh"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_list_goes_page_by_page_through_every_firm_once(many, signed_in):
    browser, seen, query = signed_in("analyst"), [], {}
    while True:
        response = browser.get(reverse("register:list"), query)
        seen += [firm.key for firm, _ in response.context["rows"]]
        if response.context["next"] is None:
            break
        query = {"after": seen[-1]}

    assert len(seen) == len(set(seen)) == 233


def test_the_list_asks_few_questions_of_the_database(
    many, signed_in, django_assert_max_num_queries
):
    browser = signed_in("analyst")
    with django_assert_max_num_queries(9):
        browser.get(reverse("register:list"), {"q": "虚构", "district": "430204"})


def test_a_firm_is_found_by_name_key_or_code(many, signed_in):
    browser = signed_in("analyst")

    def found(**query):
        response = browser.get(reverse("register:list"), query)
        return {firm.key for firm, _ in response.context["rows"]}

    assert found(q="虚构17厂") == {key(17)}
    assert found(q=key(17)) == {key(17)}
    assert found(q="虚构企业", district="430204") == {many.firms[1].key}


def test_the_bureau_itself_is_not_in_the_register(city, signed_in):
    assert "工信局" not in signed_in("analyst").get(reverse("register:list")).content.decode()


def test_an_analyst_of_a_district_sees_its_firms_only(many):
    browser = of_district(many)

    firms = browser.get(reverse("register:list"), {"district": "430211"}).context["rows"]
    theirs = browser.get(reverse("register:firm", args=[many.firms[1].pk]))
    other = browser.get(reverse("register:firm", args=[many.firms[0].pk]))
    text = browser.get(reverse("register:export")).content.decode("utf-8-sig")

    assert (firms, theirs.status_code, other.status_code) == ([], 200, 404)
    assert many.firms[1].key in text
    assert many.firms[0].key not in text


@pytest.mark.parametrize("name", ["imports"])
def test_an_analyst_of_a_district_imports_no_register(city, name):
    assert of_district(city).get(reverse(f"register:{name}")).status_code == 404


def test_the_export_runs_no_formula_and_can_be_imported_again(many, signed_in):
    browser = signed_in("analyst")

    text = browser.get(reverse("register:export")).content
    frame = pl.read_parquet(browser.get(reverse("register:export"), {"as": "parquet"}).content)

    assert "'=1+1" in text.decode("utf-8-sig")
    assert frame.height == 233
    assert frame.columns[:5] == ["enterprise", "name", "industry", "district", "size"]
    assert set(frame["备注"].drop_nulls()) == {"=1+1"}


def test_one_file_from_upload_to_register(city, signed_in):
    browser = signed_in("analyst")
    file = SimpleUploadedFile("r.csv", file_of(list(rows(2))))

    page = browser.post(reverse("register:imports"), {"file": file})
    its = RegisterImport.objects.get()
    assert page.url == reverse("register:import", args=[its.pk])
    from taji.web.register.jobs import apply_import, read_import

    read_import.func(its.pk)
    shown = browser.get(page.url).content.decode()
    assert "确认写入名录" in shown
    browser.post(reverse("register:import_apply", args=[its.pk]))
    apply_import.func(its.pk)

    assert Organisation.objects.filter(key=key(1)).exists()


def test_a_file_that_is_no_table_is_told_beside_the_field(city, signed_in):
    file = SimpleUploadedFile("r.exe", b"MZ")

    page = signed_in("analyst").post(reverse("register:imports"), {"file": file})

    assert page.status_code == 422
    assert "不是可以读取的表格" in page.content.decode()


def test_a_firm_is_corrected_and_the_change_stays_on_record(city, signed_in):
    firm = city.firms[0]
    browser = signed_in("analyst")
    said = {"name": "虚构改名厂", "district": "430204", "industry": "34", "size": "small"}

    browser.post(reverse("register:correct", args=[firm.pk]), said)

    firm.refresh_from_db()
    assert (firm.name, firm.district) == ("虚构改名厂", "430204")
    assert Change.objects.get().fields == {
        "name": ["虚构企业0", "虚构改名厂"],
        "district": ["430211", "430204"],
    }


def test_an_analyst_of_a_district_moves_no_firm_out_of_it(city):
    firm = city.firms[1]
    said = {"name": firm.name, "district": "430211", "industry": "34", "size": "small"}

    page = of_district(city).post(reverse("register:correct", args=[firm.pk]), said)

    firm.refresh_from_db()
    assert (page.status_code, firm.district) == (422, "430204")


def test_a_contact_needs_a_way_to_reach(city, signed_in):
    browser, firm = signed_in("analyst"), city.firms[0]
    there = reverse("register:contact_add", args=[firm.pk])

    empty = browser.post(there, {"name": "李四"})
    browser.post(there, {"name": "李四", "phone": "138"})

    assert empty.status_code == 422
    contact = Contact.objects.get()
    browser.post(reverse("register:contact_remove", args=[contact.pk]))
    assert not Contact.objects.exists()
