"""Find the streams with which the demo city's default round gives the published percentages.

The truth is never touched. What is searched is chance: which of the drawn firms answer
(``round.seed``, ``round.stream``) and which leave a question blank (``stream`` of the item). A stream is taken
when the round has as many answers as the published one and every figure, both weighted and
as a plain share of the answers, rounds to the published per cent. Prints what to write
into ``src/taji/packs/cities/zhuzhou_demo.yaml``.

    python benchmarks/tune_city.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import polars as pl

from taji.catalogue.load import questionnaire
from taji.catalogue.questionnaire import Finding
from taji.city.fieldwork import People, blank, people_of, responds
from taji.city.spec import City, load_city
from taji.city.truth import Truth, invent
from taji.survey.sampling import draw

#: Answers of the published round. [firms]
ANSWERS = 65
#: How far a figure must stay from the next per cent, so that nothing hangs on rounding. [per cent]
MARGIN = 0.05
SEEDS = range(2021000, 2022000)
#: Seeds whose drawn firms come nearest, and of each the response streams that come nearest.
SEEDS_KEPT, RESPONSES_KEPT = 60, 12
RESPONSE_STREAMS = 8_000
BLANK_STREAMS = 4_000


def main() -> None:
    truth = invent(load_city())
    findings = questionnaire("zhuzhou2021").findings
    near = sorted((drawn_off(truth, seed, findings), seed) for seed in SEEDS)[:SEEDS_KEPT]
    found = [
        (off, seed, stream, people, weight)
        for _, seed in near
        for off, stream, people, weight in sorted(
            responses(truth, seed, findings), key=lambda one: one[0]
        )[:RESPONSES_KEPT]
    ]
    for off, seed, stream, people, weight in sorted(found, key=lambda one: one[0]):
        print(f"round.seed {seed}, round.stream {stream}: off by {off:.2f} per cent", flush=True)
        streams: dict[str, int | None] = {}
        for item in dict.fromkeys(finding.question for finding in findings):
            streams[item] = blanks(truth, seed, people, weight, item, findings)
            if streams[item] is None:
                break
        print("  ", streams, flush=True)
        if None not in streams.values():
            return


def drawn_off(truth: Truth, seed: int, findings: tuple[Finding, ...]) -> float:
    """How far the answers of all drawn firms, if they gave them, are off."""
    sample = drawn_with(truth, seed)
    people = people_of(truth, sample["enterprise"])
    weight = sample["weight"].to_numpy()
    return sum(distance(ticked(truth, people, f), weight, f) for f in findings)


def drawn_with(truth: Truth, seed: int) -> pl.DataFrame:
    plan = truth.city.round
    return draw(
        truth.register,
        size=plan.size,
        strata=plan.strata,
        seed=seed,
        allocation=plan.allocation,
        minimum=plan.minimum,
    ).sample


def responses(
    truth: Truth, seed: int, findings: tuple[Finding, ...]
) -> Iterator[tuple[float, int, People, np.ndarray]]:
    """Rounds with the right number of answers, and how far their full answers are off."""
    drawn = drawn_with(truth, seed)
    people = people_of(truth, drawn["enterprise"])
    strata = drawn["stratum"].to_list()
    sizes = drawn["stratum_size"].to_numpy()
    said = {f: ticked(truth, people, f) for f in findings}
    for stream in range(RESPONSE_STREAMS):
        answering = responds(with_round_stream(truth.city, stream), people, strata, seed=seed)
        if answering.sum() != ANSWERS:
            continue
        count = Counter(s for s, yes in zip(strata, answering, strict=True) if yes)
        weight = (sizes / np.array([count[s] or 1 for s in strata]))[answering]
        off = sum(distance(said[f][answering], weight, f) for f in findings)
        kept = People(
            [k for k, yes in zip(people.keys, answering, strict=True) if yes],
            [s for s, yes in zip(people.size, answering, strict=True) if yes],
            people.maturity[answering],
        )
        yield off, stream, kept, weight


def blanks(
    truth: Truth,
    seed: int,
    people: People,
    weight: np.ndarray,
    item: str,
    findings: tuple[Finding, ...],
) -> int | None:
    """The first stream of blanks with which every finding of an item comes out."""
    said = {f: ticked(truth, people, f) for f in findings if f.question == item}
    for stream in range(BLANK_STREAMS):
        city = with_blank_stream(truth.city, item, stream)
        told = ~blank(city, people, item, seed=seed)
        if all(distance(yes[told], weight[told], f) == 0 for f, yes in said.items()):
            return stream
    return None


def distance(yes: np.ndarray, weight: np.ndarray, finding: Finding) -> float:
    """How far the two shares are from rounding to the published figure. [per cent]"""
    published = finding.published
    assert published is not None
    shares = 100 * np.array([yes.mean(), np.average(yes, weights=weight)])
    if published.percent is not None:
        off = np.abs(shares - float(published.percent)) - (0.5 - MARGIN)
    else:
        assert published.below_percent is not None
        off = shares - (float(published.below_percent) - 0.5 - MARGIN)
    return float(np.maximum(off, 0).sum())


def ticked(truth: Truth, people: People, finding: Finding) -> np.ndarray:
    """Which firms truly give the finding's answer."""
    name = f"{finding.question}/{finding.option}"
    said = (
        pl.col(name)
        if name in truth.answers.columns
        else pl.col(finding.question) == finding.option
    )
    keys = pl.DataFrame({"enterprise": people.keys})
    full = keys.join(truth.answers, on="enterprise", maintain_order="left")
    return full.select(said).to_series().to_numpy()


def with_round_stream(city: City, stream: int) -> City:
    return city.model_copy(update={"round": city.round.model_copy(update={"stream": stream})})


def with_blank_stream(city: City, item: str, stream: int) -> City:
    answer = city.answers.items[item].model_copy(update={"stream": stream})
    items = {**city.answers.items, item: answer}
    answers = city.answers.model_copy(update={"items": items})
    return city.model_copy(update={"answers": answers})


if __name__ == "__main__":
    main()
