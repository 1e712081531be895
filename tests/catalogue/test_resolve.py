"""Writing a short pack out in full."""

from __future__ import annotations

import pytest

from taji.catalogue.resolve import TemplateError, choices_of, resolve


def test_a_template_stands_for_one_entry_per_value_the_first_name_slowest():
    raw = {"nodes": [{"for": {"l": [1, 2], "s": ["x", "y"]}, "id": "{s}.{l}"}]}

    assert [node["id"] for node in resolve(raw, {})["nodes"]] == ["x.1", "y.1", "x.2", "y.2"]


def test_a_block_keeps_its_nodes_together_for_each_value():
    raw = {
        "nodes": [
            {
                "for": {"l": [1, 2]},
                "nodes": [
                    {"for": {"s": [{"id": "x"}, {"id": "y"}]}, "id": "{s.id}.{l}"},
                    {"id": "level{l}", "of": ["x.{l}", "y.{l}"], "weights": {"x.{l}": 1}},
                ],
            }
        ]
    }

    nodes = resolve(raw, {})["nodes"]

    assert [node["id"] for node in nodes] == ["x.1", "y.1", "level1", "x.2", "y.2", "level2"]
    assert nodes[5] == {"id": "level2", "of": ["x.2", "y.2"], "weights": {"x.2": 1}}


def test_a_value_that_is_all_placeholder_keeps_its_kind():
    raw = {"nodes": [{"for": {"l": [{"n": 3}]}, "max": "{l.n}", "title": "rung {l.n}"}]}

    assert resolve(raw, {})["nodes"] == [{"max": 3, "title": "rung 3"}]


def test_a_name_that_the_template_does_not_bind_is_an_error():
    with pytest.raises(TemplateError) as caught:
        resolve({"nodes": [{"for": {"l": [1]}, "id": "{m}"}]}, {})

    assert str(caught.value) == "{m}"


def test_braces_outside_a_template_are_plain_text():
    assert resolve({"note": "{l}"}, {}) == {"note": "{l}"}


def test_a_variant_replaces_adds_and_removes_keys_only_where_it_was_chosen():
    raw = {
        "nodes": [
            {
                "id": "a",
                "rule": "sum",
                "cap": 2,
                "variants": [{"when": {"r": "x"}, "rule": "mean", "cap": None, "reach": 1}],
            }
        ]
    }

    assert resolve(raw, {"r": "x"})["nodes"] == [{"id": "a", "rule": "mean", "reach": 1}]
    assert resolve(raw, {"r": "y"})["nodes"] == [{"id": "a", "rule": "sum", "cap": 2}]


def test_an_entry_with_when_exists_only_under_that_choice():
    raw = {"nodes": [{"id": "a", "when": {"profile": "p"}}, {"id": "b"}]}

    assert resolve(raw, {"profile": "p"})["nodes"] == [{"id": "a"}, {"id": "b"}]
    assert resolve(raw, {"profile": "q"})["nodes"] == [{"id": "b"}]


def test_what_is_empty_on_purpose_stays():
    assert resolve({"define": {"x": 1}, "n": None}, {}) == {"n": None}


def test_choices_are_tried_one_at_a_time_in_every_profile():
    raw = {
        "profiles": [{"id": "p"}, {"id": "q"}],
        "default_profile": "q",
        "readings": [{"id": "r", "default": "x", "choices": [{"id": "x"}, {"id": "y"}]}],
    }

    choices = choices_of(raw)

    assert choices.defaults == {"profile": "q", "r": "x"}
    assert list(choices.one_at_a_time()) == [
        {"profile": "p", "r": "x"},
        {"profile": "p", "r": "y"},
        {"profile": "q", "r": "x"},
        {"profile": "q", "r": "y"},
    ]
