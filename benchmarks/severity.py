"""Is a corrected panel nearer to the truth than its raw means, and are its errors as large as it says?

Simulates panels of 300 applications with 15 applications a reviewer, quality of standard deviation 1
and noise of 0.7, whose truth is known: 2, 3 or 5 reviews, severity of standard deviation 0 to 1, log
widths of standard deviation 0 to 0.4, with noise outside the width and inside it. Prints for each
setting the mean correlation with truth of the raw mean, of the additive model by REML and of the
model that ``taji panel rank`` chooses, how often widths were chosen, and how many of the 95 % intervals
hold the truth.

    python -m benchmarks.severity [--repeats 20] [--workers 2] [--severities 0,0.6] [--widths 0,0.4]
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from threadpoolctl import threadpool_limits

from taji.assess.ratings import Ratings
from taji.assess.severity import correct
from taji.assess.severity_additive import fit_additive
from taji.assess.severity_ranks import rank
from taji.base.arrays import FloatArray

APPLICATIONS, LOAD, NOISE = 300, 15, 0.7
REVIEWS, SEVERITIES, WIDTHS = (2, 3, 5), (0.0, 0.3, 0.6, 1.0), (0.0, 0.2, 0.4)
Z = 1.959964


@dataclass(frozen=True)
class Setting:
    """One kind of panel; ``inside``: noise widens with the reviewer."""

    reviews: int
    severity: float
    width: float
    inside: bool


@dataclass(frozen=True)
class Found:
    """What one panel gave."""

    raw: float
    additive: float
    chosen: float
    widths: bool
    covered: float
    ranks_covered: float


def settings(severities: Sequence[float], widths: Sequence[float]) -> Iterator[Setting]:
    for reviews, severity, width in product(REVIEWS, severities, widths):
        yield Setting(reviews, severity, width, inside=False)
        if width:
            yield Setting(reviews, severity, width, inside=True)


def deal(rng: np.random.Generator, reviews: int) -> tuple[FloatArray, FloatArray]:
    """Deal applications to reviewers, ``LOAD`` each, nobody twice to one application."""
    hands = np.repeat(np.arange(APPLICATIONS * reviews // LOAD), LOAD)
    rng.shuffle(hands)
    table = hands.reshape(APPLICATIONS, reviews)
    while True:
        ordered = np.sort(table, axis=1)
        twice = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(twice):
            break
        for row in twice:
            other, here, there = rng.integers(APPLICATIONS), *rng.integers(reviews, size=2)
            table[row, here], table[other, there] = table[other, there], table[row, here]
    return np.repeat(np.arange(APPLICATIONS), reviews), table.ravel()


def simulate(setting: Setting, seed: int) -> tuple[Ratings, FloatArray]:
    rng = np.random.default_rng(seed)
    application, reviewer = deal(rng, setting.reviews)
    count = int(reviewer.max()) + 1
    truth = rng.standard_normal(APPLICATIONS)
    severity = setting.severity * rng.standard_normal(count)
    width = np.exp(setting.width * rng.standard_normal(count))
    noise = NOISE * rng.standard_normal(len(application))
    seen = width[reviewer] * truth[application]
    score = seen - severity[reviewer] + noise * (width[reviewer] if setting.inside else 1.0)
    names = [f"{place:03d}" for place in application], [f"{place:02d}" for place in reviewer]
    return Ratings.of(*names, score), truth


def measure(task: tuple[Setting, int]) -> Found:
    with threadpool_limits(limits=1):
        return _measure(*task)


def _measure(setting: Setting, seed: int) -> Found:
    ratings, truth = simulate(setting, seed)
    chosen = correct(ratings, model="linear")
    joint = chosen.joint
    table = rank(ratings, chosen, fund=None, rng=np.random.default_rng(seed)).ranking
    table = table.sort("application")
    true_rank = (-truth).argsort().argsort() + 1
    held = (table["rank_low"].to_numpy() <= true_rank) & (
        true_rank <= table["rank_high"].to_numpy()
    )

    def with_truth(values: FloatArray) -> float:
        return float(np.corrcoef(values, truth)[0, 1])

    return Found(
        raw=with_truth(ratings.raw_means()),
        additive=with_truth(fit_additive(ratings).joint.measure),
        chosen=with_truth(joint.measure),
        widths=chosen.width is not None,
        covered=float((np.abs(joint.measure - truth) < Z * joint.se()).mean()),
        ranks_covered=float(held.mean()),
    )


def numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--severities", type=numbers, default=SEVERITIES)
    parser.add_argument("--widths", type=numbers, default=WIDTHS)
    given = parser.parse_args(arguments)
    asked = list(settings(given.severities, given.widths))
    print(
        f"{APPLICATIONS} applications, {LOAD} a reviewer, noise {NOISE}, {given.repeats} panels each"
    )
    print("reviews severity width noise    raw additive chosen  gain  widths  95 %  ranks")
    began = time.perf_counter()
    tasks = [(setting, 1 + seed) for setting in asked for seed in range(given.repeats)]
    worst = 1.0
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        results = pool.imap(measure, tasks)
        for setting in asked:
            found = [next(results) for _ in range(given.repeats)]
            raw, additive, chosen, widths, covered, ranks = (
                float(np.mean([getattr(one, name) for one in found]))
                for name in ("raw", "additive", "chosen", "widths", "covered", "ranks_covered")
            )
            worst = min(worst, chosen - additive)
            kind = "inside" if setting.inside else "out"
            print(
                f"{setting.reviews:7d} {setting.severity:8.1f} {setting.width:5.1f} {kind:6s}"
                f" {raw:6.4f} {additive:8.4f} {chosen:6.4f} {chosen - additive:+7.4f} {widths:5.2f}"
                f" {covered:6.3f} {ranks:6.3f}",
                flush=True,
            )
    print(f"least gain over the additive model {worst:+.4f}; {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
