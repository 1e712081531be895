"""Draw the firms that experts assess, among those that have submitted, with a proof of the draw.

Decides what the frame is (firms with a submission that counts, and what is known of them) and where
the files are kept. How firms are drawn is ``taji.survey.sampling``'s.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from pathlib import Path
from typing import ClassVar

import polars as pl
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.base.text import Language, Text
from taji.desk.sampling import Proof, draw_sample, replay_sample
from taji.web.answering.models import Sheet
from taji.web.audit.log import record
from taji.web.fieldwork.models import Subsample, SubsampleCase
from taji.web.people.models import User
from taji.web.rounds.models import Case, Round

__all__ = ["STRATA", "DrawnAlreadyError", "TooFewError", "draw_subsample", "frame_of", "prove"]

#: What the second phase may be stratified by, and how it is said.
STRATA: dict[str, Text] = {
    "first_phase": Text(zh="第一阶段的层", en="Stratum of the first phase"),
    "district": Text(zh="区县", en="District"),
    "industry": Text(zh="行业", en="Industry"),
    "size": Text(zh="规模", en="Size class"),
}
#: Written where nothing is known, so that such firms make a stratum of their own.
UNKNOWN = "-"


class DrawnAlreadyError(TajiError):
    """The second phase of the round was drawn before."""

    code = "web.subsample_drawn"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{round}”的现场评估样本已经抽取，不能重抽。可以另行指定企业，但它们不计入修正估计。",
        "en": "The firms to assess in {round!r} were drawn already and are not drawn again. Others "
        "can be chosen by hand; they do not count in the corrected estimates.",
    }


class TooFewError(TajiError):
    """More firms are wanted than have submitted."""

    code = "web.subsample_too_large"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "要抽 {size} 家，但只有 {submitted} 家已提交。请减少数量，或等待更多企业提交。",
        "en": "{size} firms are wanted, but {submitted} have submitted. Ask for fewer, or wait for "
        "more to submit.",
    }


def submitted_cases(its: Round) -> QuerySet[Case]:
    """Return the cases of a round with a submission that counts on the firm's own track."""
    return Case.objects.filter(
        pk__in=Sheet.objects.filter(
            case__round=its, track=Sheet.Track.FIRM, submission__isnull=False
        ).values("case_id")
    )


def frame_of(its: Round) -> pl.DataFrame:
    """Return the firms that may be drawn: ``enterprise`` and the columns of ``STRATA``."""
    rows = (
        submitted_cases(its)
        .order_by("organisation__key")
        .values_list(
            "organisation__key",
            "stratum",
            "organisation__district",
            "organisation__industry",
            "organisation__size",
        )
    )
    columns = (KEY, *STRATA)
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.with_columns(
        pl.when(pl.col(name) == "").then(pl.lit(UNKNOWN)).otherwise(pl.col(name)).alias(name)
        for name in STRATA
    )


@transaction.atomic
def draw_subsample(
    its: Round, *, size: int, strata: tuple[str, ...], seed: int, by: User
) -> Subsample:
    """Draw the second phase of a round, once.

    Parameters
    ----------
    its : Round
    size : int
        Firms to draw; at least two from every stratum that has two. [firms]
    strata : tuple of str
        Of ``STRATA``; empty: one draw among all.
    seed : int
        Stands in the certificate.
    by : User

    Raises
    ------
    DrawnAlreadyError, TooFewError
        If it was drawn before, or fewer firms have submitted.
    """
    its = Round.objects.select_for_update().get(pk=its.pk)
    if Subsample.objects.filter(round=its).exists():
        raise DrawnAlreadyError(round=its.title)
    frame = frame_of(its)
    if size > frame.height:
        raise TooFewError(size=size, submitted=frame.height)
    folder = f"fieldwork/{its.slug}-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="taji-draw-") as made:
        place = Path(made)
        frame = frame.with_columns(city=pl.lit("city"))
        frame.write_parquet(place / "submitted.parquet")
        drawn = draw_sample(
            place / "submitted.parquet",
            size=size,
            strata=strata or ("city",),
            allocation="proportional",
            minimum=min(2, size),
            seed=seed,
            out=place / "sample.csv",
        )
        sample = pl.read_csv(drawn.sample, infer_schema=False)
        certificate = drawn.certificate.read_bytes()
        kept = [_keep(place / n, f"{folder}/{n}") for n in NAMES]
    subsample = Subsample.objects.create(
        round=its,
        submitted=frame.height,
        size=sample.height,
        strata=list(strata),
        seed=seed,
        register_file=kept[0],
        sample_file=kept[1],
        certificate_file=kept[2],
        certificate_sha256=hashlib.sha256(certificate).hexdigest(),
        by=by,
    )
    _keep_cases(subsample, sample)
    record(
        "fieldwork.draw",
        actor=by,
        subject=f"round:{its.slug}",
        submitted=frame.height,
        size=sample.height,
        strata=list(strata),
        seed=seed,
        certificate=subsample.certificate_sha256,
    )
    return subsample


NAMES = ("submitted.parquet", "sample.csv", "sample.json")


def _keep(path: Path, name: str) -> str:
    with path.open("rb") as stream:
        return str(default_storage.save(name, File(stream)))


def _keep_cases(subsample: Subsample, sample: pl.DataFrame) -> None:
    stratum = dict(sample.select(KEY, "stratum").iter_rows())
    cases = Case.objects.filter(round=subsample.round).values_list("organisation__key", "pk")
    SubsampleCase.objects.bulk_create(
        (
            SubsampleCase(subsample=subsample, case_id=pk, stratum=stratum[key])
            for key, pk in cases.iterator(chunk_size=5_000)
            if key in stratum
        ),
        batch_size=1_000,
    )


def prove(subsample: Subsample) -> Proof:
    """Repeat the draw from the files that were kept."""
    return replay_sample(Path(default_storage.path(subsample.certificate_file.name)))
