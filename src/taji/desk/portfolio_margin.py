"""Keep with a result what its search left open, so that the next one need not look at all firms.

Decides for which table and rows a kept margin holds: the same file to the byte, the same limited
resources and floors, whatever their amounts. A margin that does not hold, or cannot be read, is
left alone: the search is then longer, its result no worse.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np

from taji.desk.files import whole
from taji.desk.portfolio_case import Case
from taji.plan.portfolio.margin import Margin

__all__ = ["FILE", "read_margin", "write_margin"]

#: Its name in the folder of a result.
FILE = "margin.npz"
FIELDS = ("low", "high", "scale", "choice", "gone", "firm", "option")


def write_margin(margin: Margin | None, case: Case, folder: Path) -> None:
    """Write what a search left open, or take an older one away where there is none."""
    if margin is None:
        (folder / FILE).unlink(missing_ok=True)
        return
    fields = {name: getattr(margin, name) for name in FIELDS}
    with whole(folder / FILE) as path:
        about, settled = np.array(_about(case)), np.array(margin.settled)
        np.savez(path, allow_pickle=False, about=about, settled=settled, **fields)


def read_margin(case: Case, folder: Path) -> Margin | None:
    """Read what an earlier search left open, where it was one of the same options and rows."""
    try:
        with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["about"]) != _about(case):
                return None
            arrays = {name: kept[name] for name in FIELDS}
            return Margin(settled=float(kept["settled"]), **arrays)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _about(case: Case) -> str:
    """What a margin is of: hash of the options and of what the rows limit. [SHA-256, hex]"""
    rows = {
        "options": case.options.sha256,
        "limits": case.limited,
        "floors": [(floor.group, floor.value, floor.use) for floor in case.floors],
        "every_enterprise": case.portfolio.compulsory,
    }
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
