"""Whatever a pack holds, checking it ends in faults told, never in a traceback."""

from __future__ import annotations

import copy
import random

import pytest
import yaml

from taji.catalogue import load
from taji.catalogue.check import check

JUNK = [
    None,
    7,
    -1,
    "",
    "no",
    "{l}",
    [],
    {},
    [[]],
    [1, 2],
    {"a": 1},
    {"id": 3},
    "x" * 50,
    True,
    0.5,
]


def places(value, trail=()):
    yield trail
    if isinstance(value, dict):
        for key, child in value.items():
            yield from places(child, (*trail, key))
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield from places(child, (*trail, place))


def spoiled(content, rng):
    """Return a copy with one to three values replaced by junk, or keys taken away."""
    content = copy.deepcopy(content)
    for _ in range(rng.randint(1, 3)):
        reachable = [place for place in places(content) if place]
        if not reachable:
            break
        *trail, last = rng.choice(reachable)
        inside = content
        for key in trail:
            inside = inside[key]
        if rng.random() < 0.3:
            del inside[last]
        else:
            inside[last] = copy.deepcopy(rng.choice(JUNK))
    return content


def small(folder, name):
    return yaml.safe_load((folder / name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["model.yaml", "small.yaml", "cases/one.yaml"])
def test_a_spoiled_pack_is_told_and_never_crashes(pack, name):
    folder = pack()
    content, rng = small(folder, name), random.Random(2026)
    refused = 0

    for _ in range(150):
        text = yaml.safe_dump(spoiled(content, rng), allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, "utf-8")
        problems = check(folder / name if name == "small.yaml" else folder)
        refused += bool(problems)
        if not problems:  # what passes the check can be used
            load.questionnaire(folder / name) if name == "small.yaml" else load.model(folder)
        assert all(problem.code.startswith("catalogue.") for problem in problems)
        assert all(problem.render("zh") and problem.render("en") for problem in problems)

    assert refused > 60
