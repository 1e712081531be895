"""Recompute what a portfolio is worth and uses from its raw rows, and try every choice of a small one.

Knows nothing of the solver: plain Python over the rows of a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

#: An option as it stands in the table.
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What a choice is worth, and by how much it breaks its rules (exact)."""

    value: Fraction
    broken: tuple[str, ...]


def exact(number: float) -> Fraction:
    """The decimal that was written, not the nearest binary number."""
    return Fraction(str(number))


def check(
    rows: Sequence[Row],
    choice: Mapping[Any, Any],
    limits: Mapping[str, float],
    floors: Sequence[Mapping[str, Any]] = (),
    *,
    every: bool = False,
) -> Found:
    """Look at a choice of options by enterprise."""
    taken = [row for row in rows if choice.get(row["enterprise"]) == row["option"]]
    broken = []
    if len(taken) != len(choice):
        broken.append(f"{len(choice)} chosen, {len(taken)} known")
    if every and len(taken) != len({row["enterprise"] for row in rows}):
        broken.append("an enterprise has nothing")
    for use, limit in limits.items():
        if sum((exact(row[use]) for row in taken), Fraction()) > exact(limit):
            broken.append(f"limit {use}")
    for floor in floors:
        got = sum(
            (exact(row[floor["use"]]) for row in taken if row[floor["group"]] == floor["value"]),
            Fraction(),
        )
        if got < exact(floor["min"]):
            broken.append(f"floor {floor['value']}")
    return Found(sum((exact(row["value"]) for row in taken), Fraction()), tuple(broken))


def best(
    rows: Sequence[Row],
    limits: Mapping[str, float],
    floors: Sequence[Mapping[str, Any]] = (),
    *,
    every: bool = False,
) -> Fraction | None:
    """The most that any choice is worth, by trying all; None where none keeps the rules."""
    firms = list(dict.fromkeys(row["enterprise"] for row in rows))
    choices = [
        [row["option"] for row in rows if row["enterprise"] == firm] + ([] if every else [None])
        for firm in firms
    ]
    most: Fraction | None = None
    for picked in product(*choices):
        choice = {f: o for f, o in zip(firms, picked, strict=True) if o is not None}
        found = check(rows, choice, limits, floors, every=every)
        if not found.broken and (most is None or found.value > most):
            most = found.value
    return most
