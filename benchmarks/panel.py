"""How near to its bound, and how fast, panels are made.

    python -m benchmarks.panel [--kinds lowrank,additive] [--sizes moderate,large]

Two sizes: 177 x 118 with every pair listed, in both orders (GLOP and HiGHS reach the bound of the
least total), and 10,000 x 2,000 with 200 candidates each (flows and exchanges). Affinities of four
kinds: ``uniform``; ``lowrank`` (fields of applications and of reviewers), ``additive`` (good
applications and good reviewers, so that all want the same people) and ``skew`` (lognormal).
Seconds are those of the clock and of the processor: on a machine that is shared the second tells more.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

import numpy as np

from taji.match.panel import assign
from taji.match.panel_call import NONE, Call

SIZES = {
    "moderate": ((177, 118, 118, 5), (118, 177, 177, 2)),
    "large": ((10_000, 2_000, 200, 18),),
}
KINDS = ("uniform", "lowrank", "additive", "skew")
#: The search may take this long. [s]
LIMIT = 600.0


def make(kind: str, applications: int, reviewers: int, candidates: int, *, seed: int) -> tuple:
    """Make pairs and affinities of one kind."""
    rng = np.random.default_rng(seed)
    if candidates < reviewers:
        lot = rng.random((applications, reviewers))
        reviewer = np.sort(np.argpartition(lot, candidates, axis=1)[:, :candidates], axis=1)
    else:
        reviewer = np.tile(np.arange(reviewers), (applications, 1))
    application = np.repeat(np.arange(applications), reviewer.shape[1])
    reviewer = reviewer.ravel()
    count = len(application)
    if kind == "lowrank":
        left = np.sqrt(rng.dirichlet(np.full(15, 0.2), applications))
        right = np.sqrt(rng.dirichlet(np.full(15, 0.2), reviewers))
        affinity = np.einsum("ij,ij->i", left[application], right[reviewer])
    elif kind == "additive":
        good_a, good_r = rng.random(applications), rng.random(reviewers)
        affinity = 0.5 * good_a[application] + 0.4 * good_r[reviewer] + 0.1 * rng.random(count)
    elif kind == "skew":
        affinity = rng.lognormal(0, 1, count)
    else:
        affinity = rng.random(count)
    return application, reviewer, affinity


def measure(kind: str, applications: int, reviewers: int, candidates: int, most: int) -> str:
    """Make fair panels once and tell what came of it."""
    application, reviewer, affinity = make(kind, applications, reviewers, candidates, seed=1)
    call = Call(
        applications=applications,
        reviewers=reviewers,
        application=application,
        reviewer=reviewer,
        affinity=affinity,
        per_application=3,
        most_load=most,
        organisation=np.full(reviewers, NONE),
    )
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    found = assign(call, mode="fair", seed=1, left=lambda: LIMIT - (time.monotonic() - began))
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return (
        f"{kind:9} {applications:6} x {reviewers:5} x {candidates:4}  least {found.least:9.5f}  "
        f"bound {found.least_bound:9.5f}  gap {found.gap:.2e}  sum/bound "
        f"{found.sum / found.sum_bound:.5f}  linked {found.linked!s:5}  {found.status:8}  "
        f"{time.monotonic() - began:6.1f} s clock  {cpu:6.1f} s processor"
    )


def main() -> None:
    """Print one line for each kind and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sizes", default=",".join(SIZES))
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for size in asked.sizes.split(","):
        for shape in SIZES[size]:
            for kind in asked.kinds.split(","):
                print(measure(kind, *shape), flush=True)


if __name__ == "__main__":
    main()
