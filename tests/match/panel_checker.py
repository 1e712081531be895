"""Panels judged from the raw rows alone: no word of a solver, nothing of the library."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product

Pair = tuple[str, str]


@dataclass(frozen=True)
class Raw:
    """A table of affinities as typed, and the rules."""

    affinity: Mapping[Pair, float]
    conflict: frozenset[Pair]
    k: int
    most: int
    least: int = 0
    organisation: Mapping[str, str] = field(default_factory=dict)
    speciality: Mapping[str, frozenset[str]] = field(default_factory=dict)
    requires: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def applications(self) -> list[str]:
        return sorted({a for a, _ in self.affinity} | {a for a, _ in self.conflict})

    @property
    def reviewers(self) -> list[str]:
        return sorted({r for _, r in self.affinity} | {r for _, r in self.conflict})


def faults(raw: Raw, chosen: Iterable[Pair], *, linked: bool = True) -> list[str]:
    """Every rule that these panels break."""
    chosen = list(chosen)
    found = [f"twice: {pair}" for pair, n in Counter(chosen).items() if n > 1]
    found += [f"conflict: {pair}" for pair in chosen if pair in raw.conflict]
    found += [f"not listed: {pair}" for pair in chosen if pair not in raw.affinity]
    panels, loads = defaultdict(set), Counter(r for _, r in chosen)
    for a, r in chosen:
        panels[a].add(r)
    found += [f"{a} has {len(panels[a])}" for a in raw.applications if len(panels[a]) != raw.k]
    found += [
        f"load of {r}: {loads[r]}" for r in raw.reviewers if not raw.least <= loads[r] <= raw.most
    ]
    for a in raw.applications:
        bodies = [raw.organisation[r] for r in panels[a] if raw.organisation.get(r)]
        if len(set(bodies)) < len(bodies):
            found.append(f"{a}: two of one organisation")
        brought = set().union(*(raw.speciality.get(r, frozenset()) for r in panels[a]))
        if not raw.requires.get(a, frozenset()) <= brought:
            found.append(f"{a}: a speciality is missing")
    if linked and not hangs_together(chosen):
        found.append("not connected")
    return found


def hangs_together(chosen: Iterable[Pair]) -> bool:
    near = defaultdict(set)
    for a, r in chosen:
        near["a", a].add(("r", r))
        near["r", r].add(("a", a))
    seen, todo = set(), [next(iter(near))]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo.extend(near[node] - seen)
    return len(seen) == len(near)


def least_and_sum(raw: Raw, chosen: Iterable[Pair]) -> tuple[float, float]:
    chosen = list(chosen)
    total = Counter()
    for a, r in chosen:
        total[a] += raw.affinity[a, r]
    return min(total.values()), sum(total.values())


def every_panel(raw: Raw) -> Iterator[list[Pair]]:
    """Every way to fill the panels, broken rules or not."""
    choices = [
        [
            [(a, r) for r in who]
            for who in combinations(
                [r for r in raw.reviewers if (a, r) in raw.affinity and (a, r) not in raw.conflict],
                raw.k,
            )
        ]
        for a in raw.applications
    ]
    for panels in product(*choices):
        yield [pair for panel in panels for pair in panel]


def best(raw: Raw, mode: str) -> tuple[float, float] | None:
    """The optimum by trying everything: (least, sum) for fair, (sum,) for sum; None if there is none."""
    values = [least_and_sum(raw, way) for way in every_panel(raw) if not faults(raw, way)]
    if not values:
        return None
    return max(values) if mode == "fair" else max(values, key=lambda value: value[1])
