"""Match a table of two-sided wishes stably, and write who takes whom with a summary.

Decides which files are read and written and what is said. The matching is ``taji.match.stable``'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from taji.base.arrays import IntArray
from taji.base.text import Text
from taji.desk.assigning_needs import WrittenAssignment, write_json
from taji.desk.files import keep_inputs, write_table
from taji.desk.pair_tables import read_pairs
from taji.desk.steps import SILENT, Steps
from taji.match.stable import (
    Preferences,
    blocking_pairs,
    ranks,
    stable_for_needs,
    stable_for_providers,
)
from taji.store.manifest import fingerprint

__all__ = ["match_stably", "stable_summary"]

READING = Text(zh="读取配对表", en="Reading the pairs")
MATCHING = Text(zh="匹配", en="Matching")


def match_stably(
    pairs: Path,
    capacities: Path,
    *,
    favour: Literal["needs", "providers"],
    out: Path,
    steps: Steps = SILENT,
) -> WrittenAssignment:
    """Match and write ``assignment.csv`` and ``summary.json``.

    Parameters
    ----------
    pairs, capacities : Path
        ``need, provider, need_score, provider_score`` and ``provider, capacity`` (in needs).
    favour : {"needs", "providers"}
        The side that fares as well as in any stable matching.
    out : Path
        Folder of the result.
    steps : Steps
        Hears of the steps.
    """
    files = (out / "assignment.csv", out / "summary.json")
    keep_inputs([pairs, capacities], files)
    steps.begin(READING)
    table = read_pairs(
        pairs, capacities, columns=("need_score", "provider_score"), no_less_than_zero=()
    )
    wishes = Preferences(
        table.need,
        table.provider,
        table.numbers["need_score"],
        table.numbers["provider_score"],
        np.floor(table.capacity + 1e-9).astype(np.int64),
        len(table.needs),
    )
    steps.begin(MATCHING)
    chosen = stable_for_needs(wishes) if favour == "needs" else stable_for_providers(wishes)
    summary = {
        "favour": favour,
        **stable_summary(wishes, chosen),
        "method": "deferred acceptance",
        "ties": "lower id in text order",
        "pairs_sha256": fingerprint(pairs, relative_to=pairs.parent).sha256,
        "capacities_sha256": fingerprint(capacities, relative_to=capacities.parent).sha256,
    }
    write_table(table.frame(chosen), files[0])
    write_json(summary, files[1])
    s = summary
    return WrittenAssignment(
        out,
        summary,
        Text(
            zh=f"{s['needs']} 项需求匹配了 {s['matched']} 项，破坏稳定的配对 {s['blocking_pairs']} 对。见 {out}",
            en=f"{s['matched']} of {s['needs']} needs are matched, {s['blocking_pairs']} blocking "
            f"pairs. See {out}",
        ),
    )


def stable_summary(wishes: Preferences, chosen: IntArray) -> dict[str, Any]:
    """Say how many are matched, how well on both sides, and how many pairs would break it."""
    matched = int((chosen >= 0).sum())
    mine, theirs = ranks(wishes, chosen)
    return {
        "needs": wishes.needs,
        "providers": len(wishes.capacity),
        "matched": matched,
        "share_matched": matched / wishes.needs if wishes.needs else 0.0,
        "blocking_pairs": blocking_pairs(wishes, chosen),
        "mean_rank_of_needs": float(mine.mean()) if matched else None,
        "mean_rank_of_providers": float(theirs.mean()) if matched else None,
    }
