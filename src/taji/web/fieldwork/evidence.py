"""Keep a photo, a file or a note behind an expert's answer.

Decides what may be kept: by size and by content, whatever the name says. The bytes are kept as they
came, so that their digest still proves them. Does not decide who may see them (``rules``).
"""

from __future__ import annotations

import hashlib
import io
import secrets
import warnings
import zipfile
from typing import ClassVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.web.answering.models import Sheet
from taji.web.audit.log import record
from taji.web.fieldwork.models import Evidence
from taji.web.people.models import User

__all__ = ["ENDINGS", "LIMIT", "EvidenceError", "add_evidence", "kind_of", "remove_evidence"]

#: Largest photo or file; a phone's photo has some 5 MB. [bytes]
LIMIT = 20 * 1024 * 1024
#: Largest picture that is opened to see whether it is one. [pixels]
PIXELS = 80_000_000
#: Types that are kept, and the ending each is given.
ENDINGS: dict[str, str] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_FORMATS = ("JPEG", "PNG", "WEBP")
#: MPO is what some phones make of a JPEG: the same file with a second picture behind it.
_IMAGES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
_OFFICE = {
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
#: How many bytes of a PDF's end hold its mark. [bytes]
TAIL = 1024

NOTHING = Text(zh="没有文件，也没有说明", en="there is neither a file nor a note")
EMPTY = Text(zh="文件是空的", en="the file is empty")
UNKNOWN = Text(
    zh="内容不是可接受的类型。可用：照片（JPEG、PNG、WebP）、PDF、XLSX、DOCX",
    en="its content is of no accepted type; use a photo (JPEG, PNG, WebP), PDF, XLSX or DOCX",
)
BROKEN = Text(zh="照片已损坏，无法打开，请重新拍摄", en="the photo is damaged; take it again")
MACROS = Text(zh="文件含有宏，请另存为不含宏的文件", en="it holds macros; save it without them")


class EvidenceError(TajiError):
    """What was brought as evidence is not kept."""

    code = "web.evidence"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "凭证“{name}”没有保存：{reason}。",
        "en": "{name!r} is not kept as evidence: {reason}.",
    }


def kind_of(content: bytes, name: str) -> str:
    """Return the type of a file, told by its content.

    Raises
    ------
    EvidenceError
        If it is none that is kept.
    """
    if not content:
        raise EvidenceError(name=name, reason=EMPTY)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-TAIL:]:
        return "application/pdf"
    if content.startswith(b"PK\x03\x04"):
        return _office(content, name)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")):
        return _image(content, name)
    raise EvidenceError(name=name, reason=UNKNOWN)


def _office(content: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise EvidenceError(name=name, reason=UNKNOWN) from error
    if any(part.endswith("vbaProject.bin") for part in parts):
        raise EvidenceError(name=name, reason=MACROS)
    for part, kind in _OFFICE.items():
        if part in parts and "[Content_Types].xml" in parts:
            return kind
    raise EvidenceError(name=name, reason=UNKNOWN)


def _image(content: bytes, name: str) -> str:
    """The type of a picture that opens from its first pixel to its last."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                if picture.width * picture.height > PIXELS:
                    raise EvidenceError(name=name, reason=BROKEN)
                picture.load()
                return _IMAGES[str(picture.format)]
    except (
        *(OSError, SyntaxError, ValueError),
        *(Image.DecompressionBombWarning, Image.DecompressionBombError),
    ) as error:
        raise EvidenceError(name=name, reason=BROKEN) from error


def add_evidence(
    sheet: Sheet, item: str, *, by: User, note: str = "", upload: UploadedFile | None = None
) -> Evidence:
    """Keep one piece of evidence behind an answer.

    Raises
    ------
    EvidenceError
        If there is nothing, too much of it, or a file of a type that is not kept.
    """
    name = _clean(upload.name or "") if upload is not None else ""
    if upload is None and not note.strip():
        raise EvidenceError(name=name, reason=NOTHING)
    content, kind = b"", ""
    if upload is not None:
        content = _read(upload, name)
        kind = kind_of(content, name)
    made = Evidence(
        sheet=sheet,
        item=item,
        note=note.strip(),
        name=name,
        kind=kind,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest() if content else "",
        by=by,
    )
    with transaction.atomic():
        if content:
            made.file.save(secrets.token_hex(16) + ENDINGS[kind], ContentFile(content), save=False)
        made.save()
        _log("fieldwork.evidence", made, by, kind=kind, size=made.size, sha256=made.sha256)
    return made


def _read(upload: UploadedFile, name: str) -> bytes:
    limit = min(LIMIT, settings.UPLOAD_LIMIT)
    if (upload.size or 0) > limit:
        reason = Text(
            zh=f"超过 {limit // 1024**2} MB，请压缩或分成几个文件",
            en=f"it is larger than {limit // 1024**2} MB; compress or split it",
        )
        raise EvidenceError(name=name, reason=reason)
    return upload.read()


def _clean(name: str) -> str:
    """A file's name without its folders and without what cannot be printed."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-200:] or "file"


@transaction.atomic
def remove_evidence(evidence: Evidence, *, by: User) -> None:
    """Take evidence back: it is shown no more; the row and the bytes stay for the auditor."""
    held = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
    if held.removed_at is None:
        held.removed_at = timezone.now()
        held.save(update_fields=["removed_at"])
        _log("fieldwork.evidence_removed", held, by, sha256=held.sha256)


def _log(action: str, evidence: Evidence, by: User, **facts: object) -> None:
    record(
        action,
        actor=by,
        subject=f"case:{evidence.sheet.case_id}",
        evidence=evidence.pk,
        item=evidence.item,
        **facts,
    )
