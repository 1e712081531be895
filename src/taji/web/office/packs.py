"""Packs that a bureau brings: taken in when sound, used when switched on, kept for the rounds that used them.

A version never changes once it is taken: it lies in ``files/packs/<kind>/<id>/<version>/`` and is
called ``id@version`` everywhere (``taji.catalogue.files``). Whether a pack is sound is decided by
``taji.desk.modelling.check_packs``; what a new version of a model would change, by
``taji.web.office.switching``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.check import kind_of
from taji.catalogue.load import available, cases_of, questionnaire
from taji.catalogue.problem import PackError
from taji.catalogue.yaml import read
from taji.desk.enrolling import ENROLMENT, faults
from taji.desk.modelling import KINDS, check_packs
from taji.web.audit.log import record
from taji.web.office.models import Pack
from taji.web.office.unpacking import unpack
from taji.web.people.models import User
from taji.web.publishing.models import Made

__all__ = [
    "LIMIT",
    "MODELS",
    "QUESTIONNAIRES",
    "NoPackError",
    "NotComparedError",
    "PackSizeError",
    "UnsoundError",
    "VersionTakenError",
    "activate",
    "active",
    "names",
    "retire",
    "take",
]

#: Largest upload. [bytes]
LIMIT = 4 << 20
MODELS, QUESTIONNAIRES = "models", "questionnaires"


class UnsoundError(TajiError):
    """A pack has faults; ``problems`` holds each, with its path."""

    code = "web.pack_unsound"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "数据包有 {count} 处问题，未接收。请逐条改正后重新上传。",
        "en": "The pack has {count} problem(s) and was not taken. Correct each of them and upload "
        "it again.",
    }

    def __init__(self, problems: Iterable[Text]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(self.problems))


class PackSizeError(TajiError):
    """An upload is larger than any pack."""

    code = "web.pack_size"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{file}”超过 {limit} MB，不是数据包。请只压缩数据包的文件夹。",
        "en": "{file} is larger than {limit} MB and no pack. Pack the folder of the pack alone.",
    }


class NoPackError(TajiError):
    """An upload is no pack, or several."""

    code = "web.pack_none"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{file}”里没有找到唯一的数据包：应为一个 YAML 文件，或一个压缩的文件夹，"
        "其中有 model.yaml（模型）或恰好一个 YAML 文件（其他）。",
        "en": "{file} is not one pack: it should be a YAML file, or a zipped folder with a "
        "model.yaml (a model) or exactly one YAML file (anything else).",
    }


class VersionTakenError(TajiError):
    """This version was taken before; a version never changes."""

    code = "web.pack_version"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{name} 已经接收过。版本一经接收不再改变；请修改 version 后重新上传。",
        "en": "{name} was taken before, and a version never changes. Raise `version` and upload "
        "it again.",
    }


class NotComparedError(TajiError):
    """Nobody has seen yet whom the new version would move."""

    code = "web.pack_not_compared"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "启用模型 {name} 之前，请先查看它会使哪些企业的等级改变。",
        "en": "Before switching {name} on, look at which firms it would move to another level.",
    }


def take(upload: UploadedFile, *, by: User) -> Pack:
    """Check an uploaded pack and keep it, not in use yet.

    Raises
    ------
    PackSizeError, NoPackError, UnsoundError, VersionTakenError
        If it is too large, not one pack, not sound, or a version that is there already.
    EntryError, DamagedError, TooLargeError
        If its archive is not safe.
    """
    if (upload.size or 0) > LIMIT:
        raise PackSizeError(file=upload.name, limit=LIMIT >> 20)
    with _arrived(upload) as folder:
        main, kind, head = _main_file(folder, str(upload.name))
        folder = main.parent
        if kind != MODELS and main.name != f"{head['id']}.yaml":
            main = main.rename(folder / f"{head['id']}.yaml")
        _beside(folder, head)
        checked = check_packs(folder if kind == MODELS else main)
        problems = list(checked.problems)
        if not problems and (kind, head["id"]) == (QUESTIONNAIRES, ENROLMENT):
            problems = list(faults(questionnaire(main)))
        if problems:
            raise UnsoundError(_without(problem, folder) for problem in problems)
        pack = Pack(
            kind=kind,
            pack=head["id"],
            version=head["version"],
            title_zh=head["title"]["zh"],
            title_en=head["title"]["en"],
            cases=len(cases_of(main)) if kind == MODELS else 0,
            folder=f"packs/{kind}/{head['id']}/{head['version']}",
            sha256=_digest(folder),
            by=by,
        )
        _keep(pack, folder)
    return pack


def activate(pack: Pack, *, by: User) -> None:
    """Use a version for new rounds from now on; the one in use before is retired.

    Raises
    ------
    NotComparedError
        If it is a model and nobody looked at whom it would move.
    """
    if pack.kind == MODELS and not pack.switches.filter(state=Made.DONE).exists():
        raise NotComparedError(name=pack.name)
    with transaction.atomic():
        same = Pack.objects.select_for_update().filter(kind=pack.kind, pack=pack.pack)
        for other in same.filter(state=Pack.State.ACTIVE).exclude(pk=pack.pk):
            retire(other, by=by)
        pack.state, pack.activated_at, pack.retired_at = Pack.State.ACTIVE, timezone.now(), None
        pack.save(update_fields=["state", "activated_at", "retired_at"])
        record("pack.activate", actor=by, subject=f"pack:{pack.kind}/{pack.name}")


def retire(pack: Pack, *, by: User) -> None:
    """Use a version no more for new rounds; rounds that were opened with it keep it."""
    with transaction.atomic():
        pack.state, pack.retired_at = Pack.State.RETIRED, timezone.now()
        pack.save(update_fields=["state", "retired_at"])
        record("pack.retire", actor=by, subject=f"pack:{pack.kind}/{pack.name}")


def active(kind: str) -> dict[str, str]:
    """Return the bureau's own packs in use: id to ``id@version``, the name that loads it."""
    used = Pack.objects.filter(kind=kind, state=Pack.State.ACTIVE).order_by("pack")
    return {pack.pack: pack.name for pack in used}


def names(kind: str) -> dict[str, str]:
    """Return what a new round may choose: id to the name that loads it.

    The library's packs by their ids; a bureau's own version in use takes the place of the
    library's pack of the same id.
    """
    chosen = {**{name: name for name in available(kind)}, **active(kind)}
    if kind == QUESTIONNAIRES:  # what is understood of a register is asked of nobody
        chosen.pop(ENROLMENT, None)
    return chosen


@contextmanager
def _arrived(upload: UploadedFile) -> Iterator[Path]:
    """Lay an upload out in a folder on the disk of the packs, gone at the end."""
    settings.PACKS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".arriving-", dir=settings.PACKS) as name:
        file = Path(name) / "upload"
        with file.open("wb") as stream:
            for chunk in upload.chunks():
                stream.write(chunk)
        folder = Path(name) / "pack"
        folder.mkdir()
        with file.open("rb") as stream:
            packed = stream.read(4) == b"PK\x03\x04"
        if packed:
            unpack(file, folder)
        else:
            file.rename(folder / "pack.yaml")
        yield folder


def _main_file(folder: Path, upload: str) -> tuple[Path, str, dict[str, Any]]:
    """The file that says what an upload is, its kind and its head."""
    models = sorted(folder.rglob("model.yaml"))
    files = models or [f for f in sorted(folder.rglob("*.y*ml")) if f.parent.name != "cases"]
    if len(files) != 1:
        raise NoPackError(file=upload)
    (main,) = files
    try:
        raw = read(main)
    except PackError as error:
        raise UnsoundError(_faults(error)) from error
    kind = kind_of(raw, main)
    if kind not in KINDS:
        raise NoPackError(file=upload)
    if kind == MODELS and main.name != "model.yaml":
        main = main.rename(main.with_name("model.yaml"))
    if not _has_head(raw):
        found = [_without(problem, main.parent) for problem in check_packs(main).problems]
        raise UnsoundError(found or [_NO_HEAD])
    return main, str(kind), raw


_NO_HEAD = Text(zh="缺少 id、version 或 title", en="id, version or title is missing")


def _has_head(raw: dict[str, Any]) -> bool:
    title = raw.get("title")
    return (
        re.fullmatch(r"[a-z][a-z0-9_]{0,58}", str(raw.get("id"))) is not None
        and re.fullmatch(r"\d{1,5}\.\d{1,5}", str(raw.get("version"))) is not None
        and isinstance(title, dict)
        and all(isinstance(title.get(name), str) for name in ("zh", "en"))
    )


def _beside(folder: Path, head: dict[str, Any]) -> None:
    """Put the bureau's own questionnaire that a model reads beside it, as the catalogue looks there."""
    name = head.get("questionnaire")
    own = active(QUESTIONNAIRES).get(name) if isinstance(name, str) else None
    if own is not None and not (folder / f"{name}.yaml").exists():
        version = own.partition("@")[2]
        source = settings.PACKS / QUESTIONNAIRES / str(name) / version / f"{name}.yaml"
        shutil.copyfile(source, folder / f"{name}.yaml")


def _keep(pack: Pack, folder: Path) -> None:
    """Write the row and move the folder to its place: both or neither."""
    target = settings.FILES / pack.folder
    if target.exists():
        raise VersionTakenError(name=pack.name)
    try:
        with transaction.atomic():
            pack.save()
            record(
                "pack.take",
                actor=pack.by,
                subject=f"pack:{pack.kind}/{pack.name}",
                sha256=pack.sha256,
                cases=pack.cases,
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(target)
    except IntegrityError as error:
        raise VersionTakenError(name=pack.name) from error


def _digest(folder: Path) -> str:
    """The digest of every file by its name. [hex]"""
    whole = hashlib.sha256()
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        whole.update(file.relative_to(folder).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _faults(error: PackError) -> list[Text]:
    return [Text(zh=p.render("zh"), en=p.render("en")) for p in error.problems]


def _without(problem: Text, folder: Path) -> Text:
    """A problem without the place where the upload lies for the moment."""
    return Text(**{name: problem[name].replace(f"{folder}/", "") for name in ("zh", "en")})
