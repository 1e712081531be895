"""The page of a portfolio: what it is worth, what more would buy, what floors cost, who benefits.

Decides the order of the page and its sentences. The numbers come from ``taji.desk``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taji.base.text import Language, Text
from taji.catalogue.resources import Resource
from taji.report.blocks import Block, Facts, Figure, Notice, Paragraph, Section, Story, Table
from taji.report.fonts import family
from taji.report.numbers import amount, count, percent, plain
from taji.report.page import story_page
from taji.report.phrases import Phrases
from taji.report.portfolio_charts import Curve, curves

__all__ = [
    "Benefit",
    "FloorLine",
    "FrontierPoint",
    "GroupShare",
    "PortfolioFacts",
    "portfolio_page",
    "tell_portfolio",
]


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """An amount of the first resource, and what it is worth at least and at most. [points]"""

    amount: float
    value: float
    bound: float


@dataclass(frozen=True, slots=True)
class FloorLine:
    """A floor in words, what it asks for, what the group got, and what it costs. [points]"""

    name: Text
    least: float
    got: float
    cost: float


@dataclass(frozen=True, slots=True)
class GroupShare:
    """A group's share of the firms and of the support, without and with floors. [fraction]"""

    by: Text
    group: Text
    firms: int
    of_firms: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Benefit:
    """Lorenz curve (shares of firms and support) and coefficient of Gini."""

    firms: Sequence[float]
    support: Sequence[float]
    gini: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioFacts:
    """All that the page says.

    Attributes
    ----------
    resource : Resource
        The resource that the frontier and the curves are about.
    limits : tuple of (Resource, float, float, float)
        Resource, limit, used, price of one more unit.
    before : Benefit or None
        Without floors; None where there are none.
    notes : tuple of Text
        What the values rest on, where the table says so.
    options, method, seed
        How it was found.
    """

    enterprises: int
    supported: int
    exceptions: int
    value: float
    gap: float
    proven: bool
    resource: Resource
    limits: tuple[tuple[Resource, float, float, float], ...]
    frontier: tuple[FrontierPoint, ...]
    floors: tuple[FloorLine, ...]
    before: Benefit | None
    after: Benefit
    groups: tuple[GroupShare, ...]
    notes: tuple[Text, ...]
    options: int
    method: str
    seed: int


def portfolio_page(facts: PortfolioFacts, *, language: Language) -> str:
    """Return the page as the text of one HTML file.

    Raises
    ------
    MissingFontError
        If no Chinese family is installed to draw the charts in.
    """
    font = family()
    return story_page(tell_portfolio(facts, language=language, font=font), language, font)


def tell_portfolio(facts: PortfolioFacts, *, language: Language, font: str) -> Story:
    """Tell a portfolio in one language."""
    phrases = Phrases(language)
    quality = (
        phrases("portfolio_proven")
        if facts.proven
        else phrases("portfolio_gap", gap=f"{100 * facts.gap:.2g}")
    )
    return Story(
        language=language,
        city="",
        title=phrases("portfolio_title"),
        subtitle=phrases("portfolio_subtitle", quality=quality),
        banner=" ".join(note[language] for note in facts.notes),
        key_figures=(
            (plain(facts.value, 0), phrases("portfolio_value")),
            (count(facts.supported), phrases("portfolio_supported")),
            (count(facts.enterprises), phrases("portfolio_enterprises")),
            (count(facts.exceptions), phrases("portfolio_exceptions")),
        ),
        sections=(
            _limits(facts, phrases, language),
            _frontier(facts, phrases, font, language),
            *_floors(facts, phrases, language),
            _benefit(facts, phrases, font, language),
            _method(facts, phrases),
        ),
        footer=phrases("portfolio_title"),
    )


def _method(facts: PortfolioFacts, phrases: Phrases) -> Section:
    pairs = (
        (phrases("portfolio_options"), count(facts.options)),
        (phrases("portfolio_way"), phrases(f"portfolio_way_{facts.method}")),
        (phrases("portfolio_seed"), str(facts.seed)),
    )
    blocks = (Paragraph(phrases("portfolio_method_text")), Facts(pairs))
    return Section("method", phrases("portfolio_method"), blocks)


def _limits(facts: PortfolioFacts, phrases: Phrases, language: Language) -> Section:
    rows = tuple(
        (resource.with_unit[language], amount(limit), amount(used), f"{price:.6g}")
        for resource, limit, used, price in facts.limits
    )
    table = Table(
        caption=phrases("portfolio_limits"),
        heads=tuple(phrases(f"h_portfolio_{key}") for key in ("use", "limit", "used", "price")),
        rows=rows,
        numeric=frozenset({1, 2, 3}),
    )
    lead = Paragraph(phrases("portfolio_limits_lead", exceptions=count(facts.exceptions)))
    return Section("limits", phrases("portfolio_limits"), (lead, table))


def _frontier(facts: PortfolioFacts, phrases: Phrases, font: str, language: Language) -> Section:
    points, resource = facts.frontier, facts.resource
    named = resource.with_unit[language]
    title = phrases("portfolio_frontier")
    if len(points) < 2:
        return Section("frontier", title, (Paragraph(phrases("portfolio_no_frontier")),))
    table = Table(
        caption=title,
        heads=(named, *(phrases(f"h_portfolio_{key}") for key in ("value", "bound", "more"))),
        rows=tuple(
            (amount(p.amount), plain(p.value, 1), plain(p.bound, 1), _marginal(points, place))
            for place, p in enumerate(points)
        ),
        numeric=frozenset({0, 1, 2, 3}),
    )
    wide, narrow = (
        curves(
            [
                Curve(
                    name="",
                    x=[p.amount for p in points],
                    y=[p.value for p in points],
                    dots=True,
                )
            ],
            x_title=named,
            y_title=phrases("portfolio_value"),
            x_format="~s",
            y_format="~s",
            font=font,
            narrow=slim,
        )
        for slim in (False, True)
    )
    figure = Figure(
        id="figure-frontier",
        kicker=named,
        title=phrases(
            "portfolio_frontier_title",
            resource=resource.title[language],
            first=plain(points[0].value, 0),
            last=plain(points[-1].value, 0),
            low=plain(points[0].amount, 0),
            high=resource.amount(plain(points[-1].amount, 0))[language],
        ),
        caption=phrases("portfolio_frontier_caption"),
        alt=f"{title}. " + "; ".join(f"{plain(p.amount, 0)}: {plain(p.value, 0)}" for p in points),
        wide=wide,
        narrow=narrow,
        table=table,
    )
    return Section("frontier", title, (figure,))


def _marginal(points: Sequence[FrontierPoint], place: int) -> str:
    """What a million more bought on the way here."""
    if place == 0:
        return "–"
    here, last = points[place], points[place - 1]
    return plain(1e6 * (here.value - last.value) / (here.amount - last.amount), 2)


def _floors(facts: PortfolioFacts, phrases: Phrases, language: Language) -> list[Section]:
    if not facts.floors:
        return []
    table = Table(
        caption=phrases("portfolio_floors"),
        heads=tuple(phrases(f"h_portfolio_{key}") for key in ("floor", "least", "got", "cost")),
        rows=tuple(
            (floor.name[language], amount(floor.least), amount(floor.got), plain(floor.cost, 2))
            for floor in facts.floors
        ),
        numeric=frozenset({1, 2, 3}),
    )
    dear = max(facts.floors, key=lambda floor: floor.cost)
    lead = (
        phrases("portfolio_floors_lead", floor=dear.name[language], cost=plain(dear.cost, 1))
        if dear.cost > 0
        else phrases("portfolio_floors_free")
    )
    return [Section("floors", phrases("portfolio_floors"), (Paragraph(lead), table))]


def _benefit(facts: PortfolioFacts, phrases: Phrases, font: str, language: Language) -> Section:
    blocks: list[Block] = [_lorenz(facts, phrases, font, language)]
    if facts.before is None:
        blocks.insert(0, Notice(phrases("portfolio_no_floors")))
    blocks += [
        _by_group(facts, by, phrases, language)
        for by in dict.fromkeys(share.by for share in facts.groups)
    ]
    return Section("benefit", phrases("portfolio_benefit"), tuple(blocks))


def _by_group(facts: PortfolioFacts, by: Text, phrases: Phrases, language: Language) -> Table:
    shares = ("of_firms", "after") if facts.before is None else ("of_firms", "before", "after")
    return Table(
        caption=phrases("portfolio_by", by=by[language]),
        heads=tuple(phrases(f"h_portfolio_{key}") for key in ("group", "firms", *shares)),
        rows=tuple(
            (
                share.group[language],
                count(share.firms),
                *(percent(getattr(share, each), n=None, language=language) for each in shares),
            )
            for share in facts.groups
            if share.by == by
        ),
        numeric=frozenset(range(1, 2 + len(shares))),
    )


def _lorenz(facts: PortfolioFacts, phrases: Phrases, font: str, language: Language) -> Figure:
    lines = [Curve(name="", x=[0, 1], y=[0, 1], kind="guide")]
    if facts.before is not None:
        lines.append(Curve(name="", x=facts.before.firms, y=facts.before.support, kind="theirs"))
    lines.append(Curve(name="", x=facts.after.firms, y=facts.after.support))
    wide, narrow = (
        curves(
            lines,
            x_title=phrases("portfolio_share_firms"),
            y_title=phrases("portfolio_share_support"),
            x_format="%",
            y_format="%",
            font=font,
            narrow=slim,
        )
        for slim in (False, True)
    )
    after = f"{facts.after.gini:.3f}"
    title = (
        phrases("portfolio_gini", after=after)
        if facts.before is None
        else phrases("portfolio_gini_both", after=after, before=f"{facts.before.gini:.3f}")
    )
    return Figure(
        id="figure-lorenz",
        kicker=facts.resource.with_unit[language],
        title=title,
        caption=phrases("portfolio_lorenz_caption" if facts.before else "portfolio_lorenz_alone"),
        alt=title,
        wide=wide,
        narrow=narrow,
    )
