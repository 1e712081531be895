"""Compare two rounds of the platform: export both, let the desk compare, keep table and picture."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from taji.base.text import LANGUAGES, Language, Text
from taji.catalogue.load import questionnaire as load_questionnaire
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.changing import CHANGE_NAME, compare_rounds
from taji.desk.steps import Steps
from taji.report.charts import Axis, DotRow, dots
from taji.report.fonts import family
from taji.web.answering.exporting import export_round
from taji.web.publishing.making import Refused, request_of
from taji.web.publishing.models import Comparison
from taji.web.rounds.models import Round

__all__ = ["CHANGE_NAME", "STEPS", "Change", "changes_of", "make", "numbers_of", "picture_of"]

EXPORTING = Text(zh="导出两轮答卷", en="Exporting the answers of both rounds")
DRAWING = Text(zh="绘图", en="Drawing")
#: Reading, scoring, estimating and protecting each round; besides exporting, comparing, drawing.
STEPS = 11
NUMBERS = "numbers.json"
POINTS = Text(zh=" 个百分点", en=" pp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One share of the whole city in both rounds, in per cent and percentage points."""

    question: str
    answer: str
    withheld: bool
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    n_before: int | None
    n_after: int | None

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def make(comparison: Comparison, folder: Path, *, steps: Steps) -> None:
    """Make everything of a comparison in ``folder``.

    Raises
    ------
    Refused
        If the answers of a round cannot be used as a whole.
    TajiError
        If a design does not fit its rows, or the rounds have nothing in common.
    """
    steps.begin(EXPORTING)
    rounds = {"earlier": comparison.before, "later": comparison.after}
    for name, its in rounds.items():
        _export(its, folder / name)
    before, after = (request_of(its, folder / name, "zh") for name, its in rounds.items())
    done = compare_rounds(before, after, folder, steps=steps)
    if done.rejected:
        raise Refused("; ".join(done.tallies))
    numbers = {"before": done.firms_before, "after": done.firms_after, "both": done.firms_both}
    (folder / NUMBERS).write_text(json.dumps(numbers) + "\n", encoding="utf-8")
    steps.begin(DRAWING)
    asked = load_questionnaire(comparison.after.questionnaire)
    for language in LANGUAGES:
        drawn = _draw(folder, asked, language)
        (folder / f"change-{language}.svg").write_text(drawn, encoding="utf-8")


def _export(its: Round, folder: Path) -> None:
    export_round(its, folder)
    if its.register_file:
        target = folder / f"register{Path(its.register_file.name).suffix}"
        with its.register_file.open("rb") as source, target.open("wb") as kept:
            shutil.copyfileobj(source, kept)


def numbers_of(comparison: Comparison) -> dict[str, int]:
    """How many firms answered before, after and in both rounds."""
    found: dict[str, int] = json.loads((comparison.path / NUMBERS).read_text(encoding="utf-8"))
    return found


def picture_of(comparison: Comparison, language: Language) -> str:
    """The picture of the findings' changes, as SVG."""
    return (comparison.path / f"change-{language}.svg").read_text(encoding="utf-8")


def changes_of(comparison: Comparison, language: Language) -> list[Change]:
    """The change of every answer's share in the whole city, in the order of the questionnaire."""
    asked = load_questionnaire(comparison.after.questionnaire)
    return [_named(row, asked, language) for row in _city(comparison.path).iter_rows(named=True)]


def _city(folder: Path) -> pl.DataFrame:
    table = pl.read_csv(folder / CHANGE_NAME, infer_schema_length=None)
    whole = pl.col("by").fill_null("") == ""
    return table.filter(whole, statistic="proportion")


def _named(row: dict[str, object], asked: Questionnaire, language: Language) -> Change:
    question, option = str(row["question"]), str(row["option"] or "")
    item = asked.items.get(question)
    options = {} if item is None else {one.id: one.label for one in item.question.options}
    label = options.get(option)
    return Change(
        question=question if item is None else item.label[language],
        answer=option if label is None else label[language],
        withheld=bool(row["suppressed"]),
        **{
            to: _hundredfold(row[name])
            for to, name in (
                ("before", "before"),
                ("after", "after"),
                ("change", "change"),
                ("low", "ci_low"),
                ("high", "ci_high"),
            )
        },
        n_before=_whole(row["n_before"]),
        n_after=_whole(row["n_after"]),
    )


def _hundredfold(value: object) -> float | None:
    return 100 * value if isinstance(value, int | float) and value == value else None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _draw(folder: Path, asked: Questionnaire, language: Language) -> str:
    """Draw the findings' changes as dots with intervals around no change."""
    rows = {(r["question"], r["option"]): r for r in _city(folder).iter_rows(named=True)}
    named = [
        (one.statement[language], _named(rows[one.question, one.option], asked, language))
        for one in asked.findings
        if (one.question, one.option) in rows
    ] or [
        (f"{change.question} · {change.answer}", change)
        for row in list(rows.values())[:12]
        for change in [_named(row, asked, language)]
    ]
    reach = max([10.0, *(abs(e) for _, c in named for e in (c.low, c.high) if e is not None)])
    limit = 10.0 * (reach // 10 + (reach % 10 > 0))
    axis = Axis(low=-limit, high=limit, format="+.0f", ticks=(-limit, 0, limit))
    dots_of = [
        DotRow(
            label=label[:1].upper() + label[1:],
            text="*" if c.change is None else f"{c.change:+.0f}{POINTS[language]}",
            estimate=c.change,
            low=c.low,
            high=c.high,
        )
        for label, c in named
    ]
    return dots(dots_of, axis=axis, font=family())
