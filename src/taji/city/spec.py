"""What a synthetic city is made of: the specification of a pack under ``packs/cities``.

Decides which parameters there are and that they make sense together. The numbers stand in
the pack; what is done with them, in ``firms``, ``truth`` and ``fieldwork``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.files import pack_file
from taji.catalogue.pack import Confidence, Pack, Spec
from taji.catalogue.yaml import read

__all__ = [
    "Answer",
    "Answers",
    "City",
    "CityPackError",
    "Codes",
    "Districts",
    "Fieldwork",
    "Firms",
    "Industry",
    "Maturity",
    "Names",
    "Ordered",
    "Part",
    "Percent",
    "Registered",
    "Rungs",
    "Ticks",
    "load_city",
]

Share = Annotated[float, Field(ge=0, le=1)]

#: Shares are typed with two or three decimals: a sum further from 1 is a mistake. [fraction]
SHARE_TOLERANCE = 1e-9


class CityPackError(TajiError):
    """The pack of a city does not make sense."""

    code = "city.pack"
    sentences = {
        "en": "The city pack {file} cannot be used: at {path}, {reason}. Correct it there.",
        "zh": "城市包 {file} 无法使用：{path} 处，{reason}。请更正该处。",
    }


class _Figures(Spec):
    """A block of numbers, with where they come from and what they count."""

    source: str
    confidence: Confidence


class Industry(Spec):
    """How the firms of an industry are."""

    group: str
    share: Share
    #: Median. [persons]
    headcount: float = Field(gt=0)
    #: Median revenue per person. [yuan]
    productivity: float = Field(gt=0)
    words: tuple[str, ...] = Field(min_length=1)


class Firms(_Figures):
    """Who there is."""

    count: int = Field(ge=1)
    headcount_max: int
    unit: Mapping[str, str]
    headcount_spread: float = Field(gt=0)
    productivity_spread: float = Field(gt=0)
    revenue_step: int = Field(ge=1)
    groups: Mapping[str, Text]
    industries: Mapping[str, Industry]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _sums_to_one([i.share for i in self.industries.values()])
        unknown = {i.group for i in self.industries.values()} - set(self.groups)
        if unknown:
            raise ValueError(f"groups lacks {', '.join(sorted(unknown))}")
        return self


class Names(_Figures):
    """What invented names are put together from."""

    place: str
    syllables: tuple[str, ...] = Field(min_length=2)
    suffix: str
    mark: str


class Codes(_Figures):
    """What invented credit codes begin with."""

    prefix: str = Field(pattern=r"^9[1-9]\d{6}$")
    organisation: str = Field(pattern=r"^[0-9A-HJ-NP-RT-UW-Y]{2}$")


class Districts(_Figures):
    """Where firms are."""

    unit: Mapping[str, str]
    share: Mapping[str, Share]
    by_industry: Mapping[str, Mapping[str, Share]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for shares in (self.share, *self.by_industry.values()):
            _sums_to_one(list(shares.values()))
        return self


class Maturity(_Figures):
    """What makes a firm digitally mature."""

    unit: str
    noise: float = Field(gt=0)
    size: Mapping[str, float]
    industry: Mapping[str, float]
    district: Mapping[str, float]


class _Item(Spec):
    """What all answers have: their item non-response, and the stream that decides it."""

    blank: Share = 0
    stream: int = Field(default=0, ge=0)


class Registered(_Item):
    """The answer is what the register says."""

    kind: Literal["register"]
    column: str


class Ordered(_Item):
    """One of several options, from the least to the most mature."""

    kind: Literal["ordered"]
    share: Mapping[str, Share]
    pull: float

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _sums_to_one(list(self.share.values()))
        return self


class Rungs(_Item):
    """A rung of a scale from 0."""

    kind: Literal["rungs"]
    share: tuple[Share, ...] = Field(min_length=2)
    pull: float

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _sums_to_one(list(self.share))
        return self


class Ticks(_Item):
    """Several options; ``needs`` names those without which another is not ticked."""

    kind: Literal["ticks"]
    share: Mapping[str, Share]
    needs: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    none: str
    pull: float


class Percent(_Item):
    """A share of a whole: log-odds that are normal around the median."""

    kind: Literal["percent"]
    median: float = Field(gt=0, lt=1)
    spread: float = Field(gt=0)
    pull: float
    decimals: int = 0


class Part(_Item):
    """An amount: the share that another item gives of a third, with log-normal noise."""

    kind: Literal["part"]
    of: str
    share: str
    spread: float
    step: int = Field(ge=1)


Answer = Annotated[
    Registered | Ordered | Rungs | Ticks | Percent | Part, Field(discriminator="kind")
]


class Answers(_Figures):
    """What is true of firms, and how often it is left blank."""

    unit: Mapping[str, str]
    blank_by_size: Mapping[str, float]
    blank_per_maturity: float
    items: Mapping[str, Answer]


class Fieldwork(_Figures):
    """How a round of the survey goes."""

    seed: int
    begins: date
    days: int = Field(ge=1)
    unit: Mapping[str, str]
    size: int
    strata: tuple[str, ...]
    allocation: str
    minimum: int
    response: float = Field(gt=0, lt=1)
    response_by_size: Mapping[str, float]
    response_per_maturity: float
    least_responding: int
    stream: int = Field(ge=0)


class City(Pack):
    """A synthetic city."""

    truth_seed: int
    questionnaires: tuple[str, ...] = Field(min_length=1)
    models: tuple[str, ...]
    period: str
    firms: Firms
    names: Names
    codes: Codes
    districts: Districts
    maturity: Maturity
    answers: Answers
    round: Fieldwork


def load_city(name: str | Path = "zhuzhou_demo") -> City:
    """Return the specification of a synthetic city.

    Parameters
    ----------
    name : str or Path
        Id or path of a pack.

    Raises
    ------
    CityPackError
        If a value does not fit; names the first by its path.
    TajiError
        If there is no such pack, or it cannot be read.

    Examples
    --------
    >>> load_city("zhuzhou_demo").title.en
    'Zhuzhou (simulated)'
    """
    file = pack_file("cities", name)
    try:
        return City.model_validate(read(file))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise CityPackError(file=str(file), path=path, reason=first["msg"]) from error


def _sums_to_one(shares: list[float]) -> None:
    if not abs(sum(shares) - 1) <= SHARE_TOLERANCE:
        raise ValueError(f"shares must sum to 1, but sum to {sum(shares):.6g}")
