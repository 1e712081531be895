"""Read the earlier result that a search begins with: its prices, its choice, what it left open.

Decides what of it still holds for another table, other limits and floors. How it is used is
``taji.plan.portfolio.solve``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import BaseModel, FiniteFloat, ValidationError

from taji.base.arrays import FloatArray
from taji.base.errors import TajiError
from taji.desk.portfolio_case import Case
from taji.desk.portfolio_margin import read_margin
from taji.desk.portfolio_table import Options
from taji.plan.portfolio.instance import NOTHING, ChoiceArray
from taji.plan.portfolio.margin import Margin
from taji.store.parquet import check_scannable, parquet_names

__all__ = ["CERTIFICATE", "CHOICE", "Earlier", "EarlierResultError", "read_earlier"]

CHOICE, CERTIFICATE = "choice.parquet", "certificate.json"


class EarlierResultError(TajiError):
    """The folder to start from holds no result of a portfolio."""

    code = "plan.warm"
    sentences = {
        "en": "{folder} holds no result of a portfolio that can be read ({file}). Give --warm the "
        "folder that an earlier `taji plan portfolio` wrote with --out, or leave it out.",
        "zh": "{folder} 中没有可读的资金组合结果（{file}）。请把 --warm 指向先前 `taji plan portfolio` "
        "用 --out 写出的文件夹，或不用 --warm。",
    }


class _Floor(BaseModel):
    group: str
    value: str
    use: str
    price: FiniteFloat


class _Certificate(BaseModel):
    prices: dict[str, FiniteFloat]
    floors: list[_Floor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a search begins with; all None without an earlier result.

    Attributes
    ----------
    prices : FloatArray or None, shape (n_row,)
        0 for rows that are new. [points per smallest unit]
    choice : ChoiceArray or None, shape (n_enterprise,)
        ``NOTHING`` where the option is not known any more.
    margin : Margin or None
        Where it holds for this table and its rows.
    """

    prices: FloatArray | None = None
    choice: ChoiceArray | None = None
    margin: Margin | None = None


def read_earlier(folder: Path | None, case: Case) -> Earlier:
    """Read the result in a folder, as far as it still holds.

    Raises
    ------
    EarlierResultError
        If the folder has no certificate of a portfolio, or a choice that is none.
    DamagedError
        If the table of the choice cannot be read.
    """
    if folder is None:
        return Earlier()
    try:
        old = _Certificate.model_validate_json((folder / CERTIFICATE).read_bytes())
    except (OSError, ValidationError) as error:
        raise EarlierResultError(folder=folder, file=CERTIFICATE) from error
    caps = [old.prices.get(name, 0.0) for name in case.limited]
    known = {(floor.group, floor.value, floor.use): floor.price for floor in old.floors}
    floors = [known.get((floor.group, floor.value, floor.use), 0.0) for floor in case.floors]
    return Earlier(
        prices=np.array([*caps, *floors]) / case.row_scale,
        choice=_choice(folder, case.options),
        margin=read_margin(case, folder),
    )


def _choice(folder: Path, options: Options) -> ChoiceArray | None:
    path = folder / CHOICE
    if not path.is_file():  # nothing fitted
        return None
    check_scannable(path)
    if not {"enterprise", "option"} <= set(parquet_names(path)):
        raise EarlierResultError(folder=folder, file=CHOICE)
    firms = pl.DataFrame({"enterprise": options.enterprise}).with_row_index("firm")
    known = pl.read_parquet(path).join(firms, on="enterprise", how="inner", maintain_order="left")
    firm = known["firm"].to_numpy().astype(np.int64)
    choice = np.full(len(options.enterprise), NOTHING, dtype=np.int32)
    choice[firm] = options.place(firm, known["option"])
    return choice
