"""The demo city's round on the platform, answered, frozen and portrayed once."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone
from tests.web.conftest import City

from taji.catalogue.load import questionnaire
from taji.city.demo import DemoFiles, write_demo
from taji.desk.gathering import registers_of
from taji.store.tables import open_table
from taji.survey.intake import recogniser, take
from taji.web.answering.models import Sheet, Submission
from taji.web.people.models import Organisation, User
from taji.web.publishing.asking import ask_portrait
from taji.web.publishing.files import folder_of
from taji.web.publishing.jobs import make_portrait
from taji.web.publishing.models import Made, Portrait
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Round


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """Files of the demo city."""
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def demo_answers(demo_files: DemoFiles) -> pl.DataFrame:
    """The demo city's answers, canonical, with the columns of the sample."""
    return answers_of(demo_files)


def answers_of(demo: DemoFiles) -> pl.DataFrame:
    """Read the demo city's answers."""
    packs = [questionnaire(name) for name in demo.questionnaires]
    source = open_table(demo.answers, recognise=recogniser(packs))
    return take([source], packs, registers=registers_of(packs)).answers


@pytest.fixture
def files(settings, tmp_path) -> Path:
    """A folder of files of this test's own."""
    settings.FILES = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": settings.FILES},
        },
    }
    return settings.FILES


def hold_round(
    demo: DemoFiles,
    answers: pl.DataFrame,
    user: User,
    *,
    slug: str = "demo-2021",
    models: tuple[str, ...] | None = None,
) -> Round:
    """Put the demo city's round on the platform as if its firms had answered there."""
    its = Round.objects.create(
        slug=slug,
        title_zh=f"株洲（模拟）调查 {slug}",
        title_en=f"Zhuzhou (simulated) {slug}",
        state=Round.State.FROZEN,
        frozen_at=timezone.now(),
        questionnaire=demo.questionnaire,
        also=list(demo.questionnaires[1:]),
        model_ids=list(demo.models if models is None else models),
        strata=["industry_group", "size"],
        design={"totals": "asked"},
        city_zh="株洲（模拟）",
        city_en="Zhuzhou (simulated)",
        period="2021",
        simulated=True,
    )
    its.register_file.save("register.csv", ContentFile(demo.register.read_bytes()))
    asked = asked_of(its)
    Organisation.objects.bulk_create(
        (
            Organisation(key=key, name="虚构企业", invented=True)
            for key in answers["enterprise"].to_list()
        ),
        ignore_conflicts=True,
    )
    known = {one.key: one for one in Organisation.objects.all()}
    for row in answers.iter_rows(named=True):
        case = Case.objects.create(
            round=its,
            organisation=known[row["enterprise"]],
            state=Case.State.SUBMITTED,
            stratum=row["stratum"],
            stratum_size=int(row["stratum_size"]),
            stratum_drawn=int(row["stratum_drawn"]),
        )
        sheet = Sheet.objects.create(case=case)
        kept = {key: _kept(one.item, row) for key, one in asked.items.items()}
        sheet.submission = Submission.objects.create(
            sheet=sheet, number=1, answers=kept, sha256="0" * 64, by=user
        )
        sheet.save()
    return its


def _kept(item, row):
    """An answer as a sheet keeps it."""
    if item.kind == "multi":
        ticks = [row.get(f"{item.id}/{option}") for option in item.option_ids]
        if all(tick is None for tick in ticks):
            return None
        return [o for o, tick in zip(item.option_ids, ticks, strict=True) if tick]
    value = row.get(item.id)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)


@pytest.fixture
def its(city: City, files: Path, demo_files: DemoFiles, demo_answers: pl.DataFrame) -> Round:
    """The demo city's round, frozen."""
    return hold_round(demo_files, demo_answers, city.users["analyst"])


@pytest.fixture
def unscored(city: City, files: Path, demo_files: DemoFiles, demo_answers: pl.DataFrame) -> Round:
    """The same round without a model: its portrait takes half the time."""
    return hold_round(demo_files, demo_answers, city.users["analyst"], models=())


@pytest.fixture
def analyst(signed_in: Callable):
    """The analyst's browser."""
    return signed_in("analyst")


@pytest.fixture(scope="session")
def kept_portrait(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The folder and the row of the portrait once it was made: it is made once a session."""
    return {"at": tmp_path_factory.mktemp("portrait") / "made"}


@pytest.fixture
def portrait(its: Round, city: City, kept_portrait: dict[str, object]) -> Portrait:
    """A portrait of the round, made by its job."""
    asked = ask_portrait(its, by=city.users["analyst"])
    at = Path(str(kept_portrait["at"]))
    if not at.exists():
        make_portrait.func(asked.pk)
        asked.refresh_from_db()
        assert asked.state == Made.DONE, asked.problem
        shutil.copytree(asked.path, at)
        names = ("state", "rows", "of_frozen", "manifest_sha256", "share", "done_at")
        kept_portrait["row"] = {name: getattr(asked, name) for name in names}
        return asked
    shutil.copytree(at, folder_of(asked))
    folder = folder_of(asked).relative_to(settings.FILES).as_posix()
    row = dict(kept_portrait["row"])  # type: ignore[call-overload]
    Portrait.objects.filter(pk=asked.pk).update(folder=folder, **row)
    asked.refresh_from_db()
    return asked
