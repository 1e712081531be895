"""One name per quantity."""

from __future__ import annotations

from taji.catalogue import load
from taji.catalogue.check import check

ESTIMATES = (
    "question",
    "option",
    "statistic",
    "by",
    "group",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "confidence",
    "n",
    "base",
    "deff",
    "suppressed",
)
SCORES = (
    "enterprise",
    "model",
    "node",
    "points",
    "max_points",
    "score",
    "coverage",
    "level",
    "level_best",
)
CHANGES = ("before", "after", "change", "n_before", "n_after", "n_both")
EXPECTED = ("population", "drawn", "received", "half_width", "half_width_full", "prevents")
AGREEMENT = (
    *("metric", "agreement", "kappa", "kappa_low", "kappa_high"),
    *("alpha", "alpha_low", "alpha_high"),
)
CORRECTED = (
    *("own", "own_low", "own_high", "assessed", "assessed_low", "assessed_high", "corrected"),
    *("degrees_of_freedom", "slope", "correlation", "gain", "n_assessed"),
)
DRAWN = ("stratum", "stratum_size", "stratum_drawn", "weight")
REFUSED = ("file", "sheet", "row", "column", "value", "reason")


def test_every_column_of_the_contracts_has_a_name_in_both_languages():
    terms = load.terms()

    names = (*ESTIMATES, *SCORES, *DRAWN, *REFUSED, *CHANGES, *EXPECTED, *AGREEMENT, *CORRECTED)
    for name in names:
        assert terms[name].title["zh"] != terms[name].title["en"]


def test_no_two_quantities_have_the_same_name():
    titles = [load.terms()[name].zh for name in load.terms().names()]

    assert len(set(titles)) == len(titles)


def test_a_term_without_meaning_or_unit_is_refused(tmp_path):
    file = tmp_path / "terms.yaml"
    file.write_text("n: x\ncoverage: {zh: 覆盖, en: share, source: house}\n", "utf-8")

    found = {(problem.path, problem.code) for problem in check(file)}

    assert found == {
        ("n", "catalogue.shape"),
        ("coverage.unit", "catalogue.missing"),
        ("coverage.meaning", "catalogue.missing"),
    }
