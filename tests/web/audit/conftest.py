"""A published portrait of a round in which thirty invented firms answered."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone
from tests.web.conftest import City

from taji.catalogue.questionnaire import Item
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest
from taji.store.manifest import MANIFEST_NAME, fingerprint
from taji.web.answering.exporting import export_round
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import Organisation
from taji.web.publishing.models import Made, Portrait
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case

#: Firms that answered.
FIRMS = 30


def answer_all(city: City) -> None:
    """Thirty firms of two strata hand in."""
    Case.objects.all().delete()
    rng = np.random.default_rng(5)
    for number in range(FIRMS):
        district = ("430211", "430204")[number % 2]
        firm = Organisation.objects.create(
            key=f"firm-{number:04}", name=f"虚构企业甲{number}", district=district, invented=True
        )
        case = Case.objects.create(
            round=city.round,
            organisation=firm,
            state=Case.State.SUBMITTED,
            stratum=district,
            stratum_size=60,
            stratum_drawn=FIRMS // 2,
        )
        sheet = Sheet.objects.create(case=case)
        answers = {
            key: any_answer(one.item, rng) for key, one in asked_of(city.round).items.items()
        }
        sheet.submission = Submission.objects.create(
            sheet=sheet,
            number=1,
            answers=answers,
            sha256=f"{number + 1:064x}"[::-1],
            by=city.users["firm"],
        )
        sheet.save()


def any_answer(item: Item, rng: np.random.Generator) -> str | list[str]:
    """Some answer to an item, as sheets keep it."""
    if item.kind == "single":
        return str(rng.choice(item.option_ids))
    if item.kind == "multi":
        options = [option.id for option in item.question.options if not option.exclusive]
        return [option for option in options if rng.random() < 0.5] or options[:1]
    low, high = (int(bound or 0) for bound in (item.question.low, item.question.high or 95))
    return str(int(rng.integers(low, high + 1)))


@pytest.fixture(scope="session")
def portrayed(tmp_path_factory) -> dict[str, Path]:
    """Where the portrait that was made once lies, until it is made."""
    return {}


@pytest.fixture
def published(city: City, portrayed, tmp_path_factory) -> Portrait:
    """The portrait: made once, copied for each test, published in each."""
    answer_all(city)
    if "folder" not in portrayed:
        portrayed["folder"] = make(city, tmp_path_factory.mktemp("portrait") / "made")
    return publish(city, portrayed["folder"])


def make(city: City, folder: Path) -> Path:
    """Make the portrait of the round in a folder with its inputs."""
    export_round(city.round, folder)
    request = PortraitRequest(
        answers=folder / "answers.parquet",
        questionnaire="sme2024",
        models=("sme2024",),
        design=folder / "design.yaml",
        simulated=True,
    )
    portray(request, folder)
    return folder


def publish(city: City, made: Path) -> Portrait:
    """A row of a published portrait on a copy of what was made."""
    name = f"portraits/{uuid.uuid4().hex}"
    folder = Path(settings.FILES) / name
    shutil.copytree(made, folder)
    now = timezone.now()
    portrait = Portrait.objects.create(
        round=city.round,
        state=Made.DONE,
        asked_by=city.users["analyst"],
        done_at=now,
        folder=name,
        rows=FIRMS,
        manifest_sha256=fingerprint(folder / MANIFEST_NAME, relative_to=folder).sha256,
        published_at=now,
        published_by=city.users["analyst"],
    )
    record(
        "portrait.publish",
        actor=city.users["analyst"],
        subject=f"portrait:{portrait.pk}",
        manifest=portrait.manifest_sha256,
    )
    return portrait
