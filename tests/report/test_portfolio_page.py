"""The page of a portfolio."""

from __future__ import annotations

import pytest

from taji.base.text import Text
from taji.catalogue.resources import floor_of, group_of, resource_of
from taji.report.portfolio_story import (
    Benefit,
    FloorLine,
    FrontierPoint,
    GroupShare,
    PortfolioFacts,
    portfolio_page,
)

FLOOR = floor_of("group_size", "small", "use_money")


def facts(*, floors: bool) -> PortfolioFacts:
    even = Benefit([0.0, 0.5, 1.0], [0.0, 0.2, 1.0], 0.3)
    return PortfolioFacts(
        enterprises=120,
        supported=40,
        exceptions=3,
        value=1234.5,
        gap=2e-5,
        proven=False,
        resource=resource_of("use_money"),
        limits=((resource_of("use_money"), 1e6, 999_999.5, 0.000125),),
        frontier=(FrontierPoint(1e6, 1234.5, 1234.6), FrontierPoint(2e6, 1500.0, 1500.1)),
        floors=(FloorLine(FLOOR, 2e5, 2.1e5, 17.25),) if floors else (),
        before=even if floors else None,
        after=even,
        groups=(
            GroupShare(
                group_of("group_size"), Text(zh="<小型>", en="<small>"), 80, 2 / 3, 0.1, 0.2
            ),
        ),
        notes=(Text(zh="都是假设。", en="All assumed."),),
        options=1200,
        method="prices",
        seed=1,
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_the_numbers_in_each_language(language: str):
    text = portfolio_page(facts(floors=True), language=language)

    assert {"zh": "都是假设。", "en": "All assumed."}[language] in text
    assert {"1,000,000", "999,999.50", "17.25", FLOOR[language]} <= {
        part.strip() for part in text.replace("<", ">").split(">")
    }
    assert "265.50" in text  # what one more million bought
    assert {"zh": "&lt;小型&gt;", "en": "&lt;small&gt;"}[language] in text
    assert {"zh": "一次性投入（元）", "en": "Purchases (yuan)"}[language] in text
    assert {"zh": "按企业规模", "en": "By size of the firm"}[language] in text
    assert "use_money" not in text
    assert "group_size" not in text
    assert text.count("<svg") == 4


def test_without_floors_there_is_nothing_before_them():
    text = portfolio_page(facts(floors=False), language="en")

    assert "There are no floors" in text
    assert "What each floor costs" not in text
    assert "Share of support without floors" not in text
    assert "Share of support without floors" in portfolio_page(facts(floors=True), language="en")
