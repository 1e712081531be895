"""Registers: what a cell means, and what is no register."""

from __future__ import annotations

import copy

import pytest
import yaml

from taji.catalogue import load
from taji.catalogue.check import check

SIZES = yaml.safe_load(load.pack_file("registers", "size_class").read_text("utf-8"))


@pytest.mark.parametrize(
    ("register", "cell", "code"),
    [
        ("zhuzhou_districts", "430281", "430281"),
        ("zhuzhou_districts", " 醴陵市 ", "430281"),
        ("zhuzhou_districts", "ＬＩＬＩＮＧ city", "430281"),
        ("zhuzhou_districts", "株洲县", "430212"),
        ("gbt4754", "Ｃ３７", "37"),
        ("gbt4754", "c", "C"),
        ("gbt4754", "automobiles", "36"),
        ("size_class", "中型企业", "medium"),
        ("zhuzhou_districts", "岳麓区", None),
        ("gbt4754", "137", None),
        ("gbt4754", "", None),
    ],
)
def test_a_cell_is_found_by_code_name_or_alias_and_by_nothing_else(register, cell, code):
    assert load.register(register).find(cell) == code


def test_every_spelling_leads_to_its_own_entry():
    for name in load.available("registers"):
        register = load.register(name)
        for entry in register.entries:
            for text in (entry.code, entry.label.zh, entry.label.en, *entry.aliases):
                assert register.find(text) == entry.code


BROKEN = [
    ("an alias of two entries", lambda r: r["entries"][0]["aliases"].append("小型"), "ambiguous"),
    ("a code twice", lambda r: r["entries"][1].update(code="micro"), "unknown"),
    ("a parent that is none", lambda r: r["entries"][0].update(parent="huge"), "unknown"),
    ("limits that do not fall", lambda r: r["rule"]["classes"][1].update(headcount_min=1000),
     "thresholds"),
    ("a last class with a limit", lambda r: r["rule"]["classes"][3].update(headcount_min=1),
     "thresholds"),
    ("a rule without a source", lambda r: r["rule"].pop("source"), "missing"),
    ("a rule without units", lambda r: r["rule"].pop("unit"), "missing"),
    ("a code typed as a number", lambda r: r["entries"][0].update(code=13), "text"),
]  # fmt: skip


@pytest.mark.parametrize(("break_it", "code"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_broken_register_is_refused(tmp_path, break_it, code):
    content = copy.deepcopy(SIZES)
    break_it(content)
    file = tmp_path / "sizes.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    assert [problem.code for problem in check(file)] == [f"catalogue.{code}"]
