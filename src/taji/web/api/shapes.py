"""What goes in and out of the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

__all__ = [
    "AnswerIn",
    "AnswerOut",
    "CaseOut",
    "CasePage",
    "Code",
    "EstimateOut",
    "EstimatePage",
    "FirmIn",
    "FirmOut",
    "FirmPage",
    "Line",
    "PageOf",
    "PortraitOut",
    "Problem",
    "RoundOut",
    "ScoreOut",
    "ScorePage",
    "SheetOut",
    "SubmissionOut",
    "SubmissionPage",
]

#: Text that a database can hold: no control characters.
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]*$", max_length=16)]


class Problem(Schema):
    """What went wrong: data first, a sentence in each language second."""

    code: str
    zh: str
    en: str
    fields: dict[str, Any] = {}


class FirmIn(Schema):
    """A firm of the register, to be written."""

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    district: Code = ""
    industry: Code = ""
    size: Code = ""


class FirmOut(Schema):
    """A firm of the register."""

    enterprise: str
    name: str
    district: str
    industry: str
    size: str
    invented: bool
    listed: bool


class RoundOut(Schema):
    """A round."""

    slug: str
    title_zh: str
    title_en: str
    state: str
    questionnaires: list[str]
    models: list[str]
    period: str
    opens_on: dt.date | None
    closes_on: dt.date | None
    #: What firms are told and agree to, and its digest.
    purpose_zh: str
    purpose_en: str
    purpose_sha256: str


class CaseOut(Schema):
    """A firm in a round."""

    enterprise: str
    state: str
    stratum: str
    stratum_size: int | None
    stratum_drawn: int | None
    submitted_at: dt.datetime | None


class AnswerIn(Schema):
    """An answer as a cell of a file would hold it; ``seen`` is the number that the writer read.

    ``basis`` says on what grounds it is given: ``consent`` to the text whose digest is ``purpose``
    (``purpose_sha256`` of the round), or a ``duty`` set by law. Whoever answers for a firm says in
    ``note`` where its consent is kept, or which duty it is.
    """

    text: Annotated[Line, Field(max_length=4000)]
    seen: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    basis: Literal["consent", "duty"]
    purpose: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    note: Annotated[Line, Field(max_length=400)] = ""


class AnswerOut(Schema):
    """What is kept now."""

    item: str
    value: str | list[str] | None
    number: int


class SheetOut(Schema):
    """The firm's sheet: the answers given so far, and the version that counts."""

    enterprise: str
    answers: list[AnswerOut]
    submitted: bool
    submission: int | None
    sha256: str | None


class SubmissionOut(Schema):
    """A version that was handed in."""

    enterprise: str
    submission: int
    sha256: str
    submitted_at: dt.datetime
    answers: dict[str, str | list[str] | None]


class ScoreOut(Schema):
    """A node of a model for one firm, as ``taji assess`` writes it."""

    enterprise: str
    model: str
    node: str
    points: float | None
    max_points: float | None
    score: float | None
    coverage: float | None
    level: str | None
    level_best: str | None


class ChanceOut(Schema):
    """The probability that a firm's total is at a level."""

    enterprise: str
    level: str
    probability: float
    #: Whose second answers it rests on: ``expert``, ``repeat``, or ``assumed``: nobody's.
    track: str
    pairs: int


class PortraitOut(Schema):
    """A published portrait."""

    id: int
    round: str
    firms: int
    published_at: dt.datetime
    manifest_sha256: str


class EstimateOut(Schema):
    """A row of ``estimates.csv``; numbers are empty where the row is suppressed."""

    question: str
    option: str | None
    statistic: str
    by: str | None
    group: str | None
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    confidence: float | None
    n: int | None
    base: int | None
    deff: float | None
    suppressed: bool


class PageOf(Schema):
    """A page of a list; ``next`` goes into ``after`` for the one that follows."""

    next: str | None


class FirmPage(PageOf):
    """Firms."""

    items: list[FirmOut]


class CasePage(PageOf):
    """Firms in a round."""

    items: list[CaseOut]


class SubmissionPage(PageOf):
    """Versions that count."""

    items: list[SubmissionOut]


class ScorePage(PageOf):
    """Scores, and how sure the levels of totals are, as far as that is made already."""

    items: list[ScoreOut]
    chances: list[ChanceOut]


class EstimatePage(PageOf):
    """Published estimates."""

    items: list[EstimateOut]
