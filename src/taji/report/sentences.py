"""Findings as sentences: a number, its interval, how many answered, what was published before.

Decides the wording around a number. Which findings there are the questionnaire says, how a
number is written ``taji.report.numbers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from taji.base.text import Language
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Finding, Published
from taji.report.blocks import FindingLine
from taji.report.content import PortraitContent
from taji.report.estimates import Cell, Estimates
from taji.report.labels import Labels
from taji.report.numbers import FEW, Scale, count, interval, percent
from taji.report.phrases import Phrases

__all__ = ["Writer", "confidence_words", "published_share"]

_PERCENT = Scale(kind="percent")


def confidence_words(confidence: float, language: Language) -> str:
    """Write a confidence level.

    Examples
    --------
    >>> confidence_words(0.95, "zh")
    '95%'
    """
    return f"{100 * confidence:g}" + ("%" if language == "zh" else "\u00a0%")


def published_share(published: Published | None) -> float | None:
    """Return the figure published before, or its upper limit. [fraction]"""
    if published is None:
        return None
    figure = published.percent if published.percent is not None else published.below_percent
    return None if figure is None else float(figure) / 100


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes sentences about one portrait in one language."""

    content: PortraitContent
    estimates: Estimates
    labels: Labels
    phrases: Phrases

    @property
    def language(self) -> Language:
        """Language of the reader."""
        return self.phrases.language

    @property
    def confidence(self) -> str:
        """The portrait's confidence level in words."""
        return confidence_words(self.content.method.confidence, self.language)

    def cell_of(self, finding: Finding) -> Cell | None:
        """Return the estimate for the whole city of a finding."""
        return self.estimates.cell(finding.question, finding.option)

    def findings(self) -> tuple[FindingLine, ...]:
        """One line for each finding of the questionnaire, then for each model."""
        lines = [self.finding(finding) for finding in self.content.questionnaire.findings]
        for model in self.content.models:
            lines.extend(self.model(model))
        return tuple(lines)

    def finding(self, finding: Finding) -> FindingLine:
        """Write one finding with what was published before."""
        cell = self.cell_of(finding)
        statement = finding.statement[self.language]
        if cell is None or cell.shown is None:
            key = "finding_withheld" if cell is not None and cell.withheld else "finding_missing"
            return FindingLine(figure="–", sentence=self.phrases(key, statement=statement))
        fields = self.numbers(cell, _PERCENT)
        return FindingLine(
            figure=fields["figure"],
            sentence=self.phrases("finding", statement=statement, **fields),
            published=self.published(finding.published, cell),
            warning=self.warning(cell),
        )

    def model(self, model: Model) -> list[FindingLine]:
        """Write the mean total of a model and its most frequent level."""
        lines: list[FindingLine] = []
        question, title = f"{model.id}:total", model.title[self.language]
        mean = self.estimates.cell(question, statistic="mean")
        if mean is not None and mean.shown is not None:
            fields = self.numbers(mean, self.labels.scale(question, "mean"))
            most = f"{float(model.by_id['total'].max):g}" if "total" in model.by_id else "–"
            sentence = self.phrases(
                "model_mean", model=title, max=most, score=fields["figure"], **fields
            )
            figure = self.phrases("points_figure", score=fields["figure"])
            lines.append(FindingLine(figure=figure, sentence=sentence, warning=self.warning(mean)))
        top = self.most_frequent_level(model)
        if top is not None:
            fields = self.numbers(top, _PERCENT)
            level = self.labels.level(model.id, top.key.option)
            sentence = self.phrases("model_level", model=title, level=level, **fields)
            lines.append(
                FindingLine(figure=fields["figure"], sentence=sentence, warning=self.warning(top))
            )
        return lines

    def most_frequent_level(self, model: Model) -> Cell | None:
        """Return the level with the largest share of firms; the lower of two that tie.

        None where what is withheld could be larger: nobody can then say which is the most frequent.
        """
        cells = [self.estimates.cell(f"{model.id}:total", level.id) for level in model.levels]
        shares = [(c.estimate or 0.0, c) for c in cells if c is not None and c.shown is not None]
        top = max(shares, key=itemgetter(0), default=None)
        withheld = any(cell is not None and cell.withheld for cell in cells)
        if top is None or (withheld and 1 - sum(share for share, _ in shares) >= top[0]):
            return None
        return top[1]

    def numbers(self, cell: Cell, scale: Scale) -> dict[str, str]:
        """Write the numbers of a cell that is shown."""
        assert cell.shown is not None
        estimate, low, high = cell.shown
        n, language = cell.n, self.language
        return {
            "figure": scale.write(estimate, n=n, language=language),
            "interval": interval(low, high, scale, n=n, language=language),
            "confidence": self.confidence,
            "n": "–" if n is None else count(n),
        }

    def published(self, published: Published | None, cell: Cell) -> str:
        """Write the figure published before and whether it lies in the interval."""
        figure = published_share(published)
        if published is None or figure is None or cell.shown is None:
            return ""
        _, low, high = cell.shown
        below = published.percent is None
        agrees = low < figure if below else low <= figure <= high
        agreement = ("agrees_below" if below else "agrees") if agrees else "differs"
        return self.phrases(
            "published_below" if below else "published_at",
            figure=percent(figure, n=None, language=self.language),
            date=published.date,
            agreement=self.phrases(agreement),
        )

    def warning(self, cell: Cell) -> str:
        """Warn where few firms answered."""
        return self.phrases("few", few=FEW) if cell.n is not None and cell.n < FEW else ""

    @property
    def muted(self) -> frozenset[str]:
        """Words that stand for an absence."""
        return frozenset({self.phrases("withheld"), self.phrases("not_asked")})

    def cell_heads(self) -> tuple[str, str, str, str]:
        """Heads of the four columns that ``cell_words`` fills."""
        return (
            self.phrases("h_estimate"),
            self.phrases("h_interval", confidence=self.confidence),
            self.phrases("h_n"),
            self.phrases("h_base"),
        )

    def cell_words(self, cell: Cell | None, scale: Scale) -> tuple[str, str, str, str]:
        """Write a cell as a row of a table: estimate, interval, n, base."""
        absent = self.phrases("not_asked")
        if cell is not None and cell.withheld:
            return self.phrases("withheld"), absent, absent, absent
        if cell is None or cell.shown is None:
            return absent, absent, absent, absent
        fields = self.numbers(cell, scale)
        base = absent if cell.base is None else count(cell.base)
        return fields["figure"], fields["interval"], fields["n"], base

    def join(self, sentences: Sequence[str]) -> str:
        """Set sentences one after the other."""
        return ("" if self.language == "zh" else " ").join(sentences)

    def hedged(self, title: str, cells: Sequence[Cell | None]) -> str:
        """Say that a title compares only what is shown, where something is withheld."""
        if any(cell is not None and cell.withheld for cell in cells):
            return self.phrases("among_shown", title=title)
        return title

    def extremes(self, named: Sequence[tuple[str, Cell]]) -> tuple[str, Cell, str, Cell] | None:
        """Return name and cell of the largest and the smallest estimate that are shown."""
        shown = [pair for pair in named if pair[1].shown is not None]
        if not shown:
            return None
        top = max(shown, key=lambda pair: pair[1].estimate or 0.0)
        bottom = min(shown, key=lambda pair: pair[1].estimate or 0.0)
        return (*top, *bottom)
