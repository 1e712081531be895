"""A portfolio as its page tells it: how far each resource went, what each floor got, who is supported.

Decides which columns are shown and in which words; the files keep theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from taji.base.text import Text
from taji.catalogue.resources import floor_of, resource_of
from taji.web.planning.models import Work
from taji.web.planning.option_telling import names_of
from taji.web.planning.optioning import TABLE
from taji.web.planning.work_telling import SHOWN, Rows, rows_of

__all__ = ["told"]

CERTIFICATE, DECISIONS = "certificate.json", "decisions.csv"
#: Of an option, beside its resource.
SHOWN_OF = ("title_zh", "title_en", "measures_zh", "own_cost", "value")


def told(work: Work) -> list[Rows]:
    """Return the tables of a portfolio."""
    certificate = json.loads((work.path / CERTIFICATE).read_text(encoding="utf-8"))
    tables = [_resources(certificate)] if certificate["limits"] else []
    tables += [_floors(certificate)] if certificate["floors"] else []
    if work.source is None or not certificate["feasible"]:
        return [*tables, *rows_of(work)]
    return [*tables, _supported(work)]


def _resources(certificate: Mapping[str, Any]) -> Rows:
    feasible = certificate["feasible"]
    rows = [
        [
            resource_of(name).with_unit,
            Text.same(f"{one['limit']:,.10g}"),
            Text.same(f"{one['used']:,.10g}" if feasible else "—"),
            Text.same(f"{certificate['prices'][name]:.4g}" if feasible else "—"),
        ]
        for name, one in certificate["limits"].items()
    ]
    return Rows(
        name=CERTIFICATE,
        title=Text(zh="资源", en="Resources"),
        heads=[
            Text(zh="资源", en="Resource"),
            Text(zh="上限", en="Limit"),
            Text(zh="已用", en="Used"),
            Text(zh="再多一单位的价值", en="Worth of one more"),
        ],
        numeric=frozenset({1, 2, 3}),
        rows=rows,
        more=0,
    )


def _floors(certificate: Mapping[str, Any]) -> Rows:
    def row(one: Mapping[str, Any]) -> Iterator[Text]:
        yield floor_of(one["group"], one["value"], one["use"])
        yield resource_of(one["use"]).amount(f"{one['min']:,.10g}")
        got = one["got"]
        yield Text.same("—") if got is None else resource_of(one["use"]).amount(f"{got:,.10g}")

    listed = certificate["floors"]
    return Rows(
        name=CERTIFICATE,
        title=Text(zh="公平下限", en="Floors"),
        heads=[
            Text(zh="下限", en="Floor"),
            Text(zh="至少", en="At least"),
            Text(zh="得到", en="Got"),
        ],
        numeric=frozenset({1, 2}),
        rows=[list(row(one)) for one in listed[:SHOWN]],
        more=max(0, len(listed) - SHOWN),
    )


def _chosen(work: Work) -> pl.DataFrame:
    """The firms that get an option, in the order of the decisions."""
    decided = pl.read_csv(work.path / DECISIONS, infer_schema=False)
    return decided.filter(pl.col("option").is_not_null())


def _supported(work: Work) -> Rows:
    """Whom the city supports with which of the options that an earlier work made."""
    assert work.source is not None, "an uploaded table has no titles"
    chosen = _chosen(work)
    options = pl.scan_parquet(work.source.path / TABLE)
    use = next(n for n in options.collect_schema().names() if n.startswith("use_"))
    keys = ["enterprise", "option"]
    wanted = options.select(*keys, *SHOWN_OF, use)
    first = (
        chosen.head(SHOWN)
        .select(keys)
        .join(wanted.collect(), on=keys, how="left", maintain_order="left")
    )
    names = names_of(first["enterprise"])
    rows = [
        [
            Text.same(names.get(row["enterprise"], row["enterprise"])),
            Text(zh=row["title_zh"], en=row["title_en"]),
            Text.same(str(row["measures_zh"].count("；") + 1)),
            Text.same(f"{row[use]:,}"),
            Text.same(f"{row['own_cost']:,}"),
            Text.same(f"{row['value']:,.2f}"),
        ]
        for row in first.to_dicts()
    ]
    return Rows(
        name=DECISIONS,
        title=Text(zh="获支持的企业与方案", en="Firms supported, and with what"),
        heads=[
            Text(zh="企业", en="Firm"),
            Text(zh="选项", en="Option"),
            Text(zh="措施（项）", en="Measures"),
            resource_of(use).with_unit,
            Text(zh="企业自付（元）", en="Own cost (yuan)"),
            Text(zh="价值（分）", en="Value (points)"),
        ],
        numeric=frozenset({2, 3, 4, 5}),
        rows=rows,
        more=max(0, chosen.height - SHOWN),
    )
