"""Solve a table of pairs as a generalised assignment, and write who takes what with a certificate.

Decides which files are read and written and what is said. The solving is ``taji.match.gap``'s.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.pair_tables import Pairs, read_pairs
from taji.desk.steps import SILENT, Steps
from taji.match.gap import Assigned, assign
from taji.store.manifest import fingerprint

__all__ = [
    "AssignmentInfeasibleError",
    "NoAssignmentError",
    "TooManyPairsError",
    "WrittenAssignment",
    "assign_needs",
    "write_json",
]

METHOD = (
    "prices and mixtures of loads; dives, exchanges, narrow programmes; proof by choice of loads"
)
SOLVING = Text(zh="求解（按 Ctrl-C 取当前最好结果）", en="Solving (Ctrl-C keeps the best so far)")
#: Cells of the table of providers and needs, at most: some fifty bytes each. [cells]
CELLS = 4_000_000
#: Names that a sentence shows before the rest is counted.
SHOWN = 5


class AssignmentInfeasibleError(TajiError):
    """Not every need can be met."""

    code = "match.infeasible"
    sentences = {
        "en": "Not every need can be met: {reason}. Loosen that, or leave out `--every-need`.",
        "zh": "无法满足每一项需求：{reason}。请放宽上述条件，或去掉 `--every-need`。",
    }


class NoAssignmentError(TajiError):
    """Time ended before an assignment was found or ruled out."""

    code = "match.no_assignment"
    sentences = {
        "en": "Within {limit} seconds no assignment of every need was found, nor was it shown "
        "that there is none. Give more `--time-limit`, more capacity, or leave out `--every-need`.",
        "zh": "{limit} 秒内未找到满足每一项需求的分配，也未能证明不存在。"
        "请增大 `--time-limit`、增加容量，或去掉 `--every-need`。",
    }


class TooManyPairsError(TajiError):
    """The table of providers and needs is larger than what is solved here."""

    code = "match.too_large"
    sentences = {
        "en": "{providers} providers × {needs} needs are more than {limit} cells. Split the needs "
        "by district or trade, or match them with `taji match stable`.",
        "zh": "{providers} 家服务商 × {needs} 项需求超过 {limit} 格。"
        "请按地区或行业分开求解，或改用 `taji match stable`。",
    }


@dataclass(frozen=True, slots=True)
class WrittenAssignment:
    """An assignment on disk, and what to say of it."""

    folder: Path
    certificate: dict[str, Any]
    sentence: Text


def assign_needs(
    pairs: Path,
    capacities: Path,
    *,
    sense: Literal["min", "max"],
    every_need: bool,
    time_limit: float,
    seed: int,
    out: Path,
    steps: Steps = SILENT,
) -> WrittenAssignment:
    """Solve and write ``assignment.csv`` and ``certificate.json``.

    Parameters
    ----------
    pairs, capacities : Path
        ``need, provider, score, effort`` and ``provider, capacity``.
    sense, every_need, seed
        As for ``taji.match.gap.assign``.
    time_limit : float
        [s]
    out : Path
        Folder of the result.
    steps : Steps
        Hears that it is being solved.

    Raises
    ------
    AssignmentInfeasibleError, NoAssignmentError
        After the certificate is written.
    """
    files = (out / "assignment.csv", out / "certificate.json")
    keep_inputs([pairs, capacities], files)
    began = time.monotonic()
    table = read_pairs(
        pairs, capacities, columns=("score", "effort"), no_less_than_zero=("effort",)
    )
    shape = (len(table.providers), len(table.needs))
    if shape[0] * shape[1] > CELLS:
        raise TooManyPairsError(providers=shape[0], needs=shape[1], limit=CELLS)
    score, effort = np.full(shape, np.nan), np.zeros(shape)
    score[table.provider, table.need] = table.numbers["score"]
    effort[table.provider, table.need] = table.numbers["effort"]
    steps.begin(SOLVING)
    solved = assign(
        score,
        effort,
        table.capacity,
        sense=sense,
        every_need=every_need,
        left=lambda: time_limit - (time.monotonic() - began),
        seed=seed,
    )
    found = solved.status in ("optimal", "feasible")
    certificate: dict[str, Any] = {
        "status": solved.status,
        "sense": sense,
        "every_need": every_need,
        "value": solved.value if found else None,
        "bound": solved.bound if np.isfinite(solved.bound) else None,
        "gap": solved.gap if found else None,
        "feasible": found and holds(table, solved.provider, every_need=every_need),
        "needs": shape[1],
        "assigned": int((solved.provider >= 0).sum()),
        "stopped": solved.stopped,
        "seconds": round(time.monotonic() - began, 3),
        "time_limit": time_limit,
        "method": METHOD,
        "seed": seed,
        "pairs_sha256": fingerprint(pairs, relative_to=pairs.parent).sha256,
        "capacities_sha256": fingerprint(capacities, relative_to=capacities.parent).sha256,
    }
    if not found:
        error = _why_not(table, effort, np.isfinite(score), solved, time_limit)
        certificate["reason"] = {"zh": error.render("zh"), "en": error.render("en")}
        files[0].unlink(missing_ok=True)
        write_json(certificate, files[1])
        raise error
    write_table(table.frame(solved.provider), files[0])
    write_json(certificate, files[1])
    return WrittenAssignment(out, certificate, _sentence(certificate, out))


def holds(table: Pairs, chosen: np.ndarray, *, every_need: bool) -> bool:
    """Return whether an assignment keeps every capacity, by the table as it was read."""
    used = pl.DataFrame(
        {
            "need": table.need,
            "provider": table.provider,
            "effort": table.numbers["effort"],
            "chosen": chosen[table.need],
        }
    ).filter(pl.col("provider") == pl.col("chosen"))
    load = np.bincount(used["provider"], weights=used["effort"], minlength=len(table.capacity))
    kept = (load <= table.capacity * (1 + 1e-9) + 1e-9).all()
    listed = used["need"].n_unique() == int((chosen >= 0).sum())
    return bool(kept and listed and (not every_need or (chosen >= 0).all()))


def write_json(record: dict[str, Any], path: Path) -> None:
    """Write a record as JSON, whole or not at all."""
    with whole(path) as unfinished:
        text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
        unfinished.write_text(text + "\n", encoding="utf-8")


def _why_not(
    table: Pairs, effort: np.ndarray, offered: np.ndarray, solved: Assigned, limit: float
) -> TajiError:
    if solved.status == "unknown":
        return NoAssignmentError(limit=f"{limit:g}")
    fits = offered & (effort <= table.capacity[:, None] * (1 + 1e-9) + 1e-9)
    alone = [table.needs[n] for n in np.flatnonzero(~fits.any(axis=0))]
    if alone:
        names = ", ".join(alone[:SHOWN]) + (" …" if len(alone) > SHOWN else "")
        return AssignmentInfeasibleError(
            reason=Text(
                zh=f"{len(alone)} 项需求超出所有可选服务商的容量：{names}",
                en=f"{len(alone)} needs exceed the capacity of every provider offered: {names}",
            )
        )
    short = [(table.providers[p], solved.short[p]) for p in np.flatnonzero(solved.short > 0)]
    if not short:
        reason = Text(zh="总容量不足", en="the capacities do not suffice")
        return AssignmentInfeasibleError(reason=reason)
    listed = ", ".join(f"{name} +{more:g}" for name, more in short[:SHOWN])
    listed += " …" if len(short) > SHOWN else ""
    total = sum(more for _, more in short)
    return AssignmentInfeasibleError(
        reason=Text(
            zh=f"容量还差 {total:g}，例如这样增加即可：{listed}",
            en=f"capacity is short by {total:g}; this much more would do, for one: {listed}",
        )
    )


def _sentence(certificate: dict[str, Any], out: Path) -> Text:
    c = certificate
    proven = c["status"] == "optimal"
    zh = "已证明最优" if proven else f"可行，界 {c['bound']:.10g}，差距 {c['gap']:.4%}"
    en = "proven optimal" if proven else f"feasible, bound {c['bound']:.10g}, gap {c['gap']:.4%}"
    return Text(
        zh=f"{c['needs']} 项需求分配了 {c['assigned']} 项，总值 {c['value']:.10g}（{zh}）。见 {out}",
        en=f"{c['assigned']} of {c['needs']} needs are assigned, value {c['value']:.10g} ({en}). "
        f"See {out}",
    )
