"""What a design says, and what it refuses."""

from __future__ import annotations

import polars as pl
import pytest

from taji.survey.design import (
    Design,
    DesignColumnError,
    DesignKeyError,
    DesignNumberError,
    LoneUnitError,
    PopulationError,
)

ROWS = pl.DataFrame(
    {
        "size": ["s", "s", "m", "m"],
        "park": ["a", "b", "a", "b"],
        "w": ["5", "5", "2", "2"],
        "firms": ["10", "10", "4", "4"],
    }
)


def changed(column: str, row: int, value: str | None) -> pl.DataFrame:
    values = ROWS[column].to_list()
    values[row] = value
    return ROWS.with_columns(pl.Series(column, values, dtype=pl.String))


def test_weights_follow_from_the_population_where_none_are_given():
    sample = Design.from_mapping({"strata": "size", "population": "firms"}).bind(ROWS)

    assert sample.weight.tolist() == [5, 5, 2, 2]
    assert sample.strata == ("m", "s")
    assert sample.degrees_of_freedom == 2


def test_weights_of_two_stages_multiply():
    frame = pl.DataFrame(
        {"park": ["a", "a", "b"], "firm": [1, 2, 3], "parks": [6] * 3, "firms": [8, 8, 5]}
    )
    design = Design.from_mapping(
        {"cluster": ["park", "firm"], "population": ["parks", "firms"], "lone_unit": "certainty"}
    )

    assert design.bind(frame).weight.tolist() == [12, 12, 15]


def test_clusters_of_the_same_name_in_two_strata_are_two_clusters():
    design = Design.from_mapping({"strata": "size", "cluster": "park", "weight": "w"})

    assert design.bind(ROWS).degrees_of_freedom == 2


def test_strata_can_be_crossed():
    design = Design(strata=("size", "park"), lone_unit="certainty")

    assert design.bind(ROWS).strata == ("m × a", "m × b", "s × a", "s × b")


def test_without_a_design_every_row_stands_for_itself():
    sample = Design.from_mapping({}).bind(ROWS)

    assert sample.weight.tolist() == [1, 1, 1, 1]
    assert sample.degrees_of_freedom == 3


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ({"stratum": "size"}, "stratum"),
        ({"strata": 3}, "strata"),
        ({"weight": ["w", "w"]}, "weight"),
        ({"lone_unit": "drop"}, "lone_unit"),
        ({"calibrate": {"size": {"s": 1}}}, "calibrate"),
        ({"calibrate": {"method": "raking"}}, "calibrate"),
        ({"calibrate": {"margins": {"size": {"s": "many"}}}}, "calibrate.margins.size.s"),
        ({"calibrate": {"margins": {"size": {"s": float("nan")}}}}, "calibrate.margins.size.s"),
        ({"calibrate": {"margins": {"size": 4}}}, "calibrate.margins.size"),
        ({"calibrate": {"margins": {"size": {"s": 1}}, "method": "magic"}}, "calibrate.method"),
        ({"calibrate": {"margins": {"size": {"s": 1}}, "bounds": [2, 3]}}, "calibrate.bounds"),
    ],
)
def test_a_design_that_cannot_be_understood_is_refused_by_key(mapping, key):
    with pytest.raises(DesignKeyError) as caught:
        Design.from_mapping(mapping)

    assert caught.value.code == "survey.design_key"
    assert caught.value.fields["key"] == key


@pytest.mark.parametrize("key", ["strata", "cluster", "weight", "population"])
def test_a_column_that_is_not_there_is_refused(key):
    with pytest.raises(DesignColumnError) as caught:
        Design.from_mapping({key: "absent"}).bind(ROWS)

    assert (caught.value.fields["key"], caught.value.fields["column"]) == (key, "absent")


@pytest.mark.parametrize("value", [None, "-1", "nan", "inf", "five", ""])
def test_a_weight_that_is_no_number_is_refused_by_row(value):
    with pytest.raises(DesignNumberError) as caught:
        Design(weight="w").bind(changed("w", 2, value))

    assert (caught.value.fields["row"], caught.value.fields["column"]) == (3, "w")


def test_a_fault_names_the_enterprise_where_it_is_known():
    frame = changed("w", 2, "five").with_columns(enterprise=pl.Series(["A", "B", "C", "D"]))

    with pytest.raises(DesignNumberError) as caught:
        Design(weight="w").bind(frame)

    assert "(C)" in caught.value.render("zh")


@pytest.mark.parametrize("key", ["strata", "cluster"])
def test_a_row_without_its_stratum_or_cluster_is_refused(key):
    with pytest.raises(DesignNumberError) as caught:
        Design.from_mapping({key: "size"}).bind(changed("size", 1, None))

    assert (caught.value.fields["row"], caught.value.fields["key"]) == (2, key)


def test_more_firms_answered_than_the_stratum_has_is_refused():
    frame = ROWS.with_columns(firms=pl.Series(["10", "10", "1", "1"]))

    with pytest.raises(PopulationError) as caught:
        Design(strata=("size",), population=("firms",)).bind(frame)

    assert caught.value.fields["stratum"] == "m"
    assert (caught.value.fields["drawn"], caught.value.fields["population"]) == (2, 1)


def test_a_population_that_differs_inside_a_stratum_is_refused():
    with pytest.raises(PopulationError) as caught:
        Design(strata=("size",), population=("firms",)).bind(changed("firms", 1, "11"))

    assert caught.value.fields["stratum"] == "s"


@pytest.mark.parametrize("value", [None, "0", "nan"])
def test_a_population_that_is_no_number_is_refused(value):
    with pytest.raises(DesignNumberError) as caught:
        Design(strata=("size",), population=("firms",)).bind(changed("firms", 3, value))

    assert caught.value.fields["row"] == 4


def test_a_lone_unit_is_refused_by_the_label_of_its_stratum():
    with pytest.raises(LoneUnitError) as caught:
        Design(strata=("size",)).bind(changed("size", 0, "micro").head(4))

    assert caught.value.fields["labels"] == ("micro", "s")
    assert "lone_unit: adjust" in caught.value.render("zh")


def test_a_lone_unit_of_a_later_stage_is_named_by_the_unit_above():
    frame = pl.DataFrame(
        {"park": ["a", "a", "b"], "firm": [1, 2, 3], "parks": [6] * 3, "firms": [8, 8, 5]}
    )
    design = Design(cluster=("park", "firm"), population=("parks", "firms"))

    with pytest.raises(LoneUnitError) as caught:
        design.bind(frame)

    assert (caught.value.fields["labels"], caught.value.fields["stage"]) == (("b",), 2)


@pytest.mark.parametrize("mapping", [None, [], "strata"])
def test_a_design_that_is_no_mapping_is_refused(mapping):
    with pytest.raises(DesignKeyError):
        Design.from_mapping(mapping)


def test_a_lone_unit_that_is_its_whole_stratum_is_no_fault():
    frame = ROWS[1:].with_columns(firms=pl.Series(["1", "4", "4"]))

    assert Design(strata=("size",), population=("firms",)).bind(frame).weight.tolist() == [1, 2, 2]


def test_more_populations_than_stages_are_refused():
    with pytest.raises(DesignKeyError) as caught:
        Design.from_mapping({"population": ["firms", "firms"]}).bind(ROWS)

    assert caught.value.fields["key"] == "population"


def test_the_columns_of_a_design_are_known_before_the_data():
    design = Design.from_mapping(
        {
            "strata": "size",
            "weight": "w",
            "calibrate": {"margins": {"park": {"a": 1}}, "totals": {"staff": 9}},
        }
    )

    assert design.columns == ("size", "w", "park", "staff")
