"""What is said of a portfolio that cannot be."""

from __future__ import annotations

from pathlib import Path

from taji.base.text import Text
from taji.desk.portfolio_words import Lack, told


def test_two_ways_that_loosen_the_same_are_said_once():
    same, other = Text(zh="下限缺 5 元。", en="The floor lacks 5 yuan."), Text.same("limits")
    ways = (
        Lack(way="any", loosen=(), sentence=same),
        Lack(way="floors", loosen=(), sentence=same),
        Lack(way="limits", loosen=(), sentence=other),
    )

    _, *said = told({"feasible": False, "proven": True}, ways, Path("out"))

    assert said == [same, other]
