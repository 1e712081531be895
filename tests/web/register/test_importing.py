"""A file of firms comes into the register."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.registers import HEAD, file_of, key, rows

from taji.web.audit.models import Entry
from taji.web.people.models import Kind, Organisation, OrganisationKind
from taji.web.register import importing
from taji.web.register.jobs import apply_import, read_import
from taji.web.register.models import Change, RegisterImport
from taji.web.rounds.models import Contact
from taji.web.uploads import UploadKindError, UploadSizeError, keep_table

State = RegisterImport.State


def begin(city, content: bytes, name: str = "名录.csv") -> RegisterImport:
    kept = keep_table(SimpleUploadedFile(name, content), "register")
    return importing.begin(kept, by=city.users["analyst"])


def read(city, content: bytes, name: str = "名录.csv") -> RegisterImport:
    its = begin(city, content, name)
    read_import.func(its.pk)
    its.refresh_from_db()
    return its


def take(city, content: bytes, *, whole: bool = False) -> RegisterImport:
    its = read(city, content)
    importing.confirm(its, whole=whole, by=city.users["analyst"])
    apply_import.func(its.pk)
    its.refresh_from_db()
    return its


def refused(its: RegisterImport, language: str = "zh") -> pl.DataFrame:
    file = its.refusals if language == "zh" else its.refusals_en
    return pl.read_csv(Path(file.path))


def test_a_file_is_shown_before_anything_changes(city):
    before = Organisation.objects.count()

    its = read(city, file_of(list(rows(5))))

    assert (its.state, its.read, its.accepted, its.added) == (State.READ, 5, 5, 5)
    assert its.left == 3  # the firms of the city are not in the file
    assert Organisation.objects.count() == before


def test_firms_come_with_codes_attributes_and_contact(city):
    take(city, file_of(list(rows(5))))

    firm = Organisation.objects.get(key=key(1))
    assert (firm.name, firm.industry, firm.district, firm.size) == (
        "虚构1厂",
        "37",
        "430204",
        "micro",
    )
    assert firm.attributes == {"从业人员": "6"}
    contact = firm.contacts.get()
    assert (contact.email, contact.phone, contact.source) == (
        "firm1@example.com",
        "13800000001",
        Contact.Source.REGISTER,
    )
    assert firm.kinds.get().kind == Kind.MANUFACTURER


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_may_come_in_the_encodings_of_offices(city, encoding):
    assert read(city, file_of(list(rows(3)), encoding=encoding)).accepted == 3


def test_nothing_is_silently_dropped(city):
    good, unnamed, false_key, bad_codes, twice = rows(5)
    unnamed[1] = ""
    false_key[0] = false_key[0][:-1] + ("0" if false_key[0][-1] != "0" else "1")
    bad_codes[2], bad_codes[3], bad_codes[7] = "9999", "火星区", "不是邮箱"
    twice[0] = good[0]

    its = read(city, file_of([good, unnamed, false_key, bad_codes, twice]))

    assert (its.read, its.accepted, its.refused_rows) == (5, 2, 3)
    listed = {(r["row"], r["column"]): r["reason"] for r in refused(its).iter_rows(named=True)}
    assert set(listed) == {
        (3, "企业名称"),
        (4, "统一社会信用代码"),
        (5, "行业"),
        (5, "县市区"),
        (5, "邮箱"),
        (6, "统一社会信用代码"),
    }
    assert "校验" in listed[4, "统一社会信用代码"]
    assert refused(its, "en")["reason"].str.contains("[a-z]").all()


def test_a_refused_cell_is_no_formula_in_the_list_of_refusals(city):
    row = next(rows(1))
    row[2] = "=HYPERLINK(1)"

    its = read(city, file_of([row]))

    assert refused(its)["value"].to_list() == ["'=HYPERLINK(1)"]


def test_what_a_file_leaves_blank_stays_and_what_it_says_is_kept_with_the_change(city):
    take(city, file_of(list(rows(1))))
    firm = Organisation.objects.get(key=key(0))
    Organisation.objects.filter(pk=firm.pk).update(attributes={"从业人员": "5", "园区": "高新"})
    row = next(rows(1))
    row[1], row[2], row[5] = "虚构新名厂", "", "77"

    its = take(city, file_of([row]))

    firm.refresh_from_db()
    assert (its.added, its.changed, its.same) == (0, 1, 0)
    assert (firm.name, firm.industry) == ("虚构新名厂", "34")
    assert firm.attributes == {"从业人员": "77", "园区": "高新"}
    change = Change.objects.get(organisation=firm)
    assert change.fields == {"name": ["虚构0厂", "虚构新名厂"], "从业人员": ["5", "77"]}


def test_the_same_file_again_changes_nothing(city):
    content = file_of(list(rows(4)))
    take(city, content)

    its = take(city, content)

    assert (its.added, its.changed, its.same) == (0, 0, 4)
    assert not Change.objects.exists()


def test_firms_leave_the_register_only_where_the_file_is_said_to_be_the_whole_of_it(city):
    take(city, file_of(list(rows(3))))
    take(city, file_of(list(rows(2))))
    assert Organisation.objects.get(key=key(2)).listed

    its = take(city, file_of(list(rows(2))), whole=True)

    assert its.left == 4
    assert not Organisation.objects.get(key=key(2)).listed
    assert Organisation.objects.get(key="bureau").listed, "no firm, so none of the register's"
    take(city, file_of(list(rows(3))))
    assert Organisation.objects.get(key=key(2)).listed, "it came back"


def test_what_a_firm_or_the_bureau_said_about_contacts_survives_an_import(city):
    take(city, file_of(list(rows(1))))
    firm = Organisation.objects.get(key=key(0))
    Contact.objects.create(organisation=firm, email="own@example.com", source="firm")
    row = next(rows(1))
    row[7] = "new@example.com"

    take(city, file_of([row]))

    assert set(firm.contacts.values_list("email", "source")) == {
        ("own@example.com", "firm"),
        ("new@example.com", "register"),
    }


def test_an_organisation_that_helps_may_turn_out_to_be_a_firm_too(city):
    helper = Organisation.objects.create(key=key(0), name="服务商", attributes={"a": "b"})
    OrganisationKind.objects.create(organisation=helper, kind=Kind.PROVIDER)

    its = take(city, file_of(list(rows(1))))

    helper.refresh_from_db()
    assert its.added == 1
    assert helper.attributes == {"a": "b", "从业人员": "5"}
    assert {k.kind for k in helper.kinds.all()} == {Kind.PROVIDER, Kind.MANUFACTURER}


def test_a_job_that_died_in_the_middle_goes_on_where_it_was(city, monkeypatch):
    monkeypatch.setattr(importing, "PART", 10)
    its = read(city, file_of(list(rows(35))))
    importing.confirm(its, whole=False, by=city.users["analyst"])
    write, parts = importing._write, []

    def failing(part, known, one):
        if len(parts) == 2:
            raise RuntimeError
        parts.append(part)
        write(part, known, one)

    monkeypatch.setattr(importing, "_write", failing)
    with pytest.raises(RuntimeError):
        apply_import.func(its.pk)
    its.refresh_from_db()
    assert (its.state, its.written) == (State.FAILED, 20)

    monkeypatch.setattr(importing, "_write", write)
    apply_import.func(its.pk)

    its.refresh_from_db()
    assert (its.state, its.written) == (State.DONE, 35)
    assert Organisation.objects.filter(key__startswith="91430200MA0").count() == 35
    assert Contact.objects.count() == 35


def test_a_file_that_is_no_register_is_refused_in_both_languages(city):
    its = read(city, b"a,b\n1,2\n")

    assert its.state == State.REFUSED
    assert set(its.problem) == {"zh", "en"}


def test_a_file_called_otherwise_or_too_large_is_not_kept(settings):
    with pytest.raises(UploadKindError):
        keep_table(SimpleUploadedFile("a.exe", b"MZ"), "register")
    settings.UPLOAD_LIMIT = 10
    with pytest.raises(UploadSizeError):
        keep_table(SimpleUploadedFile("a.csv", b"x" * 11), "register")


def test_who_imported_what_is_in_the_log(city):
    its = take(city, file_of(list(rows(2))), whole=True)

    actions = dict(Entry.objects.filter(subject=f"import:{its.pk}").values_list("action", "facts"))
    assert set(actions) == {"register.upload", "register.import", "register.imported"}
    assert actions["register.import"]["whole"] is True
    assert actions["register.imported"]["added"] == 2


def test_a_thousand_firms_take_few_queries(city, django_assert_max_num_queries):
    its = read(city, file_of(list(rows(1_000))))
    importing.confirm(its, whole=False, by=city.users["analyst"])

    with django_assert_max_num_queries(120):
        apply_import.func(its.pk)


def test_five_thousand_firms_come_in(city):
    its = take(city, file_of(list(rows(5_000))))

    assert (its.state, its.added) == (State.DONE, 5_000)


@pytest.mark.skipif("TAJI_LARGE" not in os.environ, reason="a minute of work: set TAJI_LARGE")
def test_a_hundred_thousand_firms_come_in(city):
    its = take(city, file_of(list(rows(100_000))))

    assert (its.state, its.added, its.written) == (State.DONE, 100_000, 100_000)


def test_the_head_of_a_register_is_told_in_either_language(city):
    english = ["uscc", "name", "industry", "district", "size", *HEAD[5:]]

    assert read(city, file_of(list(rows(2)), head=english)).accepted == 2
