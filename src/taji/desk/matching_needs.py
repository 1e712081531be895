"""Match needs with providers from two tables: who may, who fits best, who gets it.

Decides which files are read and written, how the share cap and preferences enter, and what is
said. Formulas are those of ``taji.match``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.load import thesaurus
from taji.catalogue.thesaurus import Thesaurus
from taji.desk.assigning_needs import CELLS, TooManyPairsError, WrittenAssignment, write_json
from taji.desk.files import keep_inputs, write_table
from taji.desk.matching_stably import stable_summary
from taji.desk.needs_tables import read_both
from taji.desk.steps import SILENT, Steps
from taji.match.concentration import gini, largest_share
from taji.match.eligibility import Need, Provider, refusals
from taji.match.gap import assign
from taji.match.relevance import Relevance
from taji.match.stable import Preferences, stable_for_needs
from taji.match.words import CONCEPT, Words
from taji.store.manifest import fingerprint

__all__ = ["Mode", "NothingToMatchError", "match_needs"]

Mode = Literal["advisory", "allocate", "stable"]

#: A pair of no relevance is not offered in an allocation: nobody asked for it.
LEAST_RELEVANCE = 1e-9
#: A stated preference comes before any relevance, which does not reach this.
PREFERRED = 1_000.0
THESAURUS = "manufacturing"
READING = Text(zh="读取需求与服务商", en="Reading needs and providers")
MATCHING = Text(zh="逐项比对", en="Comparing")
SOLVING = Text(zh="求解", en="Solving")
FILES = ("ranked.csv", "why_not.csv", "assignment.csv", "summary.json")
NO_WORD = Text(zh="没有共同的词", en="no word in common")


class NothingToMatchError(TajiError):
    """A table has no rows."""

    code = "match.nothing"
    sentences = {
        "en": "{needs} has {n} needs and {providers} has {m} providers: there is nothing to match.",
        "zh": "{needs} 有 {n} 项需求，{providers} 有 {m} 家服务商：无可匹配。",
    }


@dataclass(frozen=True, slots=True)
class _Compared:
    """Every provider against every need.

    Attributes
    ----------
    relevance : FloatArray, shape (n_provider, n_need)
    may : BoolArray, shape (n_provider, n_need)
    why_not : list of (need, provider, reasons)
    """

    relevance: FloatArray
    may: BoolArray
    why_not: list[tuple[int, int, tuple[Text, ...]]]


def match_needs(
    needs: Path,
    providers: Path,
    *,
    mode: Mode,
    top: int,
    share_cap: float | None,
    thesaurus_name: str = THESAURUS,
    time_limit: float,
    seed: int,
    out: Path,
    language: Language,
    steps: Steps = SILENT,
) -> WrittenAssignment:
    """Match and write ``ranked.csv``, ``why_not.csv``, and in allocations who gets what.

    Parameters
    ----------
    needs, providers : Path
        Tables as ``taji.desk.needs_tables`` reads them.
    mode : {"advisory", "allocate", "stable"}
        Ranked lists only; the highest total relevance within capacities; or stable by both
        sides' preferences.
    top : int
        Providers listed for each need. [providers]
    share_cap : float, optional
        No provider gets more than this share of all days asked (allocate) or of all needs
        (stable). [fraction]
    thesaurus_name : str
        Id or path of the pack of words.
    time_limit : float
        Of the allocation. [s]
    seed : int
    out : Path
        Folder of the result.
    language : Language
        Of the reasons.
    steps : Steps
        Hears how many needs are compared.

    Raises
    ------
    TajiError
        If a table cannot be used; of bad cells all are told (``BadCellsError``).
    """
    files = [out / name for name in FILES]
    keep_inputs([needs, providers], files)
    began = time.monotonic()
    steps.begin(READING)
    pack = thesaurus(thesaurus_name)
    words = Words({concept.id: concept.spellings for concept in pack.concepts})
    asked, offered = read_both(needs, providers, words)
    if not asked or not offered:
        raise NothingToMatchError(
            needs=needs.name, providers=providers.name, n=len(asked), m=len(offered)
        )
    if len(asked) * len(offered) > CELLS:
        raise TooManyPairsError(providers=len(offered), needs=len(asked), limit=CELLS)
    index = Relevance([_document(provider, words) for provider in offered])
    queries = [[*words.of(need.text), *sorted(need.capability)] for need in asked]
    compared = _compare(asked, offered, index, queries, steps)
    ranked = _ranked(asked, offered, compared, index, queries, pack, top=top, language=language)
    write_table(ranked, files[0])
    write_table(_why_not(asked, offered, compared, language), files[1])
    summary: dict[str, Any] = {
        "mode": mode,
        "needs": len(asked),
        "providers": len(offered),
        "needs_without_eligible": int((~compared.may.any(axis=0)).sum()),
        "share_cap": share_cap,
        "thesaurus": pack.key,
    }
    files[2].unlink(missing_ok=True)
    if mode != "advisory":
        steps.begin(SOLVING)
        left = _clock(time_limit)
        load = _allocate if mode == "allocate" else _stable
        chosen, told = load(asked, offered, compared, share_cap, left, seed)
        write_table(_assignment(asked, offered, chosen), files[2])
        summary |= told | {"time_limit": time_limit, "seed": seed}
    summary |= {
        "seconds": round(time.monotonic() - began, 3),
        "needs_sha256": fingerprint(needs, relative_to=needs.parent).sha256,
        "providers_sha256": fingerprint(providers, relative_to=providers.parent).sha256,
    }
    write_json(summary, files[3])
    return WrittenAssignment(out, summary, _sentence(summary, out))


def _clock(limit: float) -> Any:
    began = time.monotonic()
    return lambda: limit - (time.monotonic() - began)


def _document(provider: Provider, words: Words) -> list[str]:
    return [*words.of(f"{provider.name} {provider.text}"), *sorted(provider.capability)]


def _compare(
    asked: Sequence[Need],
    offered: Sequence[Provider],
    index: Relevance,
    queries: Sequence[Sequence[str]],
    steps: Steps,
) -> _Compared:
    steps.begin(MATCHING)
    relevance = np.zeros((len(offered), len(asked)))
    may = np.zeros(relevance.shape, dtype=np.bool_)
    why_not = []
    for n, need in enumerate(asked):
        relevance[:, n] = index.of(queries[n])
        for p, provider in enumerate(offered):
            reasons = refusals(need, provider)
            may[p, n] = not reasons
            if reasons:
                why_not.append((n, p, reasons))
        if n % 50 == 0:
            steps.advance(n, len(asked))
    return _Compared(relevance, may, why_not)


def _ranked(
    asked: Sequence[Need],
    offered: Sequence[Provider],
    compared: _Compared,
    index: Relevance,
    queries: Sequence[Sequence[str]],
    pack: Thesaurus,
    *,
    top: int,
    language: Language,
) -> pl.DataFrame:
    rows = []
    for n, need in enumerate(asked):
        order = sorted(
            np.flatnonzero(compared.may[:, n]).tolist(),
            key=lambda p: (-round(float(compared.relevance[p, n]), 9), offered[p].id),
        )
        for place, p in enumerate(order[:top], start=1):
            provider = offered[p]
            shared = [_named(word, pack, language) for word in index.shared(queries[n], p)]
            rows.append(
                {
                    "need": need.id,
                    "provider": provider.id,
                    "rank": place,
                    "relevance": round(float(compared.relevance[p, n]), 6),
                    "price": None if provider.price is None else provider.price * need.days,
                    "reasons": ("、" if language == "zh" else ", ").join(shared)
                    or NO_WORD[language],
                }
            )
    return pl.DataFrame(
        rows,
        schema={
            "need": pl.String,
            "provider": pl.String,
            "rank": pl.Int64,
            "relevance": pl.Float64,
            "price": pl.Float64,
            "reasons": pl.String,
        },
    )


def _named(word: str, pack: Thesaurus, language: Language) -> str:
    concept = pack.by_id.get(word.removeprefix(CONCEPT)) if word.startswith(CONCEPT) else None
    return word if concept is None else concept.label[language]


def _why_not(
    asked: Sequence[Need],
    offered: Sequence[Provider],
    compared: _Compared,
    language: Language,
) -> pl.DataFrame:
    rows = [
        {"need": asked[n].id, "provider": offered[p].id, "reason": reason[language]}
        for n, p, reasons in compared.why_not
        for reason in reasons
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("need", "provider", "reason"), pl.String))


def _offers(compared: _Compared) -> BoolArray:
    return compared.may & (compared.relevance > LEAST_RELEVANCE)


def _allocate(
    asked: Sequence[Need],
    offered: Sequence[Provider],
    compared: _Compared,
    share_cap: float | None,
    left: Any,
    seed: int,
) -> tuple[IntArray, dict[str, Any]]:
    days = np.array([need.days for need in asked])
    capacity = np.array([provider.capacity for provider in offered])
    if share_cap is not None:
        capacity = np.minimum(capacity, share_cap * days.sum())
    solved = assign(
        np.where(_offers(compared), np.round(compared.relevance, 6), np.nan),
        np.broadcast_to(days, compared.may.shape).copy(),
        capacity,
        sense="max",
        every_need=False,
        left=left,
        seed=seed,
    )
    told = {
        "status": solved.status,
        "value": solved.value,
        "bound": solved.bound,
        "gap": solved.gap,
        "matched": int((solved.provider >= 0).sum()),
        "share_matched": float((solved.provider >= 0).mean()),
        **_concentration(solved.provider, days, len(offered)),
    }
    return solved.provider, told


def _stable(
    asked: Sequence[Need],
    offered: Sequence[Provider],
    compared: _Compared,
    share_cap: float | None,
    left: Any,
    seed: int,
) -> tuple[IntArray, dict[str, Any]]:
    provider, need = np.nonzero(_offers(compared))
    days = np.array([one.days for one in asked])
    # with needs of unlike size a stable matching need not exist: a provider's days are counted in
    # needs of the largest size that it may get, so that they are never exceeded
    largest = np.zeros(len(offered))
    np.maximum.at(largest, provider, days[need])
    capacity = np.array([one.capacity for one in offered])
    places = np.floor(capacity / np.where(largest > 0, largest, 1) + 1e-9)
    if share_cap is not None:
        places = np.minimum(places, math.floor(share_cap * len(asked) + 1e-9))
    base = compared.relevance[provider, need]
    pairs = [(asked[n], offered[p]) for p, n in zip(provider.tolist(), need.tolist(), strict=True)]
    wishes = Preferences(
        need,
        provider,
        base + np.array([_wish(n.preference, (p.id,)) for n, p in pairs], dtype=float),
        base + np.array([_wish(p.preference, (n.id, n.enterprise)) for n, p in pairs], dtype=float),
        places.astype(np.int64),
        len(asked),
    )
    chosen = stable_for_needs(wishes)
    _, told = _allocate(asked, offered, compared, share_cap, left, seed)
    got = chosen >= 0
    value = math.fsum(np.round(compared.relevance[chosen[got], np.flatnonzero(got)], 6))
    price = 1 - value / told["value"] if told["value"] > 0 else 0.0
    return chosen, {
        **stable_summary(wishes, chosen),
        "value": value,
        "value_of_optimum": told["value"],
        "price_of_stability": price,
        **_concentration(chosen, days, len(offered)),
    }


def _wish(listed: tuple[str, ...], names: tuple[str, ...]) -> float:
    places = [listed.index(name) for name in names if name in listed]
    return PREFERRED - min(places) if places else 0.0


def _concentration(chosen: IntArray, days: FloatArray, providers: int) -> dict[str, float]:
    got = chosen >= 0
    load = np.bincount(chosen[got], weights=days[got], minlength=providers).astype(np.float64)
    return {"gini_of_days": gini(load), "largest_share_of_days": largest_share(load)}


def _assignment(
    asked: Sequence[Need], offered: Sequence[Provider], chosen: IntArray
) -> pl.DataFrame:
    pairs = [(need.id, p) for need, p in zip(asked, chosen.tolist(), strict=True) if p >= 0]
    return pl.DataFrame(
        {"need": [need for need, _ in pairs], "provider": [offered[p].id for _, p in pairs]},
        schema={"need": pl.String, "provider": pl.String},
    )


def _sentence(summary: dict[str, Any], out: Path) -> Text:
    lonely = summary["needs_without_eligible"]
    zh = f"{summary['needs']} 项需求、{summary['providers']} 家服务商"
    en = f"{summary['needs']} needs, {summary['providers']} providers"
    if "matched" in summary:
        zh += f"，已分配 {summary['matched']} 项"
        en += f", {summary['matched']} needs matched"
    return Text(
        zh=f"{zh}；{lonely} 项没有合格的服务商（原因见 why_not.csv）。见 {out}",
        en=f"{en}; {lonely} needs have no eligible provider (why_not.csv says why). See {out}",
    )
