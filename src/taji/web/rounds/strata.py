"""What the strata of a round are called: the names of their codes instead of the codes."""

from __future__ import annotations

from taji.base.text import Text
from taji.web.register.coding import labels

__all__ = ["ALL", "column_label", "stratum_label"]

ALL = Text(zh="全部企业", en="All firms")
_COLUMNS = {
    "district": Text(zh="县市区", en="District"),
    "industry": Text(zh="行业", en="Industry"),
    "size": Text(zh="规模", en="Size"),
}


def column_label(column: str) -> Text:
    """Return what a column of the register is called."""
    return _COLUMNS.get(column, Text.same(column))


def stratum_label(columns: list[str], stratum: str) -> Text:
    """Return what a stratum is called."""
    return ALL if not columns or not stratum else labels(columns, stratum)
