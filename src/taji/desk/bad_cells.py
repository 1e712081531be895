"""Cells of a table that cannot be used, all of them at once: told in a sentence, listed in a file.

Decides how many cells a sentence names and which columns the list has. Which cells are bad, the
readers of the tables say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from taji.base.errors import TajiError
from taji.base.text import Language, Text

__all__ = ["LISTED", "BadCell", "BadCellsError", "listed", "refused_table"]

#: Cells that a sentence names, and that a list holds at most; all are counted.
NAMED, LISTED = 20, 10_000
BELOW = Text(zh="见下表", en="they are listed below")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be used: where it stands, what stands in it, and why it cannot be."""

    file: str
    row: int
    column: str
    value: str
    reason: Text


class BadCellsError(TajiError):
    """Cells of the tables cannot be used.

    Field ``cells``: each of them, as far as ``LISTED``.
    """

    code = "desk.bad_cells"
    sentences = {
        "en": "{count} cells cannot be used: {told}. Correct them all and run again.",
        "zh": "有 {count} 格不可用：{told}。请全部改正后重新运行。",
    }

    @classmethod
    def of(cls, cells: Sequence[BadCell]) -> BadCellsError:
        """Return the error of these cells, in the order of the files."""
        return cls(count=len(cells), cells=tuple(cells[:LISTED]), told=_told(cells))

    def beside_list(self) -> BadCellsError:
        """Return the same for whoever shows the cells below the sentence."""
        return BadCellsError(**{**self.fields, "told": BELOW})


def listed(error: TajiError) -> tuple[BadCell, ...]:
    """Return the cells that an error lists; nothing where it is about something else."""
    cells = error.fields.get("cells", ())
    return cells if isinstance(cells, tuple) else ()


def refused_table(cells: Sequence[BadCell], language: Language) -> pl.DataFrame:
    """Return the cells as ``refused.csv`` has them: ``file, sheet, row, column, value, reason``."""
    rows = [(c.file, None, c.row, c.column, c.value, c.reason[language]) for c in cells]
    text = pl.String
    schema = {"file": text, "sheet": text, "row": pl.Int64}
    schema |= dict.fromkeys(("column", "value", "reason"), text)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _told(cells: Sequence[BadCell]) -> Text:
    zh = [f"{c.file} 第 {c.row} 行 {c.column} 列“{c.value}”{c.reason.zh}" for c in cells[:NAMED]]
    en = [f"{c.file}, row {c.row}, {c.column}: {c.value!r}, {c.reason.en}" for c in cells[:NAMED]]
    more = len(cells) - NAMED
    if more > 0:
        zh.append(f"另有 {more} 格")
        en.append(f"and {more} more")
    return Text(zh="；".join(zh), en="; ".join(en))
