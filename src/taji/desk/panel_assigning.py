"""Assign expert panels from a table of affinities, and prove an earlier draw.

Decides which files are written and what is told, and how long a search may last. How panels are
chosen is ``taji.match.panel``'s.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.affinity_file import Affinities, read_affinities
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.steps import SILENT, Steps
from taji.match.panel import assign
from taji.match.panel_call import Call
from taji.match.panel_found import PanelError, Panels
from taji.match.panel_reasons import plain_reasons, reasons
from taji.match.panel_search import Mode, Stage
from taji.store.manifest import fingerprint
from taji.store.tables import read_table

__all__ = ["DrawMissingError", "PanelProof", "PanelsAssigned", "assign_panels", "replay_panels"]

ASSIGNMENT, SUMMARY, PROBABILITIES = "assignment.csv", "summary.json", "probabilities.csv"
#: A replay runs to the end, however long the first search was allowed. [s]
PATIENCE = 86_400.0
#: Figures that a replay finds within this are the same: sums of floats. [points of the table]
SAME = 1e-6
#: What a replay holds against the summary.
FIGURES = ("least", "least_bound", "sum", "gap", "second_eigenvalue")
FACTS = ("status", "method", "connected", "loads", "draws")

READING = Text(zh="读取匹配表", en="Reading the table")
STAGES: Mapping[Stage, Text] = {
    "bound": Text(zh="计算上界", en="Finding the bound"),
    "flow": Text(zh="按费用流分派", en="Sending a flow"),
    "raise": Text(zh="提高最低的评审组", en="Raising the lowest panels"),
    "prove": Text(zh="求解并证明", en="Solving to the proof"),
    "draw": Text(zh="抽签", en="Drawing by lot"),
    "join": Text(zh="连接互不相连的组", en="Joining what nothing links"),
}
STATUS = {
    "optimal": Text(zh="已证明最优", en="proved optimal"),
    "feasible": Text(zh="可行，未证明最优", en="feasible, without proof"),
    "drawn": Text(zh="抽签", en="drawn by lot"),
}
STOPPED = {
    "time": Text(zh="；时限已到，取当时最好的结果", en="; time was up, this is the best by then"),
    "interrupt": Text(
        zh="；被中断，取当时最好的结果", en="; interrupted, this is the best by then"
    ),
}


class DrawMissingError(TajiError):
    """The folder does not hold a draw that can be proved."""

    code = "panel.draw"
    sentences = {
        "en": "{path} holds no draw of panels: {reason}. Give the folder that `taji panel assign` wrote.",
        "zh": "{path} 中没有可复验的分派：{reason}。请给出 `taji panel assign` 写出的文件夹。",
    }


@dataclass(frozen=True, slots=True)
class PanelsAssigned:
    """Panels on disk: where they lie, what is in the summary, and what to say."""

    folder: Path
    summary: Mapping[str, Any]
    sentence: Text


@dataclass(frozen=True, slots=True)
class PanelProof:
    """Whether an earlier draw is proved, and what to say."""

    same: bool
    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What a draw is asked for, as it stands in the summary."""

    per_application: int
    max_load: int
    min_load: int
    mode: Mode
    pair_cap: float | None
    allow_unlinked: bool
    seed: int


def assign_panels(
    table: Path,
    *,
    per_application: int,
    max_load: int,
    min_load: int = 0,
    mode: Mode = "fair",
    pair_cap: float | None = None,
    allow_unlinked: bool = False,
    time_limit: float = 60.0,
    seed: int = 1,
    out: Path,
    steps: Steps = SILENT,
) -> PanelsAssigned:
    """Choose panels and write them with a summary that proves the draw.

    Parameters
    ----------
    table : Path
        Pairs with affinity and conflict (``taji.desk.affinity_file``).
    per_application : int
        Reviewers of every panel. [reviewers]
    max_load, min_load : int
        Applications of a reviewer, at most and at least. [applications]
    mode : "fair" or "sum"
        The highest least total, then the highest sum; or the highest sum alone.
    pair_cap : float, optional
        The most probability of a pair: panels are drawn by lot. [fraction, 0-1]
    allow_unlinked : bool
        Take panels whose graph is not connected.
    time_limit : float
        The search stops after this and keeps the best. [s]
    seed : int
        Seed of the draw.
    out : Path
        Folder: assignment.csv, summary.json, by lot probabilities.csv.

    Raises
    ------
    TajiError
        If the table cannot be used, or no panels keep the rules (``PanelError``).
    """
    files = [out / name for name in (ASSIGNMENT, SUMMARY, PROBABILITIES)]
    keep_inputs([table], files)
    rules = _Rules(
        per_application=per_application,
        max_load=max_load,
        min_load=min_load,
        mode=mode,
        pair_cap=pair_cap,
        allow_unlinked=allow_unlinked,
        seed=seed,
    )
    began = time.monotonic()
    read, found = _search(table, rules, time_limit, steps)
    chosen = _assignment(read, found)
    write_table(chosen, files[0])
    if found.probability is not None:
        write_table(_probabilities(read, found), files[2])
    else:
        files[2].unlink(missing_ok=True)
    summary = {
        **_summary(read, found),
        **{name: getattr(rules, name) for name in rules.__slots__},
        "time_limit": time_limit,
        "seconds": round(time.monotonic() - began, 3),
        "table": table.name,
        "sha256": fingerprint(table, relative_to=table.parent).sha256,
    }
    with whole(files[1]) as unfinished:
        text = json.dumps(summary, ensure_ascii=False, indent=1)
        unfinished.write_text(text + "\n", encoding="utf-8")
    return PanelsAssigned(out, summary, _said(summary, out))


def replay_panels(folder: Path, table: Path, steps: Steps = SILENT) -> PanelProof:
    """Repeat a draw and hold the folder against it.

    Raises
    ------
    DrawMissingError
        If the folder holds no draw.
    """
    summary = _read_summary(folder)
    try:
        rules = _Rules(**{name: summary[name] for name in _Rules.__slots__})
        given = (summary["sha256"], *(summary[name] for name in (*FIGURES, *FACTS)))
        stopped = summary["stopped"]
        held = read_table(folder / ASSIGNMENT)
    except (KeyError, TypeError) as error:
        said = Text(zh=f"摘要缺少 {error}", en=f"the summary has no {error}")
        raise DrawMissingError(path=folder, reason=said) from error
    if fingerprint(table, relative_to=table.parent).sha256 != given[0]:
        return _differs(
            "匹配表不是当时的那一份（SHA-256 不同）",
            "the table is not the one that was drawn from (its SHA-256 differs)",
        )
    if stopped is not None:
        return _differs(
            "当时的搜索被时限或中断截停，无法逐步复验",
            "the search was cut short by time or by hand, which cannot be repeated",
        )
    read, found = _search(table, rules, PATIENCE, steps)
    again = _assignment(read, found)
    names = list(held.source.headers)
    rows = held.frame.select(pl.exclude("row")).rows()
    if names != again.columns or rows != again.rows():
        wrong = next(
            (i for i, (x, y) in enumerate(zip(rows, again.rows(), strict=False)) if x != y),
            min(len(rows), again.height),
        )
        return _differs(
            f"{ASSIGNMENT} 第 {wrong + 2} 行与重算不同",
            f"{ASSIGNMENT} differs from the replay in row {wrong + 2}",
        )
    now = _summary(read, found)
    wrong_figures = [name for name in FACTS if now[name] != summary[name]]
    wrong_figures += [
        name
        for name in FIGURES
        if not isinstance(summary[name], int | float)
        or abs(now[name] - summary[name]) > SAME * max(1.0, abs(now[name]))
    ]
    if wrong_figures:
        told = ", ".join(wrong_figures)
        return _differs(
            f"{SUMMARY} 中的 {told} 与重算不同", f"{told} in {SUMMARY} differ from the replay"
        )
    return PanelProof(
        True,
        Text(
            zh=f"已复验：由同一张表和种子 {rules.seed} 重算，{again.height} 个席位完全相同。",
            en=f"Proved: from the same table and seed {rules.seed} the same {again.height} seats.",
        ),
    )


def _differs(zh: str, en: str) -> PanelProof:
    return PanelProof(False, Text(zh=f"未能复验：{zh}。", en=f"Not proved: {en}."))


def _search(table: Path, rules: _Rules, seconds: float, steps: Steps) -> tuple[Affinities, Panels]:
    steps.begin(READING)
    read = read_affinities(table)
    call = read.call(
        per_application=rules.per_application,
        most_load=rules.max_load,
        least_load=rules.min_load,
    )
    _refuse(plain_reasons(call, read.applications, read.reviewers, read.wants))
    ends = time.monotonic() + seconds
    try:
        found = assign(
            call,
            mode=rules.mode,
            seed=rules.seed,
            left=lambda: ends - time.monotonic(),
            cap=rules.pair_cap,
            link=not rules.allow_unlinked,
            tell=lambda stage: steps.begin(STAGES[stage]),
        )
    except PanelError:
        _refuse(_deeper(call, read))
        raise
    return read, found


def _deeper(call: Call, read: Affinities) -> tuple[Text, ...]:
    return reasons(call, read.applications, read.reviewers, read.wants)


def _refuse(why: tuple[Text, ...]) -> None:
    if why:
        said = Text(zh="；".join(r.zh for r in why), en="; ".join(r.en for r in why))
        raise PanelError(reasons=said)


def _assignment(read: Affinities, found: Panels) -> pl.DataFrame:
    at = np.flatnonzero(found.chosen)
    return pl.DataFrame(
        {
            "application": [read.applications[i] for i in read.application[at]],
            "reviewer": [read.reviewers[i] for i in read.reviewer[at]],
        }
    )


def _probabilities(read: Affinities, found: Panels) -> pl.DataFrame:
    assert found.probability is not None
    at = np.flatnonzero(found.probability)
    return pl.DataFrame(
        {
            "application": [read.applications[i] for i in read.application[at]],
            "reviewer": [read.reviewers[i] for i in read.reviewer[at]],
            "probability": found.probability[at],
        }
    )


def _summary(read: Affinities, found: Panels) -> dict[str, Any]:
    load = np.bincount(read.reviewer, found.chosen, len(read.reviewers)).astype(int)
    return {
        "least": found.least,
        "least_bound": found.least_bound,
        "sum": found.sum,
        "sum_bound": found.sum_bound if np.isfinite(found.sum_bound) else None,
        "status": found.status,
        "gap": found.gap,
        "method": found.method,
        "stopped": found.stopped,
        "connected": found.linked,
        "second_eigenvalue": found.firmness,
        "draws": found.draws,
        "loads": dict(zip(read.reviewers, load.tolist(), strict=True)),
        "applications": len(read.applications),
        "reviewers": len(read.reviewers),
        "pairs": len(read.application),
        "conflicts": read.conflicts,
    }


def _read_summary(folder: Path) -> dict[str, Any]:
    try:
        held = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        said = Text(zh=f"读不到 {SUMMARY}", en=f"{SUMMARY} cannot be read")
        raise DrawMissingError(path=folder, reason=said) from error
    if not isinstance(held, dict) or not (folder / ASSIGNMENT).is_file():
        said = Text(zh=f"缺少 {ASSIGNMENT}", en=f"{ASSIGNMENT} is missing")
        raise DrawMissingError(path=folder, reason=said)
    return held


def _said(summary: Mapping[str, Any], out: Path) -> Text:
    status, k = STATUS[summary["status"]], summary["per_application"]
    cut = STOPPED.get(summary["stopped"] or "")
    least = f"{summary['least']:.6g} ≤ {summary['least_bound']:.6g}"
    linked = summary["connected"]
    return Text(
        zh=f"{summary['applications']} 份申报，每份 {k} 人；最低评审组匹配度 {least}（上界），"
        f"合计 {summary['sum']:.6g}；{status.zh}，差距 {summary['gap']:.2g}{cut.zh if cut else ''}；"
        f"评审图{'连通' if linked else '不连通，宽严无法比较'}。结果：{out}",
        en=f"{summary['applications']} applications, {k} reviewers each; lowest total {least} (bound), "
        f"sum {summary['sum']:.6g}; {status.en}, gap {summary['gap']:.2g}{cut.en if cut else ''}; "
        f"the graph is {'connected' if linked else 'not connected: severity cannot be compared'}. "
        f"Result: {out}",
    )
