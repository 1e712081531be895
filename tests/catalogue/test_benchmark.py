"""Benchmarks: published figures with their caveats, and what is none."""

from __future__ import annotations

import pytest
import yaml

from taji.catalogue import load
from taji.catalogue.check import check

FIGURE = {
    "id": "share_2021",
    "title": {"zh": "占比", "en": "share"},
    "year": 2021,
    "value": 42,
    "unit": "per_cent",
    "population": {"zh": "企业", "en": "firms"},
    "n": None,
    "source": ["a table"],
    "confidence": "one_source",
    "comparable": {"zh": "不可比", "en": "not comparable"},
}
PARTS = [
    {"id": "low", "label": {"zh": "低", "en": "low"}, "value": 60},
    {"id": "high", "label": {"zh": "高", "en": "high"}, "value": 40},
]


def pack(tmp_path, **keys):
    indicator = {key: value for key, value in {**FIGURE, **keys}.items() if value != "gone"}
    content = {
        "id": "figures",
        "version": "1.0",
        "title": {"zh": "数", "en": "figures"},
        "source": ["a table"],
        "confidence": "one_source",
        "indicators": [indicator],
    }
    file = tmp_path / "figures.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return file


@pytest.mark.parametrize(
    "keys", [{}, {"value": "gone", "distribution": PARTS, "whole": True}], ids=["one", "parts"]
)
def test_a_figure_or_its_parts_are_a_benchmark(tmp_path, keys):
    file = pack(tmp_path, **keys)

    assert check(file) == ()
    assert load.benchmark(file).indicators[0].n is None


@pytest.mark.parametrize(
    ("keys", "path", "code"),
    [
        ({"unit": "gone"}, "indicators[share_2021].unit", "missing"),
        ({"source": "gone"}, "indicators[share_2021].source", "missing"),
        ({"comparable": {"en": "no"}}, "indicators[share_2021].comparable.zh", "missing"),
        ({"confidence": "gone"}, "indicators[share_2021].confidence", "missing"),
        ({"n": "gone"}, "indicators[share_2021].n", "missing"),
        ({"value": 142}, "indicators[share_2021]", "range"),
        ({"value": "gone"}, "indicators[share_2021]", "shape"),
        ({"distribution": PARTS}, "indicators[share_2021]", "shape"),
        (
            {"value": "gone", "distribution": PARTS[:1], "whole": True},
            "indicators[share_2021]",
            "weights",
        ),
        (
            {"ours": {"model": "none", "levels": ["1"]}},
            "indicators[share_2021].ours",
            "unknown",
        ),
        (
            {"ours": {"questionnaire": "none", "question": "a", "any_of": ["b"]}},
            "indicators[share_2021].ours",
            "unknown",
        ),
        (
            {"ours": {"model": "cmmm", "levels": ["9"]}},
            "indicators[share_2021].ours",
            "unknown",
        ),
        (
            {"ours": {"questionnaire": "zhuzhou2021", "question": "plan", "any_of": ["perhaps"]}},
            "indicators[share_2021].ours",
            "unknown",
        ),
    ],
)
def test_a_figure_without_its_quality_is_refused(tmp_path, keys, path, code):
    found = {(problem.path, problem.code) for problem in check(pack(tmp_path, **keys))}

    assert found == {(path, f"catalogue.{code}")}


def test_the_maturity_distributions_say_which_levels_of_ours_they_meet():
    first = load.benchmark("cmmm_national").indicators[0]

    assert [share.ours.levels for share in first.distribution] == [
        ("0", "1"),
        ("2",),
        ("3",),
        ("4", "5"),
    ]
