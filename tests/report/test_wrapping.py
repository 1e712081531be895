"""Breaking labels into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taji.report.wrapping import text_width, wrap

LABELS = st.text(
    st.sampled_from("数字化改造（一）、，。 abcdefghij ABC,.-=<&"), min_size=1, max_size=60
)


@given(text=LABELS, lines=st.integers(1, 4))
def test_a_label_never_has_more_lines_than_allowed(text, lines):
    assert len(wrap(text, width=90, size=12, lines=lines).split("\n")) <= lines


@given(text=LABELS)
def test_a_label_that_fits_is_only_broken_and_loses_nothing(text):
    wrapped = wrap(text, width=90, size=12, lines=60)

    assert "".join(wrapped.split()) == "".join(text.split())


def test_lines_are_of_about_the_same_length():
    assert wrap("规划管理", width=38, size=12, lines=3) == "规划\n管理"


def test_an_english_word_is_not_cut_where_it_fits_a_line():
    assert wrap("Design optimisation", width=80, size=12, lines=3) == "Design\noptimisation"


def test_closing_punctuation_does_not_begin_a_line():
    wrapped = wrap("专业人才：缺乏", width=48, size=12, lines=3)

    assert not any(line.startswith("：") for line in wrapped.split("\n"))


def test_what_does_not_fit_ends_in_an_ellipsis():
    cut = wrap("铁路、船舶、航空航天和其他运输设备制造业", width=100, size=12, lines=1)

    assert cut.endswith("…")
    assert text_width(cut, 12) <= 100
