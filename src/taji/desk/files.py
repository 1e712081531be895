"""Tables in and out of the desk: registers read as they stand, results written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from taji.base.errors import TajiError
from taji.store.tables import read_table

__all__ = [
    "HeaderTwiceError",
    "OverwriteError",
    "TableSuffixError",
    "keep_inputs",
    "read_register",
    "whole",
    "write_table",
]


class HeaderTwiceError(TajiError):
    """Two columns of a register have one name."""

    code = "desk.header_twice"
    sentences = {
        "en": "{file}: the column {column!r} stands twice. Rename or delete one of them.",
        "zh": "{file}：列 {column!r} 出现两次。请改名或删除其中一列。",
    }


class OverwriteError(TajiError):
    """A result would take the place of a file that it is made from."""

    code = "desk.overwrite"
    sentences = {
        "en": "{path} is an input of this command; the result would overwrite it. Give --out "
        "another name or folder.",
        "zh": "{path} 是本次命令的输入，结果会把它覆盖。请为 --out 换一个文件名或文件夹。",
    }


class TableSuffixError(TajiError):
    """The result is wanted in a kind of file that is not written."""

    code = "desk.suffix"
    sentences = {
        "en": "{path}: a table is written as .csv, .parquet or .xlsx. Change the name.",
        "zh": "{path}：表格只能写成 .csv、.parquet 或 .xlsx。请更改文件名。",
    }


def keep_inputs(inputs: Iterable[Path | None], outputs: Iterable[Path]) -> None:
    """Refuse to write a result over a file that it is made from.

    Raises
    ------
    OverwriteError
        If an output is one of the inputs.
    """
    read = {path.resolve() for path in inputs if path is not None}
    for path in outputs:
        if path.resolve() in read:
            raise OverwriteError(path=path)


def read_register(path: Path) -> pl.DataFrame:
    """Read a table of firms, every cell as text (typed files keep their types).

    Raises
    ------
    HeaderTwiceError
        If two columns have one name.
    """
    table = read_table(path)
    names = [name or f"column {place + 1}" for place, name in enumerate(table.source.headers)]
    for name in names:
        if names.count(name) > 1:
            raise HeaderTwiceError(file=path.name, column=name)
    columns = [str(place) for place in range(len(names))]
    return table.frame.select(columns).rename(dict(zip(columns, names, strict=True)))


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV, Parquet or XLSX, by suffix.

    Raises
    ------
    TableSuffixError
        For any other suffix.
    """
    writers: dict[str, Callable[[Path], object]] = {
        ".csv": frame.write_csv,
        ".parquet": frame.write_parquet,
        ".xlsx": frame.write_excel,
    }
    if path.suffix.lower() not in writers:
        raise TableSuffixError(path=path)
    with whole(path) as unfinished:
        writers[path.suffix.lower()](unfinished)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to; the file takes its own name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    try:
        unfinished.touch()  # a place that cannot be written to is told by name, before the work
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
