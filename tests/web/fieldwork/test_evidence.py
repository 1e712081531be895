"""Evidence is kept by what it is, and shown to those who may see it."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.conftest import put_away
from tests.web.fieldwork.conftest import photo, second_expert

from taji.web.fieldwork.assigning import choose
from taji.web.fieldwork.evidence import LIMIT, EvidenceError, kind_of
from taji.web.fieldwork.models import Evidence


def _office(part: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


def _add(browser, held, item="q2", note="", **files):
    return browser.post(
        f"/visits/assignments/{held.pk}/sheet/?section=sme2024.base",
        {f"note:{item}": note, **{f"file:{item}": one for one in files.values()}},
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (photo(), "image/jpeg"),
        (photo(kind="PNG"), "image/png"),
        (photo(kind="WEBP"), "image/webp"),
        (b"%PDF-1.4\n1 0 obj\n%%EOF\n", "application/pdf"),
        (_office("xl/workbook.xml"), "spreadsheetml.sheet"),
        (_office("word/document.xml"), "wordprocessingml.document"),
    ],
    ids=["jpeg", "png", "webp", "pdf", "xlsx", "docx"],
)
def test_the_type_is_told_by_content(content, kind):
    assert kind_of(content, "anything.exe").endswith(kind)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00 a program",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<html><script>1</script></html>",
        photo()[:-200],
        b"\xff\xd8\xff" + b"no picture",
        b"%PDF-1.4 cut off",
        _office("any/other.xml"),
        _office("xl/workbook.xml", "xl/vbaProject.bin"),
        b"PK\x03\x04 no archive",
    ],
    ids=[
        *("empty", "program", "svg", "html", "cut photo", "false photo", "cut pdf"),
        *("zip", "macros", "false zip"),
    ],
)
def test_what_is_no_evidence_is_refused_in_both_languages(content):
    with pytest.raises(EvidenceError) as caught:
        kind_of(content, "photo.jpg")

    assert "photo.jpg" in caught.value.render("zh")
    assert caught.value.render("en").endswith(".")


def test_a_photo_is_kept_as_it_came_with_its_digest(assigned, signed_in):
    content = photo()
    _add(
        signed_in("expert"),
        assigned,
        note="三号车间的数控机床",
        file=SimpleUploadedFile("C:\\车间\\机床.jpg", content, "text/html"),
    )

    kept = Evidence.objects.get()
    with kept.file.open("rb") as stream:
        assert stream.read() == content
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert (kept.name, kept.kind, kept.item) == ("机床.jpg", "image/jpeg", "q2")
    assert "机床" not in kept.file.name
    assert kept.note == "三号车间的数控机床"


def test_evidence_that_is_refused_is_told_on_the_page_and_nothing_is_kept(assigned, signed_in):
    answer = _add(signed_in("expert"), assigned, file=SimpleUploadedFile("a.jpg", b"MZ program"))

    assert answer.status_code == 422
    assert "JPEG、PNG、WebP" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_file_too_large_is_refused_by_its_size(assigned, signed_in, settings):
    settings.UPLOAD_LIMIT = 1_000_000
    large = SimpleUploadedFile("a.pdf", b"%PDF-" + b"0" * 1_000_001)

    assert _add(signed_in("expert"), assigned, file=large).status_code == 422
    assert LIMIT > settings.UPLOAD_LIMIT
    assert not Evidence.objects.exists()


def test_evidence_is_an_attachment_for_its_expert_the_analyst_and_the_auditor_alone(
    assigned, handed_in, signed_in
):
    _add(signed_in("expert"), assigned, file=SimpleUploadedFile("机床.jpg", photo()))
    handed_in.users["expert2"] = second_expert(handed_in)
    choose(
        handed_in.cases[0],
        handed_in.users["expert2"],
        due_on=None,
        by=handed_in.users["analyst"],
    )
    address = f"/visits/evidence/{Evidence.objects.get().pk}/"

    for role in ("expert", "analyst", "auditor"):
        answer = signed_in(role).get(address)
        put_away(answer)
        assert answer.status_code == 200, role
        name = "filename*=utf-8''%E6%9C%BA%E5%BA%8A.jpg"
        assert answer.headers["Content-Disposition"] == f"attachment; {name}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "image/jpeg"
    assert signed_in("expert2").get(address).status_code == 404
    for role in ("firm", "other_firm", "provider", "administrator"):
        assert signed_in(role).get(address).status_code == 403, role


def test_removed_evidence_is_shown_no_more_but_its_row_and_bytes_stay(assigned, signed_in):
    browser = signed_in("expert")
    _add(browser, assigned, file=SimpleUploadedFile("机床.jpg", photo()))
    kept = Evidence.objects.get()

    browser.post(
        f"/visits/assignments/{assigned.pk}/sheet/?section=sme2024.base", {"remove": kept.pk}
    )

    kept.refresh_from_db()
    assert kept.removed_at is not None
    assert kept.file.storage.exists(kept.file.name)
    assert browser.get(f"/visits/evidence/{kept.pk}/").status_code == 404


def test_a_note_alone_is_evidence_too(assigned, signed_in):
    _add(signed_in("expert"), assigned, note="现场未见联网设备")

    assert Evidence.objects.get().note == "现场未见联网设备"
