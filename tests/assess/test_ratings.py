"""Who scored what, and whether the panel hangs together."""

from __future__ import annotations

import pytest

from taji.assess.ratings import DisconnectedError, Pairs, Ratings, parts, refuse_parts


def test_scores_under_several_criteria_are_one_pair():
    ratings = Ratings.of(
        ["a", "a", "b"], ["x", "x", "x"], [1.0, 3.0, 5.0], ["plan", "team", "plan"]
    )
    pairs = Pairs.of(ratings)

    assert pairs.n.tolist() == [2.0, 1.0]
    assert pairs.scored.tolist() == [2]
    assert ratings.raw_means().tolist() == [2.0, 5.0]


def test_a_panel_in_two_parts_is_refused_and_the_parts_are_named():
    ratings = Ratings.of(["a", "b", "c", "d"], ["x", "x", "y", "y"], [1.0, 2.0, 3.0, 4.0])

    with pytest.raises(DisconnectedError) as refused:
        refuse_parts(ratings)

    assert refused.value.fields["count"] == 2
    for language in ("zh", "en"):
        said = refused.value.render(language)
        assert all(name in said for name in ("a", "b", "c", "d", "x", "y"))


def test_one_shared_reviewer_makes_a_panel_whole():
    ratings = Ratings.of(["a", "b", "b", "c"], ["x", "x", "y", "y"], [1.0, 2.0, 3.0, 4.0])

    refuse_parts(ratings)

    assert parts(ratings).tolist() == [0, 0, 0]
    assert Pairs.of(ratings).thin.tolist() == [True, True]
