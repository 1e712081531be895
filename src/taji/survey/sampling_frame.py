"""Read a register table as a sampling frame: who can be drawn, and from which stratum.

Decides which column is the key, what a value is written like once spelling is put aside
(``37``, ``37.0`` and `` 37 `` are one value), which stratum a firm is in, and the hash by
which a changed register is known. Does not read files, and does not draw
(``taji.survey.sampling``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import polars as pl

from taji.base.errors import TajiError
from taji.base.identifiers import KEY_ALIASES, clean_key

__all__ = [
    "DuplicateKeyError",
    "EmptyRegisterError",
    "Frame",
    "MissingValueError",
    "NoKeyColumnError",
    "NotANumberError",
    "UnknownColumnError",
    "sampling_frame",
    "sha256_of",
    "variances",
]

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode

#: How many rows or values an error names before it says how many more there are.
NAMED = 5


class NoKeyColumnError(TajiError):
    """No column of the register is a key."""

    code = "survey.no_key_column"
    sentences = {
        "en": (
            "The register has no enterprise key. Name one column {aliases}. Columns found: {found}."
        ),
        "zh": "名录中没有企业标识列。请将其中一列命名为 {aliases}。现有列：{found}。",
    }


class EmptyRegisterError(TajiError):
    """The register has no rows."""

    code = "survey.empty_register"
    sentences = {
        "en": "The register has no rows. Check that the right file and sheet were given.",
        "zh": "名录没有任何企业行。请检查文件与工作表是否正确。",
    }


class UnknownColumnError(TajiError):
    """A column that was asked for is not in the register."""

    code = "survey.unknown_column"
    sentences = {
        "en": "The register has no column {column!r}. Columns found: {found}.",
        "zh": "名录中没有列 {column!r}。现有列：{found}。",
    }


class DuplicateKeyError(TajiError):
    """An enterprise stands twice in the register and could be drawn twice."""

    code = "survey.duplicate_key"
    sentences = {
        "en": (
            "{count} enterprise keys stand more than once in column {column!r}: {keys}. Keep one "
            "row for each enterprise."
        ),
        "zh": "列 {column!r} 中有 {count} 个企业标识重复：{keys}。请每家企业只保留一行。",
    }


class MissingValueError(TajiError):
    """A firm has no key, no stratum or no value of the Neyman column."""

    code = "survey.missing_value"
    sentences = {
        "en": (
            "Column {column!r} is empty in {count} rows of the register (data rows {rows}). "
            "Fill these cells, or leave the rows out and say so: a firm without it cannot be "
            "drawn."
        ),
        "zh": (
            "名录的列 {column!r} 有 {count} 行为空（数据行 {rows}）。"
            "请补全，或剔除这些行并加以说明：缺少该值的企业无法抽取。"
        ),
    }


class NotANumberError(TajiError):
    """The Neyman column holds something that is not a number."""

    code = "survey.not_a_number"
    sentences = {
        "en": (
            "Column {column!r} must hold numbers, but data row {row} holds {value!r} "
            "({count} such rows). Correct it, or name another column after neyman:."
        ),
        "zh": (
            "列 {column!r} 须为数字，但数据行 {row} 为 {value!r}（此类行共 {count} 行）。"
            "请更正，或在 neyman: 后改用其他列。"
        ),
    }


@dataclass(frozen=True, slots=True)
class Frame:
    """A register as the draw sees it, in the register's row order.

    Attributes
    ----------
    key_column : str
        Column of the register that holds the key.
    keys : tuple of str, shape (n_enterprise,)
        Canonical keys.
    strata : tuple of str, shape (n_enterprise,)
        Label of the stratum: the canonical values joined by ``|``.
    measure : tuple of Fraction or None, shape (n_enterprise,)
        The Neyman column, exact. [its unit]
    sha256 : str
        Hash over key, strata values and measure of all firms, whatever the row order.
    """

    key_column: str
    keys: tuple[str, ...]
    strata: tuple[str, ...]
    measure: tuple[Fraction, ...] | None
    sha256: str

    def sizes(self) -> dict[str, int]:
        """Count the firms of each stratum, strata sorted by label. [firms]"""
        return dict(sorted(Counter(self.strata).items()))


def sampling_frame(
    register: pl.DataFrame, *, strata: Sequence[str], measure: str | None = None
) -> Frame:
    """Read the columns that a draw needs from a register.

    Parameters
    ----------
    register : DataFrame, shape (n_enterprise, n_column)
        One row per enterprise; the key in a column of ``KEY_ALIASES``.
    strata : sequence of str
        Columns whose values together make a stratum; none: one stratum, ``all``.
    measure : str, optional
        Column of numbers for Neyman allocation.

    Returns
    -------
    Frame
        In the row order of ``register``.

    Raises
    ------
    NoKeyColumnError, UnknownColumnError, EmptyRegisterError
        If a column or every row is absent.
    DuplicateKeyError, MissingValueError, NotANumberError
        If a row cannot be used.

    Examples
    --------
    >>> import polars as pl
    >>> register = pl.DataFrame({"uscc": ["x", "y"], "size": ["small", "large"]})
    >>> sampling_frame(register, strata=["size"]).strata
    ('small', 'large')
    """
    key_column = _key_column(register.columns)
    for column in (*strata, *((measure,) if measure else ())):
        if column not in register.columns:
            raise UnknownColumnError(column=column, found=", ".join(register.columns))
    if register.is_empty():
        raise EmptyRegisterError()
    keys = tuple(clean_key(key) for key in _column(register, key_column))
    _refuse_duplicates(keys, key_column)
    parts = [_column(register, name) for name in strata]
    labels = tuple(_label(values) for values in zip(*parts, strict=True)) or ("all",) * len(keys)
    numbers = _numbers(register, measure) if measure else None
    told = (*parts, map(str, numbers)) if numbers else parts
    head = {"strata": list(strata), "measure": measure}
    return Frame(
        key_column=key_column,
        keys=keys,
        strata=labels,
        measure=numbers,
        sha256=sha256_of([head, *sorted(zip(keys, *told, strict=True))]),
    )


def variances(frame: Frame) -> dict[str, Fraction]:
    """Return the exact variance of the measure in each stratum (denominator N - 1).

    A stratum of one firm has none to measure and counts as not varying.
    """
    assert frame.measure is not None, "a frame for Neyman allocation is read with its column"
    groups: dict[str, list[Fraction]] = {label: [] for label in frame.sizes()}
    for label, value in zip(frame.strata, frame.measure, strict=True):
        groups[label].append(value)
    return {label: _variance(values) for label, values in groups.items()}


def sha256_of(records: Iterable[object]) -> str:
    """Hash records as lines of compact JSON in UTF-8."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(_write(record).encode() + b"\n")
    return digest.hexdigest()


def _variance(values: Sequence[Fraction]) -> Fraction:
    if len(values) < 2:
        return Fraction(0)
    total = sum(values, Fraction(0))
    squares = sum((v * v for v in values), Fraction(0))
    return (squares - total * total / len(values)) / (len(values) - 1)


def _key_column(columns: Sequence[str]) -> str:
    for name in KEY_ALIASES:
        if name in columns:
            return name
    raise NoKeyColumnError(aliases=", ".join(KEY_ALIASES), found=", ".join(columns))


def _column(register: pl.DataFrame, name: str) -> tuple[str, ...]:
    values = tuple(_canonical(value) for value in register[name].to_list())
    empty = [row for row, value in enumerate(values, start=1) if value == ""]
    if empty:
        raise MissingValueError(column=name, count=len(empty), rows=_some(empty))
    return values


def _canonical(value: object) -> str:
    """Write a cell alike whether it came from CSV text, a spreadsheet or Parquet."""
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return unicodedata.normalize("NFKC", str(value)).strip()


def _label(values: Sequence[str]) -> str:
    """Join values so that no two different lists give one label."""
    return "|".join(value.replace("\\", r"\\").replace("|", r"\|") for value in values)


def _numbers(register: pl.DataFrame, name: str) -> tuple[Fraction, ...]:
    texts = _column(register, name)
    numbers = [_number(text) for text in texts]
    wrong = [row for row, number in enumerate(numbers) if number is None]
    if wrong:
        raise NotANumberError(
            column=name, row=wrong[0] + 1, value=texts[wrong[0]], count=len(wrong)
        )
    return tuple(number for number in numbers if number is not None)


def _number(text: str) -> Fraction | None:
    plain = text.replace(",", "")
    if "/" in plain:
        return None
    try:
        return Fraction(plain)
    except ValueError:
        return None


def _refuse_duplicates(keys: Sequence[str], column: str) -> None:
    twice = sorted({a for a, b in pairwise(sorted(keys)) if a == b})
    if twice:
        raise DuplicateKeyError(column=column, count=len(twice), keys=_some(twice))


def _some(values: Sequence[object]) -> str:
    named = ", ".join(str(value) for value in values[:NAMED])
    return named + (", …" if len(values) > NAMED else "")
