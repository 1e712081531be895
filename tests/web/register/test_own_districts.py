"""Another city brings the codes of its own districts as packs; no code is edited for it."""

from __future__ import annotations

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.office.conftest import own_packs
from tests.web.register.test_importing import take

from taji.catalogue.load import questionnaire
from taji.desk.joining import read_firms
from taji.desk.request import PortraitRequest
from taji.store.manifest import pack_root
from taji.web.office import packs
from taji.web.people.models import Organisation
from taji.web.register.coding import enrolment_in_use, label
from taji.web.register.looking import Wanted, export_frame, firms
from taji.web.rounds.strata import stratum_label

__all__ = ["own_packs"]

DISTRICTS = """
id: changsha_districts
version: "1.0"
title: {zh: 长沙市县级行政区, en: Districts of Changsha}
source: [invented for this test]
confidence: assumption
entries:
  - {code: "430104", label: {zh: 岳麓区, en: Yuelu District}, aliases: [岳麓]}
  - {code: "430105", label: {zh: 开福区, en: Kaifu District}}
"""
ENROLMENT = (pack_root() / "enrolment" / "register.yaml").read_text(encoding="utf-8")
FILE = "企业编号,单位名称,所属街区,规模\nA-1,虚构一厂,岳麓,小型\nA-2,虚构二厂,天元区,小型\n"


def bring(text: str, *, by, activate: bool = True):
    pack = packs.take(SimpleUploadedFile("pack.yaml", text.encode()), by=by)
    if activate:
        packs.activate(pack, by=by)
    return pack


def enrolment(version: str = "1.1") -> str:
    """The library's pack with another city's districts and one more heading for them."""
    text = ENROLMENT.replace('version: "1.0"', f'version: "{version}"', 1)
    text = text.replace("register: zhuzhou_districts", 'register: "changsha_districts@1.0"')
    return text.replace("aliases: [县市区,", "aliases: [所属街区, 县市区,")


@pytest.fixture
def changsha(city, own_packs):
    """The city's own districts, brought by its administrator."""
    by = city.users["administrator"]
    bring(DISTRICTS, by=by)
    return bring(enrolment(), by=by)


def test_a_file_of_firms_is_read_by_the_districts_that_the_city_brought(city, changsha):
    its = take(city, FILE.encode())

    assert Organisation.objects.get(key="A-1").district == "430104"
    assert Organisation.objects.get(key="A-2").district == ""  # a district of another city
    assert its.refused == 1


def test_every_page_calls_the_districts_by_their_own_names(city, changsha, signed_in):
    take(city, FILE.encode())
    analyst = signed_in("analyst")

    for language, name in (("zh", "岳麓区"), ("en", "Yuelu District")):
        asked = {"lang": language, "district": "430104"}
        page = analyst.get("/register/", asked).content.decode()
        assert page.count(name) == 2  # to narrow by, and of the firm
        assert "虚构一厂" in page
    assert stratum_label(["district", "size"], "430104|small").zh == "岳麓区 · 小型"


def test_the_portrait_of_such_a_city_reads_its_register_and_vouches_for_the_packs(
    city, changsha, tmp_path
):
    take(city, FILE.encode())
    path = tmp_path / "register.parquet"
    wanted = Wanted(codes={"district": "430104"})
    export_frame(firms(city.users["analyst"], wanted)).write_parquet(path)

    read = read_firms(path, questionnaire("sme2024"), enrolment_in_use())
    request = PortraitRequest(answers=path, questionnaire="sme2024", enrolment=enrolment_in_use())

    assert read.table["district"].to_list() == ["430104"]
    assert (read.unread, pl.read_parquet(path)["district"].to_list()) == (0, ["430104"])
    assert read_firms(path, questionnaire("sme2024")).unread == 1
    assert {
        "pack questionnaires/register@1.1",
        "pack registers/changsha_districts@1.0",
    } <= request.inputs.keys()


def test_a_pack_that_is_retired_leaves_the_librarys_in_its_place(city, changsha):
    assert label("district", "430104").en == "Yuelu District"

    packs.retire(changsha, by=city.users["administrator"])

    assert enrolment_in_use() is None
    assert label("district", "430211").en == "Tianyuan District"


def test_what_is_understood_of_a_register_is_no_questionnaire_to_ask(city, changsha):
    assert "register" not in packs.names(packs.QUESTIONNAIRES)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("required: true", "required: false", "`name`"),
        ("changsha_districts@1.0", "changsha_districts@9.9", "changsha_districts@9.9"),
    ],
)
def test_a_pack_that_could_not_be_used_is_refused(city, own_packs, before, after, said):
    by = city.users["administrator"]
    bring(DISTRICTS, by=by)

    with pytest.raises(packs.UnsoundError) as caught:
        bring(enrolment().replace(before, after), by=by)

    assert any(said in problem.en for problem in caught.value.problems)
