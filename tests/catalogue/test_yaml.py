"""Reading YAML the way people mean it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from taji.catalogue.problem import PackError
from taji.catalogue.yaml import read


@pytest.fixture
def said(tmp_path):
    def of(text: str | bytes):
        file = tmp_path / "pack.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(file)

    return of


def faults(said, text):
    with pytest.raises(PackError) as caught:
        said(text)
    assert caught.value.code == "catalogue.pack"
    return [(problem.path, problem.code) for problem in caught.value.problems]


def test_a_decimal_keeps_every_digit_as_typed(said):
    assert said("{a: 0.1, b: -1.875, c: 0.100000000000000000001, d: 7}") == {
        "a": Decimal("0.1"),
        "b": Decimal("-1.875"),
        "c": Decimal("0.100000000000000000001"),
        "d": 7,
    }


def test_a_date_stays_the_text_that_it_is(said):
    assert said("date: 2024-09-04") == {"date": "2024-09-04"}


def test_quoted_words_and_plain_booleans_are_what_they_look_like(said):
    assert said("{a: 'no', b: \"yes\", c: true, d: null, 'on': x}") == {
        "a": "no",
        "b": "yes",
        "c": True,
        "d": None,
        "on": "x",
    }


def test_anchors_and_merges_are_followed(said):
    assert said("base: &b {x: 1}\nmore: {<<: *b, y: 2}") == {
        "base": {"x": 1},
        "more": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize("word", ["no", "Yes", "ON", "off"])
def test_a_word_that_would_become_a_boolean_is_refused_as_value_and_as_key(said, word):
    assert faults(said, f"a:\n  b: {word}") == [("a.b", "catalogue.boolean")]
    assert faults(said, f"a: {{{word}: 1}}") == [(f"a.{word}", "catalogue.key")]


@pytest.mark.parametrize(
    "number", ["010", "0x1F", "1:30", "1_000", "0b11", ".inf", ".nan", "1_0.5"]
)
def test_a_number_that_would_be_read_as_another_is_refused(said, number):
    assert faults(said, f"a: {number}") == [("a", "catalogue.number")]


def test_equal_keys_are_refused_at_any_depth_with_their_path(said):
    text = "nodes:\n  - id: q1\n    max: 1\n    max: 2\na: 1\na: 2"

    assert faults(said, text) == [
        ("nodes[q1].max", "catalogue.duplicate_key"),
        ("a", "catalogue.duplicate_key"),
    ]


def test_all_traps_of_a_file_are_told_at_once_with_their_lines(said):
    with pytest.raises(PackError) as caught:
        said("a: no\nb: 010\n1: c\n")

    english = [problem.reason.en for problem in caught.value.problems]
    assert [text.split(":")[0] for text in english] == ["line 1", "line 2", "line 3"]
    assert "布尔" in caught.value.problems[0].reason.zh
    assert "布尔" in caught.value.render("zh")


def test_text_that_is_not_utf8_is_refused_with_its_line(said):
    assert faults(said, "a: 1\nb: 株洲\n".encode("gb18030")) == [("line 2", "catalogue.encoding")]


def test_a_byte_order_mark_does_no_harm(said):
    assert said(b"\xef\xbb\xbfa: 1") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1, 2", "catalogue.yaml"),
        ("a: b: c", "catalogue.yaml"),
        ("a: \x00", "catalogue.yaml"),
        ("", "catalogue.empty"),
        ("a: !!python/object:os.system {}", "catalogue.tag"),
        ("[" * 3000, "catalogue.yaml"),
        ("[" * 100 + "]" * 100, "catalogue.too_deep"),
    ],
)
def test_what_is_no_pack_text_ends_in_one_clear_fault(said, text, code):
    assert [found for _, found in faults(said, text)] == [code]


def test_anchors_that_stand_for_millions_of_values_are_refused(said):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]

    assert [code for _, code in faults(said, "\n".join(lines))] == ["catalogue.too_deep"]


def test_a_missing_file_is_a_fault_and_not_a_traceback(tmp_path):
    with pytest.raises(PackError) as caught:
        read(tmp_path / "nowhere.yaml")

    assert caught.value.problems[0].code == "catalogue.unreadable"
