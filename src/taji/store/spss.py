"""Read SPSS ``.sav`` and ``.zsav`` files: cases as text, with the labels of variables and values.

Decides how a stored value becomes text. Does not decide whether a code or its label is the
answer (``taji.survey.intake``). Values that the file declares missing are not answered.

Runs in the reader process (``taji.store.isolated``): the C library under it ends the whole
program on some damaged files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyreadstat

from taji.store.unreadable import DamagedError, TooLargeError

__all__ = ["SpssHead", "read_spss"]

VARIABLES_LIMIT = 5_000
_BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class SpssHead:
    """Variables of the file, their labels, and the labels of their values (as text)."""

    names: tuple[str, ...]
    labels: dict[int, str]
    value_labels: dict[int, dict[str, str]]


def read_spss(
    path: Path, encoding: str | None = None
) -> Iterator[SpssHead | list[list[str | None]]]:
    """Yield the head, then the columns of blocks of cases.

    Raises
    ------
    DamagedError
        If the library cannot read the file.
    TooLargeError
        If it has more variables than a survey has.
    """
    data, head = _read(path, encoding)
    names = tuple(head.column_names)
    if len(names) > VARIABLES_LIMIT:
        raise TooLargeError(
            file=path.name,
            what_en="the number of variables",
            what_zh="变量数",
            value=len(names),
            limit=VARIABLES_LIMIT,
        )
    yield SpssHead(
        names=names,
        labels={
            place: label
            for place, label in enumerate(head.column_labels)
            if isinstance(label, str) and label.strip()
        },
        value_labels={
            place: {_text(code) or "": str(label) for code, label in labels.items()}
            for place, name in enumerate(names)
            if (labels := head.variable_value_labels.get(name))
        },
    )
    columns: list[Sequence[object]] = [list(data[name]) for name in names]
    height = len(columns[0]) if columns else 0
    for first in range(0, height, _BLOCK):
        yield [[_text(value) for value in column[first : first + _BLOCK]] for column in columns]


def _read(path: Path, encoding: str | None) -> tuple[Any, Any]:
    """Read with the file's own encoding, then with the one that it most often forgot to name."""
    tried = (encoding,) if encoding else (None, "GB18030")
    for attempt in tried:
        try:
            data, head = pyreadstat.read_sav(str(path), encoding=attempt, output_format="dict")
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
            if attempt == tried[-1] or "convert string" not in str(error):
                raise DamagedError(file=path.name, kind="SPSS", problem="reader") from error
        else:
            return data, head
    raise AssertionError  # pragma: no cover - the last attempt returned or raised


def _text(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
