"""Write a table of options with all that explains it.

Decides which files there are and what their columns are. What stands in a row of the table,
``taji.desk.option_rows`` decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from taji.desk.files import whole, write_table
from taji.desk.option_looking import LookingForOptions
from taji.desk.option_request import Means, OptionsRequest
from taji.desk.option_rows import option_schema
from taji.desk.option_words import NO_ANSWERS, reason_words
from taji.desk.roadmap_figures import both
from taji.desk.roadmap_words import ASSUMED
from taji.desk.surveyed_firms import SIZE_FROM, Surveyed
from taji.store.manifest import fingerprint

__all__ = ["FILES", "write_options"]

TABLE, BOOK, FIRMS = "options.parquet", "options.xlsx", "firms.csv"
PLANS, SUMMARY, LIMITS = "roadmaps.jsonl", "options.json", "limits_example.json"
#: All that is written.
FILES = (TABLE, BOOK, FIRMS, PLANS, SUMMARY, LIMITS)


def write_options(
    request: OptionsRequest, means: Means, surveyed: Surveyed, found: LookingForOptions
) -> Mapping[str, Any]:
    """Write all files, each whole or not at all; return the summary.

    Parameters
    ----------
    request : OptionsRequest
    means : Means
    surveyed : Surveyed
    found : LookingForOptions
        After its search.
    """
    out, names = request.out, surveyed.groups.columns
    table = _table(found, names)
    firms = pl.concat([_firms(found, names), _silent(surveyed)], how="diagonal")
    for path in (out / TABLE, out / BOOK):
        write_table(table, path)
    write_table(firms, out / FIRMS)
    with whole(out / PLANS) as unfinished:
        lines = [json.dumps(o.record, ensure_ascii=False) + "\n" for o in found.offers]
        unfinished.write_text("".join(lines), encoding="utf-8")
    summary = {
        **_counts(found, table, firms),
        **_grounds(request, means),
        "inputs": _inputs(request),
    }
    for name, content in ((SUMMARY, summary), (LIMITS, _limits(found, table))):
        with whole(out / name) as unfinished:
            text = json.dumps(content, ensure_ascii=False, indent=1)
            unfinished.write_text(text + "\n", encoding="utf-8")
    return summary


def _table(found: LookingForOptions, groups: Sequence[str]) -> pl.DataFrame:
    known = {line["enterprise"]: line for line in found.lines}
    rows = [
        {**offer.row, **{g: known[offer.row["enterprise"]][g] for g in _columns(groups)}}
        for offer in found.offers
    ]
    return pl.DataFrame(rows, schema=option_schema(found.uses, groups))


def _firms(found: LookingForOptions, groups: Sequence[str]) -> pl.DataFrame:
    text, whole_number = pl.String, pl.Int64
    schema = {
        **dict.fromkeys(("enterprise", "size", "size_from", "level"), text),
        **dict.fromkeys(("points", "coverage"), pl.Float64),
        "targets": text,
        **dict.fromkeys(("plans", "options", "unfinished", "next_needs"), whole_number),
        **dict.fromkeys(("reason", "reason_zh", "reason_en"), text),
        **dict.fromkeys(_columns(groups), text),
    }
    return pl.DataFrame(found.lines, schema=schema)


def _silent(surveyed: Surveyed) -> pl.DataFrame:
    """A line for each firm of the register without answers."""
    words = reason_words(NO_ANSWERS)
    return surveyed.silent.select(
        pl.col("enterprise").cast(pl.String),
        pl.lit(0, pl.Int64).alias("options"),
        pl.lit(NO_ANSWERS).alias("reason"),
        pl.lit(words.zh).alias("reason_zh"),
        pl.lit(words.en).alias("reason_en"),
        *(pl.col(n).alias(f"group_{n}") for n in surveyed.silent.columns if n != "enterprise"),
    )


def _limits(found: LookingForOptions, table: pl.DataFrame) -> dict[str, int]:
    """What all firms together could use at most: limits that limit nothing, to be lowered."""
    most = table.group_by("enterprise").agg(pl.col(found.uses).max())
    return {name: int(most.get_column(name).sum() or 0) for name in found.uses}


def _counts(found: LookingForOptions, table: pl.DataFrame, firms: pl.DataFrame) -> dict[str, Any]:
    reasons = firms.get_column("reason").drop_nulls().value_counts().sort("reason")
    return {
        "firms": len(found.lines),
        "firms_with_options": table.get_column("enterprise").n_unique(),
        "options": table.height,
        "unproven": int((~table.get_column("proven")).sum()),
        "reasons": dict(reasons.iter_rows()),
        "stopped": found.broken_off,
    }


def _grounds(request: OptionsRequest, means: Means) -> dict[str, Any]:
    """What the figures rest on."""
    return {
        "model": means.program.model.key,
        "readings": dict(means.program.model.options),
        "measures": means.measures.key,
        "confidence": means.measures.confidence,
        "assumptions": both(means.measures.note or ASSUMED),
        "worth": means.worth.model_dump(mode="json"),
        "value": request.counting,
        "budgets": sorted(set(request.budgets)),
        "target": means.target,
        "ahead": request.ahead,
        "periods": request.periods,
        "period_months": means.measures.period_months,
        "staff": request.staff,
        "subsidies": {
            name: {"share": rule.share[0] / rule.share[1], "cap": rule.cap}
            for name, rule in means.rules.items()
            if rule is not None
        },
        "size_from": {key: both(text) for key, text in SIZE_FROM.items()},
        "time_limit": request.seconds,
        "seed": request.seed,
    }


def _inputs(request: OptionsRequest) -> dict[str, str]:
    """SHA-256 of every file that came in."""
    files = (request.answers, request.register, request.worth, *request.subsidies)
    return {
        path.name: fingerprint(path, relative_to=request.out).sha256
        for path in files
        if path is not None
    }


def _columns(groups: Sequence[str]) -> list[str]:
    return [f"group_{name}" for name in groups]
