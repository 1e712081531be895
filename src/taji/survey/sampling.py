"""Draw a stratified random sample from a register, and prove later that it was so drawn.

Turns a register and a request (size, strata, allocation, seed) into the drawn firms with
their design weights, and a certificate from which anyone who holds the register can
repeat the draw. Decides who is drawn. Does not decide how many each stratum gives
(``taji.survey.allocation``), what a stratum is (``taji.survey.sampling_frame``), nor how
answers are weighted after some did not reply.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.survey.allocation import Allocation, allocate
from taji.survey.sampling_frame import Frame, sampling_frame, sha256_of, variances

__all__ = [
    "ALGORITHM",
    "Certificate",
    "ColumnTakenError",
    "Draw",
    "Replay",
    "StratumDrawn",
    "draw",
    "replay",
]

#: Name and version of the way firms are drawn; a change of method is a new version.
ALGORITHM = "taji-hash-srs@1"

#: Columns that a sample has beside those of the register.
DESIGN_COLUMNS = ("stratum", "stratum_size", "stratum_drawn", "weight")

Result = Literal[
    "same",
    "register_changed",
    "seed_or_algorithm_changed",
    "register_and_request_changed",
    "sample_changed",
]


class ColumnTakenError(TajiError):
    """The register already uses a name that the sample needs."""

    code = "survey.column_taken"
    sentences = {
        "en": (
            "The register already has a column {column!r}, a name that the sample gives to its "
            "own result. Rename the column."
        ),
        "zh": "名录中已有列 {column!r}，与抽样结果的列名冲突。请将该列改名。",
    }


class StratumDrawn(BaseModel):
    """How many firms a stratum holds and gave. [firms]"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stratum: str
    size: int = Field(ge=1)
    drawn: int = Field(ge=0)


class Certificate(BaseModel):
    """What proves a draw: the request, the register's hash and the hash of what was drawn.

    It names no firm, so it can be published; ``register_file`` and ``sample_file`` only
    say where the files lay, and ``register_file_sha256`` what the bytes were: columns that the
    draw does not read may change without changing the draw.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Literal["taji.sample@1"] = "taji.sample@1"
    algorithm: str
    seed: int
    size: int
    strata: tuple[str, ...]
    allocation: str
    minimum: int
    register_rows: int
    register_sha256: str
    allocated: tuple[StratumDrawn, ...]
    #: Over algorithm, seed, size, strata, allocation and minimum.
    request_sha256: str
    #: Over the sorted pairs of key and stratum of the drawn firms.
    sample_sha256: str
    register_file: str = ""
    register_file_sha256: str = ""
    sample_file: str = ""


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample with its proof.

    Attributes
    ----------
    sample : DataFrame, shape (size, n_column + 4)
        Drawn rows with all columns of the register, then ``stratum``, ``stratum_size`` and
        ``stratum_drawn`` [firms] and ``weight`` [firms stood for]; ordered by stratum,
        then key.
    certificate : Certificate
        From which ``replay`` repeats the draw.
    """

    sample: pl.DataFrame
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Replay:
    """What repeating a draw showed.

    Attributes
    ----------
    result : str
        ``same``; ``register_changed``: the register is not the one that was drawn from;
        ``seed_or_algorithm_changed``: the certificate's seed, size, strata, allocation,
        minimum or algorithm is not the one drawn with; ``register_and_request_changed``:
        both; ``sample_changed``: the sample shown is not what the certificate gives.
    detail : Text
        What differs, for a reader.
    """

    result: Result
    detail: Text

    @property
    def same(self) -> bool:
        """Whether the draw is proved."""
        return self.result == "same"


def draw(
    register: pl.DataFrame,
    *,
    size: int,
    strata: Sequence[str],
    seed: int,
    allocation: Allocation | str = "proportional",
    minimum: int = 1,
) -> Draw:
    r"""Draw firms at random and without replacement inside strata.

    Parameters
    ----------
    register : DataFrame, shape (n_enterprise, n_column)
        One row per enterprise, in any order.
    size : int
        Firms to draw. [firms]
    strata : sequence of str
        Columns whose values together make a stratum.
    seed : int
        Any whole number; the same seed gives the same sample.
    allocation : Allocation or str
        ``proportional``, ``equal``, ``power:P`` or ``neyman:COLUMN``.
    minimum : int
        Fewest firms from a stratum. With 1, every firm has a chance; variances need 2. [firms]

    Returns
    -------
    Draw

    Raises
    ------
    TajiError
        Those of ``sampling_frame`` and ``allocate``; ``ColumnTakenError`` if the register
        has a column of the sample's.

    Notes
    -----
    Each firm gets the number SHA-256(algorithm, seed, key), and the :math:`n_h` firms of a
    stratum with the smallest numbers are drawn. The numbers act as random and independent,
    so this is simple random sampling [1]_, and they depend on nothing but seed and key: not
    on the order of rows, the machine or the version of a library. A stratum that gives more
    firms with the same seed gives the same ones first, so that replacements for firms that
    have closed can be taken from a second, larger draw. The weight is :math:`N_h / n_h`.

    References
    ----------
    .. [1] E. Ohlsson, "Coordination of samples using permanent random numbers", in
       B. G. Cox et al. (eds), *Business Survey Methods*, Wiley, 1995, ch. 9.
       doi:10.1002/9781118150504.ch9

    Examples
    --------
    >>> register = pl.DataFrame({"id": list("abcdef"), "size": ["s"] * 4 + ["m"] * 2})
    >>> drawn = draw(register, size=3, strata=["size"], seed=7)
    >>> drawn.sample.select("stratum", "stratum_size", "stratum_drawn", "weight").rows()
    [('m', 2, 1, 2.0), ('s', 4, 2, 2.0), ('s', 4, 2, 2.0)]
    >>> replay(register.reverse(), drawn.certificate).result
    'same'
    """
    rule = Allocation.parse(allocation) if isinstance(allocation, str) else allocation
    _refuse_taken(register.columns, strata)
    frame = sampling_frame(register, strata=strata, measure=rule.column)
    sizes = frame.sizes()
    counts = allocate(
        sizes,
        size=size,
        allocation=rule,
        minimum=minimum,
        variances=variances(frame) if rule.rule == "neyman" else None,
    )
    rows = _ranked(frame, counts, seed)
    request = {
        "algorithm": ALGORITHM,
        "seed": seed,
        "size": size,
        "strata": tuple(strata),
        "allocation": str(rule),
        "minimum": minimum,
    }
    certificate = Certificate(
        **request,  # type: ignore[arg-type]  # pydantic checks them
        register_rows=register.height,
        register_sha256=frame.sha256,
        allocated=tuple(StratumDrawn(stratum=h, size=sizes[h], drawn=counts[h]) for h in sizes),
        request_sha256=sha256_of([request]),
        sample_sha256=sha256_of(sorted((frame.keys[row], frame.strata[row]) for row in rows)),
    )
    return Draw(sample=_sample(register, frame, rows, counts), certificate=certificate)


def replay(
    register: pl.DataFrame, certificate: Certificate, *, sample: pl.DataFrame | None = None
) -> Replay:
    """Repeat a draw and say whether it is the same, or what changed.

    Parameters
    ----------
    register : DataFrame, shape (n_enterprise, n_column)
        The register said to have been drawn from.
    certificate : Certificate
        The proof that came with the sample.
    sample : DataFrame, optional
        The sample itself; then its firms and their strata are held against the draw too.

    Returns
    -------
    Replay

    Raises
    ------
    TajiError
        If the certificate's request cannot be met from this register at all.
    """
    request_changed = certificate.request_sha256 != _request_sha256(certificate)
    frame = sampling_frame(
        register,
        strata=certificate.strata,
        measure=Allocation.parse(certificate.allocation).column,
    )
    if frame.sha256 != certificate.register_sha256:
        result: Result = "register_and_request_changed" if request_changed else "register_changed"
        return Replay(result, _register_detail(frame, certificate, request_changed))
    if request_changed:
        return Replay("seed_or_algorithm_changed", _request_detail(certificate))
    again = draw(
        register,
        size=certificate.size,
        strata=certificate.strata,
        seed=certificate.seed,
        allocation=certificate.allocation,
        minimum=certificate.minimum,
    ).certificate
    if (again.sample_sha256, again.allocated) != (
        certificate.sample_sha256,
        certificate.allocated,
    ):
        return Replay("seed_or_algorithm_changed", _request_detail(certificate))
    if sample is not None and _sample_sha256(sample) != certificate.sample_sha256:
        return Replay("sample_changed", SAMPLE_DETAIL)
    return Replay("same", _same_detail(certificate))


def _refuse_taken(columns: Sequence[str], strata: Sequence[str]) -> None:
    """A column ``stratum`` may stay where it alone makes the strata: the values agree."""
    free = {"stratum"} if list(strata) == ["stratum"] else set()
    for name in DESIGN_COLUMNS:
        if name in columns and name not in free:
            raise ColumnTakenError(column=name)


def _ranked(frame: Frame, counts: dict[str, int], seed: int) -> list[int]:
    """Return the drawn rows of the register, by stratum and then key."""
    groups: dict[str, list[tuple[bytes, str, int]]] = {label: [] for label in counts}
    start = hashlib.sha256(f"{ALGORITHM}\n{seed}\n".encode())
    for row, (key, label) in enumerate(zip(frame.keys, frame.strata, strict=True)):
        ticket = start.copy()
        ticket.update(key.encode())
        groups[label].append((ticket.digest(), key, row))
    return [
        row
        for label, tickets in groups.items()
        for _, _, row in sorted(sorted(tickets)[: counts[label]], key=itemgetter(1))
    ]


def _sample(
    register: pl.DataFrame, frame: Frame, rows: list[int], counts: dict[str, int]
) -> pl.DataFrame:
    sizes = frame.sizes()
    labels = [frame.strata[row] for row in rows]
    return register.drop("stratum", strict=False)[rows].with_columns(
        pl.Series("stratum", labels, dtype=pl.String),
        pl.Series("stratum_size", [sizes[h] for h in labels], dtype=pl.Int64),
        pl.Series("stratum_drawn", [counts[h] for h in labels], dtype=pl.Int64),
        pl.Series("weight", [sizes[h] / counts[h] for h in labels], dtype=pl.Float64),
    )


def _request_sha256(certificate: Certificate) -> str:
    fields = ("algorithm", "seed", "size", "strata", "allocation", "minimum")
    return sha256_of([{name: getattr(certificate, name) for name in fields}])


def _sample_sha256(sample: pl.DataFrame) -> str:
    frame = sampling_frame(sample, strata=["stratum"])
    # A label is its own canonical spelling: take it as written, without a second escape.
    labels = [str(value) for value in sample["stratum"].to_list()]
    return sha256_of(sorted(zip(frame.keys, labels, strict=True)))


SAMPLE_DETAIL = Text(
    zh="名录与抽样请求均未变，但所示样本的企业或层与证书不符：样本文件在抽取之后被改动。",
    en=(
        "Register and request are unchanged, but the firms or strata of the sample shown are not "
        "those of the certificate: the sample file was changed after the draw."
    ),
)


def _same_detail(certificate: Certificate) -> Text:
    return Text(
        zh=(
            f"重放一致：以种子 {certificate.seed}（{certificate.algorithm}）从 "
            f"{certificate.register_rows} 家企业中抽出的正是这 {certificate.size} 家。"
        ),
        en=(
            f"The same draw: seed {certificate.seed} ({certificate.algorithm}) gives exactly "
            f"these {certificate.size} of {certificate.register_rows} firms."
        ),
    )


def _request_detail(certificate: Certificate) -> Text:
    asked = (
        f"{certificate.algorithm}, seed {certificate.seed}, size {certificate.size}, "
        f"strata {','.join(certificate.strata)}, allocation {certificate.allocation}, "
        f"min {certificate.minimum}"
    )
    return Text(
        zh=(
            f"名录未变，但证书所列请求（{asked}）给出的不是证书所证明的样本："
            "种子、算法或抽样参数在抽取之后被改动。"
        ),
        en=(
            f"The register is unchanged, but the request in the certificate ({asked}) does not "
            "give the sample that it certifies: seed, algorithm or parameters were changed "
            "after the draw."
        ),
    )


def _register_detail(frame: Frame, certificate: Certificate, request_changed: bool) -> Text:
    then = Counter({part.stratum: part.size for part in certificate.allocated})
    now = Counter(frame.sizes())
    moved = [f"{h}: {then[h]} → {now[h]}" for h in sorted(then | now) if then[h] != now[h]]
    rows = f"{certificate.register_rows} → {len(frame.keys)}"
    zh = f"名录与抽取时不同：企业数 {rows}；"
    en = f"The register is not the one drawn from: firms {rows}; "
    zh += f"数量有变的层：{'、'.join(moved)}。" if moved else "各层数量未变，企业标识或取值有变。"
    en += (
        f"strata whose size changed: {', '.join(moved)}."
        if moved
        else "no stratum changed its size, but keys or values did."
    )
    if request_changed:
        zh += "证书中的种子、算法或抽样参数也被改动；若改动的是分层变量，名录本身可能未变。"
        en += (
            " Seed, algorithm or parameters in the certificate were changed as well; if it was "
            "the strata, the register itself may be unchanged."
        )
    else:
        zh += "种子、算法与抽样参数未变。"
        en += " Seed, algorithm and parameters are unchanged."
    return Text(zh=zh, en=en)
