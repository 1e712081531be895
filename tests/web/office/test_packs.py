"""Packs of a bureau's own: taken in when sound, switched on when it is known whom they move."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.office.conftest import model_text, zipped

from taji.catalogue.files import pack_file
from taji.catalogue.load import model, questionnaire_of
from taji.store.unreadable import TooLargeError
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.models import Entry
from taji.web.office import packs
from taji.web.office.jobs import compare
from taji.web.office.models import Moved, Pack, Switch
from taji.web.office.switching import ask
from taji.web.office.unpacking import EntryError
from taji.web.publishing.models import Made
from taji.web.rounds.models import Round


@pytest.fixture
def by(city):
    return city.users["administrator"]


def submit(city, number: int, answers: dict[str, object]) -> None:
    sheet: Sheet = city.sheet(number)
    sheet.submission = Submission.objects.create(
        sheet=sheet, number=1, answers=answers, sha256="0" * 64, by=city.users["firm"]
    )
    sheet.save()


SCENARIOS = [
    "product_design", "process_design", "marketing", "after_sales", "planning", "production",
    "quality", "equipment", "safety", "energy", "purchasing", "warehouse", "finance", "hr",
]  # fmt: skip
RUNGS: dict[str, object] = {f"s_{name}": "2" for name in [*SCENARIOS, "office", "decision"]}
#: Half of the points, every scenario at the second rung: level 2 from 40 points, not from 55.
MIDDLING = RUNGS | {
    "q1": ["a", "b"],
    **{f"q{n}": "50" for n in (2, 3, 11)},
    "q4": SCENARIOS[:7],
    "q5": "several",
    "q6": ["policy", "products"],
    "q7": ["policy", "products"],
    "q8": "plan",
    "q9": ["workflow", "itops"],
    "q10": ["people", "post"],
    **{f"q{n}": "flat" for n in (12, 13, 14, 15)},
}
#: All points but those of the scenarios' rungs: level 2 under both.
STRONG = MIDDLING | {
    "q1": ["a", "b", "c", "d"],
    **{f"q{n}": "100" for n in (2, 3, 11)},
    "q4": SCENARIOS,
    "q5": "all",
    "q6": ["policy", "products", "assess", "boundary"],
    "q8": "top",
}


def test_a_sound_model_is_taken_in_with_its_cases_run(city, by, upload):
    pack = packs.take(upload(), by=by)

    assert (pack.kind, pack.name, pack.state) == ("models", "sme2024@1.1", Pack.State.CHECKED)
    assert pack.cases > 3
    assert model("sme2024@1.1").key == "sme2024@1.1"
    assert Entry.objects.get(action="pack.take").facts["sha256"] == pack.sha256


def test_a_single_yaml_is_a_pack_too(city, by):
    text = pack_file("questionnaires", "sme2024").read_text(encoding="utf-8")
    text = text.replace("id: sme2024", "id: own", 1)

    pack = packs.take(SimpleUploadedFile("问卷.yaml", text.encode()), by=by)

    assert (pack.kind, pack.name) == ("questionnaires", "own@1.0")
    packs.activate(pack, by=by)
    assert packs.active("questionnaires") == {"own": "own@1.0"}


def test_a_model_reads_the_bureaus_own_questionnaire(city, by):
    text = pack_file("questionnaires", "sme2024").read_text(encoding="utf-8")
    own = text.replace("id: sme2024", "id: own", 1)
    packs.activate(packs.take(SimpleUploadedFile("own.yaml", own.encode()), by=by), by=by)
    reading = model_text("1.0").replace("id: sme2024", "id: own", 1)
    reading = reading.replace("questionnaire: sme2024", "questionnaire: own", 1)

    pack = packs.take(SimpleUploadedFile("model.yaml", reading.encode()), by=by)

    assert pack.name == "own@1.0"
    assert questionnaire_of("own@1.0").id == "own"


def test_faults_are_listed_by_path_in_both_languages_and_nothing_is_kept(city, by, own_packs):
    broken = model_text("1.1").replace("coverage_min: 0.7", "coverage_min: 7").encode()

    with pytest.raises(packs.UnsoundError) as caught:
        packs.take(SimpleUploadedFile("model.yaml", broken), by=by)

    (first, *_) = caught.value.problems
    assert "coverage_min" in first.zh
    assert "coverage_min" in first.en
    assert str(own_packs) not in first.zh
    assert not Pack.objects.exists()
    assert list(own_packs.iterdir()) == []


def test_a_worked_case_that_fails_refuses_the_model(city, by, upload):
    with pytest.raises(packs.UnsoundError) as caught:
        packs.take(upload(level2=99), by=by)

    assert any(
        "by_hand" in problem.en or "level" in problem.en for problem in caught.value.problems
    )


def test_a_version_never_changes(city, by, upload):
    packs.take(upload(), by=by)

    with pytest.raises(packs.VersionTakenError):
        packs.take(upload(), by=by)


@pytest.mark.parametrize(
    "name",
    ["../evil.yaml", "/etc/evil.yaml", "a/../../evil.yaml", "a\\..\\evil.yaml", "C:evil.yaml"],
)
def test_an_archive_cannot_write_outside(city, by, tmp_path, upload, name):
    with pytest.raises(EntryError):
        packs.take(upload(**{name: "id: evil"}), by=by)

    assert not list(tmp_path.rglob("*evil*"))
    assert not Pack.objects.exists()


def test_an_archive_with_a_link_or_a_program_is_refused(city, by):
    link = zipfile.ZipInfo("model.yaml")
    link.external_attr = 0o120777 << 16
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    for content in (made.getvalue(), zipped({"model.py": "import os"})):
        with pytest.raises(EntryError):
            packs.take(SimpleUploadedFile("x.zip", content), by=by)


def test_an_archive_that_swells_is_refused(city, by):
    dense = b"".join(b"# line %07d of a long list\n" % n for n in range(600_000))
    for content, error in ((dense, EntryError), (b"#" * (17 << 20), TooLargeError)):
        swollen = zipped({"model.yaml": content})
        assert len(swollen) < packs.LIMIT < len(content)
        with pytest.raises(error):
            packs.take(SimpleUploadedFile("x.zip", swollen), by=by)


def test_an_upload_beyond_the_limit_is_refused(city, by):
    with pytest.raises(packs.PackSizeError):
        packs.take(SimpleUploadedFile("x.yaml", b"#" * (packs.LIMIT + 1)), by=by)


def test_a_pack_without_a_head_lists_its_faults_without_the_places_of_the_server(
    city, by, own_packs
):
    with pytest.raises(packs.UnsoundError) as caught:
        packs.take(SimpleUploadedFile("x.yaml", b"nodes: 3"), by=by)

    assert len(caught.value.problems) > 3
    assert not any(str(own_packs) in problem.zh for problem in caught.value.problems)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just words",
        b"a: [1, 2",
        b"\xff\xfe\x00",
        zipped({"a.yaml": "x: 1", "b.yaml": "y: 1"}),
    ],
)
def test_what_is_no_pack_is_refused_in_words(city, by, content):
    with pytest.raises((packs.NoPackError, packs.UnsoundError)):
        packs.take(SimpleUploadedFile("x", content), by=by)


def test_a_model_is_switched_on_only_after_somebody_could_look(city, by, upload):
    pack = packs.take(upload(), by=by)

    with pytest.raises(packs.NotComparedError):
        packs.activate(pack, by=by)


def test_who_would_change_level_is_known_before_the_switch(city, by, upload):
    submit(city, 0, MIDDLING)
    submit(city, 1, STRONG)
    without_cases = SimpleUploadedFile("model.yaml", model_text("1.1", level2=55).encode())
    pack = packs.take(without_cases, by=by)
    switch = ask(pack, by=by)

    compare.func(switch.pk)

    switch.refresh_from_db()
    assert (switch.problem, switch.state, switch.firms) == ({}, Made.DONE, 2)
    assert (switch.changed, switch.up, switch.down) == (1, 0, 1)
    moved = Moved.objects.get()
    assert (moved.enterprise, moved.level_before, moved.level_after) == (
        city.firms[0].key,
        "2",
        "1",
    )
    assert sum(row["firms"] for row in switch.crosstab) == 2

    packs.activate(pack, by=by)
    assert packs.names("models")["sme2024"] == "sme2024@1.1"
    assert Round.objects.get().model_ids == ["sme2024"]


def test_a_comparison_may_run_again(city, by, upload):
    submit(city, 0, MIDDLING)
    pack = packs.take(upload(), by=by)
    switch = ask(pack, by=by)

    compare.func(switch.pk)
    compare.func(switch.pk)

    switch.refresh_from_db()
    assert (switch.state, switch.firms, switch.changed) == (Made.DONE, 1, 0)
    assert Moved.objects.count() == 0


def test_a_new_version_retires_the_one_before_and_keeps_it_readable(city, by, upload):
    first = packs.take(upload("1.1"), by=by)
    compare.func(ask(first, by=by).pk)
    packs.activate(first, by=by)
    second = packs.take(upload("1.2"), by=by)
    compare.func(ask(second, by=by).pk)
    packs.activate(second, by=by)

    first.refresh_from_db()
    assert first.state == Pack.State.RETIRED
    assert packs.active("models") == {"sme2024": "sme2024@1.2"}
    assert model("sme2024@1.1").version == "1.1"

    packs.retire(second, by=by)
    assert packs.names("models")["sme2024"] == "sme2024"


def test_the_pages_lead_from_the_upload_to_the_switch(city, by, signed_in, upload):
    submit(city, 0, MIDDLING)
    browser = signed_in("administrator")
    refused = browser.post("/office/packs/", {"file": SimpleUploadedFile("x.yaml", b"nodes: 3")})
    assert refused.status_code == 422
    assert "[catalogue." in refused.content.decode()

    taken = browser.post("/office/packs/", {"file": upload()}, follow=True)
    assert "已通过检查并接收" in taken.content.decode()
    pack = Pack.objects.get()
    waiting = browser.post(f"/office/packs/{pack.pk}/compare/", follow=True)
    assert 'http-equiv="refresh"' in waiting.content.decode()
    switch = Switch.objects.get()
    compare.func(switch.pk)

    page = browser.get(f"/office/packs/changes/{switch.pk}/").content.decode()
    assert "等级对照" in page
    table = browser.get(f"/office/packs/changes/{switch.pk}/table/")
    assert table.headers["Content-Disposition"].startswith("attachment")
    assert b"enterprise" in b"".join(table.streaming_content)
    done = browser.post(f"/office/packs/{pack.pk}/activate/", follow=True)

    assert "已启用" in done.content.decode()
    listing = browser.get("/office/packs/").content.decode()
    assert "新轮次改用 sme2024@1.1" in listing
