"""Time and gap of matching on one machine: assignment types A-E, stable matching, relevance.

    python -m benchmarks.matching [--limit 60] [--kinds A,B,C,D,E]

Prints the load of the machine first: other work on it makes every figure worse.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np
from tests.match.gap_checker import check, instance

from taji.catalogue.load import thesaurus
from taji.match.gap import assign
from taji.match.relevance import Relevance
from taji.match.stable import (
    Preferences,
    blocking_pairs,
    stable_for_needs,
    stable_for_providers,
)
from taji.match.words import Words

#: Providers × needs of each type.
SIZES = {
    "A": ((5, 100), (20, 200)),
    "B": ((5, 100), (20, 200)),
    "C": ((5, 100), (10, 100), (20, 100), (5, 200), (10, 200), (20, 200)),
    "D": ((5, 100), (10, 200), (20, 200), (20, 400)),
    "E": ((5, 100), (10, 200), (20, 200), (20, 400)),
}


def assignment(kinds: str, limit: float) -> None:
    print(f"{'type':5}{'size':>9}{'status':>10}{'value':>10}{'bound':>10}{'gap':>9}{'s':>7}")
    for kind in kinds.split(","):
        for providers, needs in SIZES[kind]:
            score, effort, capacity = instance(kind, providers, needs, 1)
            began = time.monotonic()
            out = assign(
                score,
                effort,
                capacity,
                sense="min",
                every_need=True,
                left=lambda began=began: limit - (time.monotonic() - began),
            )
            seconds = time.monotonic() - began
            if out.status in ("optimal", "feasible"):
                check(score, effort, capacity, out.provider, every_need=True)
            print(
                f"{kind:5}{providers:4}x{needs:<4}{out.status:>10}{out.value:10.0f}"
                f"{out.bound:10.0f}{out.gap:9.4%}{seconds:7.1f}",
                flush=True,
            )


def stable(needs: int = 100_000, providers: int = 2_000, each: int = 10) -> None:
    rng = np.random.default_rng(1)
    provider = np.concatenate([rng.choice(providers, each, replace=False) for _ in range(needs)])
    wishes = Preferences(
        np.repeat(np.arange(needs), each),
        provider,
        rng.random(needs * each),
        rng.random(needs * each),
        rng.integers(30, 70, providers),
        needs,
    )
    for solve in (stable_for_needs, stable_for_providers):
        began = time.monotonic()
        chosen = solve(wishes)
        seconds = time.monotonic() - began
        print(
            f"{solve.__name__}: {needs} x {providers} x {each}, {seconds:.1f} s, "
            f"{blocking_pairs(wishes, chosen)} blocking pairs, {(chosen >= 0).mean():.1%} matched"
        )


def relevance(providers: int = 500, needs: int = 500) -> None:
    pack = thesaurus("manufacturing")
    words = Words({concept.id: concept.spellings for concept in pack.concepts})
    rng = np.random.default_rng(1)
    spellings = [text for concept in pack.concepts for text in concept.spellings]
    texts = ["，".join(rng.choice(spellings, 12)) for _ in range(providers)]
    words.of(texts[0])
    began = time.monotonic()
    index = Relevance([words.of(text) for text in texts])
    for _ in range(needs):
        index.of(words.of("，".join(rng.choice(spellings, 3))))
    seconds = time.monotonic() - began
    print(f"relevance: {providers} providers read and {needs} needs asked in {seconds:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--kinds", default="A,B,C,D,E")
    asked = parser.parse_args()
    print("load", *(f"{load:.1f}" for load in os.getloadavg()), "cores", os.cpu_count())
    stable()
    relevance()
    assignment(asked.kinds, asked.limit)


if __name__ == "__main__":
    main()
